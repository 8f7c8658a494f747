package wixsim

import (
	"fmt"
	"net/http"
	"slices"
	"unicode/utf8"
)

// What a product of a package must hold. A country, a product and a reference
// that break a rule are violations; billing cycles and limits have documented
// codes, under 428.

const maxDiscountCode = 25 // characters

func (s *Server) checkProduct(w *newProduct) *refusal {
	switch {
	case w.CountryCode == "":
		return violate("products.countryCode", "it is required")
	case len(w.CountryCode) != 2:
		return violate("products.countryCode", "%q is not of two letters", w.CountryCode)
	case !isGUID(w.CatalogProductID):
		return violate("products.catalogProductId", "%q is not a GUID", w.CatalogProductID)
	case w.SiteID != "" && !isGUID(w.SiteID):
		return violate("products.siteId", "%q is not a GUID", w.SiteID)
	case w.ReferenceProductInstanceID != "" && !isGUID(w.ReferenceProductInstanceID):
		return violate("products.referenceProductInstanceId", "%q is not a GUID", w.ReferenceProductInstanceID)
	case utf8.RuneCountInString(w.DiscountCode) > maxDiscountCode:
		return violate("products.discountCode", "it is longer than %d characters", maxDiscountCode)
	}
	return s.checkBilling(w.CatalogProductID, w.BillingInfo)
}

// checkBilling tells what is wrong with a billing cycle by its documented codes.
func (s *Server) checkBilling(productID string, b *BillingInfo) *refusal {
	if b == nil || b.Type == "RECURRING" && (b.CycleDuration == nil || b.CycleDuration.Unit == "") {
		return refuse(http.StatusPreconditionRequired, "MISSING_BILLING_CYCLE", "product %s has no billing cycle", productID)
	}
	name := b.name()
	if name == "" {
		return refuse(http.StatusPreconditionRequired, "INVALID_BILLING_CYCLE", "the billing cycle of product %s is none", productID)
	}
	for product, cycles := range s.o.Changes.Cycles {
		if fold(product) == fold(productID) && !slices.Contains(cycles, name) {
			return refuse(http.StatusPreconditionRequired, "INCOMPATIBLE_BILLING_CYCLE", "product %s is not sold by %s", productID, name)
		}
	}
	return nil
}

// name writes a cycle as "1 MONTH" or ONE_TIME; empty where it is invalid.
func (b *BillingInfo) name() string {
	switch {
	case b.Type == "ONE_TIME" && b.CycleDuration == nil:
		return b.Type
	case b.Type != "RECURRING" || b.CycleDuration.Count < 1:
	case slices.Contains([]string{"DAY", "WEEK", "MONTH", "YEAR"}, b.CycleDuration.Unit):
		return fmt.Sprintf("%d %s", b.CycleDuration.Count, b.CycleDuration.Unit)
	}
	return ""
}

// checkReferences holds that each referenced instance is there, is PENDING or
// ENABLED, and is referenced by no other, in the inventory or in the request.
func (s *Server) checkReferences(products []newProduct) *refusal {
	used := map[string]bool{}
	for i := range products {
		id := fold(products[i].ReferenceProductInstanceID)
		if id == "" {
			continue
		}
		p, at := s.book.holding(id)
		switch {
		case p == nil:
			return refuse(http.StatusNotFound, "REFERENCE_INSTANCE_NOT_FOUND", "instance %s does not exist", id)
		case p.ProductInstances[at].Status != pending && p.ProductInstances[at].Status != enabled:
			return refuse(http.StatusConflict, "REFERENCE_INSTANCE_NOT_LIVE", "instance %s is %s", id, p.ProductInstances[at].Status)
		case used[id] || len(s.book.dependants(id)) > 0:
			return refuse(http.StatusConflict, "REFERENCE_INSTANCE_USED", "instance %s is referenced already", id)
		}
		used[id] = true
	}
	return nil
}

func (s *Server) checkLimits(account string, products []newProduct) *refusal {
	for limited, limit := range s.o.Changes.ProductLimit {
		n := s.book.countLive(fold(account), fold(limited))
		for i := range products {
			if fold(products[i].CatalogProductID) == fold(limited) {
				n++
			}
		}
		if n > limit {
			return refuse(http.StatusPreconditionRequired, "PRODUCT_LIMIT_EXCEEDED", "account %s may hold %d of product %s", account, limit, limited)
		}
	}
	return nil
}
