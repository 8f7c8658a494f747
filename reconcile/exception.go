package reconcile

import (
	"slices"
	"time"
)

// An exception silences findings until it expires, and the finding shows why.
// A field that is empty or "*" fits everything; at least one id must be filled.

// AnyValue is the field of an exception that fits everything.
const AnyValue = "*"

// An Exception is one row of the exceptions.
type Exception struct {
	Kind       string // the name of a kind, or AnyValue
	ExternalID string
	PackageID  string
	AccountID  string
	Reason     string
	Owner      string
	Ticket     string
	Expires    time.Time
	Record     int // its row in the file, the header being 1
}

// Exceptions are looked up by the ids of a finding.
type Exceptions struct {
	List []Exception

	byID map[string][]int // "e", "p" or "a" and an id → places in List
}

// NewExceptions makes the exceptions that hold at asOf ready to be looked up;
// expired ones stay in the list and fit nothing.
func NewExceptions(list []Exception, asOf time.Time) *Exceptions {
	x := &Exceptions{List: list, byID: make(map[string][]int)}
	for i := range list {
		if list[i].Expired(asOf) {
			continue
		}
		key := list[i].key()
		x.byID[key] = append(x.byID[key], i)
	}
	return x
}

// Expired reports whether the exception no longer holds at asOf.
func (e *Exception) Expired(asOf time.Time) bool { return !e.Expires.After(asOf) }

// key gives the most telling id of the exception.
func (e *Exception) key() string {
	switch {
	case filled(e.PackageID):
		return "p" + e.PackageID
	case filled(e.ExternalID):
		return "e" + e.ExternalID
	}
	return "a" + e.AccountID
}

func filled(cell string) bool { return cell != "" && cell != AnyValue }

func (e *Exception) fits(f *Finding) bool {
	same := func(want, got string) bool { return !filled(want) || want == got }
	return same(e.Kind, f.Kind.String()) && same(e.ExternalID, f.ExternalID) &&
		same(e.PackageID, f.PackageID) && same(e.AccountID, f.AccountID)
}

// Of gives the place in List of the first exception that fits a finding, or -1.
func (x *Exceptions) Of(f *Finding) int {
	if x == nil {
		return -1
	}
	best := -1
	for _, key := range [...]string{"p" + f.PackageID, "e" + f.ExternalID, "a" + f.AccountID} {
		i := slices.IndexFunc(x.byID[key], func(i int) bool { return x.List[i].fits(f) })
		if i >= 0 && (best < 0 || x.byID[key][i] < best) {
			best = x.byID[key][i]
		}
	}
	return best
}
