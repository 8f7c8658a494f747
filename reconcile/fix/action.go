package fix

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
)

// An Action is one change of one package or instance, as data: what to do, to
// what, and the state that it was decided on. Nothing in it depends on when, or
// from which order of rows, it was planned; that is in its Evidence.
type Action struct {
	Key        string   `json:"key"` // see Seal
	Fix        string   `json:"fix"`
	Kind       string   `json:"kind"`        // of its findings
	FindingIDs []string `json:"finding_ids"` // ordered
	AccountID  string   `json:"account_id"`  // the package's; of a create the ledger's
	ExternalID string   `json:"external_id,omitempty"`
	PackageID  string   `json:"package_id,omitempty"`  // empty only for a create
	InstanceID string   `json:"instance_id,omitempty"` // empty: the package as a whole
	Desired    Desired  `json:"wanted"`
	Seen       *State   `json:"seen,omitempty"`             // nil for a create
	Rows       string   `json:"ledger_rows_hash,omitempty"` // of the subscription; empty where it has no rows

	Removal    bool     `json:"removal"`                 // it takes something away from a customer
	Instances  int      `json:"instances"`               // that count against the limits
	Costs      []Cost   `json:"monthly_costs,omitempty"` // of what a removal removes, by currency
	Unpriced   int      `json:"unpriced_instances"`      // of a removal, instances without a known price
	Dependants []string `json:"dependants,omitempty"`    // instances that stay and depend on what it removes

	LiveAgain     bool   `json:"live_again,omitempty"`     // the same cancel was applied before
	PossibleMatch string `json:"possible_match,omitempty"` // external id of what it could be on the other side

	Waiting *Waiting `json:"waiting,omitempty"` // it is not sent yet
	Needs   string   `json:"needs,omitempty"`   // NeedsReview: sent only with a plan that was reviewed
}

// NeedsReview marks an action that removes what other instances depend on, or
// that has a possible match.
const NeedsReview = "review"

// Waiting is how many sightings a removal has and needs.
type Waiting struct {
	Sightings  int    `json:"sightings"`
	Needed     int    `json:"needed"`
	SameLedger string `json:"same_ledger,omitempty"` // the earlier run that read the same ledger, so that the present one is no further sighting
}

// String returns what it waits for, in words.
func (w *Waiting) String() string {
	text := fmt.Sprintf("%d of %d sightings", w.Sightings, w.Needed)
	if w.SameLedger != "" {
		text += ": the ledger is the same object that run " + w.SameLedger + " read, and one object is one sighting"
	}
	return text
}

// Desired is the state that an action brings about. Only the fields of its fix
// are filled.
type Desired struct {
	ExternalID string `json:"external_id,omitempty"`
	SiteID     string `json:"site_id,omitempty"` // a GUID, or Floating
	ProductID  string `json:"catalog_product_id,omitempty"`
	Cycle      string `json:"billing_cycle,omitempty"`
	Status     string `json:"status,omitempty"`
	Lines      []Line `json:"lines,omitempty"` // of the package to be created
}

// A Line is a number of equal instances of a package to be created.
type Line struct {
	ProductID string          `json:"catalog_product_id"`
	SiteID    string          `json:"site_id,omitempty"` // empty: floating
	Cycle     reconcile.Cycle `json:"billing_cycle"`
	Country   string          `json:"country_code"`
	Quantity  int             `json:"quantity"`
	Start     time.Time       `json:"start_date,omitzero"`
}

func linesOf(order []reconcile.OrderLine) []Line {
	lines := make([]Line, len(order))
	for i, o := range order {
		lines[i] = Line{o.ProductID, o.SiteID, o.Cycle, o.Country, o.Quantity, o.Start.UTC()}
		if o.SiteID == reconcile.Floating {
			lines[i].SiteID = ""
		}
	}
	return lines
}

// Fixes returns the fixes in the order in which they are executed.
func Fixes() []string {
	return []string{
		reconcile.FixExternalID, reconcile.FixUnassign, reconcile.FixAssign,
		reconcile.FixAdjust, reconcile.FixCreate, reconcile.FixCancel,
	}
}

