package fix

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
)

// An action is data: what is to be done, to what, the state that it was decided
// on, and the evidence. Actions go in this order: external ids, unassign,
// assign, adjust, create, then cancels; within one fix by account, package and
// instance.

// Fixes gives the fixes in the order in which they are carried out.
func Fixes() []string {
	return []string{
		reconcile.FixExternalID, reconcile.FixUnassign, reconcile.FixAssign,
		reconcile.FixAdjust, reconcile.FixCreate, reconcile.FixCancel,
	}
}

// An Action is one change of one package or instance.
type Action struct {
	Key        string `json:"key"` // hash of parent account, fix, package, instance, wanted and seen
	Fix        string `json:"fix"`
	Kind       string `json:"kind"` // of the finding
	FindingID  string `json:"finding_id"`
	AccountID  string `json:"account_id"`
	ExternalID string `json:"external_id,omitempty"`
	PackageID  string `json:"package_id,omitempty"` // empty only for a create
	InstanceID string `json:"instance_id,omitempty"`
	Wanted     Wanted `json:"wanted"`
	Seen       *State `json:"seen,omitempty"` // the package as it was read; none for a create

	Removal   bool     `json:"removal"`   // it takes something away from a customer
	Instances int      `json:"instances"` // what it counts against the limits
	Waiting   *Waiting `json:"waiting,omitempty"`
	Needs     string   `json:"needs,omitempty"` // NeedsReview: run does not send it, apply does
	Evidence  Evidence `json:"evidence"`
}

// NeedsReview marks an action that others depend on.
const NeedsReview = "review"

// Wanted is what an action is to bring about; just what its fix needs is
// filled.
type Wanted struct {
	ExternalID string              `json:"external_id,omitempty"`
	SiteID     string              `json:"site_id,omitempty"`
	ProductID  string              `json:"catalog_product_id,omitempty"`
	Cycle      string              `json:"billing_cycle,omitempty"`
	Status     string              `json:"status,omitempty"`
	Lines      []reconcile.Ordered `json:"lines,omitempty"`
}

// State is a package as it was read.
type State struct {
	ExternalID string          `json:"external_id"`
	Updated    time.Time       `json:"updated_date"`
	Instances  []InstanceState `json:"instances"`
}

// InstanceState is an instance as it was read.
type InstanceState struct {
	ID         string           `json:"instance_id"`
	Status     reconcile.Status `json:"status"`
	ProductID  string           `json:"catalog_product_id,omitempty"`
	SiteID     string           `json:"site_id,omitempty"`
	Cycle      reconcile.Cycle  `json:"billing_cycle,omitempty"`
	References string           `json:"reference_product_instance_id,omitempty"`
}

// Waiting says how many sightings a removal has and needs.
type Waiting struct {
	Sightings int `json:"sightings"`
	Needed    int `json:"needed"`
}

// Evidence is why an action was planned.
type Evidence struct {
	FirstSeen  time.Time `json:"first_seen"`
	Sightings  int       `json:"sightings"`
	Records    []int     `json:"ledger_lines,omitempty"`
	Rows       string    `json:"ledger_rows_hash,omitempty"` // empty where the ledger has no row of it
	Dependants []string  `json:"dependants,omitempty"`       // live instances that stay and depend on it
	Monthly    string    `json:"monthly_amount,omitempty"`
	Currency   string    `json:"currency,omitempty"`
}

func stateOf(p *reconcile.Package) *State {
	s := &State{ExternalID: p.ExternalID, Updated: p.Updated}
	for i := range p.Instances {
		inst := &p.Instances[i]
		s.Instances = append(s.Instances, InstanceState{
			ID: inst.ID, Status: inst.Status, ProductID: inst.ProductID, SiteID: inst.SiteID,
			Cycle: inst.Cycle, References: inst.References,
		})
	}
	return s
}

// seal gives the action its key.
func (a *Action) seal(parent string) {
	var text []byte
	part := func(parts ...string) {
		for _, s := range parts {
			text = append(binary.AppendUvarint(text, uint64(len(s))), s...)
		}
	}
	part(parent, a.Fix, a.PackageID, a.InstanceID)
	part(a.Wanted.ExternalID, a.Wanted.SiteID, a.Wanted.ProductID, a.Wanted.Cycle, a.Wanted.Status)
	for _, l := range a.Wanted.Lines {
		part(l.ProductID, l.SiteID, string(l.Cycle), l.Country, l.Start.UTC().Format(time.RFC3339))
		text = binary.AppendVarint(text, int64(l.Quantity))
	}
	if a.PackageID == "" {
		part(a.AccountID, a.ExternalID)
	}
	if a.Seen != nil {
		part(a.Seen.ExternalID)
		for _, inst := range a.Seen.Instances {
			if a.InstanceID == "" || inst.ID == a.InstanceID {
				part(inst.ID, string(inst.Status), inst.ProductID, inst.SiteID, string(inst.Cycle))
			}
		}
	}
	hash := sha256.Sum256(text)
	a.Key = hex.EncodeToString(hash[:16])
}

// order sorts actions into the order in which they are carried out.
func order(actions []Action) {
	rank := make(map[string]int)
	for i, name := range Fixes() {
		rank[name] = i
	}
	slices.SortFunc(actions, func(a, b Action) int {
		return cmp.Or(
			cmp.Compare(rank[a.Fix], rank[b.Fix]),
			cmp.Compare(a.AccountID, b.AccountID), cmp.Compare(a.ExternalID, b.ExternalID),
			cmp.Compare(a.PackageID, b.PackageID), cmp.Compare(a.InstanceID, b.InstanceID),
			cmp.Compare(a.Key, b.Key),
		)
	})
}
