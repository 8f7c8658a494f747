package wixsim

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A drift is a kind of finding with the variants that show it, the plainest
// first, and how it is planted in flight.
type drift struct {
	kind     string
	recent   []recent
	variants []variant
}

const invalidRow = "invalid_ledger_row"

// drifts returns every kind of the contract, in its order.
func drifts() []drift {
	return slices.Concat(identityDrifts(), statusDrifts(), accountDrifts(), fieldDrifts(), numberDrifts(), ledgerDrifts())
}

func touched(variant int, touch ...func(*scenario, time.Time)) []recent {
	return []recent{{variant, touch}}
}

// identityDrifts are about which package belongs to which subscription.
func identityDrifts() []drift {
	return []drift{
		{"missing_package", touched(0, touchRows), []variant{
			{lines(1), dropPackages, onSubscription("")},
			{lines(2), dropPackages, onSubscription("")},
			{lines(1), func(s *scenario) {
				dropPackages(s)
				s.rows[0].Status, s.rows[0].EndDate = "canceled", formatDate(s.g.asOf.AddDate(0, 1, 0))
			}, onSubscription("")},
			{inUnlistedAccount, dropPackages, onSubscription("")},
		}},
		{"orphan_package", touched(0, touchPackages), []variant{
			{lines(1), dropRows, onUnmatched(0)},
			{inUnlistedAccount, dropRows, onUnmatched(0)},
			{inParent, dropRows, onUnmatched(0)},
			{lines(2), func(s *scenario) {
				dropRows(s)
				s.instance(0).Status, s.instance(1).Status = canceled, pending
			}, onUnmatched(0)},
			{lines(1), func(s *scenario) {
				dropRows(s)
				s.duplicate(s.g.otherAccount(s.g.accounts[0].id))
			}, all(onUnmatched(0), onUnmatched(1))},
		}},
		{"unidentified_package", touched(0, touchPackages), []variant{
			{lines(1), func(s *scenario) { dropRows(s); s.unlink("") }, onUnmatched(0)},
			{lines(1), func(s *scenario) { dropRows(s); s.unlink(" \u00a0") }, onUnmatched(0)},
		}},
		{"unlinked_package", touched(0, touchPackages), []variant{
			{lines(1), func(s *scenario) { s.unlink(""); s.rows[0].PackageID = s.packages[0].ID }, onPackage(0, "external_id")},
			{lines(1), func(s *scenario) { unlinkToWebshop(s); s.rows[0].PackageID = s.packages[0].ID }, onPackage(0, "external_id")},
			{lines(1), func(s *scenario) { s.unlink(""); s.rows[0].InstanceID = s.instance(0).InstanceID }, onPackage(0, "external_id")},
			{lines(1), func(s *scenario) { s.unlink("") }, onPackage(0, "external_id")},
			{lines(1), unlinkToWebshop, onPackage(0, "external_id")},
		}},
		ambiguousMatch(),
	}
}

// ambiguousMatch has several candidates, or ids that are nearly equal.
func ambiguousMatch() drift {
	candidates := all(onSubscription(""), onUnmatched(0))
	return drift{"ambiguous_match", touched(0, touchRows, touchPackages), []variant{
		{lines(1), near("Near-%06d-a", "NEAR-%06d-A"), candidates},
		{lines(1), func(s *scenario) { s.unlink(""); s.duplicateInAccount() }, all(candidates, onUnmatched(1))},
		{lines(2), splitPackage, all(candidates, onUnmatched(1))},
		{lines(1), near("7%06d", "00007%06d"), candidates},
		{lines(1), near("NEAR%06dB", "NEAR %06d B"), candidates},
		{lines(1), near("M\u00dc-%06d", "MU\u0308-%06d"), candidates},
		{lines(1), func(s *scenario) { addUnidentified(s); s.rows[0].PackageID = s.packages[1].ID }, onUnmatched(1)},
		{lines(1), func(s *scenario) {
			addUnidentified(s)
			s.rows[0].InstanceID = s.packages[1].ProductInstances[0].InstanceID
		}, onUnmatched(1)},
	}}
}

