package guard_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix/guard"
)

// Each guard by itself, at, below and above its boundary.

func summary(rows int) reconcile.Summary {
	s := reconcile.Summary{AsOf: now}
	s.Ledger.Rows = rows
	return s
}

func thousand() reconcile.Summary {
	s := summary(1000)
	s.Ledger.ActiveRows, s.Ledger.Subscriptions = 1000, 1000
	s.Wix.Packages, s.Wix.LivePackages, s.Wix.MatchedPairs, s.Wix.Accounts = 1000, 1000, 1000, 1000
	return s
}

// accepted makes an earlier accepted run of the summary.
func accepted(id string, days int, s reconcile.Summary) reconcile.Summary {
	s.RunID, s.AsOf, s.Accepted = id, now.AddDate(0, 0, -days), true
	return s
}

func evaluate(g guard.Guards, run reconcile.Summary, in guard.Inputs, h reconcile.History) []string {
	in.Run = &run
	if in.LedgerModified.IsZero() {
		in.LedgerModified = now
	}
	var all []string
	for _, o := range g.Evaluate(&in, &h) {
		all = append(all, o.Guard+" "+o.Value+" "+o.Text)
	}
	return all
}

func TestLedgerAge(t *testing.T) {
	for _, c := range []struct {
		name    string
		age     time.Duration
		limit   guard.Age
		objects bool
	}{
		{"fresh", 0, guard.Age{Max: 36 * time.Hour}, false},
		{"of tomorrow", -24 * time.Hour, guard.Age{Max: 36 * time.Hour}, false},
		{"as far in the future as it may be old", -36 * time.Hour, guard.Age{Max: 36 * time.Hour}, false},
		{"further in the future", -36*time.Hour - 1, guard.Age{Max: 36 * time.Hour}, true},
		{"in the future, lifted", -1000 * time.Hour, guard.Age{Off: true}, false},
		{"just below", 36*time.Hour - 1, guard.Age{Max: 36 * time.Hour}, false},
		{"at it", 36 * time.Hour, guard.Age{Max: 36 * time.Hour}, false},
		{"just above", 36*time.Hour + 1, guard.Age{Max: 36 * time.Hour}, true},
		{"lifted", 1000 * time.Hour, guard.Age{Off: true}, false},
		{"0 allows none", 1, guard.Age{}, true},
	} {
		g := guard.Guards{MaxLedgerAge: c.limit, MaxShrink: guard.Percent{Off: true}}
		if got := evaluate(g, summary(0), guard.Inputs{LedgerModified: now.Add(-c.age), LedgerNewest: now.Add(-c.age)}, reconcile.History{}); (len(got) > 0) != c.objects {
			t.Errorf("%s: got %q", c.name, got)
		}
	}
	g := defaultGuards()
	run := summary(0)
	unknown := g.Evaluate(&guard.Inputs{Run: &run}, &reconcile.History{})
	if len(unknown) != 1 || unknown[0].Text != "the age of the ledger is not known; the maximum is 36h" || unknown[0].Flag != "--max-ledger-age" {
		t.Errorf("an unknown age: got %+v", unknown)
	}
}

func TestShrinkOfEachMetric(t *testing.T) {
	for metric, set := range map[string]func(*reconcile.Summary, int){
		"rows":          func(s *reconcile.Summary, n int) { s.Ledger.Rows = n },
		"active_rows":   func(s *reconcile.Summary, n int) { s.Ledger.ActiveRows = n },
		"subscriptions": func(s *reconcile.Summary, n int) { s.Ledger.Subscriptions = n },
		"packages":      func(s *reconcile.Summary, n int) { s.Wix.Packages = n },
		"live_packages": func(s *reconcile.Summary, n int) { s.Wix.LivePackages = n },
		"matched_pairs": func(s *reconcile.Summary, n int) { s.Wix.MatchedPairs = n },
		"sub_accounts":  func(s *reconcile.Summary, n int) { s.Wix.Accounts = n },
	} {
		h := reconcile.History{Runs: []reconcile.Summary{accepted("r", 1, thousand())}}
		for n, objects := range map[int]bool{0: true, 949: true, 950: false, 951: false, 1000: false, 2000: false} {
			run := thousand()
			set(&run, n)
			got := evaluate(defaultGuards(), run, guard.Inputs{}, h)
			if (len(got) == 1) != objects || len(got) > 1 {
				t.Errorf("%s %d: got %q", metric, n, got)
			}
			ledger := slices.Contains([]string{"rows", "active_rows", "subscriptions"}, metric)
			if got := evaluate(defaultGuards(), run, guard.Inputs{LedgerOnly: true}, h); (len(got) > 0) != (objects && ledger) {
				t.Errorf("%s %d, the ledger alone: got %q", metric, n, got)
			}
		}
	}
}

