package wix

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/wixrecon/wixrecon/reconcile"
)

// What can be asked to be changed at Wix, as data. A change is checked before
// anything is sent: the ids that go into a path or a header must be GUIDs, so
// that none of them can turn one call into another (a site named "unassign" is
// such a call), and an external id must survive as one segment of a path,
// which "." and ".." do not.

// A ChangeKind is one of the seven calls that change something.
type ChangeKind string

// The kinds.
const (
	CreatePackage  ChangeKind = "create"          // a package of new instances
	CancelPackage  ChangeKind = "cancel-package"  // every instance in it; can't be undone
	CancelInstance ChangeKind = "cancel-instance" // can't be undone
	Assign         ChangeKind = "assign"          // an instance to a site
	Unassign       ChangeKind = "unassign"        // an instance from its site
	Adjust         ChangeKind = "adjust"          // the product or the cycle of an instance
	SetExternalID  ChangeKind = "external-id"     // of a package; it can't be made empty
)

// A Change is one call that changes something. Its kind says which fields it
// needs; the others are not sent.
type Change struct {
	Kind           ChangeKind
	AccountID      string          // all: the account that the package belongs to
	PackageID      string          // cancel-package, external-id; empty with create
	InstanceID     string          // cancel-instance, assign, unassign, adjust
	SiteID         string          // assign
	ExternalID     string          // external-id, create
	ProductID      string          // adjust: either this
	Cycle          reconcile.Cycle // or this
	Lines          []NewInstance   // create: 1 to 1000
	IdempotencyKey string          // create
}

// A NewInstance is one product instance of a package to be created.
type NewInstance struct {
	ProductID string
	Cycle     reconcile.Cycle
	Country   string // two letters
	SiteID    string // empty: floating
}

// Check tells every reason for which the change can't be sent.
func (c *Change) Check() error {
	return errors.Join(append([]error{checkGUID("account id", c.AccountID)}, c.checkKind()...)...)
}

func (c *Change) checkKind() []error {
	switch c.Kind {
	case CreatePackage:
		return c.checkCreate()
	case CancelPackage:
		return []error{checkGUID("package id", c.PackageID)}
	case SetExternalID:
		return []error{checkGUID("package id", c.PackageID), checkExternalID(c.ExternalID)}
	case CancelInstance, Unassign:
		return []error{checkGUID("instance id", c.InstanceID)}
	case Assign:
		return []error{checkGUID("instance id", c.InstanceID), checkGUID("site id", c.SiteID)}
	case Adjust:
		return []error{checkGUID("instance id", c.InstanceID), c.checkAdjust()}
	}
	return []error{fmt.Errorf("%q is no kind of change", string(c.Kind))}
}

func (c *Change) checkAdjust() error {
	switch {
	case c.ProductID != "" && c.Cycle != "":
		return errors.New("the product and the cycle can't be adjusted by one call")
	case c.ProductID != "":
		return checkProductID(c.ProductID)
	}
	_, err := billingOf(c.Cycle)
	return err
}

func (c *Change) checkCreate() []error {
	faults := []error{checkExternalID(c.ExternalID)}
	if c.PackageID != "" {
		faults = append(faults, errors.New("a package to be created has no id yet"))
	}
	if c.IdempotencyKey == "" || !utf8.ValidString(c.IdempotencyKey) {
		faults = append(faults, errors.New("the idempotency key is missing or not UTF-8"))
	}
	if n := len(c.Lines); n < 1 || n > reconcile.MaxQuantity {
		return append(faults, fmt.Errorf("%d instances: a package holds 1 to %d", n, reconcile.MaxQuantity))
	}
	for i := range c.Lines {
		if err := c.Lines[i].check(); err != nil {
			faults = append(faults, fmt.Errorf("instance %d: %w", i+1, err))
		}
	}
	return faults
}

func (n *NewInstance) check() error {
	faults := []error{checkProductID(n.ProductID)}
	if n.SiteID != "" {
		faults = append(faults, checkGUID("site id", n.SiteID))
	}
	if len(n.Country) != 2 || strings.Trim(strings.ToUpper(n.Country), "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		faults = append(faults, fmt.Errorf("country code %q: not two letters", n.Country))
	}
	_, err := billingOf(n.Cycle)
	return errors.Join(append(faults, err)...)
}

func checkGUID(name, id string) error {
	if reconcile.IsGUID(id) {
		return nil
	}
	return fmt.Errorf("%s %q: not a GUID", name, id)
}

// checkProductID lets every text through: it goes into a body, the catalog is
// Wix's, and what it does not have Wix refuses.
func checkProductID(id string) error {
	if id == "" || !utf8.ValidString(id) {
		return fmt.Errorf("product id %q: missing or not UTF-8", id)
	}
	return nil
}

func checkExternalID(id string) error {
	switch {
	case id == "":
		return errors.New("the external id is missing")
	case id == "." || id == "..":
		return fmt.Errorf("external id %q: it would be lost from the path", id)
	case !utf8.ValidString(id):
		return fmt.Errorf("external id %q: not UTF-8", id)
	}
	return nil
}

// billing is a billing cycle in the words of Wix.
type billing struct {
	Type     string           `json:"type"`
	Duration *billingDuration `json:"cycleDuration,omitempty"`
}

type billingDuration struct {
	Unit  string `json:"unit"`
	Count int    `json:"count"`
}

func billingOf(cycle reconcile.Cycle) (*billing, error) {
	if cycle == reconcile.OneTime {
		return &billing{Type: "ONE_TIME"}, nil
	}
	digits, unit, _ := strings.Cut(string(cycle), " ")
	count, err := strconv.Atoi(digits)
	switch {
	case err != nil || count < 1 || count > reconcile.MaxCycleCount:
	case unit == "DAY" || unit == "WEEK" || unit == "MONTH" || unit == "YEAR":
		return &billing{Type: "RECURRING", Duration: &billingDuration{Unit: unit, Count: count}}, nil
	}
	return nil, fmt.Errorf("billing cycle %q: not ONE_TIME, nor a count and a unit", string(cycle))
}
