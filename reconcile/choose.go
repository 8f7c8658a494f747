package reconcile

// Lines choose instances in passes, each pass by the cells that it names. A
// line takes part in a pass only where it has all of them filled. Active lines
// run through all passes before upcoming ones do, and ended ones come last and
// only take an instance that they name or that is of their product. What
// active lines do not find among the live instances they look for among the
// dead. Within a pass lines go by their own cells and instances by their id,
// so that the order of rows is of no account.

// cells is a set of the cells that a pass compares.
type cells uint8

const (
	cellInstance cells = 1 << iota
	cellProduct
	cellSite
	cellCycle
	cellCountry

	noCells cells = 0
)

// passes gives the passes of a phase. An ended line runs those that name the
// instance or its product.
func passes(phase Phase) []cells {
	all := []cells{
		cellInstance,
		cellProduct | cellSite | cellCycle | cellCountry,
		cellProduct | cellSite,
		cellProduct | cellCycle,
		cellProduct,
		cellSite,
		noCells,
	}
	if phase == PhaseEnded {
		return all[:5]
	}
	return all
}

// place is what a pass compares: the cells that it does not name are empty.
type place struct {
	instance, product, site, country string
	cycle                            Cycle
}

// place gives what the pass compares of the line, and whether the line has all
// of it filled.
func (l *Line) place(pass cells) (p place, filled bool) {
	p, filled = place{}, true
	take := func(cell cells, from string, to *string) {
		if pass&cell != 0 {
			*to = from
			filled = filled && from != ""
		}
	}
	take(cellInstance, l.InstanceID, &p.instance)
	take(cellProduct, l.ProductID, &p.product)
	take(cellSite, l.SiteID, &p.site)
	take(cellCountry, l.Country, &p.country)
	if pass&cellCycle != 0 {
		p.cycle = l.Cycle.canonical()
		filled = filled && l.Cycle != ""
	}
	return p, filled
}

// place gives what the pass compares of the instance.
func (i *Instance) place(pass cells) place {
	var p place
	if pass&cellInstance != 0 {
		p.instance = i.ID
	}
	if pass&cellProduct != 0 {
		p.product = i.ProductID
	}
	if pass&cellSite != 0 {
		p.site = i.site()
	}
	if pass&cellCountry != 0 {
		p.country = i.Country
	}
	if pass&cellCycle != 0 {
		p.cycle = i.Cycle.canonical()
	}
	return p
}

// site gives the instance's site as a ledger cell would: Floating where it is
// on none.
func (i *Instance) site() string {
	if i.SiteID == "" {
		return Floating
	}
	return i.SiteID
}

// A choice says who took which instance.
type choice struct {
	line  []int   // by instance: the index of the line that took it, or -1
	pass  []cells // by instance: the pass in which it was taken
	found []int   // by line: how many of its units have an instance
}

// choose lets the lines of a subscription take the instances of a package.
func choose(s *subscription, instances []Instance) *choice {
	c := newChoice(s, instances)
	for _, phase := range [...]Phase{PhaseActive, PhaseUpcoming, PhaseEnded} {
		c.phase(s, phase, instances, Status.Live)
	}
	c.phase(s, PhaseActive, instances, Status.Dead)
	return c
}

// chooseFailed lets the active lines take the FAILED instances of a package in
// which nothing is live.
func chooseFailed(s *subscription, instances []Instance) *choice {
	c := newChoice(s, instances)
	c.phase(s, PhaseActive, instances, func(status Status) bool { return status == StatusFailed })
	return c
}

func newChoice(s *subscription, instances []Instance) *choice {
	c := &choice{
		line:  make([]int, len(instances)),
		pass:  make([]cells, len(instances)),
		found: make([]int, len(s.lines)),
	}
	for i := range c.line {
		c.line[i] = -1
	}
	return c
}

// phase runs all passes of one phase over the instances of a standing.
func (c *choice) phase(s *subscription, phase Phase, instances []Instance, standing func(Status) bool) {
	if s.count[phase] == 0 {
		return
	}
	for _, pass := range passes(phase) {
		var free map[place][]int // instances that are to be had, by what the pass compares
		for i := range s.lines {
			if s.phases[i] != phase || c.found[i] == s.lines[i].Quantity {
				continue
			}
			want, filled := s.lines[i].place(pass)
			if !filled {
				continue
			}
			if free == nil {
				free = c.free(instances, pass, standing)
			}
			free[want] = c.take(i, s.lines[i].Quantity, pass, free[want])
		}
	}
}

// free gives the instances that nobody took, by what the pass compares.
func (c *choice) free(instances []Instance, pass cells, standing func(Status) bool) map[place][]int {
	free := make(map[place][]int)
	for i := range instances {
		if c.line[i] < 0 && standing(instances[i].Status) {
			key := instances[i].place(pass)
			free[key] = append(free[key], i)
		}
	}
	return free
}

// take gives the line as many of the free instances as it still wants, and
// returns the rest of them.
func (c *choice) take(line, quantity int, pass cells, free []int) []int {
	n := min(quantity-c.found[line], len(free))
	for _, i := range free[:n] {
		c.line[i], c.pass[i] = line, pass
	}
	c.found[line] += n
	return free[n:]
}

// served counts the lines that have not ended and took a live instance.
func (c *choice) served(s *subscription, instances []Instance) int {
	lines := make(map[int]bool)
	for i, line := range c.line {
		if line >= 0 && instances[i].Status.Live() && s.phases[line] != PhaseEnded {
			lines[line] = true
		}
	}
	return len(lines)
}

// exchangeable reports whether an instance might as well have been chosen in
// place of another live one, and one of the two is on a site: then nobody
// knows which of them is too many, or which of them was ended. Who names an
// instance by its id knows.
func (c *choice) exchangeable(s *subscription, at int, instances []Instance) bool {
	if c.line[at] >= 0 && c.pass[at] == cellInstance {
		return false
	}
	for i := range instances {
		if i == at || c.line[i] < 0 || !instances[i].Status.Live() || c.pass[i] == cellInstance {
			continue
		}
		if c.line[at] >= 0 && s.phases[c.line[i]] == PhaseEnded { // both have ended
			continue
		}
		onSite := instances[i].SiteID != "" || instances[at].SiteID != ""
		if onSite && instances[i].place(c.pass[i]) == instances[at].place(c.pass[i]) && c.fitsBack(at, i, instances) {
			return true
		}
	}
	return false
}

// fitsBack reports whether the line that took one instance, if one did, might
// have taken the other.
func (c *choice) fitsBack(at, other int, instances []Instance) bool {
	return c.line[at] < 0 || instances[at].place(c.pass[at]) == instances[other].place(c.pass[at])
}
