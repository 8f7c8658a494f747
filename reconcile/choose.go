package reconcile

// Lines choose instances in passes. A pass compares certain columns, and a line
// takes part only if it has all of them filled. Active lines run through all
// passes first, then upcoming ones; ended lines come last and only choose an
// instance by its id or product. Active lines that find no live instance choose
// among the dead ones. Within a pass lines are ordered by their cells and
// instances by id, so the order of rows does not matter.

// columns is a set of the columns that a pass compares: bit i stands for element
// i of a passKey.
type columns uint8

const (
	columnInstance columns = 1 << iota
	columnProduct
	columnSite
	columnCycle
	columnCountry

	noColumns columns = 0
)

// passes returns the passes of a phase. An ended line runs only those that
// compare the instance or its product.
func passes(phase Phase) []columns {
	all := []columns{
		columnInstance,
		columnProduct | columnSite | columnCycle | columnCountry,
		columnProduct | columnSite,
		columnProduct | columnCycle,
		columnProduct,
		columnSite,
		noColumns,
	}
	if phase == PhaseEnded {
		return all[:5]
	}
	return all
}

// A passKey holds the values that a pass compares. The columns that the pass
// leaves out are empty.
type passKey [5]string

// passKey returns the values of the line that a pass compares, and whether all of
// them are filled.
func (l *Line) passKey(pass columns) (key passKey, filled bool) {
	return passKey{l.InstanceID, l.ProductID, l.SiteID, string(l.Cycle.canonical()), l.Country}.only(pass)
}

// passKey returns the values of the instance that a pass compares.
func (i *Instance) passKey(pass columns) passKey {
	key, _ := passKey{i.ID, i.ProductID, i.site(), string(i.Cycle.canonical()), i.Country}.only(pass)
	return key
}

// only returns the key with just the columns of the pass, and whether all of them
// are filled.
func (k passKey) only(pass columns) (key passKey, filled bool) {
	filled = true
	for i, value := range k {
		if pass&(1<<i) != 0 {
			key[i] = value
			filled = filled && value != ""
		}
	}
	return key, filled
}

// site returns the instance's site as the ledger writes it: Floating where it is
// on none.
func (i *Instance) site() string {
	if i.SiteID == "" {
		return Floating
	}
	return i.SiteID
}

// A choice records which line chose which instance.
type choice struct {
	line  []int     // by instance: the index of the line that chose it, or -1
	pass  []columns // by instance: the pass in which it was chosen
	found []int     // by line: how many instances it chose
}

// choose lets the lines of a subscription choose among the instances of a
// package.
func choose(s *subscription, instances []Instance) *choice {
	c := newChoice(s, instances)
	for _, phase := range [...]Phase{PhaseActive, PhaseUpcoming, PhaseEnded} {
		c.runPasses(s, phase, instances, Status.Live)
	}
	c.runPasses(s, PhaseActive, instances, Status.Dead)
	return c
}

// chooseFailed lets the active lines choose among the FAILED instances of a
// package in which nothing is live.
func chooseFailed(s *subscription, instances []Instance) *choice {
	c := newChoice(s, instances)
	c.runPasses(s, PhaseActive, instances, func(status Status) bool { return status == StatusFailed })
	return c
}

func newChoice(s *subscription, instances []Instance) *choice {
	c := &choice{
		line:  make([]int, len(instances)),
		pass:  make([]columns, len(instances)),
		found: make([]int, len(s.lines)),
	}
	for i := range c.line {
		c.line[i] = -1
	}
	return c
}

// runPasses runs all passes of one phase over the instances with an eligible
// status.
func (c *choice) runPasses(s *subscription, phase Phase, instances []Instance, eligible func(Status) bool) {
	if s.count[phase] == 0 {
		return
	}
	for _, pass := range passes(phase) {
		var available map[passKey][]int
		for i := range s.lines {
			if s.phases[i] != phase || c.found[i] == s.lines[i].Quantity {
				continue
			}
			key, filled := s.lines[i].passKey(pass)
			if !filled {
				continue
			}
			if available == nil {
				available = c.available(instances, pass, eligible)
			}
			available[key] = c.assign(i, s.lines[i].Quantity, pass, available[key])
		}
	}
}

// available returns the eligible instances that no line has chosen yet, by what
// the pass compares.
func (c *choice) available(instances []Instance, pass columns, eligible func(Status) bool) map[passKey][]int {
	available := make(map[passKey][]int)
	for i := range instances {
		if c.line[i] < 0 && eligible(instances[i].Status) {
			key := instances[i].passKey(pass)
			available[key] = append(available[key], i)
		}
	}
	return available
}

// assign records that the line chose as many of the available instances as its
// quantity still needs, and returns the rest.
func (c *choice) assign(line, quantity int, pass columns, available []int) []int {
	n := min(quantity-c.found[line], len(available))
	for _, i := range available[:n] {
		c.line[i], c.pass[i] = line, pass
	}
	c.found[line] += n
	return available[n:]
}

// servedLines returns the number of lines that have not ended and chose a live
// instance.
func (c *choice) servedLines(s *subscription, instances []Instance) int {
	lines := make(map[int]bool)
	for i, line := range c.line {
		if line >= 0 && instances[i].Status.Live() && s.phases[line] != PhaseEnded {
			lines[line] = true
		}
	}
	return len(lines)
}

// exchangeable reports whether the instance could have been chosen in place of
// another live one while one of the two is on a site. It is then unclear which
// of them is surplus or ended. An instance chosen by its id is never
// exchangeable.
func (c *choice) exchangeable(s *subscription, index int, instances []Instance) bool {
	if c.line[index] >= 0 && c.pass[index] == columnInstance {
		return false
	}
	for i := range instances {
		if i == index || c.line[i] < 0 || !instances[i].Status.Live() || c.pass[i] == columnInstance {
			continue
		}
		if c.line[index] >= 0 && s.phases[c.line[i]] == PhaseEnded { // both have ended
			continue
		}
		onSite := instances[i].SiteID != "" || instances[index].SiteID != ""
		if onSite && c.couldChoose(i, index, instances) && (c.line[index] < 0 || c.couldChoose(index, i, instances)) {
			return true
		}
	}
	return false
}

// couldChoose reports whether the line that chose one instance could have chosen
// the other in the same pass.
func (c *choice) couldChoose(chosen, other int, instances []Instance) bool {
	return instances[chosen].passKey(c.pass[chosen]) == instances[other].passKey(c.pass[chosen])
}
