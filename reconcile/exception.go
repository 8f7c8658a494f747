package reconcile

import (
	"slices"
	"time"
)

// AnyValue is the field of an exception that fits everything. An empty field
// means the same.
const AnyValue = "*"

// An Exception is one row of the exceptions file. It silences the findings that
// it fits until it expires, and they show its reason. At least one id is filled.
type Exception struct {
	Record     int       `json:"record"` // its row in the file; the header is 1
	Kind       string    `json:"kind"`   // the name of a kind, or AnyValue
	ExternalID string    `json:"external_id,omitempty"`
	PackageID  string    `json:"package_id,omitempty"`
	AccountID  string    `json:"account_id,omitempty"`
	Reason     string    `json:"reason"`
	Owner      string    `json:"owner,omitempty"`
	Ticket     string    `json:"ticket,omitempty"`
	Expires    time.Time `json:"expires"`
}

// Exceptions finds the exception that fits a finding. A nil *Exceptions has none.
type Exceptions struct {
	List []Exception

	byID map[string][]int // "e", "p" or "a" and an id → indexes in List
}

// NewExceptions indexes the exceptions that are valid at asOf. Expired ones stay
// in the list but fit nothing.
func NewExceptions(list []Exception, asOf time.Time) *Exceptions {
	x := &Exceptions{List: list, byID: make(map[string][]int)}
	for i := range list {
		if !list[i].Expired(asOf) {
			key := list[i].key()
			x.byID[key] = append(x.byID[key], i)
		}
	}
	return x
}

// Expired reports whether the exception is no longer valid at asOf.
func (e *Exception) Expired(asOf time.Time) bool { return !e.Expires.After(asOf) }

// key returns the most specific id of the exception.
func (e *Exception) key() string {
	switch {
	case specific(e.PackageID):
		return "p" + e.PackageID
	case specific(e.ExternalID):
		return "e" + e.ExternalID
	}
	return "a" + e.AccountID
}

func specific(cell string) bool { return cell != "" && cell != AnyValue }

func (e *Exception) fits(f *Finding) bool {
	fits := func(cell, value string) bool { return !specific(cell) || cell == value }
	return fits(e.Kind, f.Kind.String()) && fits(e.ExternalID, f.ExternalID) &&
		fits(e.PackageID, f.PackageID) && fits(e.AccountID, f.AccountID)
}

// Find returns the index in List of the first exception that fits the finding,
// or -1.
func (x *Exceptions) Find(f *Finding) int {
	if x == nil {
		return -1
	}
	first := -1
	for _, key := range [...]string{"p" + f.PackageID, "e" + f.ExternalID, "a" + f.AccountID} {
		i := slices.IndexFunc(x.byID[key], func(i int) bool { return x.List[i].fits(f) })
		if i >= 0 && (first < 0 || x.byID[key][i] < first) {
			first = x.byID[key][i]
		}
	}
	return first
}

// The states of an exception.
const (
	ExceptionInUse   = "in_use"
	ExceptionUnused  = "unused"
	ExceptionExpired = "expired"
)

// An ExceptionUse is an exception and what it silenced. Each one is reported, so
// that expired and unused ones are noticed and removed.
type ExceptionUse struct {
	Exception
	State    string `json:"state"`    // in_use, unused or expired
	Findings int    `json:"findings"` // that it silenced
}

// ExceptionUses returns the use of each exception at asOf, in the order of the
// list. Silenced counts findings by Finding.Exception, the position in the list
// counted from 1.
func ExceptionUses(list []Exception, asOf time.Time, silenced map[int]int) []ExceptionUse {
	uses := make([]ExceptionUse, 0, len(list))
	for i, e := range list {
		uses = append(uses, ExceptionUse{e, e.state(asOf, silenced[i+1]), silenced[i+1]})
	}
	return uses
}

func (e *Exception) state(asOf time.Time, findings int) string {
	switch {
	case e.Expired(asOf):
		return ExceptionExpired
	case findings > 0:
		return ExceptionInUse
	}
	return ExceptionUnused
}
