package fix

import (
	"slices"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
)

// A plan that is carried out later than it was made rests on a ledger that may
// have changed. An action stands only where
//
//	the rows of its subscription hold what they held,
//	no row that can't be read may be about it,
//	no row of another subscription, that is not ended, names its package or one
//	of its instances,
//	no exception silences it,
//	and, where its subscription has no rows, none has come that a spreadsheet
//	could have made of its external id or that is for the place of one of its
//	instances, and its sub-account is still one that the ledger names, unless
//	those of others may be canceled too.

// A Rereading is a ledger that is read again for the actions of a plan. It
// holds the rows that are about them, and no others.
type Rereading struct {
	Exceptions       *reconcile.Exceptions // may be nil
	UnlistedAccounts bool                  // orphans elsewhere may be canceled too

	plan    *Plan
	asOf    time.Time
	rows    map[string][]reconcile.Line // by external id of an action
	named   map[string]string           // package or instance → subscription that names it too
	near    map[string]bool             // near ids of what the ledger has
	watched map[string]string           // package or instance → external id of its action
	taken   map[place]bool              // places of what has no rows: that an active row is for
	listed  map[string]bool             // sub-accounts that a row names
	shields reconcile.Shields
}

// A place is an account, a product and a site, all of them filled.
type place struct{ account, product, site string }

// NewRereading begins to read the ledger again, at a moment.
func NewRereading(p *Plan, asOf time.Time) *Rereading {
	r := &Rereading{
		plan: p, asOf: asOf, rows: make(map[string][]reconcile.Line), named: make(map[string]string),
		near: make(map[string]bool), watched: make(map[string]string),
		taken: make(map[place]bool), listed: make(map[string]bool),
	}
	for i := range p.Actions {
		a := &p.Actions[i]
		r.rows[a.ExternalID], r.near[reconcile.NearID(a.ExternalID)] = nil, false
		for _, id := range a.ids() {
			r.watched[id] = a.ExternalID
		}
		for _, at := range a.places() {
			r.taken[at] = false
		}
	}
	return r
}

// places gives the places of the live instances of what has no rows.
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

// ids gives the ids of the package and its instances.
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

// Add takes a row, which can be read or not.
func (r *Rereading) Add(l *reconcile.Line, b *reconcile.BadRow) {
	if l != nil {
		r.AddLine(l)
	} else {
		r.AddBadRow(b)
	}
}

// AddLine takes a row.
func (r *Rereading) AddLine(l *reconcile.Line) {
	r.listed[l.AccountID] = true
	at := place{l.AccountID, l.ProductID, l.SiteID}
	if _, watched := r.taken[at]; watched && l.Phase(r.asOf) == reconcile.PhaseActive {
		r.taken[at] = true
	}
	if _, ours := r.rows[l.ExternalID]; ours {
		r.rows[l.ExternalID] = append(r.rows[l.ExternalID], *l)
	}
	if l.Phase(r.asOf) != reconcile.PhaseEnded {
		for _, id := range [...]string{l.PackageID, l.InstanceID} {
			if owner, watched := r.watched[id]; watched && id != "" && owner != l.ExternalID {
				r.named[id] = l.ExternalID
			}
		}
	}
	if near := reconcile.NearID(l.ExternalID); !r.near[near] {
		if _, watched := r.near[near]; watched {
			r.near[near] = true
		}
	}
}

// AddBadRow takes a row that can't be read.
func (r *Rereading) AddBadRow(b *reconcile.BadRow) {
	r.shields.AddBad(b)
	r.listed[b.AccountID] = true
}

// Stale gives, by key, the actions that no longer stand, with the reason.
func (r *Rereading) Stale() map[string]string {
	for _, rows := range r.rows {
		slices.SortFunc(rows, func(a, b reconcile.Line) int { return a.Compare(&b) })
	}
	stale := make(map[string]string)
	for i := range r.plan.Actions {
		if reason := r.stale(&r.plan.Actions[i]); reason != "" {
			stale[r.plan.Actions[i].Key] = reason
		}
	}
	return stale
}

func (r *Rereading) stale(a *Action) string {
	rows := r.rows[a.ExternalID]
	switch {
	case reconcile.RowsHash(rows) != a.Rows:
		return "the ledger's rows of the subscription changed"
	case a.Rows == "" && r.near[reconcile.NearID(a.ExternalID)] && a.ExternalID != "":
		return "the ledger has a row with nearly the same external id"
	case r.Exceptions.Find(a.finding()) >= 0:
		return ReasonExcepted
	case r.shielded(a):
		return "a row of the ledger that can't be read may be about it"
	case a.Kind == reconcile.OrphanPackage.String() && !r.UnlistedAccounts && !r.listed[a.AccountID]:
		return ReasonUnlisted
	}
	for _, at := range a.places() {
		if r.taken[at] {
			return "the ledger has an active row for its account, product and site"
		}
	}
	for _, id := range a.ids() {
		if other, named := r.named[id]; named {
			return "subscription " + other + " in the ledger names it too"
		}
	}
	return ""
}

// finding gives what exceptions and shields ask of the action's findings.
func (a *Action) finding() *reconcile.Finding {
	return &reconcile.Finding{Kind: kindOf(a.Kind), AccountID: a.AccountID, ExternalID: a.ExternalID, PackageID: a.PackageID}
}

// shielded asks as matching does.
func (r *Rereading) shielded(a *Action) bool {
	p := reconcile.Package{ID: a.PackageID}
	if a.Seen != nil {
		for i := range a.Seen.Instances {
			p.Instances = append(p.Instances, reconcile.Instance{ID: a.Seen.Instances[i].ID})
		}
	}
	return r.shields.Covers(a.finding(), &p)
}

// kindOf gives the kind of a name; of one that nobody knows, the one that is
// shielded most.
func kindOf(name string) reconcile.Kind {
	for _, k := range reconcile.Kinds() {
		if k.String() == name {
			return k
		}
	}
	return reconcile.OrphanPackage
}
