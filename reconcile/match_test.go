package reconcile

import (
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// The rules by example. A case has the lines and packages of one small data set,
// and lists its findings as kind, external id, package, instance, state and
// reason.

var (
	now = time.Date(2026, 11, 21, 2, 0, 0, 0, time.UTC)
	old = now.AddDate(0, -6, 0)
)

type ruleCase struct {
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

func newPackage(id, external string, instances ...Instance) Package {
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

func edited(i Instance, edit func(*Instance)) Instance { edit(&i); return i }

func withStatus(s Status) Instance { return Instance{Status: s, Created: old, Updated: old} }

func ended(l *Line)                            { l.Status = Canceled }
func endsAt(t time.Time) func(*Line)           { return func(l *Line) { l.End = t } }
func product(p, s string) func(*Line)          { return func(l *Line) { l.ProductID, l.SiteID = p, s } }
func namesPackage(p string) func(*Line)        { return func(l *Line) { l.PackageID = p } }
func namesInstance(i string) func(*Line)       { return func(l *Line) { l.InstanceID = i } }
func quantity(n int) func(*Line)               { return func(l *Line) { l.Quantity = n } }
func inAccount(a string) func(*Line)           { return func(l *Line) { l.AccountID = a } }
func paidIn(c string) func(*Line)              { return func(l *Line) { l.Currency = c } }
func changedAt(p Package, t time.Time) Package { p.Updated = t; return p }
func account(p Package, a string) Package      { p.AccountID = a; return p }

const (
	byPlace   = "account, product and site connect it with more than one"
	byPackage = "package_id connects it with more than one"
	claimed   = "named by a row of another subscription"
)

func startsLater(l *Line) { l.Start = now.AddDate(0, 1, 0) }

func ruleCases() []ruleCase {
	return []ruleCase{
		{name: "a match has no findings", lines: []Line{line("s", product("p", "x"))}, packages: []Package{newPackage("P", "s", live("p", "x"))}},
		{name: "missing", lines: []Line{line("s")}, want: []string{"missing_package s - - open"}},
		{name: "missing, but the inventory was not read whole", lines: []Line{line("s")},
			coverage: &Coverage{Inventory: InventoryPartial, Accounts: map[string]*AccountCoverage{"acc": {Read: true}}},
			want:     []string{"missing_package s - - unknown"}},
		{name: "upcoming is not missing", lines: []Line{line("s", func(l *Line) { l.Status = Pending })}},
		{name: "orphan and unidentified", packages: []Package{newPackage("P", "s", live("p", "")), newPackage("Q", "", live("p", ""))},
			want: []string{"orphan_package s P - open", "unidentified_package - Q - open"}},
		{name: "a dead orphan is settled", packages: []Package{newPackage("P", "s", withStatus(StatusCanceled))}},
		{name: "changed an hour ago", packages: []Package{changedAt(newPackage("P", "s", live("p", "")), now.Add(-time.Hour))},
			want: []string{"orphan_package s P - in_flight"}},
		{name: "linked by package id", lines: []Line{line("s", namesPackage("P"))}, packages: []Package{newPackage("P", "other", live("p", ""))},
			want: []string{"unlinked_package s P - open"}},
		{name: "linked by instance id", lines: []Line{line("s", namesInstance("P.1"))}, packages: []Package{newPackage("P", "", live("p", ""))},
			want: []string{"unlinked_package s P - open"}},
		{name: "linked by place, over another id", lines: []Line{line("s", product("p", "x"))}, packages: []Package{newPackage("P", "other", live("p", "x"))},
			want: []string{"unlinked_package s P - open ambiguous"}},
		{name: "two packages at one place are ambiguous", lines: []Line{line("s", product("p", "x"))},
			packages: []Package{newPackage("P", "", live("p", "x")), newPackage("Q", "", live("p", "x"))},
			want:     []string{"ambiguous_match - P - open " + byPlace, "ambiguous_match - Q - open " + byPlace, "ambiguous_match s - - open " + byPlace}},
		{name: "near ids", lines: []Line{line("123")}, packages: []Package{newPackage("P", "00123", live("p", ""))},
			want: []string{"ambiguous_match 00123 P - open differs from 123 only in leading zeros", "ambiguous_match 123 - - open differs from 00123 only in leading zeros"}},
		{name: "a row names a package, but its subscription matched another",
			lines:    []Line{line("s", namesPackage("Q"))},
			packages: []Package{newPackage("P", "s", live("p", "")), newPackage("Q", "gone", live("p", ""))},
			want:     []string{"ambiguous_match gone Q - open " + claimed}},
		{name: "a row names the dead predecessor of its package", lines: []Line{line("s", namesPackage("Q"))},
			packages: []Package{newPackage("P", "s", live("p", "")), newPackage("Q", "", withStatus(StatusCanceled))}},
		{name: "claimed by an instance id, and named by a package id", lines: []Line{line("s", namesInstance("Q.1")), line("t", namesPackage("Q"))},
			packages: []Package{newPackage("P", "s", live("p", "")), newPackage("Q", "gone", live("p", ""))},
			want:     []string{"ambiguous_match gone Q - open " + claimed, "ambiguous_match t - - open " + byPackage}},
		{name: "a place of a dead instance only", lines: []Line{line("s", product("p", "y"))},
			packages: []Package{newPackage("P", "gone", live("q", "x"), edited(live("p", "y"), func(i *Instance) { i.Status = StatusCanceled }))},
			want:     []string{"missing_package s - - open", "orphan_package gone P - open"}},
		{name: "ended rows do not make a link ambiguous", lines: []Line{line("s", namesPackage("P")), line("s", ended, namesPackage("Q"))},
			packages: []Package{newPackage("P", "", live("p", "")), newPackage("Q", "", withStatus(StatusCanceled))},
			want:     []string{"unlinked_package s P - open"}},
		{name: "nothing live, and an older package with an unrecognised status", lines: []Line{line("s")},
			packages: []Package{newPackage("P", "s", withStatus("SUSPENDED")), newPackage("Q", "s", withStatus(StatusCanceled))},
			want:     []string{"unrecognised_status s P P.1 open"}},
		{name: "one of two equal lines ended: unclear which site", lines: []Line{line("s", product("p", "")), line("s", ended, product("p", ""))},
			packages: []Package{newPackage("P", "s", live("p", "x"), live("p", "y"))},
			want:     []string{"canceled_in_ledger s P P.2 open ambiguous"}},
		{name: "ended by date, with another product", lines: []Line{line("s", endsAt(old), product("q", ""))}, packages: []Package{newPackage("P", "s", live("p", ""))},
			want: []string{"canceled_in_ledger s P - open ended_by_date"}},
		{name: "canceled in the ledger", lines: []Line{line("s", ended)}, packages: []Package{newPackage("P", "s", live("p", ""), live("p", ""))},
			want: []string{"canceled_in_ledger s P - open ambiguous"}}, // the line has neither instance nor product
		{name: "canceled in the ledger, by product", lines: []Line{line("s", ended, product("p", ""), quantity(2))},
			packages: []Package{newPackage("P", "s", live("p", ""), live("p", "x"))},
			want:     []string{"canceled_in_ledger s P - open"}},
		{name: "canceled with an end in the future", lines: []Line{line("s", ended, endsAt(now.AddDate(0, 1, 0)))}, packages: []Package{newPackage("P", "s", live("p", ""))}},
		{name: "ended only by date", lines: []Line{line("s", endsAt(now.AddDate(0, -1, 0)), product("p", ""))}, packages: []Package{newPackage("P", "s", live("p", ""))},
			want: []string{"canceled_in_ledger s P - open ended_by_date"}},
		{name: "renewal history: ended and active under one id, one live instance",
			lines:    []Line{line("s", ended, product("p", "x")), line("s", product("p", "x"))},
			packages: []Package{newPackage("P", "s", live("p", "x"))}},
		{name: "one line of two ended", lines: []Line{line("s", product("p", "x")), line("s", ended, product("q", ""))},
			packages: []Package{newPackage("P", "s", live("p", "x"), live("q", "y"))},
			want:     []string{"canceled_in_ledger s P P.2 open"}},
		{name: "nothing live", lines: []Line{line("s")}, packages: []Package{newPackage("P", "s", withStatus(StatusCanceled))},
			want: []string{"canceled_at_wix s P - open"}},
		{name: "nothing live, one failed", lines: []Line{line("s", quantity(2))}, packages: []Package{newPackage("P", "s", withStatus(StatusCanceled), withStatus(StatusFailed))},
			want: []string{"failed_instance s P P.2 open"}},
		{name: "one of two dead", lines: []Line{line("s", quantity(2))}, packages: []Package{newPackage("P", "s", live("p", ""), withStatus(StatusCanceled))},
			want: []string{"canceled_at_wix s P P.2 open"}},
		{name: "one of three missing", lines: []Line{line("s", quantity(3))}, packages: []Package{newPackage("P", "s", live("p", ""), live("p", ""))},
			want: []string{"missing_instance s P - open"}},
		{name: "one extra, and it is clear which", lines: []Line{line("s", product("p", "x"))}, packages: []Package{newPackage("P", "s", live("p", "x"), live("p", "y"))},
			want: []string{"extra_instance s P P.2 open"}},
		{name: "four sites for three equal lines", lines: []Line{line("s", product("p", ""), quantity(3))},
			packages: []Package{newPackage("P", "s", live("p", "w"), live("p", "x"), live("p", "y"), live("p", "z"))},
			want:     []string{"extra_instance s P P.4 open ambiguous"}},
		{name: "duplicates in two accounts", lines: []Line{line("s")},
			packages: []Package{newPackage("P", "s", live("p", "")), account(newPackage("Q", "s", live("p", "")), "zzz")},
			want:     []string{"duplicate_package s P - open keep", "duplicate_package s Q - open extra"}},
		{name: "nothing is missing where a status is unrecognised", lines: []Line{line("s", quantity(3))}, packages: []Package{newPackage("P", "s", live("p", ""), withStatus("SUSPENDED"))},
			want: []string{"unrecognised_status s P P.2 open"}},
		{name: "another account", lines: []Line{line("s")}, packages: []Package{account(newPackage("P", "s", live("p", "")), "zzz")},
			want: []string{"account_mismatch s P - open"}},
		{name: "another account, and the own one was not read", lines: []Line{line("s", namesPackage("P"))},
			packages: []Package{account(newPackage("P", "", live("p", "")), "zzz")},
			coverage: &Coverage{Inventory: InventoryNarrowed, Narrowed: true, Accounts: map[string]*AccountCoverage{"zzz": {Read: true}}},
			want:     []string{"account_mismatch s P - unknown", "unlinked_package s P - unknown"}},
		{name: "all fields differ", lines: []Line{line("s", product("q", Floating), func(l *Line) { l.Cycle, l.Country = "1 YEAR", "FR" })},
			packages: []Package{newPackage("P", "s", live("p", "x"))},
			want:     []string{"billing_cycle_mismatch s P P.1 open", "country_mismatch s P P.1 open", "product_mismatch s P P.1 open", "site_mismatch s P P.1 open"}},
		{name: "stuck and expired", lines: []Line{line("s")}, packages: []Package{newPackage("P", "s", edited(live("p", ""), func(i *Instance) {
			i.Status, i.Expires = StatusPending, now
		}))}, want: []string{"expired_instance s P P.1 open", "stuck_instance s P P.1 open"}},
		{name: "rows in conflict", lines: []Line{line("s", paidIn("EUR")), line("s", paidIn("USD"))}, packages: []Package{newPackage("P", "s", live("p", ""))},
			want: []string{"ledger_conflict s P - open"}},
		{name: "ended rows may differ from current ones", lines: []Line{line("s", inAccount("zzz"), ended, product("p", "")), line("s")}, packages: []Package{newPackage("P", "s", live("p", ""))}},
		{name: "one package under two ids", lines: []Line{line("s", namesPackage("P")), line("t", namesPackage("P"))}, packages: []Package{newPackage("P", "u", live("p", ""))},
			want: []string{"ambiguous_match u P - open " + byPackage, "ledger_conflict s - - open", "ledger_conflict t - - open"}},
		{name: "a bad row without an external id shields all orphans of its account", bad: []BadRow{{AccountID: "acc", Column: "external_id", Problem: "missing"}},
			packages: []Package{newPackage("P", "s", live("p", "")), account(newPackage("Q", "t", live("p", "")), "zzz")},
			want:     []string{"invalid_ledger_row - - - open missing", "orphan_package s P - open shielded", "orphan_package t Q - open"}},
		{name: "an id that a program changed", lines: []Line{line("1.002E+12", product("p", ""))}, packages: []Package{newPackage("P", "1002003004003", live("p", "x"))},
			want: []string{"ambiguous_match 1.002E+12 - - open begins with the same digits as 1002003004003", `ambiguous_match 1002003004003 P - open begins with the same digits as "1.002E+12"`}},
		{name: "a lost id may be any of its account", lines: []Line{line("#NAME?")}, packages: []Package{newPackage("P", "s", live("p", "x")), account(newPackage("Q", "t", live("p", "y")), "zzz")},
			want: []string{"ambiguous_match #NAME? - - open its id is lost: it may be any of its sub-account, such as s", `ambiguous_match s P - open may be the one whose id is "#NAME?" now`, "orphan_package t Q - open"}},
		{name: "a package named under a near id", lines: []Line{line("S-1", namesPackage("P"))}, packages: []Package{newPackage("P", "s-1", live("p", ""))},
			want: []string{"ambiguous_match S-1 - - open differs from s-1 only in case", "ambiguous_match s-1 P - open differs from S-1 only in case"}},
		{name: "a package without an id named under one that looks mangled", lines: []Line{line("#REF!", namesPackage("P"))}, packages: []Package{newPackage("P", "", live("p", ""))},
			want: []string{`ambiguous_match #REF! - - open a program changed the id "#REF!"`, `ambiguous_match - P - open a program changed the id "#REF!"`}},
		{name: "a package named under quite another id", lines: []Line{line("new", namesPackage("P"))}, packages: []Package{newPackage("P", "old", live("p", ""))},
			want: []string{"unlinked_package new P - open"}},
		{name: "near to a subscription that is ambiguous already", lines: []Line{line("S-1", product("p", "x"))},
			packages: []Package{newPackage("P", "", live("p", "x")), newPackage("Q", "", live("p", "x")), newPackage("R", "s-1", live("q", "y"))},
			want: []string{"ambiguous_match - P - open " + byPlace, "ambiguous_match - Q - open " + byPlace, "ambiguous_match S-1 - - open " + byPlace,
				"ambiguous_match s-1 R - open differs from S-1 only in case"}},
		{name: "a possible match states the same or nothing", lines: []Line{line("a", product("p", "")), line("b", product("q", "y")), line("c", product("p", Floating))},
			packages: []Package{newPackage("P", "o1", live("p", "x")), newPackage("Q", "o2", live("q", "")), newPackage("R", "o3", live("r", "z"))},
			want: []string{"missing_package a - - open possible_match o1", "missing_package b - - open possible_match o2", "missing_package c - - open",
				"orphan_package o1 P - open possible_match a", "orphan_package o2 Q - open possible_match b", "orphan_package o3 R - open"}},
		{name: "a possible match may be upcoming, and is of the same account", lines: []Line{line("a", startsLater), line("b", inAccount("zzz"))},
			packages: []Package{newPackage("P", "o1", live("p", "x"))},
			want:     []string{"missing_package b - - open", "orphan_package o1 P - open possible_match a"}},
		{name: "what has ended is no possible match", lines: []Line{line("a", ended)}, packages: []Package{newPackage("P", "o1", live("p", "x"))},
			want: []string{"orphan_package o1 P - open"}},
		{name: "a bad row decides its subscription", lines: []Line{line("s")}, bad: []BadRow{{ExternalID: "s", AccountID: "acc", Problem: "bad date"}},
			want: []string{"invalid_ledger_row s - - open bad date"}},
	}
}

func TestRules(t *testing.T) {
	for _, c := range ruleCases() {
		t.Run(c.name, func(t *testing.T) {
			if c.coverage == nil {
				c.coverage = &Coverage{Inventory: InventoryWhole}
			}
			findings, census := Diff(c.lines, c.bad, c.packages, Rules{AsOf: now, InFlight: 48 * time.Hour, Coverage: c.coverage})
			if got := findingTexts(findings); !slices.Equal(got, c.want) {
				t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(c.want, "\n  "))
			}
			if rows, packages := census.Totals(); rows != len(c.lines)+len(c.bad) || packages != len(c.packages) {
				t.Errorf("the census does not add up: %+v", census)
			}
		})
	}
}

func findingTexts(findings []Finding) []string {
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

// Matching must not take quadratic time when a bad export has very many lines of
// one subscription. The short form has 10,000 lines instead of 50,000.
func TestLargeSubscription(t *testing.T) {
	count := 10000
	if os.Getenv("WIXRECON_LONG") != "" {
		count = 50000
	}
	t.Logf("%d lines", count)
	var lines []Line
	var instances []Instance
	for i := range 1000 {
		instances = append(instances, live("p", fmt.Sprint("site", i)))
	}
	for i := range count {
		lines = append(lines, line("s", product("p", fmt.Sprint("site", count-i))))
	}
	findings, _ := Diff(lines, nil, []Package{newPackage("P", "s", instances...)}, Rules{AsOf: now, Coverage: &Coverage{Inventory: InventoryWhole}})
	if len(findings) < count-1000 {
		t.Errorf("got %d findings", len(findings))
	}
}

// All rows of one ambiguity have one group, and those of another have another.
func TestGroups(t *testing.T) {
	lines := []Line{line("s", product("p", "x")), line("0012"), line("d")}
	packages := []Package{
		newPackage("P", "", live("p", "x")), newPackage("Q", "", live("p", "x")), newPackage("R", "12", live("r", "")),
		newPackage("D", "d", live("p", "")), newPackage("E", "d", live("p", "")), newPackage("O", "orphan", live("q", "z")),
	}
	findings, _ := Diff(lines, nil, packages, Rules{AsOf: now, InFlight: 48 * time.Hour, Coverage: &Coverage{Inventory: InventoryWhole}})
	groups := make(map[string][]string)
	for _, f := range findings {
		groups[f.Group] = append(groups[f.Group], f.ExternalID+f.PackageID)
	}
	want := map[string][]string{"s": {"P", "Q", "s"}, "0012": {"0012", "12R"}, "d": {"dD", "dE"}, "": {"orphanO"}}
	if !reflect.DeepEqual(groups, want) {
		t.Errorf("got %v, want %v", groups, want)
	}
}
