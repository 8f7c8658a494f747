package reconcile

import (
	"cmp"
	"slices"
	"strings"
)

// A subscription is in conflict when its rows contradict each other: the
// filled cells of the rows that have not ended (of all, where all have) differ
// in account, currency or package id, or one of its package or instance ids
// stands under another external id too.

// conflict gives the first field in which the subscription contradicts itself
// and what stands there; no field where it does not.
func (s *subscription) conflict(shared []SharedID) (field, values string) {
	if len(s.lines) > 1 {
		if field, values := s.contradiction(); field != "" {
			return field, values
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

func (s *subscription) contradiction() (field, values string) {
	standing := s.standing()
	for _, column := range [...]struct {
		field string
		cell  func(*Line) string
	}{
		{"account_id", func(l *Line) string { return l.AccountID }},
		{"currency", func(l *Line) string { return l.Currency }},
		{"package_id", func(l *Line) string { return l.PackageID }},
	} {
		if distinct := distinctCells(standing, column.cell); len(distinct) > 1 {
			return column.field, strings.Join(distinct, ", ")
		}
	}
	return "", ""
}

// distinctCells gives the filled cells of one column, each once, ordered.
func distinctCells(lines []*Line, cell func(*Line) string) []string {
	var filled []string
	for _, l := range lines {
		if c := cell(l); c != "" {
			filled = append(filled, c)
		}
	}
	slices.Sort(filled)
	return slices.Compact(filled)
}