// TestShrinkIsExact: no fraction is lost, at any size; one fewer is never too few.
func TestShrinkIsExact(t *testing.T) {
	for _, c := range []struct {
		limit        guard.Percent
		before, most int // the smallest count that is allowed
	}{
		{guard.Percent{Max: dec("5")}, 40, 38}, {guard.Percent{Max: dec("5")}, 39, 38}, {guard.Percent{Max: dec("5")}, 19, 18}, {guard.Percent{Max: dec("5")}, 1, 0},
		{guard.Percent{Max: dec("0.1")}, 2000, 1998}, {guard.Percent{Max: dec("0.1")}, 1999, 1998}, {guard.Percent{Max: dec("33.3333333333333")}, 6, 5},
		{guard.Percent{Max: dec("33.3333333333334")}, 6, 4}, {guard.Percent{}, 1000, 999}, {guard.Percent{Max: dec("100")}, 1000, 0},
		{guard.Percent{Max: dec("5")}, 1 << 60, 1<<60 - (1<<60)/20}, {guard.Percent{Off: true}, 1000, 0},
	} {
		g := guard.Guards{MaxLedgerAge: guard.Age{Off: true}, MaxShrink: c.limit}
		h := reconcile.History{Runs: []reconcile.Summary{accepted("r", 1, summary(c.before))}}
		if got := evaluate(g, summary(c.most), guard.Inputs{}, h); got != nil {
			t.Errorf("%v of %d: %d is refused: %q", c.limit, c.before, c.most, got)
		}
		if got := evaluate(g, summary(c.most-1), guard.Inputs{}, h); got == nil && !c.limit.Off && c.most > 0 {
			t.Errorf("%v of %d: %d is allowed", c.limit, c.before, c.most-1)
		}
	}
}

// TestBaselines: which runs the inputs are compared with.
func TestBaselines(t *testing.T) {
	run := func(id string, days int, rows int) reconcile.Summary { return accepted(id, days, summary(rows)) }
	for _, c := range []struct {
		name   string
		runs   []reconcile.Summary
		accept *reconcile.Acceptance
		want   string // the run that 900 rows are too few for
	}{
		{name: "none"},
		{name: "the last", runs: []reconcile.Summary{run("a", 1, 1000)}, want: "a"},
		{name: "the largest, not the last", runs: []reconcile.Summary{run("a", 5, 1000), run("b", 1, 900)}, want: "a"},
		{name: "at the edge of the window", runs: []reconcile.Summary{run("a", 14, 1000), run("b", 1, 900)}, want: "a"},
		{name: "out of the window", runs: []reconcile.Summary{run("a", 15, 1000), run("b", 1, 900)}},
		{name: "the one before, where there is none within", runs: []reconcile.Summary{run("c", 90, 2000), run("a", 60, 1000)}, want: "a"},
		{name: "the one before, in any order", runs: []reconcile.Summary{run("a", 60, 1000), run("c", 90, 900)}, want: "a"},
		{name: "from before the latest acceptance", runs: []reconcile.Summary{run("a", 5, 1000), run("b", 4, 900)},
			accept: &reconcile.Acceptance{RunID: "b", At: now.AddDate(0, 0, -3)}},
		{name: "between the accepted run and its acceptance", runs: []reconcile.Summary{run("b", 5, 900), run("a", 4, 1000)},
			accept: &reconcile.Acceptance{RunID: "b", At: now.AddDate(0, 0, -3)}},
		{name: "after the acceptance", runs: []reconcile.Summary{run("b", 5, 900), run("a", 2, 1000)},
			accept: &reconcile.Acceptance{RunID: "b", At: now.AddDate(0, 0, -3)}, want: "a"},
		{name: "the accepted run itself", runs: []reconcile.Summary{run("a", 5, 1000)},
			accept: &reconcile.Acceptance{RunID: "a", At: now.AddDate(0, 0, -3)}, want: "a"},
		{name: "an old run that was accepted recently", runs: []reconcile.Summary{run("a", 30, 1000), run("b", 20, 900)},
			accept: &reconcile.Acceptance{RunID: "a", At: now.AddDate(0, 0, -3)}, want: "a"},
		{name: "an acceptance long ago", runs: []reconcile.Summary{run("c", 90, 2000), run("a", 60, 1000)},
			accept: &reconcile.Acceptance{RunID: "c", At: now.AddDate(0, 0, -89)}, want: "a"},
	} {
		g := guard.Guards{MaxLedgerAge: guard.Age{Off: true}, MaxShrink: guard.Percent{Max: dec("5")}}
		var want []string
		if c.want != "" {
			want = []string{"max_shrink 900 rows of the ledger: 900, more than 5 % fewer than the 1000 of run " + c.want}
		}
		if got := evaluate(g, summary(900), guard.Inputs{}, reconcile.History{Runs: c.runs, Accept: c.accept}); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", c.name, got, want)
		}
	}
}

