package fix_test

import (
	"slices"
	"testing"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
	"github.com/wixrecon/wixrecon/reconcile/fix/guard"
)

// Every reason by itself, and which of several is reported.

type blockedCase struct {
	name   string
	inputs inputs
	edit   func(*inputs) // after everything was asked for, without limits
	want   []string
}

func blockedCases() []blockedCase {
	orphan := inputs{lines: []reconcile.Line{line("t")}, packages: []reconcile.Package{pack("P", "s", inst("plan", "")), pack("T", "t", inst("plan", ""))}}
	fresh := orphan
	fresh.packages = []reconcile.Package{pack("P", "s", inst("plan", "")), pack("T", "t", inst("plan", ""))}
	fresh.packages[0].Updated = now.Add(-time.Hour)
	shielded := orphan
	shielded.bad = []reconcile.BadRow{{AccountID: account(1), Column: "external_id", Problem: "missing"}}
	return []blockedCase{
		{name: "unknown", inputs: orphan, edit: func(b *inputs) {
			b.coverage = &reconcile.Coverage{Inventory: reconcile.InventoryPartial, Accounts: map[string]*reconcile.AccountCoverage{account(1): {}}}
		}, want: []string{"orphan_package not_allowed unknown"}},
		{name: "excepted", inputs: orphan, edit: func(b *inputs) {
			b.exceptions = []reconcile.Exception{{PackageID: "P", Reason: "moved", Expires: now.Add(1)}}
		}, want: []string{"orphan_package not_allowed excepted"}},
		{name: "in flight", inputs: fresh, want: []string{"orphan_package not_allowed in_flight"}},
		{name: "in flight before shielded", inputs: func() inputs { b := fresh; b.bad = shielded.bad; return b }(),
			want: []string{"orphan_package not_allowed in_flight", "invalid_ledger_row  missing"}},
		{name: "shielded", inputs: shielded, want: []string{"orphan_package not_allowed shielded", "invalid_ledger_row  missing"}},
		{name: "ended by date", inputs: inputs{lines: []reconcile.Line{line("s", endsAt(old))}, packages: []reconcile.Package{pack("P", "s", inst("plan", ""))}},
			want: []string{"canceled_in_ledger not_allowed ended_by_date"}},
		{name: "ambiguous", inputs: inputs{lines: []reconcile.Line{line("s", quantity(1))}, packages: []reconcile.Package{pack("P", "s", inst("plan", site(1)), inst("plan", site(2)))}},
			want: []string{"extra_instance not_allowed ambiguous"}},
		{name: "ambiguous, of an ended line", inputs: inputs{lines: []reconcile.Line{line("s"), line("s", canceled)}, packages: []reconcile.Package{pack("P", "s", inst("plan", site(1)), inst("plan", site(2)))}},
			want: []string{"canceled_in_ledger not_allowed ambiguous"}},
		{name: "ambiguous in part", inputs: inputs{lines: []reconcile.Line{line("s", canceled)}, packages: []reconcile.Package{pack("P", "s", inst("plan", ""), inst("mail", ""))}},
			want: []string{"canceled_in_ledger  ambiguous"}},
		{name: "unsettled", inputs: orphan, edit: func(b *inputs) { b.options.Unsettled = map[string]bool{"P": true} },
			want: []string{"orphan_package not_allowed unsettled"}},
		{name: "unsettled create", inputs: inputs{lines: []reconcile.Line{line("s")}}, edit: func(b *inputs) { b.options.Unsettled = map[string]bool{"s": true} },
			want: []string{"missing_package not_allowed unsettled"}},
		{name: "unlisted account", inputs: orphan, edit: func(b *inputs) { b.options.Listed = map[string]bool{} },
			want: []string{"orphan_package not_allowed unlisted_account"}},
		{name: "unlisted account, by name", inputs: orphan, edit: func(b *inputs) {
			b.options.Listed, b.options.UnlistedAccounts = map[string]bool{}, true
		}, want: []string{"orphan_package"}},
		{name: "an id that can't be sent", inputs: inputs{lines: []reconcile.Line{line("..", namesPackage("P"))}, packages: []reconcile.Package{pack("P", "", inst("plan", ""))}},
			want: []string{"unlinked_package failed id_cannot_be_sent"}},
		{name: "an instance id that can't be sent", inputs: inputs{lines: []reconcile.Line{line("s")}, packages: []reconcile.Package{pack("P", "s", with(inst("plan", ""), func(i *reconcile.Instance) { i.ID = "1" }), with(inst("mail", ""), func(i *reconcile.Instance) { i.ID = "." }))}},
			want: []string{"extra_instance failed id_cannot_be_sent"}},
		{name: "a site that is a route", inputs: inputs{lines: []reconcile.Line{line("s", on("unassign"))}, packages: []reconcile.Package{pack("P", "s", inst("plan", ""))}},
			want: []string{"site_mismatch failed id_cannot_be_sent"}},
		{name: "a create of two dots is sent in the body", inputs: inputs{lines: []reconcile.Line{line("..")}}, want: []string{"missing_package"}},
		{name: "a create without a product", inputs: inputs{lines: []reconcile.Line{line("s", product(""))}}, want: []string{"missing_package not_allowed incomplete_lines"}},
		{name: "a create without a country", inputs: inputs{lines: []reconcile.Line{line("s", func(l *reconcile.Line) { l.Country = "" })}}, want: []string{"missing_package not_allowed incomplete_lines"}},
		{name: "a create without a cycle", inputs: inputs{lines: []reconcile.Line{line("s"), line("s", func(l *reconcile.Line) { l.Cycle = "" })}}, want: []string{"missing_package not_allowed incomplete_lines"}},
		{name: "a create of a thousand", inputs: inputs{lines: []reconcile.Line{line("s", quantity(1000))}}, want: []string{"missing_package"}},
		{name: "a create of more than a thousand", inputs: inputs{lines: []reconcile.Line{line("s", quantity(1000)), line("s")}}, want: []string{"missing_package not_allowed too_many_instances"}},
		{name: "dependants", inputs: inputs{lines: []reconcile.Line{line("s")}, packages: []reconcile.Package{pack("P", "s", inst("plan", ""), references(inst("mail", ""), "P.3"), inst("domain", ""))}},
			edit: func(b *inputs) { b.lines = append(b.lines, line("s", product("mail"))) },
			want: []string{"extra_instance not_allowed dependants"}},
		{name: "dependants of a plan to be reviewed", inputs: inputs{lines: []reconcile.Line{line("s"), line("s", product("mail"))}, packages: []reconcile.Package{pack("P", "s", inst("plan", ""), references(inst("mail", ""), "P.3"), inst("domain", ""))}},
			edit: func(b *inputs) { b.checks.Reviewed = true }, want: []string{"extra_instance  dependants"}},
		{name: "waiting", inputs: orphan, edit: func(b *inputs) { b.options.MinSightings = 2 }, want: []string{"orphan_package waiting 1 of 2 sightings"}},
		{name: "over a limit", inputs: orphan, edit: func(b *inputs) { b.checks.Limits.Cancels = guard.Limit{} }, want: []string{"orphan_package over_limit max_cancels"}},
		{name: "no history before a limit", inputs: orphan, edit: func(b *inputs) {
			b.checks.HasHistory, b.checks.Limits = false, guard.Limits{}
		}, want: []string{"orphan_package not_allowed no_history"}},
		{name: "incomplete", inputs: orphan, edit: func(b *inputs) { b.checks.Complete = false }, want: []string{"orphan_package not_allowed incomplete_read"}},
		{name: "a guard", inputs: orphan, edit: func(b *inputs) { b.checks.Objections = []guard.Objection{{Guard: fix.GuardShrink}} },
			want: []string{"orphan_package not_allowed max_shrink"}},
		{name: "not asked for", inputs: orphan, edit: func(b *inputs) { b.options.Fixes = []string{"assign"} }, want: []string{"orphan_package"}},
		{name: "not asked for this one", inputs: orphan, edit: func(b *inputs) { b.options.Only = map[string]bool{"T": true} }, want: []string{"orphan_package"}},
	}
}

