package wix

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
)

// A Slice is a part of the inventory that is read by one chain of cursors.
type Slice struct {
	// Accounts are the sub-accounts to read; none is the whole inventory. More
	// than one must be in lower case and sorted.
	Accounts []string
	// From and To restrict it to packages created from From until before To.
	// Zero is no bound.
	From, To time.Time
}

// OfAccount returns the slice of one sub-account.
func OfAccount(id string) Slice { return Slice{Accounts: []string{id}} }

// A filterName is a filter that a slice needs.
type filterName string

const (
	accountEq   filterName = "accountId $eq"
	accountIn   filterName = "accountId $in"
	createdDate filterName = "createdDate"
)

// A filterError means that a server answered a package that a filter excludes.
type filterError struct {
	filter filterName
	text   string
}

func (e *filterError) Error() string { return e.text }

// dateBound is RFC 3339 with milliseconds, so that a server that compares texts
// compares dates.
const dateBound = "2006-01-02T15:04:05.000Z"

// filter returns the slice as the filter of a query; nil for the whole inventory.
func (s Slice) filter() map[string]any {
	filter, created := map[string]any{}, map[string]any{}
	switch len(s.Accounts) {
	case 0:
	case 1:
		filter["accountId"] = map[string]any{"$eq": s.Accounts[0]}
	default:
		filter["accountId"] = map[string]any{"$in": s.Accounts}
	}
	if !s.From.IsZero() {
		created["$gte"] = s.From.UTC().Format(dateBound)
	}
	if !s.To.IsZero() {
		created["$lt"] = s.To.UTC().Format(dateBound)
	}
	if len(created) > 0 {
		filter["createdDate"] = created
	}
	if len(filter) == 0 {
		return nil
	}
	return filter
}

// name names the slice in messages.
func (s Slice) name() string {
	text := "the inventory"
	switch n := len(s.Accounts); {
	case n == 1:
		text = "account " + showID(s.Accounts[0])
	case n > 1:
		text = fmt.Sprintf("%d accounts from %s", n, showID(s.Accounts[0]))
	}
	if !s.From.IsZero() {
		text += " created from " + s.From.UTC().Format(time.RFC3339)
	}
	if !s.To.IsZero() {
		text += " created before " + s.To.UTC().Format(time.RFC3339)
	}
	return text
}

// checkFilter returns an error if the package does not belong to the slice.
func (s Slice) checkFilter(p *reconcile.Package) error {
	var filter filterName
	switch {
	case len(s.Accounts) == 1 && !strings.EqualFold(p.AccountID, s.Accounts[0]):
		return &filterError{accountEq, fmt.Sprintf("package %s of account %s does not match the filter on account %s",
			showID(p.ID), showID(orDefault(p.AccountID, "(none)")), showID(s.Accounts[0]))}
	case len(s.Accounts) > 1 && !contains(s.Accounts, p.AccountID):
		filter = accountIn
	case !s.From.IsZero() && p.Created.Before(s.From), !s.To.IsZero() && !p.Created.Before(s.To):
		filter = createdDate
	case (!s.From.IsZero() || !s.To.IsZero()) && p.Created.IsZero():
		filter = createdDate
	default:
		return nil
	}
	return &filterError{filter, fmt.Sprintf("package %s of account %s, created %s, does not match the filter by %s",
		showID(p.ID), showID(orDefault(p.AccountID, "(none)")), p.Created.Format(time.RFC3339), filter)}
}

// contains reports whether a sorted list has an element.
func contains(sorted []string, element string) bool {
	_, found := slices.BinarySearch(sorted, element)
	return found
}
