package reconcile

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// The rules by example. A case is written as the ledger's lines and the
// packages of one small book, and lists its findings as kind, external id,
// package, instance and reason.

var (
	now = time.Date(2026, 11, 21, 2, 0, 0, 0, time.UTC)
	old = now.AddDate(0, -6, 0)
)

type bookCase struct {
	name     string
	lines    []Line
	bad      []BadRow
	packages []Package
	coverage *Coverage
	want     []string
}

func line(id string, edit ...func(*Line)) Line {
	l := Line{ExternalID: id, AccountID: "acc", Status: Active, Quantity: 1, Start: old}
	for _, e := range edit {
		e(&l)
	}
	return l
}

func pack(id, external string, instances ...Instance) Package {
	for i := range instances {
		if instances[i].ID == "" {
			instances[i].ID = fmt.Sprintf("%s.%d", id, i+1)
		}
	}
	return Package{ID: id, AccountID: "acc", ExternalID: external, Created: old, Updated: old, Instances: instances}
}

func live(product, site string) Instance {
	return Instance{ProductID: product, SiteID: site, Status: StatusEnabled, Cycle: "1 MONTH", Country: "DE", Created: old, Updated: old}
}

func with(i Instance, edit func(*Instance)) Instance { edit(&i); return i }

func status(s Status) Instance { return Instance{Status: s, Created: old, Updated: old} }

func ended(l *Line)                            { l.Status = Canceled }
func endsAt(t time.Time) func(*Line)           { return func(l *Line) { l.End = t } }
func product(p, s string) func(*Line)          { return func(l *Line) { l.ProductID, l.SiteID = p, s } }
func names(p string) func(*Line)               { return func(l *Line) { l.PackageID = p } }
func namesInst(i string) func(*Line)           { return func(l *Line) { l.InstanceID = i } }
func quantity(n int) func(*Line)               { return func(l *Line) { l.Quantity = n } }
func inAccount(a string) func(*Line)           { return func(l *Line) { l.AccountID = a } }
func paidIn(c string) func(*Line)              { return func(l *Line) { l.Currency = c } }
func changedAt(p Package, t time.Time) Package { p.Updated = t; return p }
func account(p Package, a string) Package      { p.AccountID = a; return p }

