package fix

import (
	"slices"

	"github.com/wixrecon/wixrecon/reconcile"
)

// For every finding one place says whether it is fixed, and if not why. The
// first that holds is told: its state, what matching held back, a package whose
// last change is not settled, an inventory that is not the ledger's, an id that can't
// be sent, lines that do not say enough. A finding that nobody asked to have
// fixed has no outcome.

// The outcomes of what is never tried. A finding with actions and no outcome is
// to be fixed now.
const (
	OutcomeNotAllowed = "not_allowed"
	OutcomeWaiting    = "waiting"
	OutcomeOverLimit  = "over_limit"
	OutcomeFailed     = "failed" // it can't be sent
)

// The reasons beside those of matching.
const (
	ReasonUnknown    = "unknown"
	ReasonExcepted   = "excepted"
	ReasonInFlight   = "in_flight"
	ReasonUnsettled  = "unsettled" // an earlier change of the package may still land
	ReasonUnlisted   = "unlisted_account"
	ReasonUnsendable = "id_cannot_be_sent"
	ReasonIncomplete = "incomplete_lines" // a line to be created lacks product, cycle or country
	ReasonTooMany    = "too_many_instances"
	ReasonDependants = "dependants"
)

// A Decision is what becomes of a finding.
type Decision struct {
	Outcome string
	Reason  string   // beside an action: why it does not fix all of the finding
	Actions []string // keys of its actions, those that wait or need a review among them
}

// held gives why a finding gives no action, and whether there is a reason.
func (p *Planner) held(f *reconcile.Reported) (Decision, bool) {
	switch reason := p.reason(f); reason {
	case "":
		return Decision{}, false
	case ReasonUnsendable:
		return Decision{Outcome: OutcomeFailed, Reason: reason}, true
	default:
		return Decision{Outcome: OutcomeNotAllowed, Reason: reason}, true
	}
}

func (p *Planner) reason(f *reconcile.Reported) string {
	if reason := reasonOfMatching(f); reason != "" {
		return reason
	}
	switch {
	case p.options.Unsettled[f.PackageID], f.PackageID == "" && p.options.Unsettled[f.ExternalID]:
		return ReasonUnsettled
	case f.Kind == reconcile.OrphanPackage && !p.options.UnlistedAccounts && !p.options.Listed[f.AccountID]:
		return ReasonUnlisted
	case !sendable(f):
		return ReasonUnsendable
	case f.Fix == reconcile.FixCreate:
		return reasonOfOrder(f.Basis.Order)
	}
	return ""
}

// reasonOfMatching gives what state and matching have against a fix.
func reasonOfMatching(f *reconcile.Reported) string {
	switch {
	case f.State == reconcile.Excepted:
		return ReasonExcepted
	case f.State == reconcile.InFlight:
		return ReasonInFlight
	case f.State != reconcile.Open || f.Basis == nil:
		return ReasonUnknown
	case f.Reason != "" && !partly(f):
		return f.Reason
	case f.Basis.LinkedByPlace && f.WixValue != "": // a mere place does not overrule an id that Wix has
		return reconcile.ReasonAmbiguous
	}
	return ""
}

// partly reports whether a package of which every line has ended holds
// instances that ended lines chose beside others: those are canceled, and only
// the rest is ambiguous.
func partly(f *reconcile.Reported) bool {
	return f.Kind == reconcile.CanceledInLedger && f.InstanceID == "" &&
		f.Reason == reconcile.ReasonAmbiguous && len(f.Basis.Targets) > 0
}

// sendable reports whether the ids of the finding can stand in the path of a
// request. One of "." or ".." is taken out of a path on its way, and what is
// left is another request.
func sendable(f *reconcile.Reported) bool {
	if f.Fix == reconcile.FixCreate {
		return f.ExternalID != "" && f.AccountID != ""
	}
	ids := append([]string{f.PackageID}, f.Basis.Targets...)
	switch f.Fix {
	case reconcile.FixExternalID:
		ids = append(ids, f.ExternalID)
	case reconcile.FixAssign:
		if !reconcile.IsGUID(f.LedgerValue) { // "unassign" there would be another request
			return false
		}
	}
	return !slices.ContainsFunc(ids, func(id string) bool { return id == "" || id == "." || id == ".." })
}

// maxInstances is what a package may hold at Wix.
const maxInstances = 1000

// reasonOfOrder gives why a package of these lines can't be created: nobody
// guesses what a reseller would be billed for.
func reasonOfOrder(order []reconcile.OrderLine) string {
	instances := 0
	for _, o := range order {
		if o.ProductID == "" || o.Country == "" || o.Cycle == "" || o.Quantity < 1 {
			return ReasonIncomplete
		}
		instances += o.Quantity
	}
	switch {
	case instances == 0:
		return ReasonIncomplete
	case instances > maxInstances:
		return ReasonTooMany
	}
	return ""
}
