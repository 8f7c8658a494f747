package fix

import (
	"cmp"

	"github.com/wixrecon/wixrecon/reconcile"
)

// An action is data: what is to be done, to what, and the state that it was
// decided on. Actions go in this order: external ids, unassign, assign, adjust,
// create, then cancels; within one fix by account, external id, package and
// instance.
//
// Nothing of an action depends on when, or from which order of rows, it was
// planned: that is evidence, and stands beside it in the plan.

// Fixes gives the fixes in the order in which they are carried out.
func Fixes() []string {
	return []string{
		reconcile.FixExternalID, reconcile.FixUnassign, reconcile.FixAssign,
		reconcile.FixAdjust, reconcile.FixCreate, reconcile.FixCancel,
	}
}

// An Action is one change of one package or instance.
type Action struct {
	Key        string   `json:"key"` // hash of parent account, fix, package, instance, wanted and seen
	Fix        string   `json:"fix"`
	Kind       string   `json:"kind"`        // of its findings
	FindingIDs []string `json:"finding_ids"` // ordered
	AccountID  string   `json:"account_id"`  // the package's; for a create the ledger's
	ExternalID string   `json:"external_id,omitempty"`
	PackageID  string   `json:"package_id,omitempty"`  // empty only for a create
	InstanceID string   `json:"instance_id,omitempty"` // empty: the package as a whole
	Desired    Desired  `json:"wanted"`
	Seen       *State   `json:"seen,omitempty"`             // none for a create
	Rows       string   `json:"ledger_rows_hash,omitempty"` // of the subscription; empty where the ledger has none

	Removal    bool     `json:"removal"`                 // it takes something away from a customer
	Instances  int      `json:"instances"`               // what it counts against the limits
	Costs      []Cost   `json:"monthly_costs,omitempty"` // of what a removal takes away, by currency
	Unpriced   int      `json:"unpriced_instances"`      // of a removal, instances without a known price
	Dependants []string `json:"dependants,omitempty"`    // instances that stay and need what it takes away

	Waiting *Waiting `json:"waiting,omitempty"` // nobody sends it yet
	Needs   string   `json:"needs,omitempty"`   // NeedsReview: a run does not send it, an applied plan does
}

// NeedsReview marks an action that others depend on.
const NeedsReview = "review"

// Waiting says how many sightings a removal has and needs.
type Waiting struct {
	Sightings int `json:"sightings"`
	Needed    int `json:"needed"`
}

// Due reports whether the action is to be sent now. Reviewed says that somebody
// looks at the plan before it is sent.
func (a *Action) Due(reviewed bool) bool {
	return a.Waiting == nil && (reviewed || a.Needs == "")
}

// takes gives the instances that a removal takes away, ordered.
func (a *Action) takes() []string {
	if !a.Removal {
		return nil
	}
	if a.InstanceID != "" {
		return []string{a.InstanceID}
	}
	return a.Seen.live()
}

// removes reports whether the action takes something away: so does moving an
// instance that is on a site.
func (a *Action) removes() bool {
	switch a.Fix {
	case reconcile.FixCancel, reconcile.FixUnassign:
		return true
	case reconcile.FixAssign:
		inst := a.Seen.instance(a.InstanceID)
		return inst == nil || inst.SiteID != ""
	}
	return false
}

// count gives how many instances the action is about, at least one.
func (a *Action) count() int {
	switch {
	case a.Fix == reconcile.FixCreate:
		n := 0
		for _, l := range a.Desired.Lines {
			n += l.Quantity
		}
		return max(1, n)
	case a.InstanceID != "":
		return 1
	}
	return max(1, len(a.Seen.live()))
}

// inOrder gives how actions compare in the order in which they are carried out.
// An instance that gets another product and another cycle gets the product
// first.
func inOrder() func(a, b *Action) int {
	fixes, kinds := ranks(Fixes()), make(map[string]int)
	for _, k := range reconcile.Kinds() {
		kinds[k.String()] = int(k)
	}
	return func(a, b *Action) int {
		return cmp.Or(
			cmp.Compare(fixes[a.Fix], fixes[b.Fix]),
			cmp.Compare(a.AccountID, b.AccountID), cmp.Compare(a.ExternalID, b.ExternalID),
			cmp.Compare(a.PackageID, b.PackageID), cmp.Compare(a.InstanceID, b.InstanceID),
			cmp.Compare(kinds[a.Kind], kinds[b.Kind]), cmp.Compare(a.Key, b.Key),
		)
	}
}

func ranks(names []string) map[string]int {
	ranks := make(map[string]int, len(names))
	for i, name := range names {
		ranks[name] = i
	}
	return ranks
}