func bookCases() []bookCase {
	return []bookCase{
		{name: "a match is silent", lines: []Line{line("s", product("p", "x"))}, packages: []Package{pack("P", "s", live("p", "x"))}},
		{name: "missing", lines: []Line{line("s")}, want: []string{"missing_package s - - open"}},
		{name: "missing in an inventory that was not read whole", lines: []Line{line("s")},
			coverage: &Coverage{Inventory: InventoryPartial, Accounts: map[string]*AccountCoverage{"acc": {Read: true}}},
			want:     []string{"missing_package s - - unknown"}},
		{name: "upcoming is not missing", lines: []Line{line("s", func(l *Line) { l.Status = Pending })}},
		{name: "orphan and unidentified", packages: []Package{pack("P", "s", live("p", "")), pack("Q", "", live("p", ""))},
			want: []string{"orphan_package s P - open", "unidentified_package - Q - open"}},
		{name: "a dead orphan is settled", packages: []Package{pack("P", "s", status(StatusCanceled))}},
		{name: "changed an hour ago", packages: []Package{changedAt(pack("P", "s", live("p", "")), now.Add(-time.Hour))},
			want: []string{"orphan_package s P - in_flight"}},
		{name: "linked by package id", lines: []Line{line("s", names("P"))}, packages: []Package{pack("P", "other", live("p", ""))},
			want: []string{"unlinked_package s P - open"}},
		{name: "linked by instance id", lines: []Line{line("s", namesInst("P.1"))}, packages: []Package{pack("P", "", live("p", ""))},
			want: []string{"unlinked_package s P - open"}},
		{name: "linked by place, over another id", lines: []Line{line("s", product("p", "x"))}, packages: []Package{pack("P", "other", live("p", "x"))},
			want: []string{"unlinked_package s P - open ambiguous"}},
		{name: "two of one place are not guessed", lines: []Line{line("s", product("p", "x"))},
			packages: []Package{pack("P", "", live("p", "x")), pack("Q", "", live("p", "x"))},
			want:     []string{"ambiguous_match - P - open", "ambiguous_match - Q - open", "ambiguous_match s - - open"}},
		{name: "ids that a spreadsheet mangled", lines: []Line{line("123")}, packages: []Package{pack("P", "00123", live("p", ""))},
			want: []string{"ambiguous_match 00123 P - open", "ambiguous_match 123 - - open"}},
		{name: "a package id in a row whose subscription sits elsewhere",
			lines:    []Line{line("s", names("Q"))},
			packages: []Package{pack("P", "s", live("p", "")), pack("Q", "gone", live("p", ""))},
			want:     []string{"ambiguous_match gone Q - open"}},
		{name: "a row still names the dead predecessor of its package", lines: []Line{line("s", names("Q"))},
			packages: []Package{pack("P", "s", live("p", "")), pack("Q", "", status(StatusCanceled))}},
		{name: "a claim from outside by instance, and a link by package id", lines: []Line{line("s", namesInst("Q.1")), line("t", names("Q"))},
			packages: []Package{pack("P", "s", live("p", "")), pack("Q", "gone", live("p", ""))},
			want:     []string{"ambiguous_match gone Q - open", "ambiguous_match t - - open"}},
		{name: "a place that only a dead instance has", lines: []Line{line("s", product("p", "y"))},
			packages: []Package{pack("P", "gone", live("q", "x"), with(live("p", "y"), func(i *Instance) { i.Status = StatusCanceled }))},
			want:     []string{"missing_package s - - open", "orphan_package gone P - open"}},
		{name: "history does not make a link doubtful", lines: []Line{line("s", names("P")), line("s", ended, names("Q"))},
			packages: []Package{pack("P", "", live("p", "")), pack("Q", "", status(StatusCanceled))},
			want:     []string{"unlinked_package s P - open"}},
		{name: "nothing live, and an older package of unknown status", lines: []Line{line("s")},
			packages: []Package{pack("P", "s", status("SUSPENDED")), pack("Q", "s", status(StatusCanceled))},
			want:     []string{"unrecognised_status s P P.1 open"}},
		{name: "one of two equal lines ended: nobody knows whose site", lines: []Line{line("s", product("p", "")), line("s", ended, product("p", ""))},
			packages: []Package{pack("P", "s", live("p", "x"), live("p", "y"))},
			want:     []string{"canceled_in_ledger s P P.2 open ambiguous"}},
		{name: "ended by date, of another product", lines: []Line{line("s", endsAt(old), product("q", ""))}, packages: []Package{pack("P", "s", live("p", ""))},
			want: []string{"canceled_in_ledger s P - open ended_by_date"}},
		{name: "canceled in the ledger", lines: []Line{line("s", ended)}, packages: []Package{pack("P", "s", live("p", ""), live("p", ""))},
			want: []string{"canceled_in_ledger s P - open ambiguous"}}, // no cell of the line names an instance or its product
		{name: "canceled in the ledger, by product", lines: []Line{line("s", ended, product("p", ""), quantity(2))},
			packages: []Package{pack("P", "s", live("p", ""), live("p", "x"))},
			want:     []string{"canceled_in_ledger s P - open"}},
		{name: "canceled with an end in the future", lines: []Line{line("s", ended, endsAt(now.AddDate(0, 1, 0)))}, packages: []Package{pack("P", "s", live("p", ""))}},
		{name: "ended by date alone", lines: []Line{line("s", endsAt(now.AddDate(0, -1, 0)), product("p", ""))}, packages: []Package{pack("P", "s", live("p", ""))},
			want: []string{"canceled_in_ledger s P - open ended_by_date"}},
		{name: "renewal history: ended and active under one id, one live instance",
			lines:    []Line{line("s", ended, product("p", "x")), line("s", product("p", "x"))},
			packages: []Package{pack("P", "s", live("p", "x"))}},
		{name: "one line of two ended", lines: []Line{line("s", product("p", "x")), line("s", ended, product("q", ""))},
			packages: []Package{pack("P", "s", live("p", "x"), live("q", "y"))},
			want:     []string{"canceled_in_ledger s P P.2 open"}},
		{name: "nothing live", lines: []Line{line("s")}, packages: []Package{pack("P", "s", status(StatusCanceled))},
			want: []string{"canceled_at_wix s P - open"}},
		{name: "nothing live, one failed", lines: []Line{line("s", quantity(2))}, packages: []Package{pack("P", "s", status(StatusCanceled), status(StatusFailed))},
			want: []string{"failed_instance s P P.2 open"}},
		{name: "one of two dead", lines: []Line{line("s", quantity(2))}, packages: []Package{pack("P", "s", live("p", ""), status(StatusCanceled))},
			want: []string{"canceled_at_wix s P P.2 open"}},
		{name: "one of three not there", lines: []Line{line("s", quantity(3))}, packages: []Package{pack("P", "s", live("p", ""), live("p", ""))},
			want: []string{"missing_instance s P - open"}},
		{name: "one too many, and it is clear which", lines: []Line{line("s", product("p", "x"))}, packages: []Package{pack("P", "s", live("p", "x"), live("p", "y"))},
			want: []string{"extra_instance s P P.2 open"}},
		{name: "four sites for three equal lines", lines: []Line{line("s", product("p", ""), quantity(3))},
			packages: []Package{pack("P", "s", live("p", "w"), live("p", "x"), live("p", "y"), live("p", "z"))},
			want:     []string{"extra_instance s P P.4 open ambiguous"}},
		{name: "duplicates in two accounts", lines: []Line{line("s")},
			packages: []Package{pack("P", "s", live("p", "")), account(pack("Q", "s", live("p", "")), "zzz")},
			want:     []string{"duplicate_package s P - open", "duplicate_package s Q - open"}},
		{name: "an unknown status hides what is missing", lines: []Line{line("s", quantity(3))}, packages: []Package{pack("P", "s", live("p", ""), status("SUSPENDED"))},
			want: []string{"unrecognised_status s P P.2 open"}},
		{name: "another account", lines: []Line{line("s")}, packages: []Package{account(pack("P", "s", live("p", "")), "zzz")},
			want: []string{"account_mismatch s P - open"}},
		{name: "another account, and its own was not read", lines: []Line{line("s", names("P"))},
			packages: []Package{account(pack("P", "", live("p", "")), "zzz")},
			coverage: &Coverage{Inventory: InventoryNarrowed, Narrowed: true, Accounts: map[string]*AccountCoverage{"zzz": {Read: true}}},
			want:     []string{"account_mismatch s P - unknown", "unlinked_package s P - unknown"}},
		{name: "fields", lines: []Line{line("s", product("q", Floating), func(l *Line) { l.Cycle, l.Country = "1 YEAR", "FR" })},
			packages: []Package{pack("P", "s", live("p", "x"))},
			want:     []string{"billing_cycle_mismatch s P P.1 open", "country_mismatch s P P.1 open", "product_mismatch s P P.1 open", "site_mismatch s P P.1 open"}},
		{name: "stuck and expired", lines: []Line{line("s")}, packages: []Package{pack("P", "s", with(live("p", ""), func(i *Instance) {
			i.Status, i.Expires = StatusPending, now
		}))}, want: []string{"expired_instance s P P.1 open", "stuck_instance s P P.1 open"}},
		{name: "rows that contradict each other", lines: []Line{line("s", paidIn("EUR")), line("s", paidIn("USD"))}, packages: []Package{pack("P", "s", live("p", ""))},
			want: []string{"ledger_conflict s P - open"}},
		{name: "history may differ from what stands", lines: []Line{line("s", inAccount("zzz"), ended, product("p", "")), line("s")}, packages: []Package{pack("P", "s", live("p", ""))}},
		{name: "one package under two ids", lines: []Line{line("s", names("P")), line("t", names("P"))}, packages: []Package{pack("P", "u", live("p", ""))},
			want: []string{"ambiguous_match u P - open", "ledger_conflict s - - open", "ledger_conflict t - - open"}},
		{name: "a bad row without an id shields every orphan of its account", bad: []BadRow{{AccountID: "acc", Column: "external_id", Problem: "missing"}},
			packages: []Package{pack("P", "s", live("p", "")), account(pack("Q", "t", live("p", "")), "zzz")},
			want:     []string{"invalid_ledger_row - - - open missing", "orphan_package s P - open shielded", "orphan_package t Q - open"}},
		{name: "a bad row ends its subscription", lines: []Line{line("s")}, bad: []BadRow{{ExternalID: "s", AccountID: "acc", Problem: "bad date"}},
			want: []string{"invalid_ledger_row s - - open bad date"}},
	}
}

