package reconcile

import "time"

// Every row of the exceptions is listed with what became of it, so that one that
// has expired, or that silences nothing any more, is seen and taken out. One
// that expired is expired, whatever it would have silenced; of those that hold,
// one without a finding is unused.

// The states of an exception.
const (
	ExceptionInUse   = "in_use"
	ExceptionUnused  = "unused"
	ExceptionExpired = "expired"
)

// An ExceptionUse is one row of the exceptions, and what it silenced.
type ExceptionUse struct {
	Record     int       `json:"record"` // its row in the file, the header being 1
	Kind       string    `json:"kind"`   // AnyValue where it fits every kind
	ExternalID string    `json:"external_id,omitempty"`
	PackageID  string    `json:"package_id,omitempty"`
	AccountID  string    `json:"account_id,omitempty"`
	Reason     string    `json:"reason"`
	Owner      string    `json:"owner,omitempty"`
	Ticket     string    `json:"ticket,omitempty"`
	Expires    time.Time `json:"expires"`
	State      string    `json:"state"`    // in_use, unused or expired
	Findings   int       `json:"findings"` // that it silenced
}

// UsesOf gives the use of each exception at asOf, in the order of the list.
// Silenced counts the findings by Finding.Exception: the place in the list, from
// 1.
func UsesOf(list []Exception, asOf time.Time, silenced map[int]int) []ExceptionUse {
	uses := make([]ExceptionUse, 0, len(list))
	for i := range list {
		e := &list[i]
		uses = append(uses, ExceptionUse{
			Record: e.Record, Kind: e.Kind, ExternalID: e.ExternalID, PackageID: e.PackageID, AccountID: e.AccountID,
			Reason: e.Reason, Owner: e.Owner, Ticket: e.Ticket, Expires: e.Expires,
			State: e.use(asOf, silenced[i+1]), Findings: silenced[i+1],
		})
	}
	return uses
}

func (e *Exception) use(asOf time.Time, findings int) string {
	switch {
	case e.Expired(asOf):
		return ExceptionExpired
	case findings > 0:
		return ExceptionInUse
	}
	return ExceptionUnused
}
