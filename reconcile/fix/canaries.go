package fix

import (
	"github.com/wixrecon/wixrecon/reconcile"
)

// A canary is an external id, a package or an instance that must be there on
// both sides, matched and live. One that the ledger ended, or that no line
// chose, is not: so statuses that were turned round are noticed even where the
// numbers stay the same.

// Canaries watch for the canaries of a run.
type Canaries struct {
	ids   []string
	there map[string]bool
	gone  map[string]bool
}

// NewCanaries watches for these ids.
func NewCanaries(ids []string) *Canaries {
	c := &Canaries{there: make(map[string]bool), gone: make(map[string]bool)}
	for _, id := range ids {
		c.ids = append(c.ids, reconcile.TrimID(id))
	}
	return c
}

// See takes a package of the inventory.
func (c *Canaries) See(s *reconcile.ClassifiedPackage) {
	if len(c.ids) == 0 || s.Class != reconcile.Matched {
		return
	}
	for i := range s.Instances {
		if s.Instances[i].Status.Live() {
			c.note(c.there, s.Instances[i].ID, s.ID, s.ExternalID)
		}
	}
}

// Consider takes a finding.
func (c *Canaries) Consider(f *reconcile.Finding) {
	switch f.Kind {
	case reconcile.CanceledInLedger, reconcile.ExtraInstance:
		ids := []string{f.InstanceID}
		if f.InstanceID == "" && f.Basis != nil { // the package as a whole
			ids = append(f.Basis.Targets, f.PackageID, f.ExternalID)
		}
		c.note(c.gone, ids...)
	}
}

func (c *Canaries) note(in map[string]bool, ids ...string) {
	for _, id := range ids {
		for _, canary := range c.ids { // external ids are exact, those of Wix are not
			if id == canary || id == reconcile.FoldGUID(canary) {
				in[canary] = true
			}
		}
	}
}

// Missing gives the canaries that are not there, in their order.
func (c *Canaries) Missing() []string {
	var missing []string
	for _, id := range c.ids {
		if !c.there[id] || c.gone[id] {
			missing = append(missing, id)
		}
	}
	return missing
}
