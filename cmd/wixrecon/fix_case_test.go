package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/wixrecon/wixrecon/sources/wix/wixsim"
)

// Cases of the tests' own beside a planted book: a subscription whose rows and
// package agree, until a test makes them differ.

const (
	unlimited  = "3b1c0f5e-8a52-4c1b-9f3a-6d5f0a7c1101"
	yearlyVIP  = "3b1c0f5e-8a52-4c1b-9f3a-6d5f0a7c1102"
	domainOnly = "3b1c0f5e-8a52-4c1b-9f3a-6d5f0a7c1103"
)

// A patient is a subscription of one product a line, each on a site.
type patient struct {
	pack wixsim.Package
	rows []wixsim.Row
}

// idOf gives a GUID of the tests' own.
func idOf(kind byte, n int) string { return fmt.Sprintf("d%c000000-0000-4000-8000-%012d", kind, n) }

// healthy makes the n-th patient in the first account of the inventory, with so many
// lines; no two of them have the same product.
func healthy(planted *wixsim.SampleData, n, lines int) *patient {
	at := planted.AsOf.AddDate(0, 0, -90)
	p := &patient{pack: wixsim.Package{
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

// quietBook plants an inventory without any drift, and the patients beside it.
func quietBook(make func(*wixsim.SampleData) []*patient) *wixsim.SampleData {
	planted := ofToday(wixsim.SampleOptions{Seed: 77, Accounts: 3, Packages: 60})
	for _, p := range make(planted) {
		planted.Inventory, planted.Rows = append(planted.Inventory, p.pack), append(planted.Rows, p.rows...)
	}
	return planted
}

// outcomesOf gives the outcome of each finding by kind, external id and field.
func (v *visit) outcomesOf(t *testing.T) map[string]string {
	t.Helper()
	outcomes := make(map[string]string)
	for _, row := range v.rows(t, "findings.csv") {
		key := strings.TrimSpace(strings.Join([]string{row["kind"], row["external_id"], row["field"]}, " "))
		outcomes[key] = strings.TrimSpace(row["outcome"] + " " + row["reason"])
	}
	return outcomes
}

// wantsOutcomesOf wants just these.
func (v *visit) wantsOutcomesOf(t *testing.T, want map[string]string) {
	t.Helper()
	got := v.outcomesOf(t)
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

// One package may need several changes, and gets them in the order of fixes,
// each held against what the one before made of it.
func TestSeveralChangesOfOnePackage(t *testing.T) {
	t.Parallel()
	for _, keep := range []bool{false, true} {
		var lost, moved, renewed *patient
		planted := quietBook(func(b *wixsim.SampleData) []*patient {
			lost, moved, renewed = healthy(b, 1, 1), healthy(b, 2, 2), healthy(b, 3, 1)
			lost.pack.ExternalID, lost.pack.ProductInstances[0].SiteID = "", idOf('e', 1)
			moved.pack.ProductInstances[0].SiteID, moved.rows[1].Status = idOf('e', 2), "canceled"
			renewed.rows[0].CatalogProductID, renewed.rows[0].BillingCycle = yearlyVIP, "1 YEAR"
			return []*patient{lost, moved, renewed}
		})
		w := newWard(t, planted, &wixsim.Options{Changes: wixsim.ChangeOptions{KeepUpdatedDate: keep}})
		w.begin(t)
		v := w.fix(t, firstFixing, everyFix)
		v.wants(t, completeRun)
		account := planted.Accounts[0]
		wanted := []call{
			{wixsim.SetExternalID, account, lost.pack.ID, "CASE-1", lost.pack.ID},
			{wixsim.Assign, account, lost.pack.ProductInstances[0].InstanceID, idOf('c', 10), lost.pack.ID},
			{wixsim.Assign, account, moved.pack.ProductInstances[0].InstanceID, idOf('c', 20), moved.pack.ID},
			{wixsim.Adjust, account, renewed.pack.ProductInstances[0].InstanceID, fmt.Sprintf(`{"catalogProductId":%q}`, yearlyVIP), renewed.pack.ID},
			{wixsim.Adjust, account, renewed.pack.ProductInstances[0].InstanceID, `{"billingInfo":` + billed("1 YEAR") + `}`, renewed.pack.ID},
			{wixsim.CancelInstance, account, moved.pack.ProductInstances[1].InstanceID, "", moved.pack.ID},
		}
		wantsCalls(t, w.received(t), wanted)
		w.wantsBook(t, wanted)
		v.wantsOutcomes(t, map[string]int{"applied": len(wanted)})
		v.wantsOutcomesOf(t, map[string]string{
			"unlinked_package CASE-1 external_id": "applied", "site_mismatch CASE-1 site_id": "applied",
			"site_mismatch CASE-2 site_id": "applied", "canceled_in_ledger CASE-2 status": "applied",
			"product_mismatch CASE-3 catalog_product_id": "applied", "billing_cycle_mismatch CASE-3 billing_cycle": "applied",
		})
		after := w.fix(t, "after", everyFix)
		after.wants(t, completeRun)
		after.wantsOutcomesOf(t, nil)
		w.verify(t).wants(t, completeRun)
	}
}

// leaning gives two subscriptions of three instances, the second of which
// references the first. The first one has ended in both, the second one in one.
func leaning() *wixsim.SampleData {
	return quietBook(func(b *wixsim.SampleData) []*patient {
		p, q := healthy(b, 1, 3), healthy(b, 2, 3)
		for _, of := range []*patient{p, q} {
			of.pack.ProductInstances[1].ReferenceProductInstanceID = of.pack.ProductInstances[0].InstanceID
			lapsed(of)
		}
		q.rows[1].Status = "canceled"
		return []*patient{p, q}
	})
}

// An instance on which another live one rests is left by a run, though that one
// ends too: what a plan is about to do is not done. The next run may.
func TestARunCancelsNothingThatAnotherRestsOn(t *testing.T) {
	t.Parallel()
	w := newWard(t, leaning(), &wixsim.Options{Changes: wixsim.ChangeOptions{CancelDependants: true}})
	w.begin(t)
	v := w.fix(t, firstFixing, "cancel")
	v.wants(t, completeRun)
	v.wantsOutcomes(t, map[string]int{"applied": 1, "not_allowed": 2})
	w.wantsStatus(t, idOf('a', 1), "ENABLED ENABLED ENABLED")
	w.wantsStatus(t, idOf('a', 2), "ENABLED CANCELED ENABLED")
	w.wantsHonest(t, v)
	second := w.fix(t, "second", "cancel")
	second.wants(t, completeRun)
	second.wantsOutcomes(t, map[string]int{"applied": 1, "not_allowed": 1})
	second.wantsOutcomesOf(t, map[string]string{
		"canceled_in_ledger CASE-1 status": "not_allowed dependants", "canceled_in_ledger CASE-2 status": "applied",
	})
	w.wantsStatus(t, idOf('a', 1), "ENABLED ENABLED ENABLED")
	w.wantsStatus(t, idOf('a', 2), "CANCELED CANCELED ENABLED")
	w.verify(t).wants(t, completeRun)
}

// A plan that somebody looked at sends it, and what goes along is told as it was
// found: the one that was to be canceled after it is canceled already.
func TestACancelThatTakesOthersAlong(t *testing.T) {
	t.Parallel()
	w := newWard(t, leaning(), &wixsim.Options{Changes: wixsim.ChangeOptions{CancelDependants: true}})
	w.begin(t)
	w.do(t.Context(), "looked-at", "plan", "--fix", "cancel").wants(t, completeRun)
	v := w.apply(t, "applied", "looked-at")
	v.wants(t, completeRun)
	v.wantsOutcomes(t, map[string]int{"applied": 2, "stale": 1})
	w.wantsStatus(t, idOf('a', 1), "CANCELED CANCELED ENABLED")
	w.wantsStatus(t, idOf('a', 2), "CANCELED CANCELED ENABLED")
	w.wantsHonest(t, v)
	w.verify(t).wants(t, completeRun)
}

func (w *ward) wantsStatus(t *testing.T, id, want string) {
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

// wantsHonest holds that no request was refused, and that as many are told as
// applied as were done.
func (w *ward) wantsHonest(t *testing.T, v *visit) {
	t.Helper()
	done := 0
	for _, c := range w.server.Changes() {
		if c.Effect != wixsim.Done {
			t.Errorf("%s %s did nothing: %d", c.Method, c.Path, c.Status)
			continue
		}
		done++
	}
	if s := v.told(t); s.Fixes.Actions["applied"] != done {
		t.Errorf("%v are told, and %d were done", s.Fixes.Actions, done)
	}
}
