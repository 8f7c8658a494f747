package wixsim

import "time"

// The shapes of the API, as the reference names their fields. A date that is
// zero, and a text that is empty, is absent from the JSON.

// A Package is what Wix holds for one subscription.
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

// A Failure says why an instance FAILED.
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

// clone copies the package with its instances, for a state of its own. What an
// instance points to is never changed in place, so it may be shared.
func (p *Package) clone() *Package {
	c := *p
	c.ProductInstances = append([]Instance(nil), p.ProductInstances...)
	return &c
}
