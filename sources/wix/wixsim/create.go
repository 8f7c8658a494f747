package wixsim

import (
	"encoding/json"
	"math/rand/v2"
	"mime"
	"net/http"
	"time"
	"unicode/utf8"
)

// Create Package V2. An idempotency key is remembered with what it came with:
// the same again gives the package that was made, anything else under it is
// refused.

const (
	maxProducts   = 1000
	maxExternalID = 100 // characters
)

type createBody struct {
	IdempotencyKey string       `json:"idempotencyKey"`
	ExternalID     string       `json:"externalId"`
	Products       []newProduct `json:"products"`
}

type newProduct struct {
	CatalogProductID           string       `json:"catalogProductId"`
	SiteID                     string       `json:"siteId"`
	BillingInfo                *BillingInfo `json:"billingInfo"`
	CountryCode                string       `json:"countryCode"`
	DiscountCode               string       `json:"discountCode"`
	ReferenceProductInstanceID string       `json:"referenceProductInstanceId"`
}

// idempotent is what became of a key.
type idempotent struct{ asked, packageID string }

func (s *Server) drawUpCreate(order changeOrder) (*edit, *refusal) {
	var b createBody
	if err := decodeStrictly(order.body, &b); err != nil {
		return nil, violate("body", "%v", err)
	}
	asked, _ := json.Marshal([]any{fold(order.account), b}) // what was decoded can be encoded
	if e, bad := s.createdBefore(b.IdempotencyKey, string(asked)); e != nil || bad != nil {
		return e, bad
	}
	if bad := s.checkCreate(order.account, &b); bad != nil {
		return nil, bad
	}
	p := s.created(fold(order.account), &b)
	held := p
	if !s.o.Changes.StayPending {
		held = s.enabled(p)
	}
	return &edit{
		packages: []*Package{held}, about: p.ID, effect: Done, answer: createAnswer(b.IdempotencyKey, p),
		key: b.IdempotencyKey, made: idempotent{string(asked), p.ID},
	}, nil
}

func createAnswer(key string, p *Package) reply {
	fields := map[string]any{"package": p}
	if key != "" {
		fields["idempotencyKey"] = key
	}
	return answerWith(fields)
}

// createdBefore answers a key that is known.
func (s *Server) createdBefore(key, asked string) (*edit, *refusal) {
	made, known := s.changes.made[key]
	if key == "" || !known {
		return nil, nil
	}
	if made.asked != asked {
		return nil, refuse(http.StatusConflict, "IDEMPOTENCY_KEY_REUSED", "the key came with another request before")
	}
	p, ok := s.book.get(made.packageID)
	if !ok {
		return nil, refuse(http.StatusConflict, "IDEMPOTENCY_KEY_REUSED", "package %s is gone", made.packageID)
	}
	return &edit{about: p.ID, effect: Repeated, answer: createAnswer(key, p), key: key, made: made}, nil
}

// created makes the package as the answer shows it: PENDING.
func (s *Server) created(account string, b *createBody) *Package {
	now := s.now(time.Time{})
	p := &Package{ID: s.newID(), AccountID: account, ExternalID: b.ExternalID, CreatedDate: now, UpdatedDate: now}
	for _, w := range b.Products {
		p.ProductInstances = append(p.ProductInstances, Instance{
			InstanceID: s.newID(), SiteID: fold(w.SiteID), CatalogProductID: fold(w.CatalogProductID), Status: pending,
			BillingInfo: w.BillingInfo, CountryCode: w.CountryCode, DiscountCode: w.DiscountCode,
			ReferenceProductInstanceID: fold(w.ReferenceProductInstanceID), CreatedDate: now, UpdatedDate: now,
		})
	}
	return p
}

// enabled gives the package with everything that is PENDING delivered.
func (s *Server) enabled(p *Package) *Package {
	c := p.clone()
	for i := range c.ProductInstances {
		if in := &c.ProductInstances[i]; in.Status == pending {
			in.Status, in.UpdatedDate = enabled, s.now(in.UpdatedDate)
		}
	}
	c.UpdatedDate = s.now(c.UpdatedDate)
	return c
}

// newID gives ids that depend on the seed and on how many were given.
func (s *Server) newID() string {
	s.changes.created++
	rng := rand.New(rand.NewPCG(s.o.Seed, s.changes.created))
	return guid(rng.Uint64(), rng.Uint64())
}

// now gives a date that is later than the one before, because the later of two
// copies of a package is the one that counts.
func (s *Server) now(before time.Time) time.Time {
	now := s.o.Changes.Now().UTC().Truncate(time.Millisecond)
	if now.After(before) {
		return now
	}
	return before.Add(time.Millisecond)
}

func (s *Server) checkCreate(account string, b *createBody) *refusal {
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
	if bad := s.checkReferences(b.Products); bad != nil {
		return bad
	}
	return s.checkLimits(account, b.Products)
}

func checkJSON(r *http.Request) *refusal {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/json" {
		return violate("Content-Type", "want application/json")
	}
	return nil
}