func unlinkToWebshop(s *scenario) { s.unlink("WEBSHOP-" + s.g.name()) }

// near changes the ids of subscription and package to two that a spreadsheet or
// a person could have made from one another, and the site so that it links
// nothing.
func near(ledger, wix string) func(*scenario) {
	return func(s *scenario) {
		s.g.serial++
		s.rows[0].ExternalID = fmt.Sprintf(ledger, s.g.serial)
		s.unlink(fmt.Sprintf(wix, s.g.serial))
		s.instance(0).SiteID = s.g.guid()
	}
}

// splitPackage puts the second instance into a package of its own. The rows
// name the instances, so that each package is a candidate.
func splitPackage(s *scenario) {
	s.unlink("")
	one := &s.packages[0]
	other := s.g.newPackage(one.AccountID, "", one.CreatedDate)
	one.ProductInstances, other.ProductInstances = one.ProductInstances[:1], one.ProductInstances[1:]
	s.rows[0].InstanceID = one.ProductInstances[0].InstanceID
	s.rows[1].InstanceID = other.ProductInstances[0].InstanceID
	s.packages = append(s.packages, other)
}

// addUnidentified adds a package without an external id.
func addUnidentified(s *scenario) {
	p := lines(1)(s.g).packages[0]
	p.ExternalID = ""
	s.packages = append(s.packages, p)
}

// statusDrifts are about status: ledger and Wix disagree on what is active.
func statusDrifts() []drift {
	return []drift{
		canceledInLedger(),
		{"canceled_at_wix", touched(0, touchPackages), []variant{
			{lines(2), func(s *scenario) { s.instance(0).Status, s.instance(1).Status = canceled, canceled }, onPackage(0, "status")},
			{lines(2), status(1, canceled), onInstance(1, "status")},
			{lines(1), func(s *scenario) { // of two canceled packages the newer is the match
				s.instance(0).Status = canceled
				older := s.duplicateInAccount()
				older.CreatedDate = older.CreatedDate.AddDate(0, 0, -30)
			}, onPackage(0, "status")},
		}},
		{"failed_instance", touched(0, touchPackages), []variant{
			{lines(1), func(s *scenario) { s.fail(0) }, onInstance(0, "status")},
			{lines(2), func(s *scenario) { s.fail(1); s.instance(0).Status = canceled }, onInstance(1, "status")},
			{lines(2), func(s *scenario) { s.fail(0) }, onInstance(0, "status")},
			{lines(2), func(s *scenario) { s.fail(0); s.fail(1) }, all(onInstance(0, "status"), onInstance(1, "status"))},
		}},
		{"stuck_instance", touched(0, touchRows), []variant{
			{lines(1), status(0, pending), onInstance(0, "status")},
			{lines(2), status(1, awaitingAction), onInstance(1, "status")},
		}},
		{"expired_instance", touched(0, touchRows), []variant{
			{lines(1), func(s *scenario) { s.instance(0).ExpirationDate = s.g.ago(8) }, onInstance(0, "expiration_date")},
			{lines(2), func(s *scenario) {
				s.instance(0).ExpirationDate = s.g.asOf.AddDate(0, 3, 0)
				s.instance(1).ExpirationDate = s.g.ago(8)
			}, onInstance(1, "expiration_date")},
		}},
		{"unrecognised_status", nil, []variant{
			{lines(1), status(0, "SUSPENDED"), onInstance(0, "status")},
			{lines(2), status(1, "PAUSED"), onInstance(1, "status")},
		}},
	}
}

