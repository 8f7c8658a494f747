package reconcile

import "slices"

// LinkRule says how the packages of a group came to its lines.
type LinkRule uint8

// The ways, strongest first.
const (
	BySameID     LinkRule = iota // equal external ids, or one side is empty
	ByPackageID                  // a row names the package
	ByInstanceID                 // a row names an instance of it
	ByPlace                      // account, product and site
	ByNearID                     // external ids that are nearly equal; never a link
	NotLinked                    // ambiguous: several candidates, nothing is joined
)

// A Group is all that one external id has on both sides, or a subscription
// with the package that was linked to it. A package without an external id
// that was linked to nothing is a group of its own.
type Group struct {
	Lines    []Line
	Bad      []BadRow
	Packages []Package
	Link     LinkRule
	Live     bool       // where the subscription is ambiguous: a candidate of it is live
	Shared   []SharedID // ids in its rows that stand under other external ids too
}

// A SharedID is an id that stands in rows of two subscriptions.
type SharedID struct {
	Field string // package_id or instance_id
	ID    string
}

// An Outcome is what a group gives. Findings are not ordered.
type GroupResult struct {
	Findings []Finding
	Census   Census
	Classes  []Class // of Packages, in the group's order
	Pairs    int     // live packages that were joined to lines
}

// A subscription is the ledger's side of a group: its lines, ordered by their
// cells, and where they stand at the as-of.
type subscription struct {
	lines  []Line
	phases []Phase
	count  [PhaseEnded + 1]int // lines by phase
	first  int                 // the line that stands for the subscription
	record int                 // the smallest record number
}

func (r *Rules) newSubscription(lines []Line) subscription {
	s := subscription{lines: lines, phases: make([]Phase, len(lines))}
	for i := range lines {
		s.phases[i] = lines[i].Phase(r.AsOf)
		s.count[s.phases[i]]++
		if i == 0 || lines[i].Record < s.record {
			s.record = lines[i].Record
		}
	}
	s.first = max(0, slices.IndexFunc(s.phases, func(p Phase) bool { return p != PhaseEnded }))
	return s
}

// allEnded reports whether every line has ended.
func (s *subscription) allEnded() bool { return s.count[PhaseEnded] == len(s.lines) }

// hasActive reports whether a line is active.
func (s *subscription) hasActive() bool { return s.count[PhaseActive] > 0 }

// endedByDate reports whether no line says that it was canceled.
func (s *subscription) endedByDate() bool {
	return !slices.ContainsFunc(s.lines, func(l Line) bool { return !l.EndedByDate() })
}

// face gives the line that stands for the subscription: the first by its cells
// among those that have not ended, else among all.
func (s *subscription) face() *Line { return &s.lines[s.first] }

// standing gives the lines that have not ended, or all where all have.
func (s *subscription) standing() []*Line {
	var standing []*Line
	for i := range s.lines {
		if s.allEnded() || s.phases[i] != PhaseEnded {
			standing = append(standing, &s.lines[i])
		}
	}
	return standing
}
