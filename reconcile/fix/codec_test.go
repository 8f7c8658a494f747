package fix_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
	"github.com/wixrecon/wixrecon/reconcile/fix/guard"
)

// A plan comes back as it was written, or not at all. One saved plan was applied
// twice elsewhere, and a stale one (terraform #27721, #23345).

func samplePlan(t testing.TB) *fix.Plan {
	t.Helper()
	b := inputs{
		lines: []reconcile.Line{line("a", canceled), line("b", quantity(2)), line("c", product("pro")), line("d", on(site(1))), line("e", on(reconcile.Floating)), line("f <&> \u2028", namesPackage("F"))},
		packages: []reconcile.Package{pack("A", "a", inst("plan", "")), pack("C", "c", inst("plan", "")), pack("D", "d", inst("plan", "")),
			pack("E", "e", inst("plan", site(2))), pack("F", "", inst("plan", "")), pack("O", "o", inst("plan", site(3))), pack("Q", "q", references(inst("plan", site(3)), "D.1"))},
	}.withoutLimits()
	b.checks.Limits, b.options.MinSightings = guard.Limits{}, 2
	b.checks.Objections = []guard.Objection{{Guard: fix.GuardShrink, Text: "fewer"}}
	b.options.Cost = func(string, reconcile.Cycle) (reconcile.Money, bool) {
		return reconcile.Money{Amount: dec("1.50"), Currency: "EUR", Known: true}, true
	}
	findings, _ := reconcile.Diff(b.lines, nil, b.packages, b.rules(nil))
	b.options.Parent, b.options.Listed = parent, b.listed()
	proposal := b.propose(t, findings)
	refusals, held := b.checks.Decide(proposal.Actions, proposal.Evidence)
	plan, err := proposal.Plan(fix.Header{
		Out: "s3://runs", Scope: reconcile.Scope{ID: "k", AccountID: parent, Ledger: "l.csv"}, RunID: "r", Program: "v1",
		CreatedAt: now.In(time.FixedZone("", 3600)), Life: 24 * time.Hour, Inputs: []reconcile.File{{Name: "l.csv", SHA256: "00", Modified: old}},
	}, refusals, held)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

func encode(t testing.TB, p *fix.Plan) []byte {
	t.Helper()
	text, err := p.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestPlanRoundTrip(t *testing.T) {
	p := samplePlan(t)
	if len(p.Actions) < 8 || len(p.Refusals) < 2 || p.Refusals[0].Cause != fix.CauseGuard {
		t.Fatalf("the sample is too small: %d actions, %+v", len(p.Actions), p.Refusals)
	}
	text := encode(t, p)
	again, err := fix.DecodePlan(text)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(encode(t, again), text) || again.ID != p.ID {
		t.Error("the plan came back otherwise")
	}
	if !reflect.DeepEqual(again.Actions, p.Actions) {
		t.Errorf("got %+v\nwant %+v", again.Actions, p.Actions)
	}
	if other := samplePlan(t); other.ID != p.ID {
		t.Error("equal content has another id")
	}
}

func TestChangedPlans(t *testing.T) {
	text := string(encode(t, samplePlan(t)))
	for name, edit := range map[string][2]string{
		"another package":        {`"package_id": "A"`, `"package_id": "B"`},
		"a field more":           {`"out":`, `"more": 1, "out":`},
		"a field twice":          {`"out":`, `"out": "x", "out":`},
		"another spelling":       {`"out":`, `"OUT":`},
		"a number otherwise":     {`"live_instances": 0`, `"live_instances": -0`},
		"a field less":           {`"run_id": "r",`, ``},
		"another number":         {`"live_instances": 0`, `"live_instances": 1`},
		"a removal that is none": {`"removal": true`, `"removal": false`},
		"longer":                 {"2026-11-22T02:00:00Z", "2027-11-22T02:00:00Z"},
		"a null":                 {`"program": "v1"`, `"program": null`},
	} {
		changed := strings.Replace(text, edit[0], edit[1], 1)
		p, err := fix.DecodePlan([]byte(changed))
		if changed == text || !errors.Is(err, fix.ErrPlanChanged) || p == nil {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := fix.DecodePlan([]byte(text + "{}")); err == nil {
		t.Error("two plans in one: no error")
	}
	p, err := fix.DecodePlan([]byte(strings.Replace(text, `"schema_version": 1`, `"new": 1, "schema_version": 2`, 1)))
	if !errors.Is(err, fix.ErrPlanNewer) || p == nil || len(p.Actions) == 0 {
		t.Errorf("a newer plan: got %v, %v", p, err)
	}
}

// TestForgedPlans: a plan whose id was computed again is still checked against
// itself: an action with a wrong removal or number of instances is a change.
func TestForgedPlans(t *testing.T) {
	for name, edit := range map[string]func(*fix.Action){
		"no removal":        func(a *fix.Action) { a.Removal = false },
		"fewer":             func(a *fix.Action) { a.Instances = 0 },
		"another target":    func(a *fix.Action) { a.PackageID = "B" },
		"no state":          func(a *fix.Action) { a.Seen = nil },
		"another fix":       func(a *fix.Action) { a.Fix = "delete" },
		"a move of nothing": func(a *fix.Action) { a.Fix, a.InstanceID = reconcile.FixAssign, "" },
		"an instance":       func(a *fix.Action) { a.InstanceID = "X" },
		"another's state":   func(a *fix.Action) { a.Seen.Instances[0].Status = reconcile.StatusPending },
	} {
		p := samplePlan(t)
		edit(&p.Actions[len(p.Actions)-1])
		p.ID = ""
		content, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		p.ID = fix.HashOfPlan(content)
		if err := p.Verify(); !errors.Is(err, fix.ErrPlanChanged) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestWhereAPlanBelongs(t *testing.T) {
	p := samplePlan(t)
	for _, c := range []struct {
		name, out, account, scope string
		want                      error
	}{
		{"here", "s3://runs", parent, p.Scope.ID, nil},
		{"elsewhere", "s3://other", parent, p.Scope.ID, fix.ErrPlanForeign},
		{"another account", "s3://runs", "other", p.Scope.ID, fix.ErrPlanForeign},
		{"another scope", "s3://runs", parent, "other", fix.ErrPlanForeign},
	} {
		if err := p.Belongs(c.out, c.account, c.scope); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
	}
	for at, want := range map[time.Duration]bool{0: false, 24*time.Hour - 1: false, 24 * time.Hour: true} {
		if got := p.Expired(now.Add(at)); got != want {
			t.Errorf("expired after %s: %t, want %t", at, got, want)
		}
	}
}

// TestTwiceTheSameAction: no plan sends an action twice.
func TestTwiceTheSameAction(t *testing.T) {
	p := samplePlan(t)
	p.Actions, p.ID = append(p.Actions, p.Actions[0]), ""
	content, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	p.ID = fix.HashOfPlan(content)
	if err := p.Verify(); !errors.Is(err, fix.ErrPlanChanged) {
		t.Errorf("got %v", err)
	}
}

// FuzzDecodePlan: a plan that is accepted is what Encode writes, but for white
// space.
func FuzzDecodePlan(f *testing.F) {
	text := encode(f, samplePlan(f))
	f.Add(text)
	f.Add([]byte(`{"schema_version":1,"actions":[{"fix":"cancel"}]}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := fix.DecodePlan(text)
		if err != nil {
			return
		}
		var got, want bytes.Buffer
		if err := errors.Join(json.Compact(&want, text), json.Compact(&got, encode(t, p))); err != nil || got.String() != want.String() {
			t.Errorf("accepted %q, which is %q: %v", want.String(), got.String(), err)
		}
	})
}
