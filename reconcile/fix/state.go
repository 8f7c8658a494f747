package fix

import (
	"slices"
	"strings"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
)

// What an action wants and what it was decided on. Both are part of the plan,
// so that whoever carries it out needs neither the ledger nor the inventory to
// tell whether a package is still what it was.

// Wanted is what an action is to bring about; just what its fix needs is
// filled.
type Desired struct {
	ExternalID string `json:"external_id,omitempty"`
	SiteID     string `json:"site_id,omitempty"` // a GUID, or Floating
	ProductID  string `json:"catalog_product_id,omitempty"`
	Cycle      string `json:"billing_cycle,omitempty"`
	Status     string `json:"status,omitempty"`
	Lines      []Line `json:"lines,omitempty"` // of the package to be created
}

// A Line is so many equal instances of a package that is to be created.
type Line struct {
	ProductID string          `json:"catalog_product_id"`
	SiteID    string          `json:"site_id,omitempty"` // empty: floating
	Cycle     reconcile.Cycle `json:"billing_cycle"`
	Country   string          `json:"country_code"`
	Quantity  int             `json:"quantity"`
	Start     time.Time       `json:"start_date,omitzero"`
}

func linesOf(ordered []reconcile.OrderLine) []Line {
	lines := make([]Line, len(ordered))
	for i, o := range ordered {
		lines[i] = Line{o.ProductID, o.SiteID, o.Cycle, o.Country, o.Quantity, o.Start.UTC()}
		if o.SiteID == reconcile.Floating {
			lines[i].SiteID = ""
		}
	}
	return lines
}

// State is a package as it was read.
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

// StateOf gives the state of a package.
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

// instance gives the instance of an id, nil where there is none.
func (s *State) instance(id string) *InstanceState {
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

// live gives the ids of the live instances, ordered.
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

// doubtful reports whether an instance has a status that nobody knows.
func (s *State) doubtful() bool {
	return slices.ContainsFunc(s.Instances, func(i InstanceState) bool { return !i.Status.Live() && !i.Status.Dead() })
}
