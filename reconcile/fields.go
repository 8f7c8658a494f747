package reconcile

import "time"

// Fields are compared only between an active line and a live instance, and only
// where the ledger's cell is filled.

// compareFields compares an active line with the live instance that it chose.
func (p *pair) compareFields(inst *Instance, l *Line) {
	add := func(kind Kind, field, ledger, wix string) *Finding {
		f := p.addLineFinding(kind, p.index, l).setField(field, ledger, wix)
		f.InstanceID = inst.ID
		if f.Basis != nil {
			f.Basis.Targets = []string{inst.ID}
		}
		return f
	}
	wrongProduct := l.ProductID != "" && l.ProductID != inst.ProductID
	if wrongProduct {
		add(ProductMismatch, "catalog_product_id", l.ProductID, inst.ProductID).Monthly = p.costDifference(inst, l)
	}
	if l.Cycle != "" && !l.Cycle.Equal(inst.Cycle) {
		f := add(BillingCycleMismatch, "billing_cycle", string(l.Cycle), string(inst.Cycle))
		f.Monthly = p.costDifference(inst, l)
		if wrongProduct { // one difference, which the product's row has
			f.Monthly.Amount = f.Monthly.Amount.Zero()
		}
	}
	if l.Country != "" && l.Country != inst.Country {
		add(CountryMismatch, "country_code", l.Country, inst.Country)
	}
	if l.SiteID != "" && l.SiteID != inst.site() {
		f := add(SiteMismatch, "site_id", l.SiteID, inst.site())
		if l.SiteID == Floating {
			f.Fix = FixUnassign
		}
	}
	if p.isStuck(inst) {
		add(StuckInstance, "status", string(Active), string(inst.Status))
	}
	if !inst.Expires.IsZero() && !inst.Expires.After(p.AsOf) {
		f := add(ExpiredInstance, "expiration_date", "", inst.Expires.UTC().Format(time.RFC3339))
		f.Monthly = lineRevenue(l, inst.Cycle, 1)
	}
}

// isStuck reports whether the instance has been waiting for longer than the
// in-flight window.
func (p *pair) isStuck(inst *Instance) bool {
	if inst.Status != StatusPending && inst.Status != StatusAwaitingAction {
		return false
	}
	since := inst.LastChanged()
	if since.IsZero() {
		since = later(p.pkg.Created, p.pkg.Updated)
	}
	return since.Before(p.windowStart())
}
