package fix_test

import (
	"slices"
	"testing"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// Every reason by itself, and which of several is told.

type heldCase struct {
	name string
	book book
	edit func(*book) // after everything was asked for and lifted
	want []string
}

func heldCases() []heldCase {
	orphan := book{lines: []reconcile.Line{line("t")}, packages: []reconcile.Package{pack("P", "s", inst("plan", "")), pack("T", "t", inst("plan", ""))}}
	fresh := orphan
	fresh.packages = []reconcile.Package{pack("P", "s", inst("plan", "")), pack("T", "t", inst("plan", ""))}
	fresh.packages[0].Updated = now.Add(-time.Hour)
	shielded := orphan
	shielded.bad = []reconcile.BadRow{{AccountID: account(1), Column: "external_id", Problem: "missing"}}
	return []heldCase{
		{name: "unknown", book: orphan, edit: func(b *book) {
			b.coverage = &reconcile.Coverage{Inventory: reconcile.InventoryPartial, Accounts: map[string]*reconcile.AccountCoverage{account(1): {}}}
		}, want: []string{"orphan_package not_allowed unknown"}},
		{name: "excepted", book: orphan, edit: func(b *book) {
			b.exceptions = []reconcile.Exception{{PackageID: "P", Reason: "moved", Expires: now.Add(1)}}
		}, want: []string{"orphan_package not_allowed excepted"}},
		{name: "in flight", book: fresh, want: []string{"orphan_package not_allowed in_flight"}},
		{name: "in flight before shielded", book: func() book { b := fresh; b.bad = shielded.bad; return b }(),
			want: []string{"orphan_package not_allowed in_flight", "invalid_ledger_row  missing"}},
		{name: "shielded", book: shielded, want: []string{"orphan_package not_allowed shielded", "invalid_ledger_row  missing"}},
		{name: "ended by date", book: book{lines: []reconcile.Line{line("s", endsAt(old))}, packages: []reconcile.Package{pack("P", "s", inst("plan", ""))}},
			want: []string{"canceled_in_ledger not_allowed ended_by_date"}},
		{name: "ambiguous", book: book{lines: []reconcile.Line{line("s", quantity(1))}, packages: []reconcile.Package{pack("P", "s", inst("plan", site(1)), inst("plan", site(2)))}},
			want: []string{"extra_instance not_allowed ambiguous"}},
		{name: "ambiguous, of an ended line", book: book{lines: []reconcile.Line{line("s"), line("s", canceled)}, packages: []reconcile.Package{pack("P", "s", inst("plan", site(1)), inst("plan", site(2)))}},
			want: []string{"canceled_in_ledger not_allowed ambiguous"}},
		{name: "ambiguous in part", book: book{lines: []reconcile.Line{line("s", canceled)}, packages: []reconcile.Package{pack("P", "s", inst("plan", ""), inst("mail", ""))}},
			want: []string{"canceled_in_ledger  ambiguous"}},
		{name: "unsettled", book: orphan, edit: func(b *book) { b.options.Unsettled = map[string]bool{"P": true} },
			want: []string{"orphan_package not_allowed unsettled"}},
		{name: "unsettled create", book: book{lines: []reconcile.Line{line("s")}}, edit: func(b *book) { b.options.Unsettled = map[string]bool{"s": true} },
			want: []string{"missing_package not_allowed unsettled"}},
		{name: "unlisted account", book: orphan, edit: func(b *book) { b.options.Listed = map[string]bool{} },
			want: []string{"orphan_package not_allowed unlisted_account"}},
		{name: "unlisted account, by name", book: orphan, edit: func(b *book) {
			b.options.Listed, b.options.UnlistedAccounts = map[string]bool{}, true
		}, want: []string{"orphan_package"}},
		{name: "an id that can't be sent", book: book{lines: []reconcile.Line{line("..", namesPackage("P"))}, packages: []reconcile.Package{pack("P", "", inst("plan", ""))}},
			want: []string{"unlinked_package failed id_cannot_be_sent"}},
		{name: "an instance id that can't be sent", book: book{lines: []reconcile.Line{line("s")}, packages: []reconcile.Package{pack("P", "s", with(inst("plan", ""), func(i *reconcile.Instance) { i.ID = "1" }), with(inst("mail", ""), func(i *reconcile.Instance) { i.ID = "." }))}},
			want: []string{"extra_instance failed id_cannot_be_sent"}},
		{name: "a site that is a route", book: book{lines: []reconcile.Line{line("s", on("unassign"))}, packages: []reconcile.Package{pack("P", "s", inst("plan", ""))}},
			want: []string{"site_mismatch failed id_cannot_be_sent"}},
		{name: "a create of two dots is sent in the body", book: book{lines: []reconcile.Line{line("..")}}, want: []string{"missing_package"}},
		{name: "a create without a product", book: book{lines: []reconcile.Line{line("s", product(""))}}, want: []string{"missing_package not_allowed incomplete_lines"}},
		{name: "a create without a country", book: book{lines: []reconcile.Line{line("s", func(l *reconcile.Line) { l.Country = "" })}}, want: []string{"missing_package not_allowed incomplete_lines"}},
		{name: "a create without a cycle", book: book{lines: []reconcile.Line{line("s"), line("s", func(l *reconcile.Line) { l.Cycle = "" })}}, want: []string{"missing_package not_allowed incomplete_lines"}},
		{name: "a create of a thousand", book: book{lines: []reconcile.Line{line("s", quantity(1000))}}, want: []string{"missing_package"}},
		{name: "a create of more than a thousand", book: book{lines: []reconcile.Line{line("s", quantity(1000)), line("s")}}, want: []string{"missing_package not_allowed too_many_instances"}},
		{name: "dependants", book: book{lines: []reconcile.Line{line("s")}, packages: []reconcile.Package{pack("P", "s", inst("plan", ""), references(inst("mail", ""), "P.3"), inst("domain", ""))}},
			edit: func(b *book) { b.lines = append(b.lines, line("s", product("mail"))) },
			want: []string{"extra_instance not_allowed dependants"}},
		{name: "dependants of a plan to be reviewed", book: book{lines: []reconcile.Line{line("s"), line("s", product("mail"))}, packages: []reconcile.Package{pack("P", "s", inst("plan", ""), references(inst("mail", ""), "P.3"), inst("domain", ""))}},
			edit: func(b *book) { b.terms.Reviewed = true }, want: []string{"extra_instance  dependants"}},
		{name: "waiting", book: orphan, edit: func(b *book) { b.options.MinSightings = 2 }, want: []string{"orphan_package waiting 1 of 2 sightings"}},
		{name: "over a limit", book: orphan, edit: func(b *book) { b.terms.Limits.Cancels = fix.Limit{} }, want: []string{"orphan_package over_limit max_cancels"}},
		{name: "no history before a limit", book: orphan, edit: func(b *book) {
			b.terms.Earlier, b.terms.Limits = false, fix.Limits{}
		}, want: []string{"orphan_package not_allowed no_history"}},
		{name: "incomplete", book: orphan, edit: func(b *book) { b.terms.Complete = false }, want: []string{"orphan_package not_allowed incomplete_read"}},
		{name: "a guard", book: orphan, edit: func(b *book) { b.terms.Objections = []fix.Objection{{Guard: fix.GuardShrink}} },
			want: []string{"orphan_package not_allowed max_shrink"}},
		{name: "nobody asked", book: orphan, edit: func(b *book) { b.options.Fixes = []string{"assign"} }, want: []string{"orphan_package"}},
		{name: "nobody asked for this one", book: orphan, edit: func(b *book) { b.options.Only = map[string]bool{"T": true} }, want: []string{"orphan_package"}},
	}
}

func TestReasons(t *testing.T) {
	for _, c := range heldCases() {
		b := c.book.reckless()
		if c.edit != nil {
			c.edit(&b)
		}
		d := b.plan(t)
		if got := d.outcomes(); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// TestAPlaceDoesNotOverruleAnID: even where matching would let it pass.
func TestAPlaceDoesNotOverruleAnID(t *testing.T) {
	for has, want := range map[string]int{"": 1, "other": 0} {
		f := reconcile.Finding{Kind: reconcile.UnlinkedPackage, State: reconcile.Open, Fix: reconcile.FixExternalID, ExternalID: "s", PackageID: "P",
			WixValue: has, Basis: &reconcile.Basis{LinkedByPlace: true}}
		b := book{packages: []reconcile.Package{pack("P", has, inst("plan", ""))}, asOf: now}.reckless()
		if d := b.decide(t, []reconcile.Finding{f}, nil); len(d.Actions) != want {
			t.Errorf("%q at Wix: got %q", has, d.told())
		}
	}
}

// TestIDsOfDots: three dots are a name like any other.
func TestIDsOfDots(t *testing.T) {
	for id, want := range map[string]string{".": fix.OutcomeFailed, "..": fix.OutcomeFailed, "...": "", "a.": ""} {
		b := book{lines: []reconcile.Line{line(id, namesPackage("P"))}, packages: []reconcile.Package{pack("P", "", inst("plan", ""))}}
		if d := b.reckless().plan(t); d.decisions[0].Outcome != want {
			t.Errorf("%q: got %+v, want %q", id, d.decisions[0], want)
		}
	}
}

func TestOnly(t *testing.T) {
	b := book{lines: []reconcile.Line{line("t")}, packages: []reconcile.Package{
		pack("P", "p", inst("plan", "")), pack("Q", "q", inst("plan", "")), in(2, pack("R", "r", inst("plan", ""))), pack("T", "t", inst("plan", "")),
	}}.reckless()
	b.options.UnlistedAccounts = true
	id := (&reconcile.Finding{Kind: reconcile.OrphanPackage, ExternalID: "p", PackageID: "P"}).ID(parent).String()
	for only, want := range map[string][]string{
		id: {"cancel P"}, "Q": {"cancel Q"}, account(2): {"cancel R"}, account(1): {"cancel P", "cancel Q"}, "nobody": nil,
	} {
		b.options.Only = map[string]bool{only: true}
		if d := b.plan(t); !slices.Equal(d.told(), want) {
			t.Errorf("only %s: got %q, want %q", only, d.told(), want)
		}
	}
}
