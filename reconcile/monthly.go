package reconcile

// The monthly amount of a finding is a cost or a revenue.
//
// A leak costs what Wix bills for the live instances that the finding is about:
// all of the package where no line is left for it, as with an orphan or a
// duplicate. A difference is what Wix bills for the instance less what it would
// bill for it as the ledger states it; above zero, the reseller pays too much.

// packageCost returns what Wix bills for the live instances of a package.
func (r *Rules) packageCost(p *Package) Money {
	var c charges
	for i := range p.Instances {
		if inst := &p.Instances[i]; inst.Status.Live() {
			c.addCost(r.Prices, inst.ProductID, inst.Cycle, 1)
		}
	}
	return c.money()
}

// instanceCost returns what Wix bills for an instance.
func (r *Rules) instanceCost(inst *Instance) Money {
	m, _ := r.Prices.Monthly(inst.ProductID, inst.Cycle)
	return m
}

// costDifference returns what Wix bills for the instance less what it would bill
// for it as the line states it. Where the line's cell is empty, Wix's value
// counts.
func (r *Rules) costDifference(inst *Instance, l *Line) Money {
	product, cycle := l.ProductID, l.Cycle
	if product == "" {
		product = inst.ProductID
	}
	if cycle == "" {
		cycle = inst.Cycle
	}
	var c charges
	c.addCost(r.Prices, inst.ProductID, inst.Cycle, 1)
	c.addCost(r.Prices, product, cycle, -1)
	return c.money()
}

// activeRevenue returns what the customer pays for all active lines. A line
// without a cycle is paid for by the fallback.
func (m *matcher) activeRevenue(fallback Cycle) Money {
	var c charges
	for i := range m.Lines {
		if m.sub.phases[i] == PhaseActive {
			c.addLine(&m.Lines[i], fallback, m.Lines[i].Quantity)
		}
	}
	return c.money()
}

// lineRevenue returns what the customer pays for count units of a line.
func lineRevenue(l *Line, fallback Cycle, count int) Money {
	var c charges
	c.addLine(l, fallback, count)
	return c.money()
}

// addLine adds what the customer pays for count units of a line.
func (c *charges) addLine(l *Line, fallback Cycle, count int) {
	cycle := l.Cycle
	if cycle == "" {
		cycle = fallback
	}
	c.add(l.UnitPrice, cycle, count, l.Currency)
}

// addCost adds what Wix bills for count instances of a product.
func (c *charges) addCost(p *Prices, productID string, cycle Cycle, count int) {
	cost, _ := p.Lookup(productID, cycle) // if there is none, its price is unknown
	c.add(cost.Cost, cycle, count, cost.Currency)
}