func TestClock(t *testing.T) {
	for ahead, want := range map[time.Duration]string{
		0: "", time.Hour - time.Second: "", time.Second - time.Hour: "",
		time.Hour:       "clock 1h the clock of this machine is 1h behind Wix's: set it, and run again",
		-25 * time.Hour: "clock 25h the clock of this machine is 25h ahead of Wix's: set it, and run again",
	} {
		got := evaluate(defaultGuards(), summary(0), guard.Inputs{WixAhead: ahead}, reconcile.History{})
		if (len(got) > 0) != (want != "") || want != "" && got[0] != want {
			t.Errorf("%s: %q, want %q", ahead, got, want)
		}
	}
}

func TestCanaries(t *testing.T) {
	line := func(id string, status reconcile.LineStatus) reconcile.Line {
		return reconcile.Line{ExternalID: id, AccountID: account(1), Status: status, Quantity: 1, ProductID: "plan", Cycle: "1 MONTH"}
	}
	pack := func(id, external string, status reconcile.Status, products ...string) reconcile.Package {
		p := reconcile.Package{ID: id, AccountID: account(1), ExternalID: external}
		for i, product := range products {
			p.Instances = append(p.Instances, reconcile.Instance{ID: fmt.Sprintf("%s.%d", id, i+1), ProductID: product, Status: status, Cycle: "1 MONTH"})
		}
		return p
	}
	lines := []reconcile.Line{
		line("live", reconcile.Active), line("dead", reconcile.Active), line("ended", reconcile.Canceled), line("part", reconcile.Active), line("missing", reconcile.Active),
	}
	packages := []reconcile.Package{
		pack("L", "live", reconcile.StatusEnabled, "plan"), pack("D", "dead", reconcile.StatusCanceled, "plan"), pack("E", "ended", reconcile.StatusEnabled, "plan"),
		pack("X", "part", reconcile.StatusEnabled, "plan", "mail"), pack("O", "orphan", reconcile.StatusEnabled, "plan"),
	}
	findings, _ := reconcile.Diff(lines, nil, packages, reconcile.Rules{AsOf: now, Coverage: &reconcile.Coverage{Inventory: reconcile.InventoryWhole}})
	for id, there := range map[string]bool{
		"live": true, " live\t": true, "L": true, "L.1": true, "dead": false, "D": false, "ended": false, "E": false, "E.1": false,
		"part": true, "X": true, "X.1": true, "X.2": false, "orphan": false, "missing": false, "never": false, "LIVE": false,
	} {
		c := guard.NewCanaries([]string{id})
		for i, p := range packages {
			class := reconcile.Matched
			if i == 4 {
				class = reconcile.WixOnly
			}
			c.AddPackage(&reconcile.ClassifiedPackage{Package: p, Class: class})
		}
		for i := range findings {
			c.AddFinding(&findings[i])
		}
		if got := len(c.Missing()) == 0; got != there {
			t.Errorf("%q: there %t, want %t", id, got, there)
		}
	}
	if got := evaluate(defaultGuards(), summary(0), guard.Inputs{MissingCanaries: []string{"x"}}, reconcile.History{}); !slices.Equal(got, []string{`canary missing canary "x" is not matched on both sides`}) {
		t.Errorf("got %q", got)
	}
}

func TestAccepted(t *testing.T) {
	objection := []guard.Objection{{}}
	for _, c := range []struct {
		complete   bool
		objections []guard.Objection
		want       bool
	}{
		{true, nil, true}, {false, nil, false}, {true, objection, false},
	} {
		if got := guard.Accepted(c.complete, c.objections); got != c.want {
			t.Errorf("%+v: got %t", c, got)
		}
	}
}
