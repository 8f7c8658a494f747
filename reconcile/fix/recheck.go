package fix

import (
	"slices"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
)

// A LedgerRecheck checks the actions of an existing plan against the ledger as
// it is now. An action is still valid only where
//
//   - the rows of its subscription are what they were,
//   - no row that can't be read may be about it,
//   - no row of another subscription that is not ended names its package or one
//     of its instances,
//   - no exception silences it,
//   - and, where its subscription has no rows, no row has come whose external id
//     may be its own, changed by a spreadsheet, or that is for the place of one of
//     its instances; and the ledger still names its sub-account, unless orphans of
//     others may be canceled too.
//
// Only the rows that are about the actions are kept in memory.
type LedgerRecheck struct {
	plan    *Plan
	asOf    time.Time
	rows    map[string][]reconcile.Line // by external id of an action
	owners  map[string]string           // package or instance → external id of its action
	others  map[string]string           // package or instance → another subscription that names it
	similar map[string]bool             // near ids of the actions: whether a row has it
	places  map[place]bool              // of instances without rows: whether an active row is for it
	listed  map[string]bool             // sub-accounts that a row names
	shields reconcile.Shields
}

// A place is an account, a product and a site, none of them empty.
type place struct{ account, product, site string }

// NewLedgerRecheck begins to check a plan at a moment.
func NewLedgerRecheck(p *Plan, asOf time.Time) *LedgerRecheck {
	r := &LedgerRecheck{
		plan: p, asOf: asOf, rows: make(map[string][]reconcile.Line), owners: make(map[string]string),
		others: make(map[string]string), similar: make(map[string]bool),
		places: make(map[place]bool), listed: make(map[string]bool),
	}
	for i := range p.Actions {
		a := &p.Actions[i]
		r.rows[a.ExternalID], r.similar[reconcile.NearID(a.ExternalID)] = nil, false
		for _, id := range a.ids() {
			r.owners[id] = a.ExternalID
		}
		for _, at := range a.places() {
			r.places[at] = false
		}
	}
	return r
}

// places returns the places of the live instances of an action without rows.
func (a *Action) places() []place {
	if a.Rows != "" || a.Seen == nil {
		return nil
	}
	var all []place
	for i := range a.Seen.Instances {
		if inst := &a.Seen.Instances[i]; inst.Status.Live() && inst.ProductID != "" && inst.SiteID != "" {
			all = append(all, place{a.AccountID, inst.ProductID, inst.SiteID})
		}
	}
	return all
}

// ids returns the ids of the package and its instances.
func (a *Action) ids() []string {
	if a.Seen == nil {
		return nil
	}
	ids := []string{a.PackageID}
	for i := range a.Seen.Instances {
		ids = append(ids, a.Seen.Instances[i].ID)
	}
	return ids
}

// Add adds a row: a line, or a row that can't be read.
func (r *LedgerRecheck) Add(l *reconcile.Line, b *reconcile.BadRow) {
	if l == nil {
		r.shields.AddBad(b)
		r.listed[b.AccountID] = true
		return
	}
	r.listed[l.AccountID] = true
	at := place{l.AccountID, l.ProductID, l.SiteID}
	if _, watched := r.places[at]; watched && l.Phase(r.asOf) == reconcile.PhaseActive {
		r.places[at] = true
	}
	if _, watched := r.rows[l.ExternalID]; watched {
		r.rows[l.ExternalID] = append(r.rows[l.ExternalID], *l)
	}
	if l.Phase(r.asOf) != reconcile.PhaseEnded {
		for _, id := range [...]string{l.PackageID, l.InstanceID} {
			if owner, watched := r.owners[id]; watched && id != "" && owner != l.ExternalID {
				r.others[id] = l.ExternalID
			}
		}
	}
	if near := reconcile.NearID(l.ExternalID); !r.similar[near] {
		if _, watched := r.similar[near]; watched {
			r.similar[near] = true
		}
	}
}

// Stale returns, by key, why actions are no longer valid. The exceptions may be
// nil; unlisted is whether orphans of accounts that the ledger does not name may
// be canceled.
func (r *LedgerRecheck) Stale(exceptions *reconcile.Exceptions, unlisted bool) map[string]string {
	for _, rows := range r.rows {
		slices.SortFunc(rows, func(a, b reconcile.Line) int { return a.Compare(&b) })
	}
	stale := make(map[string]string)
	for i := range r.plan.Actions {
		if reason := r.stale(&r.plan.Actions[i], exceptions, unlisted); reason != "" {
			stale[r.plan.Actions[i].Key] = reason
		}
	}
	return stale
}

func (r *LedgerRecheck) stale(a *Action, exceptions *reconcile.Exceptions, unlisted bool) string {
	switch {
	case reconcile.RowsHash(r.rows[a.ExternalID]) != a.Rows:
		return "the ledger's rows of the subscription changed"
	case a.Rows == "" && r.similar[reconcile.NearID(a.ExternalID)] && a.ExternalID != "":
		return "the ledger has a row with nearly the same external id"
	case exceptions.Find(a.finding()) >= 0:
		return ReasonExcepted
	case r.shields.Covers(a.finding(), a.seenPackage()):
		return "a row of the ledger that can't be read may be about it"
	case a.Kind == reconcile.OrphanPackage.String() && !unlisted && !r.listed[a.AccountID]:
		return ReasonUnlisted
	}
	for _, at := range a.places() {
		if r.places[at] {
			return "the ledger has an active row for its account, product and site"
		}
	}
	for _, id := range a.ids() {
		if other, named := r.others[id]; named {
			return "subscription " + other + " in the ledger names it too"
		}
	}
	return ""
}

// finding returns what exceptions and shields compare of the action's findings.
// A kind that is not known is taken as the one that is shielded most.
func (a *Action) finding() *reconcile.Finding {
	kind := reconcile.OrphanPackage
	for _, k := range reconcile.Kinds() {
		if k.String() == a.Kind {
			kind = k
		}
	}
	return &reconcile.Finding{Kind: kind, AccountID: a.AccountID, ExternalID: a.ExternalID, PackageID: a.PackageID}
}

// seenPackage returns the ids of the package and its instances as a package.
func (a *Action) seenPackage() *reconcile.Package {
	p := &reconcile.Package{ID: a.PackageID}
	if a.Seen != nil {
		for i := range a.Seen.Instances {
			p.Instances = append(p.Instances, reconcile.Instance{ID: a.Seen.Instances[i].ID})
		}
	}
	return p
}
