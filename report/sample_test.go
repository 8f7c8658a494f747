package report

import (
	"fmt"
	"iter"
	"time"

	"github.com/govalues/decimal"

	"github.com/wixrecon/wixrecon/reconcile"
)

// Sample data: findings of many kinds and every state in several currencies, and an
// inventory. All of it is computed from the index, so that goldens are stable.

var (
	sampleAsOf    = time.Date(2026, 11, 21, 2, 0, 0, 0, time.UTC)
	sampleCarried = []string{"sales_rep", "ledger_Kind", "=cost centre"}
)

const sampleParent = "0a1b2c3d-0000-4000-8000-00000000cafe"

func guid(space, n int) string {
	return fmt.Sprintf("%08x-%04x-4000-8000-%012x", n*2654435761%(1<<32), space, n)
}

// sampleKinds are the kinds of the sample. A new kind need not be added: it would
// change every row.
func sampleKinds() []reconcile.Kind {
	return []reconcile.Kind{
		reconcile.MissingPackage, reconcile.OrphanPackage, reconcile.UnidentifiedPackage,
		reconcile.UnlinkedPackage, reconcile.AmbiguousMatch, reconcile.CanceledInLedger,
		reconcile.CanceledAtWix, reconcile.FailedInstance, reconcile.StuckInstance,
		reconcile.ExpiredInstance, reconcile.UnrecognisedStatus, reconcile.DuplicatePackage,
		reconcile.AccountMismatch, reconcile.ProductMismatch, reconcile.BillingCycleMismatch,
		reconcile.CountryMismatch, reconcile.SiteMismatch, reconcile.MissingInstance,
		reconcile.ExtraInstance, reconcile.LedgerConflict, reconcile.InvalidLedgerRow,
	}
}

func sampleFinding(n int) reconcile.Reported {
	kinds := sampleKinds()
	k := kinds[n*len(kinds)/200%len(kinds)]
	f := reconcile.Finding{
		Kind: k, State: reconcile.Open, AccountID: guid(1, n%17), ExternalID: fmt.Sprintf("SUB-%06d", 104200+n*7),
		PackageID: guid(2, n), FirstSeen: sampleAsOf.Add(-time.Duration(n%97) * 11 * time.Hour),
		Customer: fmt.Sprintf("Bakery %d & Søns GmbH", n), Record: n + 2,
	}
	switch n % 11 {
	case 3:
		f.State = reconcile.InFlight
	case 5:
		f.State, f.Reason = reconcile.Excepted, "agreed with the customer until March"
	case 7:
		f.State = reconcile.Unknown
	}
	sampleMoney(&f, n)
	sampleValues(&f, n)
	return reconcile.Reported{Finding: f, ID: f.ID(sampleParent).String(), Cells: []string{"Ana", fmt.Sprintf("%04d", n), "-12"}}
}

func sampleMoney(f *reconcile.Finding, n int) {
	currencies := []string{"EUR", "USD", "JPY", "KWD"}
	switch f.Kind.Severity() {
	case reconcile.High:
		f.Direction = []reconcile.Direction{reconcile.Leak, reconcile.AtRisk}[n%2]
	case reconcile.Medium:
		f.Direction = []reconcile.Direction{reconcile.Difference, reconcile.NoDirection}[n%2]
	}
	if f.Direction != reconcile.NoDirection && n%9 != 4 {
		currency := currencies[n%len(currencies)]
		cents := int64(1700 + n*31)
		if f.Direction == reconcile.Difference && n%4 == 0 {
			cents = -cents
		}
		f.Monthly = reconcile.Money{Amount: decimal.MustNew(cents, reconcile.MinorUnits(currency)), Currency: currency, Known: true}
	}
}

func sampleValues(f *reconcile.Finding, n int) {
	switch f.Kind {
	case reconcile.MissingPackage:
		f.PackageID, f.Fix = "", reconcile.FixCreate
	case reconcile.OrphanPackage:
		f.ExternalID, f.Customer, f.Record, f.Fix = fmt.Sprintf("00%d", n), "", 0, reconcile.FixCancel
	case reconcile.ProductMismatch, reconcile.SiteMismatch:
		f.InstanceID, f.Field, f.LedgerValue, f.WixValue = guid(3, n), "site_id", guid(4, n), "none"
	case reconcile.BillingCycleMismatch:
		f.InstanceID, f.Field, f.LedgerValue, f.WixValue = guid(3, n), "billing_cycle", "1 MONTH", "1 YEAR"
	case reconcile.InvalidLedgerRow:
		f.PackageID, f.AccountID, f.Field, f.LedgerValue = "", "", "account_id", "=HYPERLINK(\"http://x\")"
		f.Reason, f.FirstSeen = "account_id is not a GUID", time.Time{}
	}
}

func sampleFindings(n int) iter.Seq2[reconcile.Reported, error] {
	return func(yield func(reconcile.Reported, error) bool) {
		for i := range n {
			if !yield(sampleFinding(i), nil) {
				return
			}
		}
	}
}

func samplePackages(n int) iter.Seq2[reconcile.ClassifiedPackage, error] {
	return func(yield func(reconcile.ClassifiedPackage, error) bool) {
		for i := range n {
			if !yield(sampleItem(i), nil) {
				return
			}
		}
	}
}