// canceledInLedger has rows that ended, and live instances.
func canceledInLedger() drift {
	return drift{"canceled_in_ledger", []recent{{0, []func(*scenario, time.Time){touchRows}}, {0, []func(*scenario, time.Time){endToday}}}, []variant{
		{lines(1), cancelLine(0), onPackage(0, "status")},
		{lines(1), func(s *scenario) { cancelLine(0)(s); s.rows[0].EndDate = formatDate(s.g.ago(7)) }, onPackage(0, "status")},
		{lines(1), func(s *scenario) { s.rows[0].EndDate = formatDate(s.g.ago(7)) }, onPackage(0, "status")},
		{lines(2), cancelLine(1), onInstance(1, "status")},
		{lines(2), func(s *scenario) {
			cancelLine(1)(s)
			s.rows[1].InstanceID, s.rows[1].CatalogProductID, s.rows[1].SiteID = s.instance(1).InstanceID, "", ""
		}, onInstance(1, "status")},
		{lines(2), func(s *scenario) { cancelLine(0)(s); cancelLine(1)(s) }, onPackage(0, "status")},
		{lines(2), func(s *scenario) { cancelLine(0)(s); s.rows = s.rows[:1] }, onPackage(0, "status")},
		{lines(1), func(s *scenario) { cancelLine(0)(s); s.duplicateInAccount() }, all(onPackage(0, "status"), onPackage(1, "status"))},
	}}
}

// accountDrifts are about packages that are there twice, or in another account.
func accountDrifts() []drift {
	both := all(onPackage(0, ""), onPackage(1, ""))
	move := func(s *scenario) { s.packages[0].AccountID = s.g.otherAccount(s.rows[0].AccountID) }
	return []drift{
		{"duplicate_package", touched(1, touchPackages), []variant{
			{lines(1), func(s *scenario) { s.duplicate(s.g.otherAccount(s.packages[0].AccountID)) }, both},
			{lines(1), func(s *scenario) { s.duplicateInAccount() }, both},
			{lines(1), func(s *scenario) {
				s.duplicateInAccount()
				s.duplicateInAccount().ProductInstances[0].Status = canceled
			}, both},
			{lines(1), func(s *scenario) { s.duplicateInAccount(); s.rows[0].Status = "pending" }, both},
		}},
		{"account_mismatch", touched(0, touchRows), []variant{
			{lines(1), move, onPackage(0, "account_id")},
			{lines(1), func(s *scenario) { s.packages[0].AccountID = s.g.parent.id }, onPackage(0, "account_id")},
			{lines(1), func(s *scenario) { move(s); replaceProduct(s) },
				all(onPackage(0, "account_id"), as("product_mismatch", onInstance(0, "catalog_product_id")))},
		}},
	}
}

func replaceProduct(s *scenario) {
	s.instance(0).CatalogProductID = s.g.otherProduct(s.instance(0).CatalogProductID)
}

// fieldDrifts are about an active line and its live instance that differ.
func fieldDrifts() []drift {
	moveSite := func(s *scenario) { s.instance(0).SiteID = s.g.guid() }
	moveCountry := func(s *scenario) { s.instance(0).CountryCode = "NZ" }
	cycles := func(ledger string, wix *BillingInfo) variant {
		return variant{lines(1), func(s *scenario) {
			s.rows[0].BillingCycle, s.instance(0).BillingInfo = ledger, wix
		}, onInstance(0, "billing_cycle")}
	}
	return []drift{
		{"product_mismatch", touched(0, touchInstances), []variant{
			{lines(1), replaceProduct, onInstance(0, "catalog_product_id")},
			{lines(2), replaceProduct, onInstance(0, "catalog_product_id")},
		}},
		{"billing_cycle_mismatch", touched(0, touchRows), []variant{
			cycles("1 YEAR", recurring(1, "MONTH")),
			cycles("P1M", recurring(1, "YEAR")),
			cycles("MONTH", recurring(3, "MONTH")),
			cycles("MONTH", &BillingInfo{Type: "ONE_TIME"}),
			cycles("1 MONTH", recurring(30, "DAY")), // a month equals no number of days
		}},
		{"country_mismatch", touched(0, touchRows), []variant{
			{lines(1), moveCountry, onInstance(0, "country_code")},
		}},
		{"site_mismatch", touched(1, touchInstances), []variant{
			{lines(1), moveSite, onInstance(0, "site_id")},
			{lines(1), func(s *scenario) { s.instance(0).SiteID = "" }, onInstance(0, "site_id")},
			{lines(1), func(s *scenario) { s.rows[0].SiteID = "none" }, onInstance(0, "site_id")},
			{lines(1), func(s *scenario) { moveSite(s); moveCountry(s) },
				all(onInstance(0, "site_id"), as("country_mismatch", onInstance(0, "country_code")))},
		}},
	}
}

