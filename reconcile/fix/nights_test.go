package fix_test

import (
	"testing"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// Weeks of nights, each a run as the program makes it: reconcile with what is
// remembered, weigh the guards, count, plan, remember.

type reseller struct {
	scopes map[string]*past
	guards fix.Guards
	nights int
}

// A past is what the runs of one scope left.
type past struct {
	fix.Earlier
	memory reconcile.KnownFindings
}

func newReseller() *reseller {
	return &reseller{scopes: make(map[string]*past), guards: fix.DefaultGuards()}
}

func (r *reseller) past(scope string) *past {
	if r.scopes[scope] == nil {
		r.scopes[scope] = &past{}
	}
	return r.scopes[scope]
}

// A night is a run of a reseller.
type night struct {
	scope   string
	ledger  string    // a new object unless named
	asOf    time.Time // the next night unless given
	broken  bool      // something could not be read
	replay  bool
	canary  []string
	written time.Time // when the ledger was; an hour ago unless given
}

// A morning is what a night left.
type morning struct {
	decided
	runID      string
	asOf       time.Time
	objections []fix.Objection
	accepted   bool
	memory     reconcile.KnownFindings
}

func (r *reseller) run(t *testing.T, b book, n night) morning {
	t.Helper()
	r.nights++
	m := morning{runID: "run-" + time.Duration(r.nights).String(), asOf: n.asOf}
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
	h := r.past(n.scope)
	counts, missing := r.reconcile(&b, &m, h, n)
	reading := fix.Reading{AsOf: m.asOf, LedgerModified: n.written, Counts: counts, MissingCanaries: missing}
	m.objections = r.guards.Evaluate(&reading, &h.Earlier)
	m.accepted = fix.Accepted(!n.broken, n.replay, m.objections)
	m.memory = h.memory
	if !n.replay {
		round := fix.SightingRun{AsOf: m.asOf, Ledger: n.ledger, Accepted: m.accepted, Gap: gap}
		m.memory = remember(t, h.memory, m.findings, b.coverage, &h.Earlier, round)
	}
	b.terms.Complete, b.terms.Objections, b.terms.Earlier = !n.broken, m.objections, h.Any()
	m.decided = b.decide(t, m.findings, m.memory)
	h.memory = m.memory
	if m.accepted {
		h.Runs = append(h.Runs, fix.Baseline{RunID: m.runID, AsOf: m.asOf, Ledger: n.ledger, Counts: counts})
	}
	return m
}

// reconcile diffs the inventory and counts it as guards do.
func (r *reseller) reconcile(b *book, m *morning, h *past, n night) (fix.Counts, []string) {
	rules := b.rules(h.memory)
	if n.broken {
		b.coverage = &reconcile.Coverage{Inventory: reconcile.InventoryPartial, Accounts: map[string]*reconcile.AccountCoverage{account(1): {}}}
		rules.Coverage = b.coverage
	}
	findings, census := reconcile.Diff(b.lines, b.bad, b.packages, rules)
	m.findings = findings
	counts := fix.Counts{Rows: len(b.lines) + len(b.bad), Packages: len(b.packages), MatchedPairs: census.Packages[reconcile.Matched]}
	ids, accounts := make(map[string]bool), make(map[string]bool)
	for i := range b.lines {
		ids[b.lines[i].ExternalID] = true
		if b.lines[i].Phase(b.asOf) == reconcile.PhaseActive {
			counts.ActiveRows++
		}
	}
	canaries := fix.NewCanaries(n.canary)
	for i := range b.packages {
		accounts[b.packages[i].AccountID] = true
		class := reconcile.WixOnly
		if ids[b.packages[i].ExternalID] {
			class = reconcile.Matched
		}
		canaries.See(&reconcile.ClassifiedPackage{Package: b.packages[i], Class: class})
		if b.packages[i].Live() {
			counts.LivePackages++
		}
	}
	for i := range findings {
		canaries.Consider(&findings[i])
	}
	counts.Subscriptions, counts.Accounts = len(ids), len(accounts)
	return counts, canaries.Missing()
}

// accept accepts a morning's run by hand, an hour later.
func (r *reseller) accept(m *morning, counts fix.Counts) {
	h := r.past("")
	h.Accept = &reconcile.Acceptance{RunID: m.runID, AsOf: m.asOf, At: m.asOf.Add(time.Hour)}
	h.Runs = append(h.Runs, fix.Baseline{RunID: m.runID, AsOf: m.asOf, Ledger: m.runID, Counts: counts})
}

// sightings gives how often the sole removal was seen, and whether it is due.
func (m *morning) sightings() (n int, due bool) {
	if len(m.Actions) != 1 {
		return -1, false
	}
	return m.Evidence[0].Sightings, m.Actions[0].Due(false) && len(m.Refusals) == 0
}
