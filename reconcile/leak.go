package reconcile

// What a finding costs, by the prices. A leak costs what Wix bills for every
// live instance that the finding is about. Where that is a whole package – an
// orphan, a duplicate, one of which every line has ended –, those are all that
// live in it, for what no line is left for stands in no other row.
//
// A difference is what Wix bills for the instance less what it would bill if it
// were as the ledger has it: above zero, the reseller pays too much. A cell that
// the ledger leaves blank is as Wix has it. Where product and cycle are both
// wrong there is one difference and two rows: it stands with the product, and
// the cycle's row adds nothing to it.

// leakOf gives what Wix bills for all that is live in a package.
func (r *Rules) leakOf(p *Package) Money {
	var c charges
	for i := range p.Instances {
		if inst := &p.Instances[i]; inst.Status.Live() {
			c.addCost(r.Prices, inst.ProductID, inst.Cycle, 1)
		}
	}
	return c.money()
}

// costOf gives what Wix bills for an instance.
func (r *Rules) costOf(inst *Instance) Money {
	m, _ := r.Prices.Monthly(inst.ProductID, inst.Cycle)
	return m
}

// overpaid gives the difference between an instance and its line.
func (r *Rules) overpaid(inst *Instance, l *Line) Money {
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

// nothing gives the same money with no amount: it stands in another row.
func (m Money) nothing() Money {
	m.Amount = m.Amount.Zero()
	return m
}
