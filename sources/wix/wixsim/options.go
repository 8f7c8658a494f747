package wixsim

import (
	"cmp"
	"time"
)

// DefaultParent is the parent account where Options name none, and the one
// that Generate and DemoBook plant their books under.
const DefaultParent = "b0d5e1c4-5a5e-4f0e-9c1d-000000000001"

// DefaultKey is the API key where Options name none.
const DefaultKey = "IST.simulated-api-key"

// Options say what kind of server it is. The zero value is one that follows
// the reference in everything and never fails.
type Options struct {
	Key    string // the API key; DefaultKey where empty
	Parent string // the parent account; DefaultParent where empty

	// MetadataName is what an answer calls its paging metadata: "metadata"
	// (where empty) or "pagingMetadata".
	MetadataName string
	// NoOffset refuses query.paging with 400.
	NoOffset bool
	// TooManyToCount answers query.paging without a total.
	TooManyToCount bool
	// OnlyAccountFilter refuses every filter but accountId $eq with 400.
	OnlyAccountFilter bool
	// IgnoreFilters answers as if no filter had been sent.
	IgnoreFilters bool
	// ParentOnly answers a query that names no account, and counts for it, the
	// parent's own packages only.
	ParentOnly bool
	// PageSize caps a page, below the 100 that the API allows; 0 is 100.
	PageSize int
	// ShufflePages permutes the order of packages within a result that no sort
	// was asked for; 0 keeps createdDate DESC.
	ShufflePages uint64

	// Seed draws the faults.
	Seed uint64
	// Faults are the rates per request, in [0,1].
	Faults map[Fault]float64
	// MaxFaultsPerRequest bounds how often in a row one logical request is
	// hit; 0 is 3, and a negative number takes the bound away.
	MaxFaultsPerRequest int
	// RetryAfter is the header that ThrottleRetryAfter sends; "0" where empty.
	RetryAfter string
	// Delay is how long a Slow answer takes; 20 ms where 0.
	Delay time.Duration

	// FailAccounts answers every query filtered to the account with the status.
	FailAccounts map[string]int
	// FailSweepPagesOf answers every page that no account was asked for, and
	// that holds a package of the account, with the status.
	FailSweepPagesOf map[string]int
	// TotalDelta is added to every total.
	TotalDelta int
	// ForeignPackage puts a package of another account into the first page
	// under accountId $eq.
	ForeignPackage bool
	// OnRequest is called before the n-th request (from 1) is answered, with
	// no lock held: it may change the inventory.
	OnRequest func(n int)

	// Changes say how the changing calls behave.
	Changes ChangeOptions
}

// settled gives the options with their defaults filled in.
func (o *Options) settled() Options {
	s := Options{}
	if o != nil {
		s = *o
	}
	s.Key = cmp.Or(s.Key, DefaultKey)
	s.Parent = cmp.Or(s.Parent, DefaultParent)
	s.MetadataName = cmp.Or(s.MetadataName, "metadata")
	s.RetryAfter = cmp.Or(s.RetryAfter, "0")
	s.Delay = cmp.Or(s.Delay, 20*time.Millisecond)
	s.Changes = s.Changes.settled()
	s.MaxFaultsPerRequest = cmp.Or(s.MaxFaultsPerRequest, 3)
	if s.PageSize < 1 || s.PageSize > maxLimit {
		s.PageSize = maxLimit
	}
	return s
}
