package reconcile

import "time"

// Fields are compared only between an active line and a live instance, and
// only where the ledger's cell is filled.

// delivered holds an active line against the live instance that it took.
func (p *pair) delivered(i int) {
	inst, l := &p.pkg.Instances[i], &p.Lines[p.choice.line[i]]
	report := func(kind Kind, field, ledger, wix string) *Finding {
		f := p.lineFinding(kind, p.at, l).differs(field, ledger, wix)
		f.InstanceID = inst.ID
		if f.Basis != nil {
			f.Basis.Targets = []string{inst.ID}
		}
		return f
	}
	wrongProduct := l.ProductID != "" && l.ProductID != inst.ProductID
	if wrongProduct {
		report(ProductMismatch, "catalog_product_id", l.ProductID, inst.ProductID).Monthly = p.overpaid(inst, l)
	}
	if l.Cycle != "" && !l.Cycle.Same(inst.Cycle) {
		f := report(BillingCycleMismatch, "billing_cycle", string(l.Cycle), string(inst.Cycle))
		if f.Monthly = p.overpaid(inst, l); wrongProduct {
			f.Monthly = f.Monthly.nothing()
		}
	}
	if l.Country != "" && l.Country != inst.Country {
		report(CountryMismatch, "country_code", l.Country, inst.Country)
	}
	if l.SiteID != "" && l.SiteID != inst.site() {
		f := report(SiteMismatch, "site_id", l.SiteID, inst.site())
		if l.SiteID == Floating {
			f.Fix = FixUnassign
		}
	}
	if p.stuck(inst) {
		report(StuckInstance, "status", string(Active), string(inst.Status))
	}
	if !inst.Expires.IsZero() && !inst.Expires.After(p.AsOf) {
		f := report(ExpiredInstance, "expiration_date", "", inst.Expires.UTC().Format(time.RFC3339))
		f.Monthly = lineMonthly(l, inst.Cycle, 1)
	}
}

// stuck reports whether the instance has waited for longer than the window.
func (p *pair) stuck(inst *Instance) bool {
	if inst.Status != StatusPending && inst.Status != StatusAwaitingAction {
		return false
	}
	since := inst.Changed()
	if since.IsZero() {
		since = later(p.pkg.Created, p.pkg.Updated)
	}
	return since.Before(p.windowStart())
}
