package fix

import (
	"slices"

	"github.com/wixrecon/wixrecon/reconcile"
)

// Whether a finding is fixed, and if not why, is decided here. The first reason
// counts: its state, what matching left open, a package with an unsettled change,
// an account that the ledger does not list, an id that can't be sent, incomplete
// lines.

// The reasons besides those of matching.
const (
	ReasonUnknown    = "unknown"
	ReasonExcepted   = "excepted"
	ReasonInFlight   = "in_flight"
	ReasonUnsettled  = "unsettled" // an earlier change of the package may still be executed
	ReasonUnlisted   = "unlisted_account"
	ReasonUnsendable = "id_cannot_be_sent"
	ReasonIncomplete = "incomplete_lines" // a line to be created lacks product, cycle or country
	ReasonTooMany    = "too_many_instances"
	ReasonDependants = "dependants"
	ReasonRefused    = "refused_before" // Wix refused it in the same way in three runs
	ReasonLiveAgain  = "live_again"     // it was canceled, and is live again
)

// block returns the decision on a finding that can't become an action, and
// whether it is one.
func (o *Options) block(f *reconcile.Reported) (Decision, bool) {
	switch reason := o.reason(f); reason {
	case "":
		return Decision{}, false
	case ReasonUnsendable:
		return Decision{Outcome: OutcomeFailed, Reason: reason}, true
	default:
		return Decision{Outcome: OutcomeNotAllowed, Reason: reason}, true
	}
}

func (o *Options) reason(f *reconcile.Reported) string {
	if reason := matchingReason(f); reason != "" {
		return reason
	}
	switch {
	case o.Unsettled[f.PackageID], f.PackageID == "" && o.Unsettled[f.ExternalID]:
		return ReasonUnsettled
	case f.Kind == reconcile.OrphanPackage && !o.UnlistedAccounts && !o.Listed[f.AccountID]:
		return ReasonUnlisted
	case !sendable(f):
		return ReasonUnsendable
	case f.Fix == reconcile.FixCreate:
		return orderReason(f.Basis.Order)
	}
	return ""
}

// matchingReason returns why the state of a finding, or how it was matched,
// allows no fix.
func matchingReason(f *reconcile.Reported) string {
	switch {
	case f.State == reconcile.Excepted:
		return ReasonExcepted
	case f.State == reconcile.InFlight:
		return ReasonInFlight
	case f.State != reconcile.Open || f.Basis == nil:
		return ReasonUnknown
	case f.Reason != "" && f.Basis.PossibleMatch == "" && !partlyAmbiguous(f):
		return f.Reason
	case f.Basis.LinkedByPlace && f.WixValue != "": // a link by place does not replace an id that Wix has
		return reconcile.ReasonAmbiguous
	}
	return ""
}

// partlyAmbiguous reports whether a package whose lines have all ended has
// instances that these lines chose, and others. The former are canceled; only
// the latter are ambiguous.
func partlyAmbiguous(f *reconcile.Reported) bool {
	return f.Kind == reconcile.CanceledInLedger && f.InstanceID == "" &&
		f.Reason == reconcile.ReasonAmbiguous && len(f.Basis.Targets) > 0
}

// sendable reports whether the ids of the finding can be part of a request's
// path. Servers and proxies remove the segments "." and ".." from a path, which
// makes it another request.
func sendable(f *reconcile.Reported) bool {
	if f.Fix == reconcile.FixCreate {
		return f.ExternalID != "" && f.AccountID != ""
	}
	ids := append([]string{f.PackageID}, f.Basis.Targets...)
	switch f.Fix {
	case reconcile.FixExternalID:
		ids = append(ids, f.ExternalID)
	case reconcile.FixAssign:
		if !reconcile.IsGUID(f.LedgerValue) { // a site named "unassign" would be another request
			return false
		}
	}
	return !slices.ContainsFunc(ids, func(id string) bool { return id == "" || id == "." || id == ".." })
}

// orderReason returns why a package of these lines can't be created. Nothing that
// a reseller would be billed for is guessed.
func orderReason(order []reconcile.OrderLine) string {
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
	case instances > reconcile.MaxQuantity:
		return ReasonTooMany
	}
	return ""
}
