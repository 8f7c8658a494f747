package fix_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
)

func TestActions(t *testing.T) {
	for _, c := range []struct {
		name   string
		inputs inputs
		want   []string
	}{
		{"an orphan is canceled whole", inputs{lines: []reconcile.Line{line("t")}, packages: []reconcile.Package{pack("P", "s", inst("plan", ""), inst("plan", "")), pack("T", "t", inst("plan", ""))}},
			[]string{"cancel P"}},
		{"an ended subscription is canceled whole", inputs{lines: []reconcile.Line{line("s", canceled, quantity(2))}, packages: []reconcile.Package{pack("P", "s", inst("plan", ""), inst("plan", ""))}},
			[]string{"cancel P"}},
		{"one ended line is canceled by instance", inputs{lines: []reconcile.Line{line("s"), line("s", canceled, product("mail"))}, packages: []reconcile.Package{pack("P", "s", inst("plan", ""), inst("mail", ""))}},
			[]string{"cancel P P.2"}},
		{"what no ended line chose keeps the package", inputs{lines: []reconcile.Line{line("s", canceled, quantity(2))}, packages: []reconcile.Package{pack("P", "s", inst("plan", ""), inst("mail", ""), inst("plan", ""))}},
			[]string{"cancel P P.1", "cancel P P.3"}},
		{"an extra instance", inputs{lines: []reconcile.Line{line("s")}, packages: []reconcile.Package{pack("P", "s", inst("plan", ""), inst("mail", ""))}},
			[]string{"cancel P P.2"}},
		{"an external id", inputs{lines: []reconcile.Line{line("s", namesPackage("P"))}, packages: []reconcile.Package{pack("P", "other", inst("plan", ""))}},
			[]string{"external-id P s"}},
		{"assign, move and unassign", inputs{
			lines:    []reconcile.Line{line("a", on(site(1))), line("b", on(site(2))), line("c", on(reconcile.Floating))},
			packages: []reconcile.Package{pack("A", "a", inst("plan", "")), pack("B", "b", inst("plan", site(3))), pack("C", "c", inst("plan", site(4)))}},
			[]string{"unassign C C.1 none", "assign A A.1 " + site(1), "assign B B.1 " + site(2)}},
		{"adjust, the product first", inputs{lines: []reconcile.Line{line("s", product("pro"), func(l *reconcile.Line) { l.Cycle = "1 YEAR" })}, packages: []reconcile.Package{pack("P", "s", inst("plan", ""))}},
			[]string{"adjust P P.1 pro", "adjust P P.1 1 YEAR"}},
		{"create", inputs{lines: []reconcile.Line{line("s", quantity(3), on(reconcile.Floating))}},
			[]string{"create"}},
		{"the order of fixes", inputs{
			lines: []reconcile.Line{line("a", canceled), line("b"), line("c", product("pro")), line("d", on(site(1))), line("e", on(reconcile.Floating)), line("f", namesPackage("F"))},
			packages: []reconcile.Package{pack("A", "a", inst("plan", "")), pack("C", "c", inst("plan", "")), pack("D", "d", inst("plan", "")),
				pack("E", "e", inst("plan", site(2))), pack("F", "", inst("plan", ""))}},
			[]string{"external-id F f", "unassign E E.1 none", "assign D D.1 " + site(1), "adjust C C.1 pro", "create", "cancel A"}},
	} {
		d := c.inputs.withoutLimits().plan(t)
		if got := d.actionLines(); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// TestWholeByInstance: rows of single instances that cover all that is live
// become one cancel of the package, which waits for the one that was seen
// least; where one of them is excepted, each goes by itself.
func TestWholeByInstance(t *testing.T) {
	b := inputs{packages: []reconcile.Package{pack("P", "s", inst("plan", ""), inst("mail", ""), status(reconcile.StatusCanceled))}}.withoutLimits()
	b.options.MinSightings = 2
	ended := func(id string) reconcile.Finding {
		return reconcile.Finding{Kind: reconcile.CanceledInLedger, State: reconcile.Open, Fix: reconcile.FixCancel, AccountID: account(1), ExternalID: "s",
			PackageID: "P", InstanceID: id, FirstSeen: now, Basis: &reconcile.Basis{Targets: []string{id}}}
	}
	findings := []reconcile.Finding{ended("P.1"), ended("P.2")}
	known := reconcile.KnownFindings{findings[0].ID(parent): {Sightings: 5}, findings[1].ID(parent): {Sightings: 1}}
	b.asOf = now
	d := b.decide(t, findings, known)
	if got, want := d.actionLines(), []string{"cancel P waiting(1/2)"}; !slices.Equal(got, want) || d.Actions[0].Instances != 2 || len(d.Actions[0].FindingIDs) != 2 {
		t.Errorf("got %q, want %q of two instances and findings: %+v", got, want, d.Actions[0])
	}
	for i := range d.decisions {
		if d.decisions[i].Outcome != fix.OutcomeWaiting || d.decisions[i].Reason != "1 of 2 sightings" {
			t.Errorf("finding %d: got %+v", i, d.decisions[i])
		}
	}
	findings[1].State = reconcile.Excepted
	d = b.decide(t, findings, known)
	if got, want := d.actionLines(), []string{"cancel P P.1"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestTheInventoryMustAgree: what changed between the findings and the
// inventory is not fixed.
func TestTheInventoryMustAgree(t *testing.T) {
	orphan := reconcile.Finding{Kind: reconcile.OrphanPackage, State: reconcile.Open, Fix: reconcile.FixCancel, AccountID: account(1), ExternalID: "s",
		PackageID: "P", FirstSeen: now, Basis: &reconcile.Basis{Targets: []string{"P.1", "P.2"}, WholePackage: true}}
	for name, packages := range map[string][]reconcile.Package{
		"gone":                 nil,
		"one is dead":          {pack("P", "s", inst("plan", ""), status(reconcile.StatusCanceled))},
		"one more":             {pack("P", "s", inst("plan", ""), inst("plan", ""), inst("plan", ""))},
		"of an unknown status": {pack("P", "s", inst("plan", ""), inst("plan", ""), status("SUSPENDED"))},
	} {
		b := inputs{packages: packages, asOf: now}.withoutLimits()
		b.options.Listed = map[string]bool{account(1): true}
		d := b.decide(t, []reconcile.Finding{orphan}, reconcile.KnownFindings{orphan.ID(parent): {Sightings: 9}})
		if len(d.Actions) > 0 || d.decisions[0].Outcome != fix.OutcomeNotAllowed {
			t.Errorf("%s: got %q and %+v", name, d.actionLines(), d.decisions[0])
		}
	}
}

// TestAPlanHasASize: at the bound everything is planned, beyond it nothing.
func TestAPlanHasASize(t *testing.T) {
	var b inputs
	var findings []reconcile.Finding
	known := make(reconcile.KnownFindings)
	for n := range 3 {
		p := pack(guid('b', n), fmt.Sprintf("s%d", n), inst("plan", ""))
		b.packages = append(b.packages, p)
		orphan := reconcile.Finding{Kind: reconcile.OrphanPackage, State: reconcile.Open, Fix: reconcile.FixCancel, AccountID: p.AccountID,
			ExternalID: p.ExternalID, PackageID: p.ID, FirstSeen: now, Basis: &reconcile.Basis{Targets: []string{p.Instances[0].ID}, WholePackage: true}}
		findings = append(findings, orphan)
		known[orphan.ID(parent)] = reconcile.KnownFinding{Sightings: 9}
	}
	b = b.withoutLimits()
	b.options.UnlistedAccounts = true
	for size, want := range map[[2]int]string{ // of findings and instances
		{3, 3}: "",
		{2, 3}: "3 findings; a plan holds at most 2",
		{1, 0}: "3 findings; a plan holds at most 1",
		{3, 2}: "the packages have 3 instances; a plan holds at most 2",
	} {
		b.maxFindings, b.maxSeen = size[0], size[1]
		d := b.decide(t, findings, known)
		if want == "" {
			if len(d.Actions) != 3 {
				t.Errorf("size %d: %d actions", size, len(d.Actions))
			}
			continue
		}
		if last := d.Refusals[len(d.Refusals)-1]; len(d.Actions) > 0 || last.Cause != fix.CauseSize || last.Need != "3" || last.Text != want {
			t.Errorf("size %d: %d actions, refused by %+v", size, len(d.Actions), d.Refusals)
		}
		for i := range d.decisions {
			if d.decisions[i].Outcome != fix.OutcomeOverLimit || d.decisions[i].Reason != fix.LimitPlanSize {
				t.Errorf("size %d: %+v", size, d.decisions[i])
			}
		}
	}
}

func TestTheInventoryIsAddedTwice(t *testing.T) {
	p := fix.NewPlanner(fix.Options{})
	p.AddPackage(pack("P", "s"))
	if _, err := p.Pending(nil).Propose(); err == nil {
		t.Error("got a plan, want an error")
	}
}

// randomInputs returns an inventory of a few ids, so that they share sites,
// references and external ids.
func randomInputs(seed uint64) inputs {
	r := rand.New(rand.NewPCG(seed, 7))
	sites := []string{"", site(1), site(2), reconcile.Floating}
	ids := []string{"a", "b", "B", "c", "d", "."}
	var b inputs
	for range r.IntN(8) {
		l := line(ids[r.IntN(len(ids))], product([]string{"plan", "mail"}[r.IntN(2)]), on(sites[r.IntN(4)]), quantity(1+r.IntN(2)))
		l.AccountID, l.Record = account(1+r.IntN(2)), len(b.lines)+2
		if r.IntN(2) == 0 {
			l.Status = reconcile.Canceled
		}
		b.lines = append(b.lines, l)
	}
	for n := range r.IntN(8) {
		p := pack(guid('b', n), ids[r.IntN(len(ids))])
		for k := range 1 + r.IntN(3) {
			i := inst([]string{"plan", "mail"}[r.IntN(2)], sites[r.IntN(3)])
			i.ID = guid('c', 10*n+k)
			if r.IntN(3) == 0 {
				i.References = guid('c', 10*r.IntN(8)+r.IntN(2))
			}
			i.Status = []reconcile.Status{reconcile.StatusEnabled, reconcile.StatusEnabled, reconcile.StatusPending, reconcile.StatusCanceled}[r.IntN(4)]
			p.Instances = append(p.Instances, i)
		}
		b.packages = append(b.packages, in(1+r.IntN(2), p))
	}
	return b.withoutLimits()
}

// TestAnyOrderGivesTheSameActions: duplicate keys made a result depend on the
// order of rows elsewhere (qsv #2509, datacompy #221), and a dry run saw other
// things than the real one (cloud-nuke #846, dnscontrol #69). Here actions are
// the same bytes for any order of rows, packages, instances and findings,
// whatever the record numbers, and for a run as for a plan.
func TestAnyOrderGivesTheSameActions(t *testing.T) {
	planned := 0
	for seed := range uint64(400) {
		b := randomInputs(seed)
		first := b.plan(t)
		planned += len(first.Actions)
		r := rand.New(rand.NewPCG(seed, 8))
		shuffled := b
		shuffled.lines, shuffled.packages = slices.Clone(b.lines), slices.Clone(b.packages)
		r.Shuffle(len(b.lines), func(i, j int) { shuffled.lines[i], shuffled.lines[j] = shuffled.lines[j], shuffled.lines[i] })
		for i := range shuffled.lines {
			shuffled.lines[i].Record = i + 2
		}
		r.Shuffle(len(b.packages), func(i, j int) {
			shuffled.packages[i], shuffled.packages[j] = shuffled.packages[j], shuffled.packages[i]
		})
		shuffled.checks.Reviewed = true
		findings, _ := reconcile.Diff(shuffled.lines, nil, shuffled.packages, shuffled.rules(nil))
		r.Shuffle(len(findings), func(i, j int) { findings[i], findings[j] = findings[j], findings[i] })
		known := make(reconcile.KnownFindings)
		for i := range findings {
			known[findings[i].ID(parent)] = reconcile.KnownFinding{FirstSeen: now, Sightings: 1}
		}
		again := shuffled.decide(t, findings, known)
		if a, b := bytesOf(t, first.Actions), bytesOf(t, again.Actions); !bytes.Equal(a, b) {
			t.Fatalf("seed %d: got\n%s\nwant\n%s", seed, b, a)
		}
	}
	if planned < 300 {
		t.Errorf("the inputs lead to only %d actions", planned)
	}
}

func bytesOf(t *testing.T, v any) []byte {
	t.Helper()
	text, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestPlansAreSafe checks random plans against rules that use none of the
// planner's code: what is removed is live, is removed once, and nothing that
// stays depends on it.
func TestPlansAreSafe(t *testing.T) {
	for seed := range uint64(600) {
		b := randomInputs(seed)
		d := b.plan(t)
		byID := make(map[string]reconcile.Instance)
		for _, p := range b.packages {
			for _, i := range p.Instances {
				byID[i.ID] = i
			}
		}
		canceled, left := make(map[string]bool), make(map[string]bool)
		later, action := make(map[string]bool), make(map[string]string)
		for i := range d.Actions {
			a := &d.Actions[i]
			if !a.Removal || a.Waiting != nil {
				continue
			}
			ids := []string{a.InstanceID}
			if a.InstanceID == "" {
				ids = nil
				for _, i := range a.Seen.Instances {
					if i.Status.Live() {
						ids = append(ids, i.ID)
					}
				}
			}
			for _, id := range ids {
				if left[id] || later[id] || !byID[id].Status.Live() {
					t.Fatalf("seed %d: %s is removed twice, or is not live", seed, id)
				}
				action[id], canceled[id] = a.Key, a.Fix == reconcile.FixCancel
				left[id], later[id] = a.Needs == "", a.Needs != ""
			}
		}
		for id, i := range byID {
			if i.Status.Dead() {
				continue
			}
			if left[i.References] && i.References != id && action[id] != action[i.References] {
				t.Fatalf("seed %d: %s references %s", seed, id, i.References)
			}
			for gone := range left {
				if !left[gone] || gone == id || i.SiteID == "" || byID[gone].SiteID != i.SiteID {
					continue
				}
				if !left[id] && !later[id] {
					t.Fatalf("seed %d: %s stays on the site of %s", seed, id, gone)
				}
				if canceled[gone] && !canceled[id] {
					t.Fatalf("seed %d: %s is not yet moved from the site of %s", seed, id, gone)
				}
			}
		}
	}
}

// TestKeys: an action has the same key in any plan that would do the same to
// the same state, and another one otherwise.
func TestKeys(t *testing.T) {
	key := func(b inputs) string {
		d := b.withoutLimits().plan(t)
		if len(d.Actions) != 1 {
			t.Fatalf("got %q, want one action", d.actionLines())
		}
		return d.Actions[0].Key
	}
	base := func() inputs {
		return inputs{lines: []reconcile.Line{line("s", on(site(1)))}, packages: []reconcile.Package{pack("P", "s", inst("plan", ""))}}
	}
	want := key(base())
	touched := base()
	touched.packages[0].Updated = now.AddDate(0, 0, -10)
	if got := key(touched); got != want {
		t.Errorf("touched, and the same again: got %s, want %s", got, want)
	}
	seen := map[string]string{want: "base"}
	for name, edit := range map[string]func(*inputs){
		"desired":  func(b *inputs) { b.lines[0].SiteID = site(2) },
		"seen":     func(b *inputs) { b.packages[0].Instances[0].SiteID = site(3) },
		"package":  func(b *inputs) { b.packages[0].ID = "Q" },
		"instance": func(b *inputs) { b.packages[0].Instances[0].ID = "P.9" },
	} {
		b := base()
		edit(&b)
		got := key(b)
		if same, there := seen[got]; there {
			t.Errorf("%s: the key of %s", name, same)
		}
		seen[got] = name
	}
}

func TestEvidence(t *testing.T) {
	b := inputs{lines: []reconcile.Line{line("s", canceled), line("s", canceled, product("mail"))}, packages: []reconcile.Package{pack("P", "s", inst("plan", ""), inst("mail", ""))}}.withoutLimits()
	b.lines[0].Record, b.lines[1].Record = 7, 3
	d := b.plan(t)
	if len(d.Evidence) != 1 {
		t.Fatalf("got %+v", d.Evidence)
	}
	e := d.Evidence[0]
	if e.Key != d.Actions[0].Key || e.Sightings != 1 || !e.FirstSeen.Equal(now) || !e.Counted.Equal(now) || fmt.Sprint(e.Records) != "[3 7]" || d.Actions[0].Rows == "" {
		t.Errorf("got %+v", e)
	}
}

func TestForecast(t *testing.T) {
	b := inputs{lines: []reconcile.Line{line("a", canceled), line("b", on(site(1))), line("s", on(site(5)))},
		packages: []reconcile.Package{pack("A", "a", inst("plan", "")), pack("B", "b", inst("plan", "")), pack("X", "x", inst("mail", site(5)), inst("mail", "")), pack("S", "s", inst("plan", site(5)))}}.withoutLimits()
	want := `[{assign {1 1} {0 0} {0 0} {0 0}} {cancel {1 1} {0 0} {1 2} {0 0}}]`
	if d := b.plan(t); fmt.Sprint(d.Forecast) != want {
		t.Errorf("got %v, want %v", d.Forecast, want)
	}
	b.options.MinSightings = 2
	want = `[{assign {1 1} {0 0} {0 0} {0 0}} {cancel {0 0} {0 0} {0 0} {2 3}}]`
	if d := b.plan(t); fmt.Sprint(d.Forecast) != want {
		t.Errorf("got %v, want %v", d.Forecast, want)
	}
}