func TestReasons(t *testing.T) {
	for _, c := range blockedCases() {
		b := c.inputs.withoutLimits()
		if c.edit != nil {
			c.edit(&b)
		}
		d := b.plan(t)
		if got := d.outcomes(); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// TestAPlaceDoesNotOverruleAnID: even where matching would allow it.
func TestAPlaceDoesNotOverruleAnID(t *testing.T) {
	for has, want := range map[string]int{"": 1, "other": 0} {
		f := reconcile.Finding{Kind: reconcile.UnlinkedPackage, State: reconcile.Open, Fix: reconcile.FixExternalID, ExternalID: "s", PackageID: "P",
			WixValue: has, Basis: &reconcile.Basis{LinkedByPlace: true}}
		b := inputs{packages: []reconcile.Package{pack("P", has, inst("plan", ""))}, asOf: now}.withoutLimits()
		if d := b.decide(t, []reconcile.Finding{f}, nil); len(d.Actions) != want {
			t.Errorf("%q at Wix: got %q", has, d.actionLines())
		}
	}
}

// TestIDsOfDots: three dots are a name like any other.
func TestIDsOfDots(t *testing.T) {
	for id, want := range map[string]string{".": fix.OutcomeFailed, "..": fix.OutcomeFailed, "...": "", "a.": ""} {
		b := inputs{lines: []reconcile.Line{line(id, namesPackage("P"))}, packages: []reconcile.Package{pack("P", "", inst("plan", ""))}}
		if d := b.withoutLimits().plan(t); d.decisions[0].Outcome != want {
			t.Errorf("%q: got %+v, want %q", id, d.decisions[0], want)
		}
	}
}

func TestOnly(t *testing.T) {
	b := inputs{lines: []reconcile.Line{line("t")}, packages: []reconcile.Package{
		pack("P", "p", inst("plan", "")), pack("Q", "q", inst("plan", "")), in(2, pack("R", "r", inst("plan", ""))), pack("T", "t", inst("plan", "")),
	}}.withoutLimits()
	b.options.UnlistedAccounts = true
	id := (&reconcile.Finding{Kind: reconcile.OrphanPackage, ExternalID: "p", PackageID: "P"}).ID(parent).String()
	for only, want := range map[string][]string{
		id: {"cancel P"}, "Q": {"cancel Q"}, account(2): {"cancel R"}, account(1): {"cancel P", "cancel Q"}, "none of them": nil,
	} {
		b.options.Only = map[string]bool{only: true}
		if d := b.plan(t); !slices.Equal(d.actionLines(), want) {
			t.Errorf("only %s: got %q, want %q", only, d.actionLines(), want)
		}
	}
}
