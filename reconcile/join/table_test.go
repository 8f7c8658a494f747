package join_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/join"
)

// A table agrees with the naive reconciler, both in memory and when it spills to
// disk after every few records, with any number of workers. The short forms run a
// sample of the data sets.

func TestTableAgrees(t *testing.T) {
	requireAgreement(t, sampled(t, 1500, datasets), tableReconciler(t, join.Options{}))
}

func TestTableAgreesSpilled(t *testing.T) {
	for _, o := range []join.Options{{Memory: 1, Workers: 1}, {Memory: 400}, {Memory: 8000, Workers: 5}} {
		requireAgreement(t, sampled(t, 100, datasets/10), tableReconciler(t, o))
	}
}

// What people read of an ambiguity is the same in small and at any size: what
// connects its rows, and their group.
func TestTableAgreesOnAmbiguities(t *testing.T) {
	var found int
	for seed := range sampled(t, 300, datasets) {
		var texts [2][]string
		for i, reconciler := range []reconciler{reconcile.Diff, tableReconciler(t, join.Options{Workers: 3})} {
			b := randomDataset(seed)
			findings, _ := reconciler(b.lines, b.bad, b.packages, b.rules)
			for _, f := range findings {
				if f.Group != "" {
					texts[i] = append(texts[i], fmt.Sprint(f.Kind, " ", f.ExternalID, " ", f.PackageID, " ", f.Group, ": ", f.Reason))
				}
			}
			slices.Sort(texts[i])
		}
		if found += len(texts[0]); !slices.Equal(texts[0], texts[1]) {
			t.Fatalf("seed %d:\n%q\n%q", seed, texts[0], texts[1])
		}
	}
	if found == 0 {
		t.Error("nothing is ambiguous")
	}
}

func tableReconciler(t *testing.T, o join.Options) reconciler {
	o.TempDir, o.Inventory = t.TempDir(), true
	return func(lines []reconcile.Line, bad []reconcile.BadRow, packages []reconcile.Package, rules reconcile.Rules) ([]reconcile.Finding, reconcile.Census) {
		table := join.New(o)
		defer table.Close()
		fill(t, table, lines, bad, packages)
		result, err := table.Reconcile(context.Background(), rules)
		if err != nil {
			t.Fatal(err)
		}
		return collect(t, result)
	}
}

func fill(t testing.TB, table *join.Table, lines []reconcile.Line, bad []reconcile.BadRow, packages []reconcile.Package) {
	t.Helper()
	writers := []*join.Writer{table.Writer(), table.Writer()}
	for i, l := range lines {
		must(t, writers[i%2].AddLine(&l, []string{l.Customer, "plan"}))
	}
	for i, r := range bad {
		must(t, writers[i%2].AddBadRow(&r, nil))
	}
	for i, p := range packages {
		must(t, writers[i%2].AddPackage(&p, int64(i)))
	}
	for _, w := range writers {
		must(t, w.Close())
	}
}

func collect(t testing.TB, result *join.Result) ([]reconcile.Finding, reconcile.Census) {
	t.Helper()
	var findings []reconcile.Finding
	silenced := map[int]int{}
	for row, err := range result.Findings(context.Background()) {
		must(t, err)
		row.Carried.Offset = 0
		findings = append(findings, row.Finding)
		if row.Exception > 0 {
			silenced[row.Exception]++
		}
	}
	if !maps.Equal(silenced, result.Silenced) {
		t.Errorf("exceptions silenced %v, but %v were counted", silenced, result.Silenced)
	}
	var census reconcile.Census
	for _, c := range reconcile.Classes() {
		census.Rows[c] = result.Ledger.Classes[c.String()]
	}
	for row, err := range result.Inventory(context.Background()) {
		must(t, err)
		census.Packages[row.Class]++
	}
	return findings, census
}

// The copy that was updated last is valid; of those with equal dates, the one with
// the highest order. How they are added does not matter, nor that they have
// different external ids.
func TestTableKeepsValidCopy(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	copies := []struct {
		product    string
		externalID string
		updated    time.Time
		order      int64
	}{
		{"first", "x", at, 1},
		{"second", "y", at, 2},
		{"third", "", at, 300},
		{"later", "x", at.Add(time.Nanosecond), 0},
	}
	for n := 2; n <= len(copies); n++ {
		for shift := range n {
			table := join.New(join.Options{Inventory: true, Memory: int64(shift * 100)})
			w := table.Writer()
			for i := range n {
				c := copies[(i+shift)%n]
				must(t, w.AddPackage(&reconcile.Package{ID: "p", AccountID: "a", ExternalID: c.externalID, Updated: c.updated,
					Instances: []reconcile.Instance{{ID: "i", ProductID: c.product, Status: reconcile.StatusEnabled}}}, c.order))
			}
			must(t, w.Close())
			result, err := table.Reconcile(context.Background(), reconcile.Rules{AsOf: at, Coverage: &reconcile.Coverage{Inventory: reconcile.InventoryWhole}})
			must(t, err)
			for row, err := range result.Inventory(context.Background()) {
				must(t, err)
				want := map[int]string{2: "second", 3: "third", 4: "later"}[n]
				if got := row.Instances[0].ProductID; got != want {
					t.Errorf("%d copies shifted by %d: got %q, want %q", n, shift, got, want)
				}
			}
			if result.Wix.Packages != 1 {
				t.Errorf("got %d packages, want 1", result.Wix.Packages)
			}
			table.Close()
		}
	}
}

// Each finding has the carried cells of its own row.
func TestFindingsHaveCarriedCells(t *testing.T) {
	table := join.New(join.Options{TempDir: t.TempDir()})
	defer table.Close()
	w := table.Writer()
	for i := range 100 {
		must(t, w.AddLine(&reconcile.Line{ExternalID: fmt.Sprint("s", i), AccountID: "a", Status: reconcile.Active, Quantity: 1}, []string{fmt.Sprint("s", i), ""}))
	}
	must(t, w.Close())
	result, err := table.Reconcile(context.Background(), reconcile.Rules{Coverage: &reconcile.Coverage{Inventory: reconcile.InventoryWhole}})
	must(t, err)
	n := 0
	for row, err := range result.Findings(context.Background()) {
		must(t, err)
		n++
		if len(row.Cells) != 2 || row.Cells[0] != row.ExternalID {
			t.Errorf("finding of %s carries %q", row.ExternalID, row.Cells)
		}
	}
	if n != 100 {
		t.Errorf("got %d findings, want 100", n)
	}
}

// Temporary files have no name, so that nothing is left even after a crash.
func TestTableLeavesNoFiles(t *testing.T) {
	dir := t.TempDir()
	table := join.New(join.Options{TempDir: dir, Memory: 100})
	defer table.Close()
	w := table.Writer()
	for i := range 50 {
		must(t, w.AddLine(&reconcile.Line{ExternalID: fmt.Sprint(i), Quantity: 1}, []string{"cell"}))
	}
	must(t, w.Close())
	entries, err := os.ReadDir(dir)
	must(t, err)
	if len(entries) > 0 {
		t.Errorf("files left: %v", entries)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
