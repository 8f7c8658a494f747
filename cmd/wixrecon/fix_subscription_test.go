package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/wixrecon/wixrecon/sources/wix/wixsim"
)

// Subscriptions that tests add to the sample data: rows and package agree until a
// test changes one of them.

const (
	unlimited  = "3b1c0f5e-8a52-4c1b-9f3a-6d5f0a7c1101"
	yearlyVIP  = "3b1c0f5e-8a52-4c1b-9f3a-6d5f0a7c1102"
	domainOnly = "3b1c0f5e-8a52-4c1b-9f3a-6d5f0a7c1103"
)

// A testSubscription is a subscription with one product per line, each on a site.
type testSubscription struct {
	pack wixsim.Package
	rows []wixsim.Row
}

// idOf returns a GUID.
func idOf(kind byte, n int) string { return fmt.Sprintf("d%c000000-0000-4000-8000-%012d", kind, n) }

// newSubscription returns the n-th subscription, in the first account of the
// inventory, with so many lines. Each line has another product.
func newSubscription(planted *wixsim.SampleData, n, lines int) *testSubscription {
	at := planted.AsOf.AddDate(0, 0, -90)
	p := &testSubscription{pack: wixsim.Package{
		ID: idOf('a', n), AccountID: planted.Accounts[0], ExternalID: fmt.Sprint("CASE-", n), CreatedDate: at, UpdatedDate: at,
	}}
	products := []string{unlimited, yearlyVIP, domainOnly}
	for i := range lines {
		p.pack.ProductInstances = append(p.pack.ProductInstances, wixsim.Instance{
			InstanceID: idOf('b', 10*n+i), SiteID: idOf('c', 10*n+i), CatalogProductID: products[i%len(products)], Status: "ENABLED",
			BillingInfo: &wixsim.BillingInfo{Type: "RECURRING", CycleDuration: &wixsim.CycleDuration{Unit: "MONTH", Count: 1}},
			CountryCode: "DE", CreatedDate: at, UpdatedDate: at,
		})
		p.rows = append(p.rows, wixsim.Row{
			ExternalID: p.pack.ExternalID, AccountID: p.pack.AccountID, Status: "active", CatalogProductID: products[i%len(products)],
			BillingCycle: "1 MONTH", CountryCode: "DE", SiteID: idOf('c', 10*n+i), InstanceID: idOf('b', 10*n+i),
			StartDate: at.Format(time.DateOnly), Currency: "EUR",
		})
	}
	return p
}

// inventoryWith generates an inventory without drift, and adds the subscriptions.
func inventoryWith(make func(*wixsim.SampleData) []*testSubscription) *wixsim.SampleData {
	planted := generateNow(wixsim.SampleOptions{Seed: 77, Accounts: 3, Packages: 60})
	for _, p := range make(planted) {
		planted.Inventory, planted.Rows = append(planted.Inventory, p.pack), append(planted.Rows, p.rows...)
	}
	return planted
}

// findingOutcomes returns the outcome of each finding by kind, external id and
// field.
func (v *runResult) findingOutcomes(t *testing.T) map[string]string {
	t.Helper()
	outcomes := make(map[string]string)
	for _, row := range v.table(t, "findings.csv") {
		key := strings.TrimSpace(strings.Join([]string{row["kind"], row["external_id"], row["field"]}, " "))
		outcomes[key] = strings.TrimSpace(row["outcome"] + " " + row["reason"])
	}
	return outcomes
}

// checkFindingOutcomes compares all outcomes with the expected ones.
func (v *runResult) checkFindingOutcomes(t *testing.T, want map[string]string) {
	t.Helper()
	got := v.findingOutcomes(t)
	for key, outcome := range want {
		if got[key] != outcome {
			t.Errorf("%s: %q, want %q", key, got[key], outcome)
		}
		delete(got, key)
	}
	for key, outcome := range got {
		t.Errorf("%s: %q, want no such finding", key, outcome)
	}
}

// A package can need several changes. They are made in the order of fixes, each
// based on the result of the one before.
func TestSeveralChangesToOnePackage(t *testing.T) {
	t.Parallel()
	for _, keep := range []bool{false, true} {
		var lost, moved, renewed *testSubscription
		planted := inventoryWith(func(b *wixsim.SampleData) []*testSubscription {
			lost, moved, renewed = newSubscription(b, 1, 1), newSubscription(b, 2, 2), newSubscription(b, 3, 1)
			lost.pack.ExternalID, lost.pack.ProductInstances[0].SiteID = "", idOf('e', 1)
			moved.pack.ProductInstances[0].SiteID, moved.rows[1].Status = idOf('e', 2), "canceled"
			renewed.rows[0].CatalogProductID, renewed.rows[0].BillingCycle = yearlyVIP, "1 YEAR"
			return []*testSubscription{lost, moved, renewed}
		})
		w := newFixEnv(t, planted, &wixsim.Options{Changes: wixsim.ChangeOptions{KeepUpdatedDate: keep}})
		w.firstRun(t)
		v := w.fix(t, fixRunID, everyFix)
		v.requireCode(t, exitOK)
		account := planted.Accounts[0]
		expected := []change{
			{wixsim.SetExternalID, account, lost.pack.ID, "CASE-1", lost.pack.ID},
			{wixsim.Assign, account, lost.pack.ProductInstances[0].InstanceID, idOf('c', 10), lost.pack.ID},
			{wixsim.Assign, account, moved.pack.ProductInstances[0].InstanceID, idOf('c', 20), moved.pack.ID},
			{wixsim.Adjust, account, renewed.pack.ProductInstances[0].InstanceID, fmt.Sprintf(`{"catalogProductId":%q}`, yearlyVIP), renewed.pack.ID},
			{wixsim.Adjust, account, renewed.pack.ProductInstances[0].InstanceID, `{"billingInfo":` + billingInfo("1 YEAR") + `}`, renewed.pack.ID},
			{wixsim.CancelInstance, account, moved.pack.ProductInstances[1].InstanceID, "", moved.pack.ID},
		}
		checkChanges(t, w.receivedChanges(t), expected)
		w.checkInventory(t, expected)
		v.checkOutcomes(t, map[string]int{"applied": len(expected)})
		v.checkFindingOutcomes(t, map[string]string{
			"unlinked_package CASE-1 external_id": "applied", "site_mismatch CASE-1 site_id": "applied",
			"site_mismatch CASE-2 site_id": "applied", "canceled_in_ledger CASE-2 status": "applied",
			"product_mismatch CASE-3 catalog_product_id": "applied", "billing_cycle_mismatch CASE-3 billing_cycle": "applied",
		})
		after := w.fix(t, "after", everyFix)
		after.requireCode(t, exitOK)
		after.checkFindingOutcomes(t, nil)
		w.verify(t).requireCode(t, exitOK)
	}
}

