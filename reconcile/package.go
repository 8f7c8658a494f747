package reconcile

import (
	"cmp"
	"time"
)

// Status is the status of a product instance, as Wix spells it. An unrecognised
// one is kept; it is neither live nor dead.
type Status string

// The documented statuses.
const (
	StatusPending        Status = "PENDING"
	StatusEnabled        Status = "ENABLED"
	StatusAwaitingAction Status = "AWAITING_ACTION"
	StatusCanceled       Status = "CANCELED"
	StatusFailed         Status = "FAILED"
)

// Live reports whether Wix bills for an instance of this status.
func (s Status) Live() bool {
	return s == StatusPending || s == StatusEnabled || s == StatusAwaitingAction
}

// Dead reports whether an instance of this status is not delivered.
func (s Status) Dead() bool { return s == StatusCanceled || s == StatusFailed }

// A Package is what Wix stores for one subscription. Ids are as Wix sends them,
// but GUIDs are in lower case and ExternalID is trimmed.
type Package struct {
	ID         string
	AccountID  string
	ExternalID string
	Instances  []Instance // ordered by instance id
	Created    time.Time
	Updated    time.Time

	// UnreadableID means that the external id is not text, or longer than any: it
	// can be shown and equals no other.
	UnreadableID bool
}

// An Instance is one product instance of a package.
type Instance struct {
	ID         string
	ProductID  string
	SiteID     string // empty: floating
	Status     Status
	Cycle      Cycle
	Country    string // upper case
	Failure    string // code, and message where there is one
	Discount   string
	References string // referenceProductInstanceId
	Expires    time.Time
	Created    time.Time
	Updated    time.Time
}

// JoinID returns the external id by which the package joins a subscription; empty
// if it has none, or one that can't be read.
func (p *Package) JoinID() string {
	if p.UnreadableID {
		return ""
	}
	return p.ExternalID
}

// Live reports whether any instance is live.
func (p *Package) Live() bool {
	for i := range p.Instances {
		if p.Instances[i].Status.Live() {
			return true
		}
	}
	return false
}

// liveIDs returns the ids of the live instances.
func (p *Package) liveIDs() []string {
	var ids []string
	for i := range p.Instances {
		if p.Instances[i].Status.Live() {
			ids = append(ids, p.Instances[i].ID)
		}
	}
	return ids
}

// LastChanged returns the latest date on which the package or one of its
// instances was created or updated.
func (p *Package) LastChanged() time.Time {
	latest := later(p.Created, p.Updated)
	for i := range p.Instances {
		latest = later(latest, p.Instances[i].LastChanged())
	}
	return latest
}

// LastChanged returns the later of the created and updated dates.
func (i *Instance) LastChanged() time.Time { return later(i.Created, i.Updated) }

// compareAge orders packages by creation date, then by id; the newest is last.
func compareAge(p, q *Package) int {
	return cmp.Or(p.Created.Compare(q.Created), cmp.Compare(p.ID, q.ID))
}

func later(t, u time.Time) time.Time {
	if u.After(t) {
		return u
	}
	return t
}