// actionOrder compares actions in the order in which they are executed: by fix,
// account, external id, package and instance. An instance that gets another
// product and another cycle gets the product first.
func actionOrder() func(a, b *Action) int {
	fixes, kinds := make(map[string]int), make(map[string]int)
	for i, name := range Fixes() {
		fixes[name] = i
	}
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

// Due reports whether the action is to be sent now. Reviewed is whether a person
// reviews the plan before it is sent.
func (a *Action) Due(reviewed bool) bool {
	return a.Waiting == nil && (reviewed || a.Needs == "")
}

// needsSightings reports whether the action waits for sightings: a removal, or an
// external id that replaces another one.
func (a *Action) needsSightings() bool {
	return a.Removal || a.Fix == reconcile.FixExternalID && a.Seen.ExternalID != ""
}

// reviewReason returns why the action needs a review.
func (a *Action) reviewReason() string {
	switch {
	case a.LiveAgain:
		return ReasonLiveAgain
	case len(a.Dependants) == 0 && a.PossibleMatch != "":
		return reconcile.PossibleMatchReason(a.PossibleMatch)
	}
	return ReasonDependants
}

// RemovedInstances returns the instances that a removal cancels, unassigns or
// moves, ordered.
func (a *Action) RemovedInstances() []string {
	if !a.Removal {
		return nil
	}
	if a.InstanceID != "" {
		return []string{a.InstanceID}
	}
	return a.Seen.live()
}

// Seal fills in what follows from the rest: whether the action is a removal,
// its number of instances, and its key.
//
// The key is a hash of the parent account, the fix, the package, the instance,
// what is desired and what was seen. Two runs that plan the same change plan it
// under the same key, so that only one of them sends it. What was seen is the
// state that the action changes, without dates: a package that was changed and
// changed back is the same.
func (a *Action) Seal(parent string) {
	a.Removal, a.Instances, a.Key = a.isRemoval(), a.countInstances(), a.hash(parent)
}

// isRemoval reports whether the action takes something away from a customer.
// Moving an instance that is on a site does.
func (a *Action) isRemoval() bool {
	switch a.Fix {
	case reconcile.FixCancel, reconcile.FixUnassign:
		return true
	case reconcile.FixAssign:
		inst := a.Seen.Instance(a.InstanceID)
		return inst == nil || inst.SiteID != ""
	}
	return false
}

// countInstances returns how many instances the action changes, at least one.
func (a *Action) countInstances() int {
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

// sealed reports whether the action agrees with itself and with its key.
func (a *Action) sealed(parent string) bool { return a.coherent() && a.Key == a.hash(parent) }

// coherent reports whether the action agrees with itself.
func (a *Action) coherent() bool {
	create := a.Fix == reconcile.FixCreate
	if create != (a.PackageID == "") || create != (a.Seen == nil) {
		return false
	}
	if a.InstanceID != "" && a.Seen.Instance(a.InstanceID) == nil {
		return false
	}
	return slices.Contains(Fixes(), a.Fix) && a.Removal == a.isRemoval() && a.Instances == a.countInstances()
}

func (a *Action) hash(parent string) string {
	var d digest
	d.add(parent, a.Fix, a.PackageID, a.InstanceID)
	if a.PackageID == "" {
		d.add(a.AccountID, a.ExternalID)
	}
	w := &a.Desired
	d.add(w.ExternalID, w.SiteID, w.ProductID, w.Cycle, w.Status)
	for _, l := range w.Lines {
		d.add(l.ProductID, l.SiteID, string(l.Cycle), l.Country, l.Start.UTC().Format(time.RFC3339Nano))
		d.number(l.Quantity)
	}
	if a.Seen != nil {
		d.add(a.Seen.ExternalID)
		for _, inst := range a.Seen.Instances {
			if a.InstanceID == "" || inst.ID == a.InstanceID {
				d.add(inst.ID, string(inst.Status), inst.ProductID, inst.SiteID, string(inst.Cycle))
			}
		}
	}
	return d.hex()
}

// IdempotencyKey returns the key that a create carries: a hash of parent account,
// account, external id, and of every line's product, site, cycle, start and
// quantity. The same create has the same key in every run.
func (a *Action) IdempotencyKey(parent string) string {
	var d digest
	d.add(parent, a.AccountID, a.ExternalID)
	var lines []string
	for _, l := range a.Desired.Lines {
		var line digest
		line.add(l.ProductID, l.SiteID, string(l.Cycle), l.Start.UTC().Format(time.RFC3339Nano))
		line.number(l.Quantity)
		lines = append(lines, string(line.text))
	}
	slices.Sort(lines)
	d.add(lines...)
	return d.hex()
}

// A digest hashes parts, each preceded by its length.
type digest struct{ text []byte }

func (d *digest) add(parts ...string) {
	for _, s := range parts {
		d.text = append(binary.AppendUvarint(d.text, uint64(len(s))), s...)
	}
}

func (d *digest) number(n int) { d.text = binary.AppendVarint(d.text, int64(n)) }

func (d *digest) hex() string {
	sum := sha256.Sum256(d.text)
	return hex.EncodeToString(sum[:16])
}

// short returns the hash as a number, for what is compared and never shown.
func (d *digest) short() uint64 {
	sum := sha256.Sum256(d.text)
	return binary.BigEndian.Uint64(sum[:8])
}
