package wixsim

import (
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"
	"unicode/utf8"
)

// Create Package V2. Discount codes and references to other instances are not
// simulated, so they are refused.

const maxProducts = 1000

type createBody struct {
	IdempotencyKey string       `json:"idempotencyKey"`
	ExternalID     string       `json:"externalId"`
	Products       []newProduct `json:"products"`
}

type newProduct struct {
	CatalogProductID string       `json:"catalogProductId"`
	SiteID           string       `json:"siteId"`
	BillingInfo      *BillingInfo `json:"billingInfo"`
	CountryCode      string       `json:"countryCode"`
}

// A createdPackage is stored by idempotency key: the same request again returns
// the package, and another request with the key is refused.
type createdPackage struct{ request, packageID string }

func (s *Server) planCreate(c call) (*edit, *reply) {
	var b createBody
	if err := decodeStrictly(c.body, &b); err != nil {
		return nil, violate("body", "%v", err)
	}
	request, _ := json.Marshal([]any{fold(c.account), b}) // what was decoded can be encoded
	if known, ok := s.created[b.IdempotencyKey]; ok {
		return s.createdBefore(b.IdempotencyKey, string(request), known)
	}
	if bad := s.checkCreate(&b); bad != nil {
		return nil, bad
	}
	answered := s.newPackage(fold(c.account), &b)
	stored := answered
	if !s.o.Changes.StayPending {
		stored = s.delivered(answered)
	}
	return &edit{
		packages: []*Package{stored}, packageID: stored.ID, effect: Done, answer: createAnswer(b.IdempotencyKey, answered),
		key: b.IdempotencyKey, created: createdPackage{string(request), stored.ID},
	}, nil
}

func createAnswer(key string, p *Package) *reply {
	return answerWith(map[string]any{"idempotencyKey": key, "package": p})
}

func (s *Server) createdBefore(key, request string, known createdPackage) (*edit, *reply) {
	if known.request != request {
		return nil, refuse(http.StatusConflict, "IDEMPOTENCY_KEY_REUSED", "the key came with another request before")
	}
	p, ok := s.inventory.get(known.packageID)
	if !ok {
		return nil, refuse(http.StatusConflict, "IDEMPOTENCY_KEY_REUSED", "package %s is gone", known.packageID)
	}
	return &edit{packageID: p.ID, effect: Repeated, answer: createAnswer(key, p)}, nil
}

// newPackage makes the package as the answer shows it: PENDING.
func (s *Server) newPackage(account string, b *createBody) *Package {
	created := s.now(time.Time{})
	p := &Package{ID: s.newID(), AccountID: account, ExternalID: b.ExternalID, CreatedDate: created, UpdatedDate: created}
	for _, product := range b.Products {
		p.ProductInstances = append(p.ProductInstances, Instance{
			InstanceID: s.newID(), SiteID: fold(product.SiteID), CatalogProductID: fold(product.CatalogProductID), Status: pending,
			BillingInfo: product.BillingInfo, CountryCode: product.CountryCode, CreatedDate: created, UpdatedDate: created,
		})
	}
	return p
}

// newID returns ids that depend on the seed and on their number.
func (s *Server) newID() string {
	s.newIDs++
	return newGUID(rand.New(rand.NewPCG(s.o.Seed, s.newIDs)))
}

// delivered returns a copy in which everything PENDING is ENABLED.
func (s *Server) delivered(p *Package) *Package {
	c := p.clone()
	for i := range c.ProductInstances {
		if in := &c.ProductInstances[i]; in.Status == pending {
			in.Status, in.UpdatedDate = enabled, s.now(in.UpdatedDate)
		}
	}
	c.UpdatedDate = s.now(c.UpdatedDate)
	return c
}

// Deliver turns the instances of created packages from PENDING to ENABLED,
// where StayPending has kept them so.
func (s *Server) Deliver() {
	s.changing.Lock()
	defer s.changing.Unlock()
	waiting := func(i Instance) bool { return i.Status == pending }
	for _, created := range s.created {
		if p, ok := s.inventory.get(created.packageID); ok && slices.ContainsFunc(p.ProductInstances, waiting) {
			s.inventory.put(s.delivered(p))
		}
	}
}

func (s *Server) checkCreate(b *createBody) *reply {
	if n := len(b.Products); n < 1 || n > maxProducts {
		return violate("products", "%d is not from 1 to %d", n, maxProducts)
	}
	if utf8.RuneCountInString(b.ExternalID) > maxExternalID {
		return violate("externalId", "it is longer than %d characters", maxExternalID)
	}
	for i := range b.Products {
		if bad := s.checkProduct(&b.Products[i]); bad != nil {
			return bad
		}
	}
	return nil
}

func (s *Server) checkProduct(p *newProduct) *reply {
	switch {
	case p.CountryCode == "":
		return violate("products.countryCode", "it is required")
	case len(p.CountryCode) != 2:
		return violate("products.countryCode", "%q is not of two letters", p.CountryCode)
	case !isGUID(p.CatalogProductID):
		return violate("products.catalogProductId", "%q is not a GUID", p.CatalogProductID)
	case p.SiteID != "" && !isGUID(p.SiteID):
		return violate("products.siteId", "%q is not a GUID", p.SiteID)
	}
	return s.checkBilling(p.CatalogProductID, p.BillingInfo)
}

// checkBilling checks a billing cycle. Its errors have documented codes.
func (s *Server) checkBilling(productID string, b *BillingInfo) *reply {
	if b == nil || b.Type == "RECURRING" && (b.CycleDuration == nil || b.CycleDuration.Unit == "") {
		return refuse(http.StatusPreconditionRequired, "MISSING_BILLING_CYCLE", "product %s has no billing cycle", productID)
	}
	if !b.valid() {
		return refuse(http.StatusPreconditionRequired, "INVALID_BILLING_CYCLE", "the billing cycle of product %s is not valid", productID)
	}
	for product, cycles := range s.o.Changes.Cycles {
		if fold(product) == fold(productID) && !slices.Contains(cycles, b.String()) {
			return refuse(http.StatusPreconditionRequired, "INCOMPATIBLE_BILLING_CYCLE", "product %s is not sold by %s", productID, b)
		}
	}
	return nil
}

func (b *BillingInfo) valid() bool {
	if b.Type == "ONE_TIME" {
		return b.CycleDuration == nil
	}
	return b.Type == "RECURRING" && b.CycleDuration.Count > 0 &&
		slices.Contains([]string{"DAY", "WEEK", "MONTH", "YEAR"}, b.CycleDuration.Unit)
}
