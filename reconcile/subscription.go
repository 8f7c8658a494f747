package reconcile

import (
	"cmp"
	"slices"
	"strings"
)

// A subscription is the ledger side of a group: its lines ordered by their
// cells, and the phase of each at the as-of time.
type subscription struct {
	lines  []Line
	phases []Phase
	count  [PhaseEnded + 1]int // lines by phase
	first  int                 // index of the first current line
	record int                 // the smallest record number
	byDate bool                // no line has the status canceled

	// What choices among the instances of its packages share.
	found   []int // by line: how many instances it chose in the present choice
	chosen  []int // by instance of the present choice: the line, or -1
	queues  map[queueKey]*takerQueue
	indexed map[queueKey]bool // by phase and pass
}

func (r *Rules) newSubscription(lines []Line) subscription {
	s := subscription{lines: lines, phases: make([]Phase, len(lines)), byDate: true}
	for i := range lines {
		s.phases[i] = lines[i].Phase(r.AsOf)
		s.count[s.phases[i]]++
		s.byDate = s.byDate && lines[i].EndedByDate()
		if i == 0 || lines[i].Record < s.record {
			s.record = lines[i].Record
		}
	}
	s.first = max(0, slices.IndexFunc(s.phases, func(p Phase) bool { return p != PhaseEnded }))
	return s
}

func (s *subscription) allEnded() bool { return s.count[PhaseEnded] == len(s.lines) }

func (s *subscription) hasActive() bool { return s.count[PhaseActive] > 0 }

// representative returns the line that stands for the subscription: the first of
// its current lines.
func (s *subscription) representative() *Line { return &s.lines[s.first] }

// current reports whether the line has not ended. Where all lines have ended,
// each counts as current.
func (s *subscription) current(i int) bool { return s.allEnded() || s.phases[i] != PhaseEnded }

// conflict returns the first field in which the subscription is in conflict, and
// its values: the current lines differ in account, currency or package id, or a
// package or instance id is also named under another external id. The field is
// empty where there is no conflict.
func (s *subscription) conflict(shared []SharedID) (field, values string) {
	for _, column := range [...]struct {
		field string
		cell  func(*Line) string
	}{
		{"account_id", func(l *Line) string { return l.AccountID }},
		{"currency", func(l *Line) string { return l.Currency }},
		{"package_id", func(l *Line) string { return l.PackageID }},
	} {
		if distinct := s.distinctCells(column.cell); len(distinct) > 1 {
			return column.field, strings.Join(distinct, ", ")
		}
	}
	if len(shared) == 0 {
		return "", ""
	}
	first := slices.MinFunc(shared, func(a, b SharedID) int { // package_id before instance_id
		return cmp.Or(cmp.Compare(b.Field, a.Field), cmp.Compare(a.ID, b.ID))
	})
	return first.Field, first.ID
}

// distinctCells returns the distinct filled cells of one column in the current
// lines, sorted.
func (s *subscription) distinctCells(cell func(*Line) string) []string {
	if len(s.lines) == 1 {
		return nil // nearly all subscriptions: a single line never differs from itself
	}
	var filled []string
	for i := range s.lines {
		if c := cell(&s.lines[i]); c != "" && s.current(i) {
			filled = append(filled, c)
		}
	}
	slices.Sort(filled)
	return slices.Compact(filled)
}
