package wixsim

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"time"
)

// The types of the API, with the field names of the reference. Zero dates and
// empty texts are absent from the JSON.

// A Package is Wix's record of one subscription.
type Package struct {
	ID               string     `json:"id"`
	AccountID        string     `json:"accountId"`
	ExternalID       string     `json:"externalId,omitempty"`
	ProductInstances []Instance `json:"productInstances"`
	CreatedDate      time.Time  `json:"createdDate,omitzero"`
	UpdatedDate      time.Time  `json:"updatedDate,omitzero"`
}

// An Instance is one product instance of a package. Without a SiteID it floats.
type Instance struct {
	InstanceID                 string       `json:"instanceId"`
	SiteID                     string       `json:"siteId,omitempty"`
	CatalogProductID           string       `json:"catalogProductId,omitempty"`
	Status                     string       `json:"status"`
	Failure                    *Failure     `json:"failure,omitempty"`
	BillingInfo                *BillingInfo `json:"billingInfo,omitempty"`
	CountryCode                string       `json:"countryCode,omitempty"`
	ExpirationDate             time.Time    `json:"expirationDate,omitzero"`
	DiscountCode               string       `json:"discountCode,omitempty"`
	ReferenceProductInstanceID string       `json:"referenceProductInstanceId,omitempty"`
	CreatedDate                time.Time    `json:"createdDate,omitzero"`
	UpdatedDate                time.Time    `json:"updatedDate,omitzero"`
}

// A Failure is the reason why an instance FAILED.
type Failure struct {
	Code    string `json:"code"`
	Message string `json:"message,omitempty"`
}

// BillingInfo is ONE_TIME, or RECURRING with a duration.
type BillingInfo struct {
	Type          string         `json:"type"`
	CycleDuration *CycleDuration `json:"cycleDuration,omitempty"`
}

// A CycleDuration is a count of DAY, WEEK, MONTH or YEAR.
type CycleDuration struct {
	Unit  string `json:"unit"`
	Count int    `json:"count"`
}

// The documented statuses of an instance.
const (
	pending        = "PENDING"
	enabled        = "ENABLED"
	awaitingAction = "AWAITING_ACTION"
	canceled       = "CANCELED"
	failed         = "FAILED"
)

// clone copies the package and its instances. What an instance points to is
// never changed, so it may be shared.
func (p *Package) clone() *Package {
	c := *p
	c.ProductInstances = append([]Instance(nil), p.ProductInstances...)
	return &c
}

func (i *Instance) live() bool { return i.Status != canceled && i.Status != failed }

// String writes a cycle as a ledger does: "1 MONTH" or ONE_TIME.
func (b *BillingInfo) String() string {
	if b.CycleDuration == nil {
		return b.Type
	}
	return fmt.Sprintf("%d %s", b.CycleDuration.Count, b.CycleDuration.Unit)
}

// GUIDs are compared without regard to case; the simulator writes them in lower
// case.

var guidPattern = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

func isGUID(s string) bool { return guidPattern.MatchString(s) }

// newGUID returns a GUID of version 4.
func newGUID(rng *rand.Rand) string {
	high, low := rng.Uint64(), rng.Uint64()
	high = high&^0xf000 | 0x4000
	low = low&^(0b11<<62) | 0b10<<62
	return fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", high>>32, high>>16&0xffff, high&0xffff, low>>48, low&(1<<48-1))
}

// fold returns the form of an id in which two spellings are equal.
func fold(id string) string { return strings.ToLower(id) }
