package fix

import (
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
)

// A Refusal is one reason why a plan is not sent. A plan is sent whole or not at
// all, and all its refusals are reported at once, the most important first:
// an incomplete read, suspect inputs, no earlier run to compare with, limits.
type Refusal struct {
	Cause   string                   `json:"cause"`
	Limit   string                   `json:"limit"`           // name of the limit or guard
	Value   string                   `json:"value,omitempty"` // of the limit
	Need    string                   `json:"need,omitempty"`  // what the plan needs, or the inputs have
	Largest []reconcile.AccountShare `json:"largest,omitempty"`
	Flag    string                   `json:"flag,omitempty"` // the one flag that raises it; empty where no flag does
	Text    string                   `json:"text"`           // for people, without the flag
}

// The causes of a refusal.
const (
	CauseIncomplete = "incomplete"
	CauseGuard      = "guard"
	CauseHistory    = "history"
	CauseLimit      = "limit"
	CausePlan       = "plan"    // it can't be used any more
	CauseSize       = "size"    // more than a plan can hold
	CauseJournal    = "journal" // an entry of it can't be read
)

// The names of the guards.
const (
	GuardLedgerAge = "max_ledger_age"
	GuardShrink    = "max_shrink"
	GuardCanary    = "canary"
	GuardClock     = "clock" // no flag lifts it
)

// MaxSkew is the difference between this machine's clock and Wix's from which
// dates at Wix can't be compared with those of a run.
const MaxSkew = time.Hour

// The names of the limits.
const (
	LimitFixes             = "max_fixes"
	LimitCancels           = "max_cancels"
	LimitCancelPercent     = "max_cancel_percent"
	LimitCancelsPerAccount = "max_cancels_per_account"
	LimitCancelCost        = "max_cancel_cost"
	LimitPlanSize          = "plan_size" // no flag raises it
)

// The names of what refuses besides guards and limits.
const (
	RefusedIncomplete = "incomplete_read"
	RefusedHistory    = "no_history"
	RefusedJournal    = "unreadable_journal"
)
