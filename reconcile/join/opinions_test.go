package join_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wixrecon/wixrecon/reconcile"
)

// Two opinions on an inventory agree when they give the same findings and the same
// census. An inventory on which they differ is cut down, row by row and cell by cell,
// to the smallest one on which they still do.

// A reconciler is an opinion on an inventory.
type reconciler func([]reconcile.Line, []reconcile.BadRow, []reconcile.Package, reconcile.Rules) ([]reconcile.Finding, reconcile.Census)

const seeds = 4000

func TestOpinionsAgree(t *testing.T) {
	agree(t, seeds, reconcile.Diff)
}

// agree holds a reconciler against the naive one over random books.
func agree(t *testing.T, books int, other reconciler) {
	t.Helper()
	for seed := range uint64(books) {
		b := randomBook(seed)
		if differs(b, naive, other) != "" {
			b = shrunk(b, func(b book) bool { return differs(b, naive, other) != "" })
			t.Fatalf("seed %d, naive (-) against the other (+):\n%s\n%s", seed, differs(b, naive, other), b)
		}
	}
}

func TestNaiveForgetsOrder(t *testing.T) {
	for seed := range uint64(seeds / 4) {
		permuted := func([]reconcile.Line, []reconcile.BadRow, []reconcile.Package, reconcile.Rules) ([]reconcile.Finding, reconcile.Census) {
			b := randomBook(seed).shuffled(seed)
			return naive(b.lines, b.bad, b.packages, b.rules)
		}
		if d := differs(randomBook(seed), naive, permuted); d != "" {
			t.Fatalf("seed %d: %s", seed, d)
		}
	}
}

func TestNaiveCensusTies(t *testing.T) {
	for seed := range uint64(seeds / 4) {
		b := randomBook(seed)
		_, census := naive(b.lines, b.bad, b.packages, b.rules)
		rows, packages := census.Totals()
		if rows != len(b.lines)+len(b.bad) || packages != len(b.packages) {
			t.Fatalf("seed %d: %d rows and %d packages in classes, of\n%s", seed, rows, packages, b)
		}
	}
}

// TestBooksReachEverything keeps the generator from going blind in a corner.
func TestBooksReachEverything(t *testing.T) {
	seen := map[string]int{}
	for seed := range uint64(seeds) {
		b := randomBook(seed)
		findings, census := naive(b.lines, b.bad, b.packages, b.rules)
		for _, f := range findings {
			seen[f.Kind.String()+" "+f.State.String()]++
			seen[f.Kind.String()+" "+f.Reason]++
			seen[f.Kind.String()+" on "+f.Field]++
			seen[f.Kind.String()+" money"+moneyCorner(&f)]++
		}
		for _, c := range reconcile.Classes() {
			seen["rows "+c.String()] += census.Rows[c]
			seen["packages "+c.String()] += census.Packages[c]
		}
	}
	for _, corner := range corners() {
		if seen[corner] < 3 {
			t.Errorf("%s: seen %d times in %d books", corner, seen[corner], seeds)
		}
	}
}

// corners names what random books must reach: every kind in every state it can
// have, every reason, every class on each side that it has.
func corners() []string {
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
	return append(all, "ledger_conflict on account_id", "ledger_conflict on currency", "ledger_conflict on package_id",
		"ledger_conflict on instance_id", "orphan_package ambiguous", "unlinked_package ambiguous", "extra_instance ambiguous",
		"canceled_in_ledger ambiguous", "canceled_in_ledger ended_by_date", "extra_instance ", "canceled_in_ledger ")
}

