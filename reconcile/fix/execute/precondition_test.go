package execute

import (
	"strings"
	"testing"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// TestEveryDifferenceCounts changes one thing after the other of a package that
// is as planned.
func TestEveryDifferenceCounts(t *testing.T) {
	p := pkgOf("p1", 3)
	a := assignOf(&p, 1, "new")
	for want, change := range map[string]func(*reconcile.Package){
		"":                                       func(*reconcile.Package) {},
		"account":                                func(p *reconcile.Package) { p.AccountID = "x" },
		`external id: planned "x-p1"`:            func(p *reconcile.Package) { p.ExternalID = "" },
		"instance: planned none, found \"z\"":    func(p *reconcile.Package) { p.Instances = append(p.Instances, reconcile.Instance{ID: "z"}) },
		"instance: planned \"p1.3\", found none": func(p *reconcile.Package) { p.Instances = p.Instances[:2] },
		"status of instance p1.2":                func(p *reconcile.Package) { p.Instances[1].Status = reconcile.StatusCanceled },
		"product of instance p1.2":               func(p *reconcile.Package) { p.Instances[1].ProductID = "x" },
		"site of instance p1.2":                  func(p *reconcile.Package) { p.Instances[1].SiteID = "x" },
		"billing cycle of instance p1.2":         func(p *reconcile.Package) { p.Instances[1].Cycle = "1 YEAR" },
		"reference of instance p1.2":             func(p *reconcile.Package) { p.Instances[1].References = "x" },
		"updated date":                           func(p *reconcile.Package) { p.Updated = p.Updated.Add(time.Second) },
	} {
		c := copyOf(&p)
		change(&c)
		x := precondition{action: &a, dated: true}
		if got := x.difference(&c); !strings.HasPrefix(got, want) || (got == "") != (want == "") {
			t.Errorf("difference %q, want %q", got, want)
		}
		x.dated = false
		if got := x.difference(&c); (got == "") != (want == "" || want == "updated date") {
			t.Errorf("without the date: difference %q, want %q", got, want)
		}
	}
}

// Two calls may write the same date with more or fewer digits.
func TestSameDate(t *testing.T) {
	at := time.Date(2026, 11, 21, 2, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		a, b time.Duration
		same bool
	}{
		{0, 0, true},
		{0, 999 * time.Millisecond, true}, // seconds against milliseconds
		{0, time.Second, false},
		{120 * time.Millisecond, 120*time.Millisecond + 456*time.Microsecond, true},
		{120 * time.Millisecond, 121*time.Millisecond + 1, false},
		{5 * time.Microsecond, 5*time.Microsecond + 999, true},
		{5 * time.Microsecond, 6*time.Microsecond + 1, false},
		{1, 2, false},
	} {
		if sameDate(at.Add(c.a), at.Add(c.b)) != c.same || sameDate(at.Add(c.b), at.Add(c.a)) != c.same {
			t.Errorf("%v and %v: want %t", c.a, c.b, c.same)
		}
	}
}

// TestOurOwnEffectIsNoDifference checks that a package is as expected after
// each of our own actions, and is not before.
func TestOurOwnEffectIsNoDifference(t *testing.T) {
	p := pkgOf("p1", 3)
	next := cycleOf(&p, 3, "1 YEAR")
	for _, ours := range []fix.Action{
		renameOf(&p, "new"), assignOf(&p, 1, "new"), unassignOf(&p, 1), productOf(&p, 1, "new"), cycleOf(&p, 1, "1 YEAR"), cancelOf(&p, 1),
	} {
		w := newFakeWix(nil, p)
		x := precondition{action: &next, applied: []*fix.Action{&ours}}
		if got := x.difference(w.packages["p1"]); got == "" {
			t.Errorf("%s: no difference though it was not done", ours.Fix)
		}
		w.do(&ours, &request{})
		if got := x.difference(w.packages["p1"]); got != "" {
			t.Errorf("%s: %s", ours.Fix, got)
		}
	}
	if seen := fix.StateOf(&p); next.Seen.ExternalID != seen.ExternalID || next.Seen.Instances[0] != seen.Instances[0] {
		t.Error("what was seen is changed")
	}
}

// TestEachFixHasAnEffectAndATransition checks that the state which the next action
// of a package expects is the one that the read back of an action accepts, for
// each fix, and that neither exists for an unknown one.
func TestEachFixHasAnEffectAndATransition(t *testing.T) {
	p := pkgOf("p1", 2)
	actions := map[string][]fix.Action{
		reconcile.FixExternalID: {renameOf(&p, "new")},
		reconcile.FixUnassign:   {unassignOf(&p, 1)},
		reconcile.FixAssign:     {assignOf(&p, 1, "new")},
		reconcile.FixAdjust:     {productOf(&p, 1, "new"), cycleOf(&p, 1, "1 YEAR")},
		reconcile.FixCreate:     {createOf("new")},
		reconcile.FixCancel:     {cancelOf(&p, 1), cancelOf(&p, 0)},
	}
	for _, name := range fix.Fixes() {
		if len(actions[name]) == 0 {
			t.Errorf("%s: not tested", name)
		}
		for _, a := range actions[name] {
			before := fix.StateOf(&p)
			after, err := stateAfter(before, []*fix.Action{&a})
			if err != nil || changeOf(&a).value == nil {
				t.Errorf("%s: error %v, change %+v", name, err, changeOf(&a))
				continue
			}
			if c := compare(&a, before, after); name != reconcile.FixCreate && c.effect() != effectDone {
				t.Errorf("%s: %s", name, &c)
			}
		}
	}
	unknown := onPackage(&p, "unknown", 1, fix.Desired{Cycle: "1 YEAR"})
	if c := compare(&unknown, unknown.Seen, unknown.Seen); c.effect() != effectUnexpected || !strings.Contains(c.String(), `unknown fix "unknown"`) {
		t.Errorf("effect %d: %s", c.effect(), &c)
	}
	x := precondition{action: &unknown, applied: []*fix.Action{&unknown}}
	if got := x.difference(&p); !strings.Contains(got, `unknown fix "unknown"`) {
		t.Errorf("difference %q", got)
	}
}

// TestWhatACancelMayCancelToo checks what may be canceled besides what we
// cancel.
func TestWhatACancelMayCancelToo(t *testing.T) {
	p := pkgOf("p1", 6)
	p.Instances[1].References = "p1.1"
	p.Instances[2].References = "p1.2" // of one that references it
	p.Instances[3].SiteID = p.Instances[0].SiteID
	ours := cancelOf(&p, 1)
	for also, want := range map[int]bool{0: true, 1: true, 2: true, 3: true, 4: false} {
		for next, mine := range map[int]bool{6: false, also + 1: true} {
			if next == 1 {
				continue // canceled by us already
			}
			a := productOf(&p, next, "new")
			c := copyOf(&p)
			c.Instances[0].Status, c.Instances[also].Status = "CANCELED", "CANCELED"
			x := precondition{action: &a, applied: []*fix.Action{&ours}}
			if got := x.difference(&c); (got == "") != (want && !mine) {
				t.Errorf("instance %d went along, next is %d: difference %q", also+1, next, got)
			}
		}
	}
}
