package fix_test

import (
	"slices"
	"testing"

	"github.com/wixrecon/wixrecon/reconcile"
)

// What other instances depend on needs a review.

func TestDependants(t *testing.T) {
	staying := func(i reconcile.Instance) reconcile.Package { i.ID = "S.1"; return pack("S", "s", i) }
	lines := []reconcile.Line{line("s", product("domain"))}
	for _, c := range []struct {
		name     string
		lines    []reconcile.Line
		packages []reconcile.Package
		want     []string
	}{
		{"nothing depends on it", lines, []reconcile.Package{pack("O", "o", inst("plan", site(1))), staying(inst("domain", site(2)))}, []string{"cancel O"}},
		{"another account's instance on its site", lines, []reconcile.Package{pack("O", "o", inst("plan", site(1))), in(2, staying(inst("domain", site(1))))},
			[]string{"cancel O review(S.1)"}},
		{"a pending one on its site", lines, []reconcile.Package{pack("O", "o", inst("plan", site(1))), staying(with(inst("domain", site(1)), func(i *reconcile.Instance) { i.Status = reconcile.StatusPending }))},
			[]string{"cancel O review(S.1)"}},
		{"one of unknown status on its site", nil, []reconcile.Package{pack("O", "o", inst("plan", site(1))), pack("U", "u", with(inst("domain", site(1)), func(i *reconcile.Instance) { i.Status = "SUSPENDED" }))},
			[]string{"cancel O review(U.1)"}},
		{"a dead one on its site", lines, []reconcile.Package{pack("O", "o", inst("plan", site(1))), pack("S", "s", inst("domain", ""), with(inst("domain", site(1)), func(i *reconcile.Instance) { i.Status = reconcile.StatusCanceled }))},
			[]string{"cancel O"}},
		{"two floating ones", lines, []reconcile.Package{pack("O", "o", inst("plan", "")), staying(inst("domain", ""))}, []string{"cancel O"}},
		{"a reference", lines, []reconcile.Package{pack("O", "o", inst("plan", "")), staying(references(inst("domain", ""), "O.1"))}, []string{"cancel O review(S.1)"}},
		{"a dead reference", lines, []reconcile.Package{pack("O", "o", inst("plan", "")), pack("S", "s", inst("domain", ""), references(status(reconcile.StatusFailed), "O.1"))}, []string{"cancel O"}},
		{"two orphans on one site go together", nil, []reconcile.Package{pack("O", "o", inst("plan", site(1))), pack("Q", "q", inst("domain", site(1)))},
			[]string{"cancel O", "cancel Q"}},
		{"two instances of one package go together", nil, []reconcile.Package{pack("O", "o", inst("plan", site(1)), references(inst("domain", site(1)), "O.1"))}, []string{"cancel O"}},
		{"who is moved stays until it was", []reconcile.Line{line("s", product("domain"), on(site(2)))}, []reconcile.Package{pack("O", "o", inst("plan", site(1))), staying(inst("domain", site(1)))},
			[]string{"assign S S.1 " + site(2), "cancel O review(S.1)"}},
		{"a chain goes from its end", nil, []reconcile.Package{pack("A", "a", inst("plan", "")), pack("B", "b", references(inst("plan", site(1)), "A.1")), pack("C", "c", references(inst("mail", site(1)), "B.1"))},
			[]string{"cancel A review(B.1)", "cancel B review(C.1)", "cancel C"}},
		{"a chain stays together", []reconcile.Line{line("d")},
			[]reconcile.Package{pack("A", "a", inst("plan", "")), pack("B", "b", references(inst("plan", site(1)), "A.1")), pack("C", "c", references(inst("mail", site(1)), "B.1")), pack("D", "d", references(inst("plan", ""), "C.1"))},
			[]string{"cancel A review(B.1)", "cancel B review(C.1)", "cancel C review(B.1,D.1)"}},
		{"a package stays whole for one of its instances", lines, []reconcile.Package{pack("O", "o", inst("plan", site(1)), inst("mail", "")), staying(inst("domain", site(1)))},
			[]string{"cancel O review(S.1)"}},
		{"the site of an instance that is unassigned", []reconcile.Line{line("a", on(reconcile.Floating)), lines[0]}, []reconcile.Package{pack("A", "a", inst("plan", site(1))), staying(inst("domain", site(1)))},
			[]string{"unassign A A.1 none review(S.1)"}},
		{"the site of an instance that moves", []reconcile.Line{line("a", on(site(2))), lines[0]}, []reconcile.Package{pack("A", "a", inst("plan", site(1))), staying(inst("domain", site(1)))},
			[]string{"assign A A.1 " + site(2) + " review(S.1)"}},
		{"two that move together", []reconcile.Line{line("a", on(site(2))), line("s", product("domain"), on(site(2)))}, []reconcile.Package{pack("A", "a", inst("plan", site(1))), staying(inst("domain", site(1)))},
			[]string{"assign A A.1 " + site(2), "assign S S.1 " + site(2)}},
		{"who moves away still references", []reconcile.Line{line("s", product("domain"), on(site(2)))}, []reconcile.Package{pack("O", "o", inst("plan", site(1))), staying(references(inst("domain", site(1)), "O.1"))},
			[]string{"assign S S.1 " + site(2) + " review(O.1)", "cancel O review(S.1)"}},
		{"who is to come to the site", []reconcile.Line{line("s", product("domain"), on(site(1)))}, []reconcile.Package{pack("O", "o", inst("plan", site(1))), staying(inst("domain", ""))},
			[]string{"assign S S.1 " + site(1), "cancel O review(S.1)"}},
		{"assigning a floating instance removes nothing", []reconcile.Line{line("s", product("domain"), on(site(1)))}, []reconcile.Package{staying(inst("domain", ""))},
			[]string{"assign S S.1 " + site(1)}},
	} {
		b := inputs{lines: c.lines, packages: c.packages}.withoutLimits()
		b.options.UnlistedAccounts = true
		d := b.plan(t)
		if got := d.actionLines(); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// TestDependantsThatWait: what waits stays for now, so that what it depends on
// needs a review; two that wait together do not need one for each other.
func TestDependantsThatWait(t *testing.T) {
	b := inputs{packages: []reconcile.Package{pack("O", "o", inst("plan", site(1))), pack("Q", "q", inst("domain", site(1)))}}.withoutLimits()
	b.options.UnlistedAccounts, b.options.MinSightings = true, 2
	d := b.plan(t)
	if got, want := d.actionLines(), []string{"cancel O waiting(1/2)", "cancel Q waiting(1/2)"}; !slices.Equal(got, want) {
		t.Errorf("both wait: got %q, want %q", got, want)
	}
	b.options.Known = make(reconcile.KnownFindings)
	for i := range d.findings {
		b.options.Known[d.findings[i].ID(parent)] = reconcile.KnownFinding{Sightings: 2 - i}
	}
	d = b.plan(t)
	if got, want := d.actionLines(), []string{"cancel O review(Q.1)", "cancel Q waiting(1/2)"}; !slices.Equal(got, want) {
		t.Errorf("one waits: got %q, want %q", got, want)
	}
}