// numberDrifts are about lines and instances that differ in number.
func numberDrifts() []drift {
	return []drift{
		{"missing_instance", touched(0, touchRows), []variant{
			{floating("3", 2), nil, onPackage(0, "quantity")},
			{lines(2), func(s *scenario) {
				s.packages[0].ProductInstances = s.packages[0].ProductInstances[:1]
			}, onPackage(0, "quantity")},
		}},
		{"extra_instance", touched(0, touchPackages), []variant{
			{lines(2), func(s *scenario) { s.rows = s.rows[:1] }, onInstance(1, "")},
			{floating("2", 3), nil, onLastInstance},
		}},
	}
}

// ledgerDrifts are about a ledger that contradicts itself, or can't be read.
func ledgerDrifts() []drift {
	invalid := func(field string, edit func(*Row)) variant {
		return variant{lines(1), func(s *scenario) { dropPackages(s); edit(&s.rows[0]) }, onSubscription(field)}
	}
	return []drift{
		{"ledger_conflict", touched(0, touchRows, touchPackages), []variant{
			{lines(2), func(s *scenario) { s.rows[0].Currency, s.rows[1].Currency = "EUR", "USD" }, onPackage(0, "currency")},
			{lines(2), func(s *scenario) { s.rows[1].AccountID = s.g.otherAccount(s.rows[0].AccountID) }, onPackage(0, "account_id")},
			{lines(2), func(s *scenario) {
				s.rows[0].PackageID, s.rows[1].PackageID = s.packages[0].ID, s.g.guid()
			}, onPackage(0, "package_id")},
			{lines(1), func(s *scenario) {
				addPair(s)
				s.rows[0].PackageID, s.rows[1].PackageID = s.packages[0].ID, s.packages[0].ID
			}, all(onPackage(0, "package_id"), onPackage(1, "package_id"))},
			{lines(1), func(s *scenario) {
				addPair(s)
				s.rows[0].InstanceID, s.rows[1].InstanceID = s.instance(0).InstanceID, s.instance(0).InstanceID
			}, all(onPackage(0, "instance_id"), onPackage(1, "instance_id"))},
		}},
		{invalidRow, nil, []variant{
			invalid("status", func(r *Row) { r.Status = "on hold?" }),
			{lines(1), func(s *scenario) { // it shields the package, which is no orphan
				s.rows[0].Status, s.rows[0].PackageID = "on hold?", s.packages[0].ID
			}, onPackage(0, "status")},
			invalid("account_id", func(r *Row) { r.AccountID = "account of " + r.Customer }),
			invalid("quantity", func(r *Row) { r.Quantity = "1001" }),
			invalid("end_date", func(r *Row) { r.EndDate = "2026-13-45" }),
			invalid("billing_cycle", func(r *Row) { r.BillingCycle = "FORTNIGHT" }),
			invalid("external_id", func(r *Row) { r.ExternalID = "  " }),
			invalid("external_id", func(r *Row) { r.ExternalID = strings.Repeat("x", 101) }),
		}},
	}
}

// addPair adds another subscription and its package.
func addPair(s *scenario) {
	other := lines(1)(s.g)
	s.packages, s.rows = append(s.packages, other.packages...), append(s.rows, other.rows...)
}
