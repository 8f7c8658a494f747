package wix

import "time"

// Support is whether a server supports a filter.
type Support string

// The zero value is not known.
const (
	Supported   Support = "yes"
	Unsupported Support = "no"
)

// Learned is what a run found out about the server. The next run of the same
// scope starts with it, so that nothing is tried twice. It never decides what is
// reported, only how it is read.
type Learned struct {
	AccountIn   Support   `json:"account_in,omitempty"`   // filter accountId $in
	MaxIn       int       `json:"max_in,omitempty"`       // values of an $in that the server takes, if fewer than are sent
	CreatedDate Support   `json:"created_date,omitempty"` // filters on createdDate
	Since       time.Time `json:"since,omitzero"`         // when the filters were tried
	PerMinute   float64   `json:"per_minute,omitempty"`   // requests that the server takes; 0: no limit found
	Accounts    []string  `json:"accounts,omitempty"`     // that have packages, and the ledger does not name
}

// learnedLife is how long it is known what a server supports. After that it is
// tried again.
const learnedLife = 30 * 24 * time.Hour

// at returns what is still known at a time.
func (l Learned) at(now time.Time) Learned {
	if age := now.Sub(l.Since); age < 0 || age > learnedLife {
		l.AccountIn, l.MaxIn, l.CreatedDate, l.Since = "", 0, "", now
	}
	return l
}
