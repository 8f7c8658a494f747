package fix

import (
	"slices"
	"strings"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
)

// State is a package as it was read. It is part of the plan, so that executing
// the plan needs neither the ledger nor the inventory.
type State struct {
	ExternalID string          `json:"external_id"`
	Updated    time.Time       `json:"updated_date"`
	Instances  []InstanceState `json:"instances"` // by id
}

// InstanceState is an instance as it was read.
type InstanceState struct {
	ID         string           `json:"instance_id"`
	Status     reconcile.Status `json:"status"`
	ProductID  string           `json:"catalog_product_id,omitempty"`
	SiteID     string           `json:"site_id,omitempty"` // empty: floating
	Cycle      reconcile.Cycle  `json:"billing_cycle,omitempty"`
	References string           `json:"reference_product_instance_id,omitempty"`
}

// StateOf returns the state of a package.
func StateOf(p *reconcile.Package) *State {
	s := &State{ExternalID: p.ExternalID, Updated: p.Updated.UTC(), Instances: []InstanceState{}}
	for i := range p.Instances {
		inst := &p.Instances[i]
		s.Instances = append(s.Instances, InstanceState{
			ID: inst.ID, Status: inst.Status, ProductID: inst.ProductID, SiteID: inst.SiteID,
			Cycle: inst.Cycle, References: inst.References,
		})
	}
	slices.SortFunc(s.Instances, func(a, b InstanceState) int { return strings.Compare(a.ID, b.ID) })
	return s
}

// Instance returns the instance of an id, nil where there is none. The state may
// be nil.
func (s *State) Instance(id string) *InstanceState {
	if s == nil {
		return nil
	}
	for i := range s.Instances {
		if s.Instances[i].ID == id {
			return &s.Instances[i]
		}
	}
	return nil
}

// live returns the ids of the live instances, ordered.
func (s *State) live() []string {
	if s == nil {
		return nil
	}
	var ids []string
	for i := range s.Instances {
		if s.Instances[i].Status.Live() {
			ids = append(ids, s.Instances[i].ID)
		}
	}
	return ids
}

// hasUnknownStatus reports whether an instance is neither live nor dead.
func (s *State) hasUnknownStatus() bool {
	return slices.ContainsFunc(s.Instances, func(i InstanceState) bool { return !i.Status.Live() && !i.Status.Dead() })
}

// Live reports whether any instance is live.
func (s *State) Live() bool { return len(s.live()) > 0 }
