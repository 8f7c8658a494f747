package fix_test

import (
	"testing"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
	"github.com/wixrecon/wixrecon/reconcile/fix/guard"
)

// Weeks of nightly runs, each as the program does it: reconcile with the known
// findings, evaluate the guards, count, plan, keep the known findings.

type simulation struct {
	scopes map[string]*scopeState
	guards guard.Guards
	nights int
}

// A scopeState is what the runs of one scope left.
type scopeState struct {
	reconcile.History
	known reconcile.KnownFindings
}

func newSimulation() *simulation {
	return &simulation{scopes: make(map[string]*scopeState), guards: guard.Guards{
		MaxLedgerAge: guard.Age{Max: 36 * time.Hour}, MaxShrink: guard.Percent{Max: dec("5")},
	}}
}

func (r *simulation) scopeState(scope string) *scopeState {
	if r.scopes[scope] == nil {
		r.scopes[scope] = &scopeState{}
	}
	return r.scopes[scope]
}

// A nightRun is one run of a simulation.
type nightRun struct {
	scope      string
	ledger     string    // a new object unless named
	asOf       time.Time // the next night unless set
	incomplete bool      // something could not be read
	replay     bool
	canary     []string
	written    time.Time // when the ledger was; an hour ago unless set
}

// A nightResult is what a run left.
type nightResult struct {
	decided
	runID      string
	asOf       time.Time
	objections []guard.Objection
	accepted   bool
	known      reconcile.KnownFindings
}

func (r *simulation) run(t *testing.T, b inputs, n nightRun) nightResult {
	t.Helper()
	r.nights++
	m := nightResult{runID: "run-" + time.Duration(r.nights).String(), asOf: n.asOf}
	if m.asOf.IsZero() {
		m.asOf = now.AddDate(0, 0, r.nights)
	}
	if n.ledger == "" {
		n.ledger = m.runID
	}
	if n.written.IsZero() {
		n.written = m.asOf.Add(-time.Hour)
	}
	b.asOf = m.asOf
	h := r.scopeState(n.scope)
	summary, missing := r.reconcile(&b, &m, h, n)
	inputs := guard.Inputs{Run: &summary, LedgerModified: n.written, MissingCanaries: missing}
	m.objections = r.guards.Evaluate(&inputs, &h.History)
	m.accepted = !n.replay && guard.Accepted(!n.incomplete, m.objections)
	m.known = h.known
	if !n.replay {
		run := fix.SightingRun{AsOf: m.asOf, Ledger: n.ledger, Accepted: m.accepted, Gap: gap}
		m.known = updateKnown(t, h.known, m.findings, b.coverage, &h.History, run)
	}
	b.checks.Complete, b.checks.Objections, b.checks.HasHistory = !n.incomplete, m.objections, h.HasAccepted()
	m.decided = b.decide(t, m.findings, m.known)
	h.known = m.known
	if m.accepted {
		summary.Accepted = true
		h.Runs = append(h.Runs, summary)
	}
	return m
}

// reconcile diffs the inventory and counts it as guards do.
func (r *simulation) reconcile(b *inputs, m *nightResult, h *scopeState, n nightRun) (reconcile.Summary, []string) {
	rules := b.rules(h.known)
	if n.incomplete {
		b.coverage = &reconcile.Coverage{Inventory: reconcile.InventoryPartial, Accounts: map[string]*reconcile.AccountCoverage{account(1): {}}}
		rules.Coverage = b.coverage
	}
	findings, census := reconcile.Diff(b.lines, b.bad, b.packages, rules)
	m.findings = findings
	s := reconcile.Summary{RunID: m.runID, AsOf: m.asOf, LedgerVersion: n.ledger}
	s.Ledger.Rows, s.Wix.Packages, s.Wix.MatchedPairs = len(b.lines)+len(b.bad), len(b.packages), census.Packages[reconcile.Matched]
	ids, accounts := make(map[string]bool), make(map[string]bool)
	for i := range b.lines {
		ids[b.lines[i].ExternalID] = true
		if b.lines[i].Phase(b.asOf) == reconcile.PhaseActive {
			s.Ledger.ActiveRows++
		}
	}
	canaries := guard.NewCanaries(n.canary)
	for i := range b.packages {
		accounts[b.packages[i].AccountID] = true
		class := reconcile.WixOnly
		if ids[b.packages[i].ExternalID] {
			class = reconcile.Matched
		}
		canaries.AddPackage(&reconcile.ClassifiedPackage{Package: b.packages[i], Class: class})
		if b.packages[i].Live() {
			s.Wix.LivePackages++
		}
	}
	for i := range findings {
		canaries.AddFinding(&findings[i])
	}
	s.Ledger.Subscriptions, s.Wix.Accounts = len(ids), len(accounts)
	return s, canaries.Missing()
}

// accept accepts a run by hand, an hour later.
func (r *simulation) accept(m *nightResult, s reconcile.Summary) {
	h := r.scopeState("")
	h.Accept = &reconcile.Acceptance{RunID: m.runID, AsOf: m.asOf, At: m.asOf.Add(time.Hour)}
	s.RunID, s.AsOf, s.LedgerVersion = m.runID, m.asOf, m.runID
	h.Runs = append(h.Runs, s)
}

// sightings returns how often the only removal was seen, and whether it is due.
func (m *nightResult) sightings() (n int, due bool) {
	if len(m.Actions) != 1 {
		return -1, false
	}
	return m.Evidence[0].Sightings, m.Actions[0].Due(false) && len(m.Refusals) == 0
}
