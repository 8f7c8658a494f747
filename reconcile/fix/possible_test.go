package fix_test

import (
	"slices"
	"testing"

	"github.com/govalues/decimal"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// An orphan and a subscription without a package that could be each other are
// planned for a review: run sends neither.
func TestPossibleMatchNeedsReview(t *testing.T) {
	b := inputs{
		lines:    []reconcile.Line{line("new"), in2(line("other", product("mail")))},
		packages: []reconcile.Package{pack("P", "old", inst("plan", site(1))), in(2, pack("Q", "stray", inst("plan", "")))},
	}.withoutLimits()
	d := b.plan(t)
	for i := range d.Actions {
		a := &d.Actions[i]
		want := map[string]string{"new": "old", "old": "new"}[a.ExternalID]
		if a.PossibleMatch != want || (a.Needs == fix.NeedsReview) != (want != "") || a.Due(false) != (want == "") || !a.Due(true) {
			t.Errorf("%s of %s: possible match %q, needs %q", a.Fix, a.ExternalID, a.PossibleMatch, a.Needs)
		}
	}
	var got []string
	for i := range d.decisions {
		got = append(got, d.decisions[i].Outcome+" "+d.decisions[i].Reason)
	}
	slices.Sort(got)
	if want := []string{" ", " ", "not_allowed possible_match new", "not_allowed possible_match old"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func in2(l reconcile.Line) reconcile.Line { l.AccountID = account(2); return l }

// An external id that replaces another one waits for the sightings; one that
// fills an empty one does not.
func TestOverwritingAnIDWaits(t *testing.T) {
	b := inputs{
		lines:    []reconcile.Line{line("s", namesPackage("P")), line("t", namesPackage("Q"))},
		packages: []reconcile.Package{pack("P", "other", inst("plan", "")), pack("Q", "", inst("plan", ""))},
	}.withoutLimits()
	b.options.MinSightings = 2
	d := b.plan(t)
	if got, want := d.actionLines(), []string{"external-id P s waiting(1/2)", "external-id Q t"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// The sightings of a finding go on when it could be another one than before.
func TestFingerprintOfPossibleMatches(t *testing.T) {
	f := reconcile.Finding{Fix: reconcile.FixCancel, Reason: "possible_match a"}
	g := f
	g.Reason = "possible_match b"
	if fix.Fingerprint(&f) != fix.Fingerprint(&g) {
		t.Error("the other's id is part of the fingerprint")
	}
	g.Reason = ""
	if fix.Fingerprint(&f) == fix.Fingerprint(&g) {
		t.Error("a possible match is no part of the fingerprint")
	}
}

// A plan lists what bad rows shield, by line.
func TestPlanListsWhatIsShielded(t *testing.T) {
	b := inputs{
		lines: []reconcile.Line{line("s"), in2(line("t"))},
		bad:   []reconcile.BadRow{{AccountID: account(1), Column: "external_id", Record: 17}, {ExternalID: "stray", AccountID: account(2), Column: "end_date", Record: 9}},
		packages: []reconcile.Package{pack("S", "s", inst("plan", ""), inst("mail", "")), pack("P", "old", inst("plan", ""), inst("plan", "")),
			in(2, pack("T", "t", inst("plan", ""))), in(2, pack("Q", "stray ", inst("plan", "")))},
	}.withoutLimits()
	b.packages[3].ExternalID = "Stray" // near to the id of line 9
	d := b.plan(t)
	if len(d.Actions) > 0 {
		t.Errorf("planned %q", d.actionLines())
	}
	want := []fix.Shielded{{Line: 9, Findings: 1, Instances: 1, Unpriced: 1}, {Line: 17, Findings: 2, Instances: 3, Unpriced: 2}}
	if !slices.EqualFunc(d.Shielded, want, func(a, b fix.Shielded) bool {
		return a.Line == b.Line && a.Findings == b.Findings && a.Instances == b.Instances && a.Unpriced == b.Unpriced && len(a.Costs) == 0
	}) {
		t.Errorf("got %+v, want %+v", d.Shielded, want)
	}
}

// The money of what is shielded is added up by currency, and only of cancels.
func TestShieldedMoney(t *testing.T) {
	shielded := func(name, amount, currency string) reconcile.Reported {
		money := reconcile.Money{Amount: decimal.MustParse(amount), Currency: currency, Known: currency != ""}
		return reconcile.Reported{Finding: reconcile.Finding{State: reconcile.Open, Fix: name, Reason: reconcile.ReasonShielded, Monthly: money,
			Basis: &reconcile.Basis{ShieldedBy: 5}}}
	}
	p := fix.NewPlanner(fix.Options{Fixes: fix.Fixes()})
	for _, f := range []reconcile.Reported{shielded(reconcile.FixCancel, "1.50", "EUR"), shielded(reconcile.FixCancel, "2", "USD"), shielded(reconcile.FixCancel, "3", "EUR"),
		shielded(reconcile.FixCreate, "9", "EUR"), shielded(reconcile.FixCancel, "0", "")} {
		p.AddFinding(f)
	}
	p.Keys()
	proposal, err := p.Pending(nil).Propose()
	if err != nil {
		t.Fatal(err)
	}
	s := proposal.Shielded
	if len(s) != 1 || s[0].Findings != 5 || s[0].Unpriced != 1 || len(s[0].Costs) != 2 || s[0].Costs[0].Monthly.String() != "4.50" {
		t.Errorf("got %+v", s)
	}
}
