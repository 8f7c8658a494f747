package join_test

import (
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wixrecon/wixrecon/reconcile"
)

// Two reconcilers agree on a data set if they return the same findings and the
// same census. A data set on which they differ is shrunk, row by row and cell by
// cell, as long as they still differ.

type reconciler func([]reconcile.Line, []reconcile.BadRow, []reconcile.Package, reconcile.Rules) ([]reconcile.Finding, reconcile.Census)

// datasets is the number of random data sets.
const datasets = uint64(4000)

// sampled returns the number of data sets of a slow test: a sample, or all of
// them in the long form.
func sampled(t *testing.T, sample, all uint64) uint64 {
	n := sample
	if os.Getenv("WIXRECON_LONG") != "" {
		n = all
	}
	t.Logf("%d of %d data sets", n, all)
	return n
}

func TestDiffAgrees(t *testing.T) { requireAgreement(t, datasets, reconcile.Diff) }

// requireAgreement compares a reconciler with the naive one on random data sets.
func requireAgreement(t *testing.T, count uint64, other reconciler) {
	t.Helper()
	for seed := range count {
		b := randomDataset(seed)
		if differs(b, naive, other) != "" {
			b = shrink(b, func(b dataset) bool { return differs(b, naive, other) != "" })
			t.Fatalf("seed %d, naive (-), other (+):\n%s\n%s", seed, differs(b, naive, other), b)
		}
	}
}

func TestNaiveIgnoresOrder(t *testing.T) {
	for seed := range datasets / 4 {
		permuted := func([]reconcile.Line, []reconcile.BadRow, []reconcile.Package, reconcile.Rules) ([]reconcile.Finding, reconcile.Census) {
			b := randomDataset(seed).shuffled(seed)
			return naive(b.lines, b.bad, b.packages, b.rules)
		}
		if d := differs(randomDataset(seed), naive, permuted); d != "" {
			t.Fatalf("seed %d: %s", seed, d)
		}
	}
}

func TestNaiveCensusAddsUp(t *testing.T) {
	for seed := range datasets / 4 {
		b := randomDataset(seed)
		_, census := naive(b.lines, b.bad, b.packages, b.rules)
		rows, packages := census.Totals()
		if rows != len(b.lines)+len(b.bad) || packages != len(b.packages) {
			t.Fatalf("seed %d: %d rows and %d packages in classes, of\n%s", seed, rows, packages, b)
		}
	}
}

// The random data sets must contain every case often enough.
func TestDatasetsHaveEveryCase(t *testing.T) {
	seen := map[string]int{}
	for seed := range datasets {
		b := randomDataset(seed)
		findings, census := naive(b.lines, b.bad, b.packages, b.rules)
		for _, f := range findings {
			seen[f.Kind.String()+" "+f.State.String()]++
			reason, _, _ := strings.Cut(f.Reason, " ")
			seen[f.Kind.String()+" "+reason]++
			seen[f.Kind.String()+" on "+f.Field]++
			seen[f.Kind.String()+" money"+moneyCase(&f)]++
		}
		for _, c := range reconcile.Classes() {
			seen["rows "+c.String()] += census.Rows[c]
			seen["packages "+c.String()] += census.Packages[c]
		}
	}
	for _, name := range expectedCases() {
		if seen[name] < 3 {
			t.Errorf("%s: seen %d times in %d data sets", name, seen[name], datasets)
		}
	}
}

// expectedCases lists every kind in every state that it can have, every reason,
// and every class on each side that it has.
func expectedCases() []string {
	var all []string
	for _, k := range reconcile.Kinds() {
		all = append(all, k.String()+" unknown", k.String()+" open", k.String()+" excepted")
		if k != reconcile.InvalidLedgerRow {
			all = append(all, k.String()+" in_flight")
		}
		if fixable(k) && k != reconcile.MissingPackage { // no id of a missing package can be shielded
			all = append(all, k.String()+" shielded")
		}
	}
	for _, c := range reconcile.Classes() {
		if c != reconcile.WixOnly {
			all = append(all, "rows "+c.String())
		}
		if c != reconcile.LedgerOnly {
			all = append(all, "packages "+c.String())
		}
	}
	for _, k := range []string{"orphan_package", "unidentified_package", "canceled_in_ledger", "extra_instance", "duplicate_package"} {
		all = append(all, k+" money unknown", k+" money once", k+" money known")
	}
	all = append(all, "duplicate_package money none", "product_mismatch money known", "product_mismatch money unknown", "product_mismatch money below zero", "billing_cycle_mismatch money below zero", "billing_cycle_mismatch money unknown")
	return append(all, "missing_package possible_match", "orphan_package possible_match", "ledger_conflict on external_id", "ledger_conflict on account_id", "ledger_conflict on currency", "ledger_conflict on package_id",
		"ledger_conflict on instance_id", "orphan_package ambiguous", "unlinked_package ambiguous", "extra_instance ambiguous",
		"canceled_in_ledger ambiguous", "canceled_in_ledger ended_by_date", "extra_instance ", "canceled_in_ledger ")
}

// moneyCase returns the kind of a finding's money.
func moneyCase(f *reconcile.Finding) string {
	switch m := f.Monthly; {
	case f.Direction == reconcile.NoDirection:
		return " none"
	case !m.Known:
		return " unknown"
	case m.OneTime:
		return " once"
	case m.Amount.IsNeg():
		return " below zero"
	}
	return " known"
}

