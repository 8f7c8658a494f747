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

// A choice records which line chose which instance. It is valid until the next one
// of its subscription.
type choice struct {
	line   []int     // by instance: the index of the line that chose it, or -1
	pass   []columns // by instance: the pass in which it was chosen
	found  []int     // by line: how many instances it chose
	rivals map[columns]map[rival]rivals
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

// newChoice begins a choice. The counts by line are an array of the subscription:
// with a new one for each package, many lines and packages would take quadratic
// time.
func newChoice(s *subscription, instances []Instance) *choice {
	if s.found == nil {
		s.found = make([]int, len(s.lines))
	}
	for _, line := range s.chosen {
		if line >= 0 {
			s.found[line] = 0
		}
	}
	c := &choice{line: make([]int, len(instances)), pass: make([]columns, len(instances)), found: s.found}
	for i := range c.line {
		c.line[i] = -1
	}
	s.chosen = c.line
	return c
}

// runPasses runs all passes of one phase over the instances with an eligible
// status. An instance goes to the first line that has its key and needs more.
func (c *choice) runPasses(s *subscription, phase Phase, instances []Instance, eligible func(Status) bool) {
	if s.count[phase] == 0 {
		return
	}
	for _, pass := range passes(phase) {
		for i := range instances {
			if c.line[i] >= 0 || !eligible(instances[i].Status) {
				continue
			}
			if line := s.firstTaker(phase, pass, instances[i].passKey(pass)); line >= 0 {
				c.line[i], c.pass[i] = line, pass
				c.found[line]++
			}
		}
	}
}

// fewLines is the number of lines up to which each is looked at for each instance.
// More are indexed, because there may be thousands, beside thousands of packages.
const fewLines = 8

// firstTaker returns the first line of a phase that has the key and needs more
// instances; -1 if there is none.
func (s *subscription) firstTaker(phase Phase, pass columns, key passKey) int {
	if len(s.lines) > fewLines {
		return s.queue(phase, pass, key).next(s)
	}
	for i := range s.lines {
		if s.phases[i] == phase && s.needsMore(i) {
			if own, filled := s.lines[i].passKey(pass); filled && own == key {
				return i
			}
		}
	}
	return -1
}

func (s *subscription) needsMore(line int) bool { return s.found[line] < s.lines[line].Quantity }

// A takerQueue has the lines that have a key, in order.
type takerQueue struct {
	lines []int
	at    int   // lines before it need no more in the choice
	user  []int // the choice: its lines by instance
}

type queueKey struct {
	phase Phase
	pass  columns
	key   passKey
}

// queue returns the lines of a phase that have a key; nil if there are none.
func (s *subscription) queue(phase Phase, pass columns, key passKey) *takerQueue {
	if s.queues == nil {
		s.queues, s.indexed = make(map[queueKey]*takerQueue), make(map[queueKey]bool)
	}
	if all := (queueKey{phase: phase, pass: pass}); !s.indexed[all] {
		s.indexed[all] = true
		for i := range s.lines {
			if own, filled := s.lines[i].passKey(pass); filled && s.phases[i] == phase {
				s.enqueue(queueKey{phase, pass, own}, i)
			}
		}
	}
	return s.queues[queueKey{phase, pass, key}]
}

func (s *subscription) enqueue(key queueKey, line int) {
	q := s.queues[key]
	if q == nil {
		q = &takerQueue{}
		s.queues[key] = q
	}
	q.lines = append(q.lines, line)
}

// next returns the first line that needs more instances. Within a choice a line
// never needs more again.
func (q *takerQueue) next(s *subscription) int {
	if q == nil {
		return -1
	}
	if len(q.user) == 0 || &q.user[0] != &s.chosen[0] {
		q.at, q.user = 0, s.chosen
	}
	for ; q.at < len(q.lines); q.at++ {
		if line := q.lines[q.at]; s.needsMore(line) {
			return line
		}
	}
	return -1
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

// exchangeable reports whether the instance, which no line or an ended one chose,
// could have been chosen in place of another live one while one of the two is on a
// site. It is then unclear which of them is surplus or ended. An instance chosen by
// its id is never exchangeable, nor are two that ended lines chose.
func (c *choice) exchangeable(s *subscription, index int, instances []Instance) bool {
	inst, own := &instances[index], noColumns
	ended := c.line[index] >= 0
	if ended {
		if own = c.pass[index]; own == columnInstance {
			return false
		}
	}
	others := c.rivalsOf(s, own, ended, instances)
	for _, pass := range passes(PhaseActive) {
		found := others[rival{pass, inst.passKey(pass | own)}]
		if found.onSite || found.any && inst.SiteID != "" {
			return true
		}
	}
	return false
}

// A rival is the pass in which an instance was chosen, and what this pass and that
// of another instance compare: each could have been chosen in place of the other if
// all of it is equal.
type rival struct {
	pass columns
	key  passKey
}

// rivals is whether there are rivals, and whether one of them is on a site.
type rivals struct{ any, onSite bool }

// rivalsOf returns the rivals of instances that were chosen in a pass; of an ended
// one, those that lines chose that have not ended.
func (c *choice) rivalsOf(s *subscription, own columns, ended bool, instances []Instance) map[rival]rivals {
	if all, known := c.rivals[own]; known {
		return all
	}
	all := make(map[rival]rivals)
	for i := range instances {
		inst, pass := &instances[i], c.pass[i]
		if c.line[i] < 0 || !inst.Status.Live() || pass == columnInstance || ended && s.phases[c.line[i]] == PhaseEnded {
			continue
		}
		key := rival{pass, inst.passKey(pass | own)}
		all[key] = rivals{true, all[key].onSite || inst.SiteID != ""}
	}
	if c.rivals == nil {
		c.rivals = make(map[columns]map[rival]rivals)
	}
	c.rivals[own] = all
	return all
}
