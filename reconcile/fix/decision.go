package fix

import "github.com/wixrecon/wixrecon/reconcile"

// For every finding one place says whether it is fixed, and if not why. The
// first that holds is told: another fix than those that were asked for, a state
// that is not open, what matching held back, a book that is not the ledger's.

// The outcomes of what is never tried, and of what can't be.
const (
	OutcomePlanned    = ""
	OutcomeNotAllowed = "not_allowed"
	OutcomeWaiting    = "waiting"
	OutcomeOverLimit  = "over_limit"
	OutcomeFailed     = "failed"
)

// The reasons beside those of matching.
const (
	ReasonUnknown    = "unknown"
	ReasonExcepted   = "excepted"
	ReasonInFlight   = "in_flight"
	ReasonUnlisted   = "unlisted_account"
	ReasonDependants = "dependants"
	ReasonIncomplete = "incomplete_lines" // a line to be created lacks a product or a country
	ReasonUnsendable = "id_cannot_be_sent"
	ReasonNotChosen  = "not_in_only"
)

// A Decision is what becomes of a finding.
type Decision struct {
	Outcome string
	Reason  string
}

// held gives why a finding gives no action, and whether there is a reason.
func (p *Planner) held(f *reconcile.Reported) (Decision, bool) {
	switch reason := p.reason(f); reason {
	case "":
		return Decision{}, false
	case ReasonUnsendable:
		return Decision{OutcomeFailed, reason}, true
	default:
		return Decision{OutcomeNotAllowed, reason}, true
	}
}

func (p *Planner) reason(f *reconcile.Reported) string {
	switch f.State {
	case reconcile.Unknown:
		return ReasonUnknown
	case reconcile.Excepted:
		return ReasonExcepted
	case reconcile.InFlight:
		return ReasonInFlight
	}
	if f.Reason != "" && !partly(f) {
		return f.Reason
	}
	switch {
	case f.Kind == reconcile.OrphanPackage && !p.options.UnlistedAccounts && !p.options.Listed[f.AccountID]:
		return ReasonUnlisted
	case f.Fix == reconcile.FixExternalID && (f.ExternalID == "." || f.ExternalID == ".."):
		return ReasonUnsendable
	case f.Fix == reconcile.FixCreate && !complete(f.Basis.Order):
		return ReasonIncomplete
	case !p.chosen(f):
		return ReasonNotChosen
	}
	return ""
}

// partly reports whether a package of which every line has ended holds
// instances that ended lines chose beside others: those are canceled, and only
// the rest is ambiguous.
func partly(f *reconcile.Reported) bool {
	return f.Kind == reconcile.CanceledInLedger && f.Reason == reconcile.ReasonAmbiguous && len(f.Basis.Targets) > 0
}

func complete(order []reconcile.Ordered) bool {
	for _, o := range order {
		if o.ProductID == "" || o.Country == "" {
			return false
		}
	}
	return len(order) > 0
}

// chosen reports whether --only names the finding, its package or account.
func (p *Planner) chosen(f *reconcile.Reported) bool {
	only := p.options.Only
	return only == nil || only[f.ID] || only[f.PackageID] || only[f.AccountID]
}
