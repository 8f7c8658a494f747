package fix_test

import (
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/govalues/decimal"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
	"github.com/wixrecon/wixrecon/reconcile/fix/guard"
)

// Small sample data, and the way from it to a plan: reconcile, count the run,
// plan.

var (
	now = time.Date(2026, 11, 21, 2, 0, 0, 0, time.UTC)
	old = now.AddDate(0, -6, 0)
)

const (
	parent = "parent"
	window = 48 * time.Hour
	gap    = 20 * time.Hour
)

func guid(kind rune, n int) string { return fmt.Sprintf("%c0000000-0000-4000-8000-%012d", kind, n) }

func account(n int) string { return guid('a', n) }
func site(n int) string    { return guid('e', n) }

func line(id string, edit ...func(*reconcile.Line)) reconcile.Line {
	l := reconcile.Line{
		ExternalID: id, AccountID: account(1), Status: reconcile.Active, Quantity: 1, Start: old,
		ProductID: "plan", Cycle: "1 MONTH", Country: "DE",
	}
	for _, e := range edit {
		e(&l)
	}
	return l
}

func canceled(l *reconcile.Line)                  { l.Status = reconcile.Canceled }
func endsAt(t time.Time) func(*reconcile.Line)    { return func(l *reconcile.Line) { l.End = t } }
func product(p string) func(*reconcile.Line)      { return func(l *reconcile.Line) { l.ProductID = p } }
func on(s string) func(*reconcile.Line)           { return func(l *reconcile.Line) { l.SiteID = s } }
func quantity(n int) func(*reconcile.Line)        { return func(l *reconcile.Line) { l.Quantity = n } }
func namesPackage(p string) func(*reconcile.Line) { return func(l *reconcile.Line) { l.PackageID = p } }
func namesInst(i string) func(*reconcile.Line)    { return func(l *reconcile.Line) { l.InstanceID = i } }
func upcoming(l *reconcile.Line)                  { l.Status = reconcile.Pending }

func pack(id, external string, instances ...reconcile.Instance) reconcile.Package {
	for i := range instances {
		if instances[i].ID == "" {
			instances[i].ID = fmt.Sprintf("%s.%d", id, i+1)
		}
	}
	return reconcile.Package{ID: id, AccountID: account(1), ExternalID: external, Created: old, Updated: old, Instances: instances}
}

func in(n int, p reconcile.Package) reconcile.Package { p.AccountID = account(n); return p }

func inst(product, site string) reconcile.Instance {
	return reconcile.Instance{
		ProductID: product, SiteID: site, Status: reconcile.StatusEnabled, Cycle: "1 MONTH", Country: "DE", Created: old, Updated: old,
	}
}

func with(i reconcile.Instance, edit func(*reconcile.Instance)) reconcile.Instance {
	edit(&i)
	return i
}

func references(i reconcile.Instance, id string) reconcile.Instance {
	return with(i, func(i *reconcile.Instance) { i.References = id })
}

func status(s reconcile.Status) reconcile.Instance {
	return with(inst("plan", ""), func(i *reconcile.Instance) { i.Status = s })
}

// Inputs are what one run reads, and what it is asked to fix.
type inputs struct {
	lines      []reconcile.Line
	bad        []reconcile.BadRow
	packages   []reconcile.Package
	coverage   *reconcile.Coverage
	exceptions []reconcile.Exception
	asOf       time.Time
	options    fix.Options
	checks     guard.Checks

	maxFindings, maxSeen int // 0: as many as the program allows
}

func lifted() guard.Limits {
	return guard.Limits{
		Fixes: guard.Limit{Off: true}, Cancels: guard.Limit{Off: true}, CancelPercent: guard.Percent{Off: true},
		CancelsPerAccount: guard.Limit{Off: true}, CancelCost: guard.CostLimit{Off: true},
	}
}

// withoutLimits asks for all fixes, with all limits off and one sighting.
func (b inputs) withoutLimits() inputs {
	b.options.Fixes, b.options.MinSightings = fix.Fixes(), 1
	b.checks = guard.Checks{Complete: true, HasHistory: true, Limits: lifted()}
	return b
}

func (b *inputs) rules(known reconcile.KnownFindings) reconcile.Rules {
	if b.asOf.IsZero() {
		b.asOf = now
	}
	if b.coverage == nil {
		b.coverage = &reconcile.Coverage{Inventory: reconcile.InventoryWhole}
	}
	return reconcile.Rules{
		AsOf: b.asOf, InFlight: window, Coverage: b.coverage, Parent: parent,
		Exceptions: reconcile.NewExceptions(b.exceptions, b.asOf), Known: known,
	}
}