func TestRules(t *testing.T) {
	for _, c := range bookCases() {
		t.Run(c.name, func(t *testing.T) {
			if c.coverage == nil {
				c.coverage = &Coverage{Inventory: InventoryWhole}
			}
			findings, census := Diff(c.lines, c.bad, c.packages, Rules{AsOf: now, InFlight: 48 * time.Hour, Coverage: c.coverage})
			if got := told(findings); !slices.Equal(got, c.want) {
				t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(c.want, "\n  "))
			}
			if rows, packages := census.Totals(); rows != len(c.lines)+len(c.bad) || packages != len(c.packages) {
				t.Errorf("the census does not tie: %+v", census)
			}
		})
	}
}

func told(findings []Finding) []string {
	var all []string
	for _, f := range findings {
		dash := func(s string) string {
			if s == "" {
				return "-"
			}
			return s
		}
		all = append(all, strings.TrimSpace(fmt.Sprintf("%s %s %s %s %s %s", f.Kind, dash(f.ExternalID), dash(f.PackageID), dash(f.InstanceID), f.State, f.Reason)))
	}
	slices.Sort(all)
	return all
}

// TestLargeSubscriptionIsLinear: a package of a thousand instances, against as
// many lines as a bad export may hold, is decided in one go through.
func TestLargeSubscriptionIsLinear(t *testing.T) {
	var lines []Line
	var instances []Instance
	for i := range 1000 {
		instances = append(instances, live("p", fmt.Sprint("site", i)))
	}
	for i := range 50000 {
		lines = append(lines, line("s", product("p", fmt.Sprint("site", 50000-i))))
	}
	findings, _ := Diff(lines, nil, []Package{pack("P", "s", instances...)}, Rules{AsOf: now, Coverage: &Coverage{Inventory: InventoryWhole}})
	if len(findings) < 49000 {
		t.Errorf("got %d findings", len(findings))
	}
}