// withReferences returns two subscriptions of three instances, of which the second
// references the first. Both have ended the first instance, one of them the second
// too.
func withReferences() *wixsim.SampleData {
	return inventoryWith(func(b *wixsim.SampleData) []*testSubscription {
		p, q := newSubscription(b, 1, 3), newSubscription(b, 2, 3)
		for _, of := range []*testSubscription{p, q} {
			of.pack.ProductInstances[1].ReferenceProductInstanceID = of.pack.ProductInstances[0].InstanceID
			canceledRow(of)
		}
		q.rows[1].Status = "canceled"
		return []*testSubscription{p, q}
	})
}

// run does not cancel an instance that another live one references, even if that
// one is canceled by the same plan: only what is already done counts. The next run
// may cancel it.
func TestRunKeepsReferencedInstance(t *testing.T) {
	t.Parallel()
	w := newFixEnv(t, withReferences(), &wixsim.Options{Changes: wixsim.ChangeOptions{CancelDependants: true}})
	w.firstRun(t)
	v := w.fix(t, fixRunID, "cancel")
	v.requireCode(t, exitOK)
	v.checkOutcomes(t, map[string]int{"applied": 1, "not_allowed": 2})
	w.checkStatus(t, idOf('a', 1), "ENABLED ENABLED ENABLED")
	w.checkStatus(t, idOf('a', 2), "ENABLED CANCELED ENABLED")
	w.checkAppliedCount(t, v)
	second := w.fix(t, "second", "cancel")
	second.requireCode(t, exitOK)
	second.checkOutcomes(t, map[string]int{"applied": 1, "not_allowed": 1})
	second.checkFindingOutcomes(t, map[string]string{
		"canceled_in_ledger CASE-1 status": "not_allowed dependants", "canceled_in_ledger CASE-2 status": "applied",
	})
	w.checkStatus(t, idOf('a', 1), "ENABLED ENABLED ENABLED")
	w.checkStatus(t, idOf('a', 2), "CANCELED CANCELED ENABLED")
	w.verify(t).requireCode(t, exitOK)
}

// A reviewed plan cancels it. The dependants that Wix cancels with it are reported
// as they are read: their own cancel is stale.
func TestCancelThatCancelsDependants(t *testing.T) {
	t.Parallel()
	w := newFixEnv(t, withReferences(), &wixsim.Options{Changes: wixsim.ChangeOptions{CancelDependants: true}})
	w.firstRun(t)
	w.command(t.Context(), "reviewed", "plan", "--fix", "cancel").requireCode(t, exitOK)
	v := w.apply(t, "applied", "reviewed")
	v.requireCode(t, exitOK)
	v.checkOutcomes(t, map[string]int{"applied": 2, "stale": 1})
	w.checkStatus(t, idOf('a', 1), "CANCELED CANCELED ENABLED")
	w.checkStatus(t, idOf('a', 2), "CANCELED CANCELED ENABLED")
	w.checkAppliedCount(t, v)
	w.verify(t).requireCode(t, exitOK)
}

func (w *fixEnv) checkStatus(t *testing.T, id, want string) {
	t.Helper()
	p, _ := w.server.Package(id)
	var got []string
	for _, in := range p.ProductInstances {
		got = append(got, in.Status)
	}
	if strings.Join(got, " ") != want {
		t.Errorf("package %s is %v, want %s", id, got, want)
	}
}

// checkAppliedCount checks that no request was refused, and that the applied count
// is the number of changes made.
func (w *fixEnv) checkAppliedCount(t *testing.T, v *runResult) {
	t.Helper()
	done := 0
	for _, c := range w.server.Changes() {
		if c.Effect != wixsim.Done {
			t.Errorf("%s %s did nothing: %d", c.Method, c.Path, c.Status)
			continue
		}
		done++
	}
	if s := v.summary(t); s.Fixes.Actions["applied"] != done {
		t.Errorf("%v are reported, but %d were applied", s.Fixes.Actions, done)
	}
}
