package wixsim

import (
	"bytes"
	"encoding/csv"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var asOf = time.Date(2026, 11, 21, 2, 0, 0, 0, time.UTC)

func TestEveryKindIsPlanted(t *testing.T) {
	const perKind = 9
	got := Generate(SampleOptions{Seed: 7, Accounts: 50, Packages: 5000, PerKind: perKind, AsOf: asOf})
	count := map[string]int{}
	for _, f := range got.Truth {
		count[f.Kind+" "+f.State]++
	}
	if len(drifts()) != 21 {
		t.Errorf("there are %d kinds, want 21", len(drifts()))
	}
	for _, d := range drifts() {
		if n := count[d.kind+" open"]; n < perKind {
			t.Errorf("%s: %d open, want at least %d", d.kind, n, perKind)
		}
	}
	for _, d := range drifts() {
		if n := count[d.kind+" in_flight"]; n < len(d.recent) {
			t.Errorf("%s: %d in flight, want %d", d.kind, n, len(d.recent))
		}
	}
	if n := len(got.Inventory); n < 5000 || n > 5001 {
		t.Errorf("the inventory has %d packages, want 5000", n)
	}
	if bad := count[invalidRow+" open"]; 100*bad >= len(got.Rows) {
		t.Errorf("%d of %d rows are bad", bad, len(got.Rows))
	}
}

func TestTruthNamesWhatIsThere(t *testing.T) {
	got := Generate(SampleOptions{Seed: 7, Packages: 300, PerKind: 4, AsOf: asOf})
	accountOf, instances := map[string]string{}, map[string]string{}
	for _, p := range got.Inventory {
		accountOf[p.ID] = p.AccountID
		for _, i := range p.ProductInstances {
			instances[i.InstanceID] = p.ID
		}
	}
	for _, f := range got.Truth {
		if f.PackageID != "" && accountOf[f.PackageID] != f.AccountID {
			t.Errorf("%+v: the package belongs to %q", f, accountOf[f.PackageID])
		}
		if f.InstanceID != "" && instances[f.InstanceID] != f.PackageID {
			t.Errorf("%+v: the instance is of %q", f, instances[f.InstanceID])
		}
		if f.ExternalID != strings.TrimSpace(f.ExternalID) {
			t.Errorf("%+v: the external id is not trimmed", f)
		}
	}
	if n := len(slices.Compact(slices.Clone(got.Truth))); n != len(got.Truth) {
		t.Errorf("%d findings are there twice", len(got.Truth)-n)
	}
}

func TestIDsAreUsedOnce(t *testing.T) {
	got := Generate(SampleOptions{Seed: 3, Packages: 2000, PerKind: 8, AsOf: asOf})
	seen := map[string]bool{}
	for _, p := range got.Inventory {
		for _, id := range append([]string{p.ID}, instanceIDs(p)...) {
			if seen[id] || !isGUID(id) || id != strings.ToLower(id) {
				t.Fatalf("id %q is used twice, or no GUID in lower case", id)
			}
			seen[id] = true
		}
	}
}

func instanceIDs(p Package) []string {
	var all []string
	for _, i := range p.ProductInstances {
		all = append(all, i.InstanceID)
	}
	return all
}

// No date is near the in-flight window of 48 hours, unless it is meant to be.
func TestOldDatesAreOld(t *testing.T) {
	got := Generate(SampleOptions{Seed: 3, Packages: 1000, AsOf: asOf})
	edge := asOf.AddDate(0, 0, -4)
	for _, p := range got.Inventory {
		dates := []time.Time{p.CreatedDate, p.UpdatedDate}
		for _, i := range p.ProductInstances {
			dates = append(dates, i.CreatedDate, i.UpdatedDate)
		}
		if latest := slices.MaxFunc(dates, time.Time.Compare); latest.After(edge) {
			t.Errorf("package %s changed at %s", p.ID, latest)
		}
	}
	for _, r := range got.Rows {
		for _, text := range []string{r.StartDate, r.EndDate, r.UpdatedDate} {
			if text > formatDate(edge) && text < formatDate(asOf.AddDate(0, 0, 4)) {
				t.Errorf("row %s has date %s", r.ExternalID, text)
			}
		}
	}
	if len(got.Truth) > 0 {
		t.Errorf("nothing was to be planted, but there is %v", got.Truth)
	}
}

func TestGenerateIsDeterministic(t *testing.T) {
	o := SampleOptions{Seed: 5, Packages: 400, PerKind: 2, AsOf: asOf}
	one, two := Generate(o), Generate(o)
	if diff := cmp.Diff(one, two); diff != "" {
		t.Error(diff)
	}
	o.Seed = 6
	if other := Generate(o); other.Inventory[0].ID == one.Inventory[0].ID {
		t.Error("another seed gives the same ids")
	}
}

func TestCasesAreTheSampleData(t *testing.T) {
	o := SampleOptions{Seed: 5, Packages: 400, PerKind: 2, AsOf: asOf}
	want, got := Generate(o), &SampleData{}
	for c := range Cases(o) {
		got.Inventory, got.Rows, got.Truth = append(got.Inventory, c.Packages...), append(got.Rows, c.Rows...), append(got.Truth, c.Findings...)
	}
	got.sortTruth()
	got.Parent, got.AsOf, got.Accounts = want.Parent, want.AsOf, want.Accounts
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for range Cases(o) {
		break // a consumer may stop
	}
}

func TestLedgerCSV(t *testing.T) {
	p := Generate(SampleOptions{Seed: 5, Packages: 400, PerKind: 2, AsOf: asOf})
	read := func(seed uint64) []string {
		records, err := csv.NewReader(bytes.NewReader(p.LedgerCSV(seed))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		var lines []string
		for _, r := range records[1:] {
			lines = append(lines, strings.Join(r, "\x1f"))
		}
		return lines
	}
	plain, shuffled := read(0), read(9)
	if len(plain) != len(p.Rows) || slices.Equal(plain, shuffled) {
		t.Errorf("%d rows, want %d, shuffled", len(plain), len(p.Rows))
	}
	slices.Sort(plain)
	slices.Sort(shuffled)
	if !slices.Equal(plain, shuffled) {
		t.Error("shuffling changes the rows")
	}
	for _, want := range []string{"\x1f=Combo", ", yearly", "\n(one site)", `"Plus"`, "\x1f-overseas"} {
		if !slices.ContainsFunc(plain, func(l string) bool { return strings.Contains(l, want) }) {
			t.Errorf("no row holds %q", want)
		}
	}
}

func TestGenerateDemo(t *testing.T) {
	p := GenerateDemo(asOf)
	kinds := map[string]bool{}
	for _, f := range p.Truth {
		kinds[f.Kind] = true
	}
	if len(kinds) != len(drifts()) || len(p.Accounts) != 6 || math.Abs(float64(len(p.Inventory)-150)) > 1 {
		t.Errorf("%d kinds, %d accounts, %d packages", len(kinds), len(p.Accounts), len(p.Inventory))
	}
	for _, currency := range []string{"EUR", "USD"} {
		if !slices.ContainsFunc(p.Rows, func(r Row) bool { return r.Currency == currency }) {
			t.Errorf("no row is in %s", currency)
		}
	}
}

func TestWriteTruthCSV(t *testing.T) {
	p := GenerateDemo(asOf)
	var text bytes.Buffer
	if err := p.WriteTruthCSV(&text); err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(&text).ReadAll()
	if err != nil || len(records) != len(p.Truth)+1 || records[0][0] != "kind" {
		t.Errorf("%d records, %v", len(records), err)
	}
}

func BenchmarkGenerate(b *testing.B) {
	for b.Loop() {
		Generate(SampleOptions{Accounts: 50, Packages: 5000, PerKind: 4, AsOf: asOf})
	}
}