// differs returns the differences between two reconcilers on a data set. It is
// empty where they agree.
func differs(b dataset, one, other reconciler) string {
	var findings [2][]string
	var censuses [2]reconcile.Census
	for i, reconciler := range []reconciler{one, other} {
		c := b.clone()
		found, census := reconciler(c.lines, c.bad, c.packages, c.rules)
		if !slices.IsSortedFunc(found, reportOrder) {
			findings[i] = append(findings[i], "not in report order")
		}
		for _, f := range found {
			findings[i] = append(findings[i], findingText(f))
		}
		slices.Sort(findings[i])
		censuses[i] = census
	}
	if slices.Equal(findings[0], findings[1]) && censuses[0] == censuses[1] {
		return "" // cmp.Diff is slow
	}
	return cmp.Diff(findings[0], findings[1]) + cmp.Diff(censuses[0], censuses[1])
}

// findingText formats what two reconcilers must agree on. That includes the two
// values where the contract defines them.
func findingText(f reconcile.Finding) string {
	switch f.Kind {
	case reconcile.ProductMismatch, reconcile.BillingCycleMismatch, reconcile.CountryMismatch, reconcile.SiteMismatch, reconcile.AccountMismatch,
		reconcile.UnlinkedPackage, reconcile.MissingInstance, reconcile.InvalidLedgerRow, reconcile.LedgerConflict:
	default:
		f.LedgerValue, f.WixValue = "", ""
	}
	if f.Kind == reconcile.AmbiguousMatch && f.State != reconcile.Excepted {
		f.Reason = "" // for people
	}
	return fmt.Sprintf("%v %v account=%s external=%q package=%s instance=%s field=%s %q|%q reason=%s exception=%d%s", f.Kind, f.State,
		f.AccountID, f.ExternalID, f.PackageID, f.InstanceID, f.Field, f.LedgerValue, f.WixValue, f.Reason, f.Exception, money(&f))
}

// money formats the money of leaks and differences. Money at risk comes from the
// ledger's prices, which random data sets don't have.
func money(f *reconcile.Finding) string {
	m := f.Monthly
	switch {
	case f.Direction != reconcile.Leak && f.Direction != reconcile.Difference:
		return ""
	case !m.Known:
		return fmt.Sprintf(" %v unknown %s", f.Direction, m.Currency)
	case m.OneTime:
		return fmt.Sprintf(" %v %s %s once", f.Direction, m.Amount, m.Currency)
	}
	return fmt.Sprintf(" %v %s %s", f.Direction, m.Amount, m.Currency)
}

// shrink removes parts of a data set for as long as the condition holds.
func shrink(b dataset, keep func(dataset) bool) dataset {
	for again := true; again; {
		again = false
		for _, c := range smaller(b) {
			if keep(c) {
				b, again = c, true
				break
			}
		}
	}
	return b
}

// smaller returns every data set that lacks one part of b.
func smaller(b dataset) []dataset {
	var all []dataset
	try := func(change func(c *dataset)) {
		c := b.clone()
		change(&c)
		all = append(all, c)
	}
	for i := range b.packages {
		try(func(c *dataset) { c.packages = slices.Delete(c.packages, i, i+1) })
		for k := range b.packages[i].Instances {
			if len(b.packages[i].Instances) > 1 {
				try(func(c *dataset) { c.packages[i].Instances = slices.Delete(c.packages[i].Instances, k, k+1) })
			}
		}
	}
	for i := range b.bad {
		try(func(c *dataset) { c.bad = slices.Delete(c.bad, i, i+1) })
	}
	for i := range b.lines {
		try(func(c *dataset) { c.lines = slices.Delete(c.lines, i, i+1) })
		for _, cell := range []string{"ProductID", "Cycle", "Country", "SiteID", "PackageID", "InstanceID", "Start", "End", "Updated", "Currency"} {
			if !reflect.ValueOf(b.lines[i]).FieldByName(cell).IsZero() {
				try(func(c *dataset) { reflect.ValueOf(&c.lines[i]).Elem().FieldByName(cell).SetZero() })
			}
		}
	}
	return all
}

// String formats a data set for a person, without empty fields.
func (b dataset) String() string {
	var s strings.Builder
	fmt.Fprintf(&s, "as of %s, inventory %s, narrowed %v\n", b.rules.AsOf.Format(time.RFC3339), b.rules.Coverage.Inventory, b.rules.Coverage.Narrowed)
	for a, c := range b.rules.Coverage.Accounts {
		fmt.Fprintf(&s, "account %s read %v\n", a, c.Read)
	}
	s.WriteString(rulesText(&b.rules))
	for _, l := range b.lines {
		s.WriteString("line" + fieldsText(l) + "\n")
	}
	for _, r := range b.bad {
		s.WriteString("bad row" + fieldsText(r) + "\n")
	}
	for _, p := range b.packages {
		instances := p.Instances
		p.Instances = nil
		s.WriteString("package" + fieldsText(p) + "\n")
		for _, i := range instances {
			s.WriteString("  instance" + fieldsText(i) + "\n")
		}
	}
	return s.String()
}

func fieldsText(x any) string {
	var s strings.Builder
	v := reflect.ValueOf(x)
	for i := range v.NumField() {
		if !v.Field(i).IsZero() {
			fmt.Fprintf(&s, " %s=%v", v.Type().Field(i).Name, v.Field(i))
		}
	}
	return s.String()
}