func (b *inputs) listed() map[string]bool {
	listed := make(map[string]bool)
	for i := range b.lines {
		listed[b.lines[i].AccountID] = true
	}
	return listed
}

// decided is a plan with the decisions on its findings.
type decided struct {
	*fix.Plan
	findings  []reconcile.Finding
	decisions []fix.Decision
}

// plan plans as the run of a scope that has one accepted earlier run.
func (b inputs) plan(t *testing.T) decided {
	t.Helper()
	findings, _ := reconcile.Diff(b.lines, b.bad, b.packages, b.rules(nil))
	run := fix.SightingRun{AsOf: b.asOf, Ledger: "1", Accepted: true, Gap: gap}
	return b.decide(t, findings, updateKnown(t, nil, findings, b.coverage, &reconcile.History{}, run))
}

// reported returns findings as a run reports them.
func reported(findings []reconcile.Finding) iter.Seq2[reconcile.Reported, error] {
	return func(yield func(reconcile.Reported, error) bool) {
		for i := range findings {
			if !yield(reconcile.Reported{Finding: findings[i], ID: findings[i].ID(parent).String()}, nil) {
				return
			}
		}
	}
}

// updateKnown returns the known findings after a run.
func updateKnown(t *testing.T, before reconcile.KnownFindings, findings []reconcile.Finding, c *reconcile.Coverage, h *reconcile.History, run fix.SightingRun) reconcile.KnownFindings {
	t.Helper()
	after, _, err := before.Update(reconcile.CurrentRun{AsOf: run.AsOf, Accepted: run.Accepted, Coverage: c}, reported(findings))
	if err != nil {
		t.Fatal(err)
	}
	s := fix.NewSightings(h, run)
	for f := range reported(findings) {
		if err := s.Add(&f); err != nil {
			t.Fatal(err)
		}
	}
	return s.Count(after)
}

func (b inputs) decide(t *testing.T, findings []reconcile.Finding, known reconcile.KnownFindings) decided {
	t.Helper()
	b.options.Parent = parent
	if b.options.Known == nil {
		b.options.Known = known
	}
	if b.options.Listed == nil {
		b.options.Listed = b.listed()
	}
	proposal := b.propose(t, findings)
	refusals, held := b.checks.Decide(proposal.Actions, proposal.Evidence)
	plan, err := proposal.Plan(fix.Header{Out: "out", CreatedAt: now, Life: 24 * time.Hour, Program: "v1"}, refusals, held)
	if err != nil {
		t.Fatal(err)
	}
	if err := plan.Verify(); err != nil {
		t.Fatal(err)
	}
	return decided{plan, findings, proposal.Decisions(&fix.SendConditions{Refusals: plan.Refusals, Held: fix.Held(held), Reviewed: b.checks.Reviewed})}
}

// propose adds the findings and the packages to a planner.
func (b *inputs) propose(t testing.TB, findings []reconcile.Finding) *fix.Proposal {
	t.Helper()
	p := fix.NewPlanner(b.options)
	if b.maxFindings > 0 {
		p.LimitSize(b.maxFindings, b.maxSeen)
	}
	for f := range reported(findings) {
		p.AddFinding(f)
	}
	for _, pkg := range b.packages {
		p.AddPackage(pkg)
	}
	p.Keys()
	pending := p.Pending(nil)
	for _, pkg := range b.packages {
		pending.AddPackage(pkg)
	}
	proposal, err := pending.Propose()
	if err != nil {
		t.Fatal(err)
	}
	return proposal
}

// actionLines writes the actions, a line each.
func (d *decided) actionLines() []string { return actionLines(d.Actions) }

func actionLines(actions []fix.Action) []string {
	var all []string
	for i := range actions {
		a := &actions[i]
		words := []string{a.Fix, a.PackageID, a.InstanceID, a.Desired.ExternalID, a.Desired.SiteID, a.Desired.ProductID, a.Desired.Cycle}
		if a.Waiting != nil {
			words = append(words, fmt.Sprintf("waiting(%d/%d)", a.Waiting.Sightings, a.Waiting.Needed))
		}
		if a.Needs != "" {
			words = append(words, a.Needs+"("+strings.Join(a.Dependants, ",")+")")
		}
		all = append(all, strings.Join(strings.Fields(strings.Join(words, " ")), " "))
	}
	return all
}

// outcomes writes what becomes of each finding.
func (d *decided) outcomes() []string {
	var all []string
	for i := range d.findings {
		all = append(all, strings.TrimSpace(fmt.Sprintf("%s %s %s", d.findings[i].Kind, d.decisions[i].Outcome, d.decisions[i].Reason)))
	}
	return all
}

func dec(s string) decimal.Decimal { return decimal.MustParse(s) }
