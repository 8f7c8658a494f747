package guard

import "github.com/wixrecon/wixrecon/reconcile"

// Canaries look for ids that must exist on both sides: external ids, packages or
// instances that are matched and live. One that the ledger ended, or that no line
// chose, is missing: so swapped statuses are noticed even where the counts stay
// the same.
type Canaries struct {
	ids   []string
	found map[string]bool
	ended map[string]bool
}

// NewCanaries looks for these ids.
func NewCanaries(ids []string) *Canaries {
	c := &Canaries{found: make(map[string]bool), ended: make(map[string]bool)}
	for _, id := range ids {
		c.ids = append(c.ids, reconcile.TrimID(id))
	}
	return c
}

// AddPackage adds a package of the inventory.
func (c *Canaries) AddPackage(p *reconcile.ClassifiedPackage) {
	if len(c.ids) == 0 || p.Class != reconcile.Matched {
		return
	}
	for i := range p.Instances {
		if p.Instances[i].Status.Live() {
			c.note(c.found, p.Instances[i].ID, p.ID, p.ExternalID)
		}
	}
}

// AddFinding adds a finding.
func (c *Canaries) AddFinding(f *reconcile.Finding) {
	if f.Kind != reconcile.CanceledInLedger && f.Kind != reconcile.ExtraInstance {
		return
	}
	ids := []string{f.InstanceID}
	if f.InstanceID == "" && f.Basis != nil { // the package as a whole
		ids = append(f.Basis.Targets, f.PackageID, f.ExternalID)
	}
	c.note(c.ended, ids...)
}

// note notes the canaries among the ids. External ids are exact, those of Wix
// ignore case.
func (c *Canaries) note(in map[string]bool, ids ...string) {
	for _, id := range ids {
		for _, canary := range c.ids {
			if id == canary || id == reconcile.FoldGUID(canary) {
				in[canary] = true
			}
		}
	}
}

// Missing returns the canaries that are missing, in their order.
func (c *Canaries) Missing() []string {
	var missing []string
	for _, id := range c.ids {
		if !c.found[id] || c.ended[id] {
			missing = append(missing, id)
		}
	}
	return missing
}
