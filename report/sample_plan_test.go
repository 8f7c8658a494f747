package report

import (
	"fmt"
	"slices"
	"time"

	"github.com/govalues/decimal"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// A sample plan with an action of every fix, with waiting ones and ones that need
// a review, and its results.

const sampleSite = 4

func sampleInstance(n int, status reconcile.Status, site string) fix.InstanceState {
	return fix.InstanceState{ID: guid(3, n), Status: status, ProductID: "Premium_Business", SiteID: site, Cycle: "1 YEAR"}
}

func sampleAction(n int, name string, kind reconcile.Kind, desired fix.Desired, instances ...fix.InstanceState) fix.Action {
	return fix.Action{
		Key: fmt.Sprintf("%02x%030x", n*17, n), Fix: name, Kind: kind.String(), FindingIDs: []string{fmt.Sprint(n)},
		AccountID: guid(1, n%5), ExternalID: fmt.Sprintf("SUB-%06d", 104200+n*7), PackageID: guid(2, n), Desired: desired,
		Seen:      &fix.State{ExternalID: fmt.Sprintf("SUB-%06d", 104200+n*7), Updated: sampleAsOf.AddDate(0, -2, 0), Instances: instances},
		Instances: max(1, live(instances)),
	}
}

func live(instances []fix.InstanceState) int {
	n := 0
	for _, i := range instances {
		if i.Status.Live() {
			n++
		}
	}
	return n
}

// forFirstInstance changes the action to one of the first instance.
func forFirstInstance(a fix.Action) fix.Action {
	a.InstanceID, a.Instances = a.Seen.Instances[0].ID, 1
	return a
}

func removing(a fix.Action, unpriced int, costs ...fix.Cost) fix.Action {
	a.Removal, a.Costs, a.Unpriced = true, costs, unpriced
	return a
}

func cost(cents int64, currency string) fix.Cost {
	return fix.Cost{Currency: currency, Monthly: decimal.MustNew(cents, reconcile.MinorUnits(currency))}
}

func waiting(a fix.Action) fix.Action {
	a.Waiting = &fix.Waiting{Sightings: 1, Needed: 2}
	return a
}

func needsReview(a fix.Action, dependants ...int) fix.Action {
	a.Needs = fix.NeedsReview
	for _, n := range dependants {
		a.Dependants = append(a.Dependants, guid(3, n))
	}
	return a
}

func sampleActions() []fix.Action {
	enabled := func(n int) fix.InstanceState { return sampleInstance(n, "ENABLED", guid(sampleSite, n)) }
	canceled := fix.Desired{Status: "CANCELED"}
	unlinked := sampleAction(1, "external-id", reconcile.UnlinkedPackage, fix.Desired{ExternalID: "SUB-104207"}, enabled(1))
	unlinked.Seen.ExternalID = "sub-104207-old"
	created := sampleAction(6, "create", reconcile.MissingPackage, fix.Desired{Lines: []fix.Line{
		{ProductID: "Premium_Business", Cycle: "1 YEAR", Country: "DE", Quantity: 2},
		{ProductID: "Domain_com", SiteID: guid(sampleSite, 6), Cycle: "1 YEAR", Country: "DE", Quantity: 1},
	}})
	created.PackageID, created.Seen, created.Instances = "", nil, 3
	return []fix.Action{
		unlinked,
		removing(forFirstInstance(sampleAction(2, "unassign", reconcile.SiteMismatch, fix.Desired{SiteID: "none"}, enabled(2))), 0, cost(1200, "EUR")),
		forFirstInstance(sampleAction(3, "assign", reconcile.SiteMismatch, fix.Desired{SiteID: guid(sampleSite, 33)}, sampleInstance(3, "ENABLED", ""))),
		removing(forFirstInstance(sampleAction(4, "assign", reconcile.SiteMismatch, fix.Desired{SiteID: guid(sampleSite, 34)}, enabled(4))), 0, cost(1200, "EUR")),
		forFirstInstance(sampleAction(5, "adjust", reconcile.ProductMismatch, fix.Desired{ProductID: "Premium_Unlimited"}, enabled(5))),
		created,
		removing(sampleAction(7, "cancel", reconcile.OrphanPackage, canceled, enabled(7), sampleInstance(71, "PENDING", ""), sampleInstance(72, "CANCELED", "")), 0, cost(2400, "EUR")),
		removing(forFirstInstance(sampleAction(8, "cancel", reconcile.ExtraInstance, canceled, enabled(8), enabled(81))), 0, cost(1900, "JPY")),
		needsReview(removing(forFirstInstance(sampleAction(9, "cancel", reconcile.CanceledInLedger, canceled, enabled(9))), 1), 91, 92),
		removing(sampleAction(10, "cancel", reconcile.CanceledInLedger, canceled, enabled(10), enabled(101)), 1, cost(1200, "EUR")),
		waiting(removing(sampleAction(11, "cancel", reconcile.OrphanPackage, canceled, enabled(11)), 1)),
		waiting(removing(forFirstInstance(sampleAction(12, "cancel", reconcile.CanceledInLedger, canceled, enabled(12))), 0, cost(1000, "USD"))),
	}
}

func samplePlan() *fix.Plan {
	s := sampleSummary(0, 180)
	p := &fix.Plan{
		SchemaVersion: 1, ID: "9f86d081884c7d659a2feaa0c55ad015", Out: "s3://runs/wix", AccountID: sampleParent,
		Scope: s.Scope, RunID: s.RunID, Program: "v0.1.0", CreatedAt: sampleAsOf.Add(97 * time.Second),
		ExpiresAt: sampleAsOf.Add(24*time.Hour + 97*time.Second), Fixes: fix.Fixes(), Inputs: s.Inputs,
		LiveInstances: s.Wix.LiveInstances, Refusals: []fix.Refusal{}, Actions: sampleActions(),
		Shielded: []fix.Shielded{{Line: 403, Findings: 4, Instances: 6, Costs: []fix.Cost{cost(4200, "EUR")}, Unpriced: 1}, {Findings: 1, Instances: 1}},
	}
	for i := range p.Actions {
		a := &p.Actions[i]
		e := fix.Evidence{Key: a.Key, FirstSeen: sampleAsOf.AddDate(0, 0, -3), Sightings: 3, Counted: sampleAsOf}
		if a.Waiting != nil {
			e.FirstSeen, e.Sightings = sampleAsOf, 1
		}
		switch a.Kind {
		case "missing_package":
			e.Records, e.Monthly = []int{17, 18}, []fix.Money{{Direction: "at_risk", Amount: "45.00", Currency: "EUR"}}
		case "product_mismatch":
			e.Records, e.Monthly = []int{40}, []fix.Money{{Direction: "difference", Amount: "-3.50", Currency: "EUR"}}
		case "canceled_in_ledger":
			e.Records, e.Monthly = []int{5, 6, 7, 19}, []fix.Money{{Direction: "leak"}}
		}
		p.Evidence = append(p.Evidence, e)
	}
	return p
}

func sampleRefusals() []fix.Refusal {
	return []fix.Refusal{
		{Cause: "guard", Limit: "max_ledger_age", Value: "36h", Need: "40h12m", Flag: "--max-ledger-age", Text: "the ledger is 40h12m old, the limit is 36h"},
		{Cause: "limit", Limit: "max_cancels", Value: "10", Need: "12", Flag: "--max-cancels", Text: "12 instances would be canceled or moved, the limit is 10", Largest: []reconcile.AccountShare{
			{AccountID: guid(1, 1), Instances: 7}, {AccountID: guid(1, 2), Instances: 4}, {AccountID: guid(1, 3), Instances: 1},
		}},
		{Cause: "limit", Limit: "max_cancel_percent", Value: "1 %", Need: "12", Flag: "--max-cancel-percent", Text: "12 instances would be canceled or moved, the limit is 1 % of 154 live instances, that is 1"},
	}
}

func refused(p *fix.Plan) *fix.Plan {
	p.Refusals = sampleRefusals()
	return p
}

// sampleResults are the results of the plan, applied after a review.
func sampleResults() []fix.Result {
	p := samplePlan()
	var results []fix.Result
	outcomes := []string{"applied", "applied", "applied", "stale", "failed", "applied", "applied", "unsettled", "not_started", "not_started"}
	for i := range p.Actions {
		a := &p.Actions[i]
		if !a.Due(true) {
			continue
		}
		r := fix.Result{Key: a.Key, Outcome: outcomes[i]}
		switch r.Outcome {
		case "applied":
			r.Attempt, r.SentAt, r.Observed = 1, sampleAsOf.Add(time.Hour+time.Duration(i)*time.Second), sampleObserved(a)
		case "stale":
			r.Reason, r.Before = "site: planned "+guid(sampleSite, 4)+", found "+guid(sampleSite, 44), a.Seen
		case "failed":
			r.Reason, r.Attempt, r.SentAt, r.Observed = "adjust instance: PATCH: 422 (request 7f3a)", 2, sampleAsOf.Add(time.Hour), a.Seen
		case "unsettled":
			r.Reason, r.Attempt, r.SentAt = "cancel instance: DELETE: connection reset", 1, sampleAsOf.Add(time.Hour)
		}
		if a.Fix == "create" {
			r.Created = guid(2, 6)
		}
		results = append(results, r)
	}
	return results
}

func sampleObserved(a *fix.Action) *fix.State {
	if a.Seen == nil {
		return &fix.State{ExternalID: a.ExternalID, Instances: []fix.InstanceState{sampleInstance(61, "PENDING", ""), sampleInstance(62, "PENDING", "")}}
	}
	s := &fix.State{ExternalID: a.Seen.ExternalID, Updated: sampleAsOf, Instances: slices.Clone(a.Seen.Instances)}
	if a.Desired.ExternalID != "" {
		s.ExternalID = a.Desired.ExternalID
	}
	for i := range s.Instances {
		inst := &s.Instances[i]
		switch {
		case a.Fix == "cancel":
			inst.Status = "CANCELED"
		case a.Desired.SiteID == "none":
			inst.SiteID = ""
		case a.Desired.SiteID != "":
			inst.SiteID = a.Desired.SiteID
		}
	}
	return s
}

// sampleEntries has an attempt for each state of the journal.
func sampleEntries() []fix.Entry {
	var entries []fix.Entry
	results := sampleResults()
	actions := sampleActions()
	for i := range results {
		r := &results[i]
		if r.Attempt == 0 {
			continue
		}
		e := fix.Entry{Attempt: fix.Attempt{
			Key: r.Key, Number: r.Attempt, PlanID: samplePlan().ID, RunID: "20261121T020000Z-1a2b", Fence: 7,
			Begun: r.SentAt.Add(-time.Second), SendBy: r.SentAt.Add(20 * time.Second), Action: actions[i],
		}}
		switch r.Outcome {
		case "unsettled":
			e.Unsettled = &fix.UnsettledNote{Key: r.Key, Number: r.Attempt, SentAt: r.SentAt, Reason: r.Reason, Observed: actions[i].Seen}
		default:
			e.Completion = &fix.Completion{Outcome: r.Outcome, Reason: r.Reason, Sends: 1, SentAt: r.SentAt, Ended: r.SentAt.Add(time.Second), Observed: r.Observed, PackageID: r.Created}
		}
		entries = append(entries, e)
	}
	entries[0].Completion.Sends = -1
	crashed := entries[len(entries)-1]
	crashed.Unsettled, crashed.Key = nil, "ff"
	return append(entries, crashed)
}

func sampleExceptions() []reconcile.ExceptionUse {
	return []reconcile.ExceptionUse{
		{Exception: reconcile.Exception{Record: 2, Kind: "orphan_package", PackageID: guid(2, 7), Reason: "agreed with the customer until March", Owner: "Ana", Ticket: "OPS-12", Expires: sampleAsOf.AddDate(0, 4, 0)}, State: "in_use", Findings: 3},
		{Exception: reconcile.Exception{Record: 3, Kind: "*", ExternalID: "SUB-104207", Reason: "=moved by hand", Owner: "Ben", Expires: sampleAsOf.AddDate(0, 1, 0)}, State: "unused"},
		{Exception: reconcile.Exception{Record: 4, Kind: "site_mismatch", AccountID: guid(1, 2), Reason: "the site is being rebuilt", Ticket: "OPS-7", Expires: sampleAsOf.AddDate(0, 0, -1)}, State: "expired"},
	}
}

// sampleFixes changes the summary to one of a run with fixes.
func sampleFixes(s *reconcile.Summary) *reconcile.Summary {
	s.Fixes = &reconcile.FixSummary{
		Requested: []string{"external-id", "assign", "cancel"}, PlanID: samplePlan().ID,
		Outcomes: map[string]int{"applied": 6, "stale": 1, "waiting": 2, "not_allowed": 41, "failed": 0},
		Actions:  map[string]int{"applied": 5, "stale": 1, "waiting": 2, "failed": 0},
	}
	return s
}

func refusedFixes(s *reconcile.Summary) *reconcile.Summary {
	sampleFixes(s)
	s.Fixes.Actions, s.Fixes.Outcomes = map[string]int{"over_limit": 14, "waiting": 2}, map[string]int{"over_limit": 16}
	for _, r := range sampleRefusals() {
		s.Fixes.Refusals = append(s.Fixes.Refusals, reconcile.FixRefusal{Limit: r.Limit, Value: r.Value, Need: r.Need, Flag: r.Flag, Text: r.Text})
	}
	return s
}

// fixedData is the sample data with a plan that was executed.
func fixedData(findings, packages int) *WorkbookData {
	b := sampleData(findings, packages)
	b.Plan, b.Results, b.PlanOptions = samplePlan(), sampleResults(), &PlanOptions{Reviewed: true}
	sampleFixes(b.Summary)
	b.Summary.Exceptions = sampleExceptions()
	return b
}

// refusedData is the sample data with a plan that was refused.
func refusedData(findings, packages int) *WorkbookData {
	b := sampleData(findings, packages)
	b.Plan = refused(samplePlan())
	refusedFixes(b.Summary)
	return b
}
