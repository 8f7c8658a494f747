package wixsim

import "strings"

// Cases of a ledger that contradicts itself, or can't be read.

// ledger_conflict is one row a subscription, whatever the number of its rows,
// with the package that lies under its external id.

func conflictOfAccounts(p *planter) *plant {
	c := p.pair(2)
	c.rows[1].AccountID = p.anotherAccount(account{id: c.rows[0].AccountID}).id
	return c.onPackage("ledger_conflict", 0, "account_id")
}

func conflictOfCurrencies(p *planter) *plant {
	c := p.pair(2)
	c.rows[0].Currency, c.rows[1].Currency = "EUR", "USD"
	return c.onPackage("ledger_conflict", 0, "currency")
}

func conflictOfPackages(p *planter) *plant {
	c := p.pair(2)
	c.rows[0].PackageID, c.rows[1].PackageID = c.packages[0].ID, p.guid()
	return c.onPackage("ledger_conflict", 0, "package_id")
}

// shared makes two subscriptions with a package each, both in conflict.
func (p *planter) shared(field string) *plant {
	c, other := p.pair(1), p.pair(1)
	c.onPackage("ledger_conflict", 0, field)
	other.onPackage("ledger_conflict", 0, field)
	c.packages = append(c.packages, other.packages...)
	c.rows = append(c.rows, other.rows...)
	c.findings = append(c.findings, other.findings...)
	return c
}

func conflictOfSharedPackage(p *planter) *plant {
	c := p.shared("package_id")
	c.rows[0].PackageID, c.rows[1].PackageID = c.packages[0].ID, c.packages[0].ID
	return c
}

func conflictOfSharedInstance(p *planter) *plant {
	c := p.shared("instance_id")
	c.rows[0].InstanceID, c.rows[1].InstanceID = c.inst(0).InstanceID, c.inst(0).InstanceID
	return c
}

// invalid_ledger_row: the ids that can't be read are empty in the finding.

func (p *planter) badRow(field string, spoil func(*Row)) *plant {
	c := p.withoutPackages(p.pair(1))
	c.onSubscription("invalid_ledger_row", field)
	spoil(&c.rows[0])
	return c
}

func badAccount(p *planter) *plant {
	c := p.badRow("account_id", func(r *Row) { r.AccountID = "account of " + r.Customer })
	c.findings[0].AccountID = ""
	return c
}

func badStatus(p *planter) *plant {
	return p.badRow("status", func(r *Row) { r.Status = "on hold?" })
}

func blankID(p *planter) *plant {
	c := p.badRow("external_id", func(r *Row) { r.ExternalID = "  " })
	c.findings[0].ExternalID = ""
	return c
}

func overlongID(p *planter) *plant {
	c := p.badRow("external_id", func(r *Row) { r.ExternalID = strings.Repeat("x", 101) })
	c.findings[0].ExternalID = ""
	return c
}

func badQuantity(p *planter) *plant {
	return p.badRow("quantity", func(r *Row) { r.Quantity = "1001" })
}

func badDate(p *planter) *plant {
	return p.badRow("end_date", func(r *Row) { r.EndDate = "2026-13-45" })
}

func badCycle(p *planter) *plant {
	return p.badRow("billing_cycle", func(r *Row) { r.BillingCycle = "FORTNIGHT" })
}

// badRowBesidePackage shields a live package: it is no orphan.
func badRowBesidePackage(p *planter) *plant {
	c := p.pair(1)
	c.rows[0].Status, c.rows[0].PackageID = "on hold?", c.packages[0].ID
	return c.onPackage("invalid_ledger_row", 0, "status")
}