// moneyCorner gives how well a finding's money is known.
func moneyCorner(f *reconcile.Finding) string {
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

// differs tells how two opinions on an inventory differ; it is empty where they agree.
func differs(b book, one, other reconciler) string {
	var findings [2][]string
	var censuses [2]reconcile.Census
	for i, opine := range []reconciler{one, other} {
		c := b.clone()
		found, census := opine(c.lines, c.bad, c.packages, c.rules)
		if !slices.IsSortedFunc(found, reportOrder) {
			findings[i] = append(findings[i], "not in report order")
		}
		for _, f := range found {
			findings[i] = append(findings[i], essence(f))
		}
		slices.Sort(findings[i])
		censuses[i] = census
	}
	return cmp.Diff(findings[0], findings[1]) + cmp.Diff(censuses[0], censuses[1])
}

// essence gives what two opinions on a finding must agree on. The two values
// are part of it where the contract says what they are.
func essence(f reconcile.Finding) string {
	switch f.Kind {
	case reconcile.ProductMismatch, reconcile.BillingCycleMismatch, reconcile.CountryMismatch, reconcile.SiteMismatch, reconcile.AccountMismatch,
		reconcile.UnlinkedPackage, reconcile.MissingInstance, reconcile.InvalidLedgerRow, reconcile.LedgerConflict:
	default:
		f.LedgerValue, f.WixValue = "", ""
	}
	return fmt.Sprintf("%v %v account=%s external=%q package=%s instance=%s field=%s %q|%q reason=%s exception=%d%s", f.Kind, f.State,
		f.AccountID, f.ExternalID, f.PackageID, f.InstanceID, f.Field, f.LedgerValue, f.WixValue, f.Reason, f.Exception, money(&f))
}

// money shows what a finding leaks or differs by. What is at risk comes from
// the ledger's prices, which random books don't have.
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

// shrunk cuts an inventory down as far as it keeps a fault.
func shrunk(b book, faulty func(book) bool) book {
	for again := true; again; {
		again = false
		for _, c := range smaller(b) {
			if faulty(c) {
				b, again = c, true
				break
			}
		}
	}
	return b
}

// smaller gives every book that lacks one thing of b.
func smaller(b book) []book {
	var all []book
	try := func(change func(c *book)) {
		c := b.clone()
		change(&c)
		all = append(all, c)
	}
	for i := range b.packages {
		try(func(c *book) { c.packages = slices.Delete(c.packages, i, i+1) })
		for k := range b.packages[i].Instances {
			if len(b.packages[i].Instances) > 1 {
				try(func(c *book) { c.packages[i].Instances = slices.Delete(c.packages[i].Instances, k, k+1) })
			}
		}
	}
	for i := range b.bad {
		try(func(c *book) { c.bad = slices.Delete(c.bad, i, i+1) })
	}
	for i := range b.lines {
		try(func(c *book) { c.lines = slices.Delete(c.lines, i, i+1) })
		for _, cell := range []string{"ProductID", "Cycle", "Country", "SiteID", "PackageID", "InstanceID", "Start", "End", "Updated", "Currency"} {
			if !reflect.ValueOf(b.lines[i]).FieldByName(cell).IsZero() {
				try(func(c *book) { reflect.ValueOf(&c.lines[i]).Elem().FieldByName(cell).SetZero() })
			}
		}
	}
	return all
}

// String shows an inventory for a person, without what is empty.
func (b book) String() string {
	var s strings.Builder
	fmt.Fprintf(&s, "as of %s, book %s, narrowed %v\n", b.rules.AsOf.Format(time.RFC3339), b.rules.Coverage.Inventory, b.rules.Coverage.Narrowed)
	for a, c := range b.rules.Coverage.Accounts {
		fmt.Fprintf(&s, "account %s read %v\n", a, c.Read)
	}
	s.WriteString(rulesText(&b.rules))
	for _, l := range b.lines {
		s.WriteString("line" + filledFields(l) + "\n")
	}
	for _, r := range b.bad {
		s.WriteString("bad row" + filledFields(r) + "\n")
	}
	for _, p := range b.packages {
		instances := p.Instances
		p.Instances = nil
		s.WriteString("package" + filledFields(p) + "\n")
		for _, i := range instances {
			s.WriteString("  instance" + filledFields(i) + "\n")
		}
	}
	return s.String()
}

func filledFields(x any) string {
	var s strings.Builder
	v := reflect.ValueOf(x)
	for i := range v.NumField() {
		if !v.Field(i).IsZero() {
			fmt.Fprintf(&s, " %s=%v", v.Type().Field(i).Name, v.Field(i))
		}
	}
	return s.String()
}
