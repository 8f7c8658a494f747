package report

import (
	"iter"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
)

// An inventoryRow is an instance with its package, in packages.csv and in the
// Inventory sheet. A package without instances has a row with an empty instance,
// so that no package is left out.
type inventoryRow struct {
	pkg      *reconcile.ClassifiedPackage
	instance reconcile.Instance
}

func inventoryColumns() []column[inventoryRow] {
	type row = inventoryRow
	return []column[row]{
		textColumn("account_id", 38, func(r *row) string { return r.pkg.AccountID }),
		textColumn("external_id", 20, func(r *row) string { return r.pkg.ExternalID }),
		textColumn("package_id", 38, func(r *row) string { return r.pkg.ID }),
		textColumn("instance_id", 38, func(r *row) string { return r.instance.ID }),
		textColumn("catalog_product_id", 38, func(r *row) string { return r.instance.ProductID }),
		textColumn("status", 18, func(r *row) string { return string(r.instance.Status) }).in((*row).statusTone),
		textColumn("site_id", 38, func(r *row) string { return r.instance.SiteID }),
		textColumn("billing_cycle", 13, func(r *row) string { return string(r.instance.Cycle) }),
		textColumn("country_code", 13, func(r *row) string { return r.instance.Country }),
		timeColumn("expiration_date", 17, func(r *row) time.Time { return r.instance.Expires }),
		timeColumn("created_date", 17, func(r *row) time.Time { return r.instance.Created }),
		timeColumn("updated_date", 17, func(r *row) time.Time { return r.instance.Updated }),
		textColumn("reference_product_instance_id", 38, func(r *row) string { return r.instance.References }),
		textColumn("discount_code", 14, func(r *row) string { return r.instance.Discount }),
		textColumn("failure", 30, func(r *row) string { return r.instance.Failure }),
		timeColumn("package_created_date", 21, func(r *row) time.Time { return r.pkg.Created }),
		timeColumn("package_updated_date", 21, func(r *row) time.Time { return r.pkg.Updated }),
		textColumn("class", 13, func(r *row) string { return r.pkg.Class.String() }).in((*row).classTone),
	}
}

func inventorySheet() listSheet[inventoryRow] {
	return listSheet[inventoryRow]{
		name: "Inventory", tab: tabQuiet, frozen: 1, pagesWide: 2,
		columns: columnsFirst(inventoryColumns(),
			"external_id", "status", "class", "catalog_product_id", "billing_cycle", "country_code", "created_date",
			"updated_date", "expiration_date", "account_id", "package_id", "instance_id", "site_id"),
	}
}

// inventoryRows returns the rows of packages.
func inventoryRows(packages iter.Seq2[reconcile.ClassifiedPackage, error]) iter.Seq2[inventoryRow, error] {
	return func(yield func(inventoryRow, error) bool) {
		for p, err := range packages {
			if err != nil {
				yield(inventoryRow{}, err)
				return
			}
			instances := p.Instances
			if len(instances) == 0 {
				instances = []reconcile.Instance{{}}
			}
			for i := range instances {
				if !yield(inventoryRow{&p, instances[i]}, nil) {
					return
				}
			}
		}
	}
}

func (r *inventoryRow) statusTone() tone {
	switch {
	case r.instance.Status.Live():
		return tonePlain
	case r.instance.Status.Dead():
		return toneMuted
	default:
		return toneWarning
	}
}

func (r *inventoryRow) classTone() tone {
	switch r.pkg.Class {
	case reconcile.Matched:
		return tonePlain
	case reconcile.Settled:
		return toneMuted
	default:
		return toneWarning
	}
}