func sampleItem(n int) reconcile.ClassifiedPackage {
	statuses := []reconcile.Status{"ENABLED", "ENABLED", "PENDING", "CANCELED", "FAILED", "AWAITING_ACTION", "SUSPENDED"}
	created := sampleAsOf.Add(-time.Duration(n+20) * 31 * time.Hour)
	s := reconcile.ClassifiedPackage{Class: reconcile.Classes()[n%3*2%9], Package: reconcile.Package{
		ID: guid(2, n), AccountID: guid(1, n%17), ExternalID: fmt.Sprintf("SUB-%06d", 104200+n*7), Created: created, Updated: created,
	}}
	for i := range n % 4 {
		s.Instances = append(s.Instances, reconcile.Instance{
			ID: guid(3, n*4+i), ProductID: []string{"Premium_Business", "Domain_com", "Mailbox_10"}[i],
			Status: statuses[(n+i)%len(statuses)], Cycle: "1 MONTH", Country: "DE", SiteID: guid(4, n), Created: created, Updated: created,
		})
	}
	return s
}

// sampleSummary returns the summary of the sample data.
func sampleSummary(findings, packages int) *reconcile.Summary {
	s := &reconcile.Summary{
		SchemaVersion: 1, RunID: "20261121T020000Z-1a2b", Version: "v0.1.0", ExitCode: 0, Complete: true,
		AsOf: sampleAsOf, Started: sampleAsOf, Finished: sampleAsOf.Add(97 * time.Second), Findings: reconcile.NewTally(),
		Live: true, Accepted: true, Changes: &reconcile.Changes{New: 12, Known: 1180, Reopened: 1, Resolved: 7},
		Scope:    reconcile.Scope{ID: "3f5a0c1e9d7b24680ace", AccountID: sampleParent, Ledger: "s3://ledgers/subs-2026-11-21.csv.gz"},
		Coverage: reconcile.Coverage{Inventory: reconcile.InventoryWhole, Accounts: map[string]*reconcile.AccountCoverage{}},
		Ledger:   reconcile.LedgerSide{Classes: map[string]int{}, BadRows: 9},
		Wix:      reconcile.WixSide{Classes: map[string]int{}},
		Requests: reconcile.Requests{Query: 1204, Get: 3, Retries: 41, Throttled: 2, Bytes: 48_211_904},
		Inputs: []reconcile.File{{
			Name: "s3://ledgers/subs-2026-11-21.csv.gz", Bytes: 812_331, Modified: sampleAsOf.Add(-5 * time.Hour),
			SHA256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
		}},
		Reports:  []reconcile.File{{Name: "findings.csv"}, {Name: "packages.csv"}, {Name: "report.xlsx"}, {Name: "packages.jsonl.zst"}},
		Warnings: []string{"ledger subs-2026-11-21.csv.gz: line 88: customer is not UTF-8: read as Windows-1252"},
	}
	sampleTally(s, findings)
	sampleSides(s, packages)
	return s
}

func sampleTally(s *reconcile.Summary, n int) {
	money := map[[2]string]*reconcile.MoneyTotal{}
	for r := range sampleFindings(n) {
		s.Findings.Total++
		s.Findings.Kinds[r.Kind.String()][r.State.String()]++
		if r.State != reconcile.Open || r.Direction == reconcile.NoDirection {
			continue
		}
		key := [2]string{r.Direction.String(), r.Monthly.Currency}
		if money[key] == nil {
			money[key] = &reconcile.MoneyTotal{Direction: key[0], Currency: key[1]}
		}
		m := money[key]
		m.Findings++
		if !r.Monthly.Known {
			m.Unpriced++
		}
		m.Monthly, _ = m.Monthly.Add(r.Monthly.Amount)
	}
	for _, m := range money {
		s.Findings.Money = append(s.Findings.Money, *m)
	}
}

func sampleSides(s *reconcile.Summary, n int) {
	for p := range samplePackages(n) {
		s.Wix.Packages++
		s.Wix.Classes[p.Class.String()]++
		s.Wix.Instances += len(p.Instances)
		for i := range p.Instances {
			if p.Instances[i].Status.Live() {
				s.Wix.LiveInstances++
			}
		}
		if p.Live() {
			s.Wix.LivePackages++
		}
		a := s.Coverage.Accounts[p.AccountID]
		if a == nil {
			a = &reconcile.AccountCoverage{Read: true, By: "chain"}
			s.Coverage.Accounts[p.AccountID] = a
		}
		a.Packages++
	}
	s.Ledger.Rows, s.Ledger.ActiveRows, s.Ledger.Subscriptions = n+9, n-3, n
	s.Ledger.Classes["matched"], s.Ledger.Classes["invalid"] = n, 9
	s.Wix.MatchedPairs = s.Wix.Classes["matched"]
}

// incomplete changes the summary to one of a run that could not read two accounts.
func incomplete(s *reconcile.Summary) *reconcile.Summary {
	s.Complete, s.Accepted, s.ExitCode, s.Coverage.Inventory = false, false, 4, reconcile.InventoryPartial
	for _, n := range []int{3, 5} {
		s.Coverage.Accounts[guid(1, n)] = &reconcile.AccountCoverage{
			By: "chain", Packages: 4, Error: "query packages: POST /resellers/v1/packages/query: 503 after 6 attempts (request 7f3a)",
		}
	}
	s.Coverage.Problems = []string{"the server counts 5000 packages, 4988 were read"}
	return s
}

func sampleData(findings, packages int) *WorkbookData {
	return &WorkbookData{
		Summary: sampleSummary(findings, packages), Carried: sampleCarried,
		Findings: sampleFindings(findings), Inventory: samplePackages(packages),
		Settings: []Setting{{"concurrency", "8", "default"}, {"rate", "180", "default"}, {"in-flight", "48h0m0s", "file"}},
	}
}
