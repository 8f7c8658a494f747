package report

import (
	"iter"

	"github.com/wixrecon/wixrecon/reconcile"
)

// The inventory is one row an instance. A package that has none is a row all
// the same, with its instance columns empty: no package is left out.

// A holding is one row of the inventory.
type holding struct {
	stock    *reconcile.ClassifiedPackage
	instance reconcile.Instance
}

func inventoryColumns() []column[holding] {
	return []column[holding]{
		{"account_id", 38, func(h *holding) cell { return textCell(h.stock.AccountID) }, nil, false},
		{"external_id", 20, func(h *holding) cell { return textCell(h.stock.ExternalID) }, nil, false},
		{"package_id", 38, func(h *holding) cell { return textCell(h.stock.ID) }, nil, false},
		{"instance_id", 38, func(h *holding) cell { return textCell(h.instance.ID) }, nil, false},
		{"catalog_product_id", 38, func(h *holding) cell { return textCell(h.instance.ProductID) }, nil, false},
		{"status", 18, func(h *holding) cell { return textCell(string(h.instance.Status)) }, statusTone, false},
		{"site_id", 38, func(h *holding) cell { return textCell(h.instance.SiteID) }, nil, false},
		{"billing_cycle", 13, func(h *holding) cell { return textCell(string(h.instance.Cycle)) }, nil, false},
		{"country_code", 13, func(h *holding) cell { return textCell(h.instance.Country) }, nil, false},
		{"expiration_date", 17, func(h *holding) cell { return momentCell(h.instance.Expires) }, nil, false},
		{"created_date", 17, func(h *holding) cell { return momentCell(h.instance.Created) }, nil, false},
		{"updated_date", 17, func(h *holding) cell { return momentCell(h.instance.Updated) }, nil, false},
		{"reference_product_instance_id", 38, func(h *holding) cell { return textCell(h.instance.References) }, nil, false},
		{"discount_code", 14, func(h *holding) cell { return textCell(h.instance.Discount) }, nil, false},
		{"failure", 30, func(h *holding) cell { return textCell(h.instance.Failure) }, nil, false},
		{"package_created_date", 21, func(h *holding) cell { return momentCell(h.stock.Created) }, nil, false},
		{"package_updated_date", 21, func(h *holding) cell { return momentCell(h.stock.Updated) }, nil, false},
		{"class", 13, func(h *holding) cell { return textCell(h.stock.Class.String()) }, classTone, false},
	}
}

// holdings takes packages apart into rows of the inventory.
func holdings(stock iter.Seq2[reconcile.ClassifiedPackage, error]) iter.Seq2[holding, error] {
	return func(yield func(holding, error) bool) {
		for s, err := range stock {
			if err != nil {
				yield(holding{}, err)
				return
			}
			if !eachInstance(&s, yield) {
				return
			}
		}
	}
}

func eachInstance(s *reconcile.ClassifiedPackage, yield func(holding, error) bool) bool {
	if len(s.Instances) == 0 {
		return yield(holding{stock: s}, nil)
	}
	for i := range s.Instances {
		if !yield(holding{stock: s, instance: s.Instances[i]}, nil) {
			return false
		}
	}
	return true
}

func statusTone(h *holding) tone {
	switch {
	case h.instance.Status.Live():
		return tonePlain
	case h.instance.Status.Dead():
		return toneMuted
	default:
		return toneWarning
	}
}

func classTone(h *holding) tone {
	switch h.stock.Class {
	case reconcile.Matched:
		return tonePlain
	case reconcile.Settled:
		return toneMuted
	default:
		return toneWarning
	}
}
