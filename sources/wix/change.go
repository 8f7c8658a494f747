package wix

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/wixrecon/wixrecon/reconcile"
)

// A change is checked before anything is sent. Ids in a path or a header must be
// GUIDs, so that none can turn one call into another: a site named "unassign"
// would. An external id must be possible as a path segment: "." and ".." are not.

// A ChangeKind is one of the seven API calls that change something.
type ChangeKind string

// The kinds.
const (
	CreatePackage  ChangeKind = "create"          // a package with new instances
	CancelPackage  ChangeKind = "cancel-package"  // all its instances; can't be undone
	CancelInstance ChangeKind = "cancel-instance" // can't be undone
	Assign         ChangeKind = "assign"          // an instance to a site
	Unassign       ChangeKind = "unassign"        // an instance from its site
	Adjust         ChangeKind = "adjust"          // the product or the cycle of an instance
	SetExternalID  ChangeKind = "external-id"     // of a package; can't be made empty
)

// A Change is one API call that changes something. Its kind decides which fields
// it needs; the others are not sent.
type Change struct {
	Kind           ChangeKind
	AccountID      string          // all: the account that the package belongs to
	PackageID      string          // cancel-package, external-id; empty with create
	InstanceID     string          // cancel-instance, assign, unassign, adjust
	SiteID         string          // assign
	ExternalID     string          // external-id, create
	ProductID      string          // adjust: this,
	Cycle          reconcile.Cycle // or this, not both
	Instances      []NewInstance   // create: 1 to 1000
	IdempotencyKey string          // create
}

// A NewInstance is one product instance of a package to be created.
type NewInstance struct {
	ProductID string
	Cycle     reconcile.Cycle
	Country   string // two letters
	SiteID    string // empty: floating
}

// Check returns every reason why the change can't be sent.
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
	return []error{fmt.Errorf("unknown kind of change %q", string(c.Kind))}
}

func (c *Change) checkAdjust() error {
	switch {
	case c.ProductID != "" && c.Cycle != "":
		return errors.New("the product and the cycle can't be adjusted in one call")
	case c.ProductID != "":
		return checkProductID(c.ProductID)
	}
	_, err := encodeCycle(c.Cycle)
	return err
}

func (c *Change) checkCreate() []error {
	errs := []error{checkExternalID(c.ExternalID)}
	if c.PackageID != "" {
		errs = append(errs, errors.New("a package to be created can't have an id"))
	}
	if c.IdempotencyKey == "" || !utf8.ValidString(c.IdempotencyKey) {
		errs = append(errs, errors.New("the idempotency key is missing or not UTF-8"))
	}
	if n := len(c.Instances); n < 1 || n > reconcile.MaxQuantity {
		return append(errs, fmt.Errorf("%d instances: a package has 1 to %d", n, reconcile.MaxQuantity))
	}
	for i := range c.Instances {
		if err := c.Instances[i].check(); err != nil {
			errs = append(errs, fmt.Errorf("instance %d: %w", i+1, err))
		}
	}
	return errs
}

func (n *NewInstance) check() error {
	errs := []error{checkProductID(n.ProductID)}
	if n.SiteID != "" {
		errs = append(errs, checkGUID("site id", n.SiteID))
	}
	if len(n.Country) != 2 || strings.Trim(strings.ToUpper(n.Country), "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		errs = append(errs, fmt.Errorf("country code %q: not two letters", n.Country))
	}
	_, err := encodeCycle(n.Cycle)
	return errors.Join(append(errs, err)...)
}

func checkGUID(name, id string) error {
	if reconcile.IsGUID(id) {
		return nil
	}
	return fmt.Errorf("%s %q: not a GUID", name, id)
}

// checkProductID accepts any text: it is part of a body, and Wix rejects what is
// not in its catalog.
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
		return fmt.Errorf("external id %q: not possible in a path", id)
	case !utf8.ValidString(id):
		return fmt.Errorf("external id %q: not UTF-8", id)
	}
	return nil
}
