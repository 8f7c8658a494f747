package wixsim

import (
	"cmp"
	"time"
)

// What holds where Options name none. The sample data has the same parent.
const (
	DefaultParent = "b0d5e1c4-5a5e-4f0e-9c1d-000000000001" // the parent account
	DefaultKey    = "IST.simulated-api-key"                // the API key
)

// Options configure a server. The zero value follows the reference in
// everything and never fails.
type Options struct {
	Key    string // the API key; DefaultKey where empty
	Parent string // the parent account; DefaultParent where empty

	// MetadataName is the name of the paging metadata in an answer: "metadata"
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
	// Filters are the modes of filters that are not obeyed.
	Filters map[FilterName]FilterMode
	// MaxIn refuses an $in of more values with 400; 0 is no limit.
	MaxIn int
	// ParentOnly restricts queries that name no account, and their totals, to
	// the parent's own packages.
	ParentOnly bool
	// PageSize limits a page to fewer than the 100 of the API; 0 is 100.
	PageSize int
	// ShufflePages permutes the order of packages; 0 keeps createdDate DESC.
	ShufflePages uint64

	// Seed determines the faults.
	Seed uint64
	// Faults are the rates per read, in [0,1].
	Faults map[Fault]float64
	// MaxFaultsPerRequest limits how often in a row one logical request fails;
	// 0 is 3, and a negative number is no limit.
	MaxFaultsPerRequest int
	// RetryAfter is the header that ThrottleRetryAfter sends; "0" where empty.
	RetryAfter string
	// Delay is the duration of a Slow answer; 20 ms where 0.
	Delay time.Duration

	// Latency is how long every answer takes.
	Latency time.Duration
	// PerSecond answers 429 to more requests: a bucket holds one second's
	// requests, and is filled evenly. 0 is no limit.
	PerSecond int
	// ExpireCursor answers 410 to the n-th request with a cursor, counted from
	// 1; 0 to none.
	ExpireCursor int

	// FailAccounts answers every query whose filter names the account with the status.
	FailAccounts map[string]int
	// FailSweepPagesOf answers every page without an account filter that
	// contains a package of the account with the status.
	FailSweepPagesOf map[string]int
	// TotalDelta is added to every total.
	TotalDelta int
	// ForeignPackage adds a package of another account to the first page under
	// accountId $eq.
	ForeignPackage bool
	// OnRequest is called before the n-th request (from 1) is answered, with no
	// lock held: it may change the inventory.
	OnRequest func(n int)

	Changes ChangeOptions
}

// ChangeOptions configure the changing calls. What the reference leaves open is
// an option, so that a client can be tested with either reading. The zero value
// never fails.
type ChangeOptions struct {
	// StayPending keeps created instances PENDING until Deliver; otherwise they
	// are ENABLED as soon as the call has answered.
	StayPending bool
	// IdempotentCancel answers a cancel of what is not live with 200; otherwise
	// with 409.
	IdempotentCancel bool
	// KeepUpdatedDate keeps the package's updatedDate when an instance changes.
	KeepUpdatedDate bool
	// CancelDependants cancels with an instance those that reference it.
	CancelDependants bool
	// Answer is the shape of the answers about instances.
	Answer AnswerShape
	// Cycles are the billing cycles of a product, such as "1 MONTH" and
	// "ONE_TIME", by catalogProductId; a product without an entry has all.
	Cycles map[string][]string

	// Faults are the rates per change, in [0,1].
	Faults map[Fault]float64
	// OnChange is called for the n-th change (from 1), with no lock held. It
	// returns the fault of the request, one of ChangeFaults; where it is empty,
	// the rates decide.
	OnChange func(n int, c Change) Fault
	// EffectDelay is the time between the loss of the connection and the effect
	// of a change with DelayedEffect; 90 s where 0. ApplyDelayed does not wait.
	EffectDelay time.Duration
	// Now is the clock of dates; time.Now where nil.
	Now func() time.Time
}

// An AnswerShape is the answer of the four calls for instances.
type AnswerShape string

// The shapes.
const (
	AnswerEmpty     AnswerShape = ""         // {}
	AnswerPackage   AnswerShape = "package"  // the package that contains the instance
	AnswerInstance  AnswerShape = "instance" // the instance
	AnswerNoBody    AnswerShape = "nothing"  // 200 without a body
	AnswerNoContent AnswerShape = "204"      // 204
)

// withDefaults returns the options with their defaults filled in.
func (o *Options) withDefaults() Options {
	s := Options{}
	if o != nil {
		s = *o
	}
	s.Key = cmp.Or(s.Key, DefaultKey)
	s.Parent = cmp.Or(s.Parent, DefaultParent)
	s.MetadataName = cmp.Or(s.MetadataName, "metadata")
	s.RetryAfter = cmp.Or(s.RetryAfter, "0")
	s.Delay = cmp.Or(s.Delay, 20*time.Millisecond)
	s.MaxFaultsPerRequest = cmp.Or(s.MaxFaultsPerRequest, 3)
	if s.PageSize < 1 || s.PageSize > maxLimit {
		s.PageSize = maxLimit
	}
	if s.Changes.Now == nil {
		s.Changes.Now = time.Now
	}
	s.Changes.EffectDelay = cmp.Or(s.Changes.EffectDelay, 90*time.Second)
	return s
}
