package wixsim

import (
	"bytes"
	"encoding/csv"
	"math/rand/v2"
	"slices"
)

// A Row is a row of the ledger, as its cells are written.
type Row struct {
	ExternalID       string
	AccountID        string
	Status           string
	CatalogProductID string
	BillingCycle     string
	CountryCode      string
	SiteID           string
	Quantity         string
	PackageID        string
	InstanceID       string
	StartDate        string
	EndDate          string
	UpdatedDate      string
	UnitPrice        string
	Currency         string
	Customer         string
	PlanName         string // carried
	Region           string // carried
}

// LedgerHeader gives the columns of the planted ledger: all that the contract
// names, and two that are carried.
func LedgerHeader() []string {
	return []string{
		"external_id", "account_id", "status", "catalog_product_id", "billing_cycle", "country_code", "site_id",
		"quantity", "package_id", "instance_id", "start_date", "end_date", "updated_date", "unit_price", "currency",
		"customer", "plan_name", "region",
	}
}

func (r *Row) cells() []string {
	return []string{
		r.ExternalID, r.AccountID, r.Status, r.CatalogProductID, r.BillingCycle, r.CountryCode, r.SiteID,
		r.Quantity, r.PackageID, r.InstanceID, r.StartDate, r.EndDate, r.UpdatedDate, r.UnitPrice, r.Currency,
		r.Customer, r.PlanName, r.Region,
	}
}

// LedgerCSV writes the ledger: commas, UTF-8 without BOM, LF. A shuffleSeed
// other than 0 permutes the rows.
func (p *Planted) LedgerCSV(shuffleSeed uint64) []byte {
	rows := p.Rows
	if shuffleSeed != 0 {
		rows = slices.Clone(rows)
		rng := rand.New(rand.NewPCG(shuffleSeed, 0))
		rng.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	}
	var text bytes.Buffer
	out := csv.NewWriter(&text)
	_ = out.Write(LedgerHeader()) // a buffer takes everything
	for i := range rows {
		_ = out.Write(rows[i].cells())
	}
	out.Flush()
	return text.Bytes()
}
