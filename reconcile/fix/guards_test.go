package fix_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// Each guard by itself, at, below and above its boundary.

func thousand() fix.Counts {
	return fix.Counts{Rows: 1000, ActiveRows: 1000, Subscriptions: 1000, Packages: 1000, LivePackages: 1000, MatchedPairs: 1000, Accounts: 1000}
}

func weigh(g fix.Guards, r fix.Reading, h fix.Earlier) []string {
	if r.LedgerModified.IsZero() {
		r.LedgerModified = now
	}
	r.AsOf = now
	var all []string
	for _, o := range g.Evaluate(&r, &h) {
		all = append(all, o.Guard+" "+o.Metric+" "+o.Value+" "+o.Baseline+" "+o.RunID)
	}
	return all
}

func TestLedgerAge(t *testing.T) {
	for _, c := range []struct {
		name    string
		age     time.Duration
		limit   fix.Age
		objects bool
	}{
		{"fresh", 0, fix.Age{Max: 36 * time.Hour}, false},
		{"of tomorrow", -24 * time.Hour, fix.Age{Max: 36 * time.Hour}, false},
		{"just below", 36*time.Hour - 1, fix.Age{Max: 36 * time.Hour}, false},
		{"at it", 36 * time.Hour, fix.Age{Max: 36 * time.Hour}, false},
		{"just above", 36*time.Hour + 1, fix.Age{Max: 36 * time.Hour}, true},
		{"lifted", 1000 * time.Hour, fix.Age{Off: true}, false},
		{"0 allows none", 1, fix.Age{}, true},
	} {
		g := fix.Guards{MaxLedgerAge: c.limit, MaxShrink: fix.Percent{Off: true}}
		if got := weigh(g, fix.Reading{LedgerModified: now.Add(-c.age)}, fix.Earlier{}); (len(got) > 0) != c.objects {
			t.Errorf("%s: got %q", c.name, got)
		}
	}
	g := fix.DefaultGuards()
	unknown := g.Evaluate(&fix.Reading{AsOf: now}, &fix.Earlier{})
	if len(unknown) != 1 || unknown[0].Text != "the age of the ledger is not known, allowed are 36h" || unknown[0].Flag != "--max-ledger-age" {
		t.Errorf("an unknown age: got %+v", unknown)
	}
}

func TestShrinkOfEachMetric(t *testing.T) {
	for metric, set := range map[string]func(*fix.Counts, int){
		"rows":          func(c *fix.Counts, n int) { c.Rows = n },
		"active_rows":   func(c *fix.Counts, n int) { c.ActiveRows = n },
		"subscriptions": func(c *fix.Counts, n int) { c.Subscriptions = n },
		"packages":      func(c *fix.Counts, n int) { c.Packages = n },
		"live_packages": func(c *fix.Counts, n int) { c.LivePackages = n },
		"matched_pairs": func(c *fix.Counts, n int) { c.MatchedPairs = n },
		"sub_accounts":  func(c *fix.Counts, n int) { c.Accounts = n },
	} {
		h := fix.Earlier{Runs: []fix.Baseline{{RunID: "r", AsOf: now.AddDate(0, 0, -1), Counts: thousand()}}}
		for n, objects := range map[int]bool{0: true, 949: true, 950: false, 951: false, 1000: false, 2000: false} {
			counts := thousand()
			set(&counts, n)
			got := weigh(fix.DefaultGuards(), fix.Reading{Counts: counts}, h)
			if (len(got) == 1) != objects || len(got) > 1 {
				t.Errorf("%s %d: got %q", metric, n, got)
			}
			ledger := slices.Contains([]string{"rows", "active_rows", "subscriptions"}, metric)
			if got := weigh(fix.DefaultGuards(), fix.Reading{Counts: counts, LedgerOnly: true}, h); (len(got) > 0) != (objects && ledger) {
				t.Errorf("%s %d, the ledger alone: got %q", metric, n, got)
			}
		}
	}
}

// TestShrinkIsExact: no fraction is lost, at any size.
func TestShrinkIsExact(t *testing.T) {
	for _, c := range []struct {
		limit        fix.Percent
		before, most int // the smallest count that is allowed
	}{
		{fix.Percent{Max: dec("5")}, 20, 19}, {fix.Percent{Max: dec("5")}, 19, 19}, {fix.Percent{Max: dec("5")}, 1, 1},
		{fix.Percent{Max: dec("0.1")}, 1000, 999}, {fix.Percent{Max: dec("0.1")}, 999, 999}, {fix.Percent{Max: dec("33.3333333333333")}, 3, 3},
		{fix.Percent{Max: dec("33.3333333333334")}, 3, 2}, {fix.Percent{}, 1000, 1000}, {fix.Percent{Max: dec("100")}, 1000, 0},
		{fix.Percent{Max: dec("5")}, 1 << 60, 1<<60 - (1<<60)/20}, {fix.Percent{Off: true}, 1000, 0},
	} {
		g := fix.Guards{MaxLedgerAge: fix.Age{Off: true}, MaxShrink: c.limit}
		h := fix.Earlier{Runs: []fix.Baseline{{RunID: "r", AsOf: now.AddDate(0, 0, -1), Counts: fix.Counts{Rows: c.before}}}}
		if got := weigh(g, fix.Reading{Counts: fix.Counts{Rows: c.most}}, h); got != nil {
			t.Errorf("%v of %d: %d is refused: %q", c.limit, c.before, c.most, got)
		}
		if got := weigh(g, fix.Reading{Counts: fix.Counts{Rows: c.most - 1}}, h); got == nil && !c.limit.Off && c.most > 0 {
			t.Errorf("%v of %d: %d is allowed", c.limit, c.before, c.most-1)
		}
	}
}

// TestBaselines: which runs a reading is held against.
func TestBaselines(t *testing.T) {
	run := func(id string, days int, rows int) fix.Baseline {
		return fix.Baseline{RunID: id, AsOf: now.AddDate(0, 0, -days), Counts: fix.Counts{Rows: rows}}
	}
	for _, c := range []struct {
		name   string
		runs   []fix.Baseline
		accept *reconcile.Acceptance
		want   string // the run that 900 rows are too few for
	}{
		{name: "none"},
		{name: "the last", runs: []fix.Baseline{run("a", 1, 1000)}, want: "a"},
		{name: "the largest, not the last", runs: []fix.Baseline{run("a", 5, 1000), run("b", 1, 900)}, want: "a"},
		{name: "at the edge of the window", runs: []fix.Baseline{run("a", 14, 1000), run("b", 1, 900)}, want: "a"},
		{name: "out of the window", runs: []fix.Baseline{run("a", 15, 1000), run("b", 1, 900)}},
		{name: "the one before, where there is none within", runs: []fix.Baseline{run("c", 90, 2000), run("a", 60, 1000)}, want: "a"},
		{name: "the one before, in any order", runs: []fix.Baseline{run("a", 60, 1000), run("c", 90, 900)}, want: "a"},
		{name: "from before the latest acceptance", runs: []fix.Baseline{run("a", 5, 1000), run("b", 4, 900)},
			accept: &reconcile.Acceptance{RunID: "b", At: now.AddDate(0, 0, -3)}},
		{name: "between the accepted run and its acceptance", runs: []fix.Baseline{run("b", 5, 900), run("a", 4, 1000)},
			accept: &reconcile.Acceptance{RunID: "b", At: now.AddDate(0, 0, -3)}},
		{name: "after the acceptance", runs: []fix.Baseline{run("b", 5, 900), run("a", 2, 1000)},
			accept: &reconcile.Acceptance{RunID: "b", At: now.AddDate(0, 0, -3)}, want: "a"},
		{name: "the accepted run itself", runs: []fix.Baseline{run("a", 5, 1000)},
			accept: &reconcile.Acceptance{RunID: "a", At: now.AddDate(0, 0, -3)}, want: "a"},
		{name: "an old run that was accepted of late", runs: []fix.Baseline{run("a", 30, 1000), run("b", 20, 900)},
			accept: &reconcile.Acceptance{RunID: "a", At: now.AddDate(0, 0, -3)}, want: "a"},
		{name: "an acceptance long ago", runs: []fix.Baseline{run("c", 90, 2000), run("a", 60, 1000)},
			accept: &reconcile.Acceptance{RunID: "c", At: now.AddDate(0, 0, -89)}, want: "a"},
	} {
		g := fix.Guards{MaxLedgerAge: fix.Age{Off: true}, MaxShrink: fix.Percent{Max: dec("5")}}
		var want []string
		if c.want != "" {
			want = []string{"max_shrink rows 900 1000 " + c.want}
		}
		if got := weigh(g, fix.Reading{Counts: fix.Counts{Rows: 900}}, fix.Earlier{Runs: c.runs, Accept: c.accept}); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", c.name, got, want)
		}
	}
}

func TestCanaries(t *testing.T) {
	b := book{
		lines: []reconcile.Line{line("live"), line("dead"), line("ended", canceled), line("part"), line("missing")},
		packages: []reconcile.Package{
			pack("L", "live", inst("plan", "")), pack("D", "dead", status(reconcile.StatusCanceled)), pack("E", "ended", inst("plan", "")),
			pack("X", "part", inst("plan", ""), inst("mail", "")), pack("O", "orphan", inst("plan", "")),
		},
	}
	findings, _ := reconcile.Diff(b.lines, nil, b.packages, b.rules(nil))
	for id, there := range map[string]bool{
		"live": true, " live\t": true, "L": true, "L.1": true, "dead": false, "D": false, "ended": false, "E": false, "E.1": false,
		"part": true, "X": true, "X.1": true, "X.2": false, "orphan": false, "missing": false, "never": false, "LIVE": false,
	} {
		c := fix.NewCanaries([]string{id})
		for i, p := range b.packages {
			class := reconcile.Matched
			if i == 4 {
				class = reconcile.WixOnly
			}
			c.See(&reconcile.ClassifiedPackage{Package: p, Class: class})
		}
		for i := range findings {
			c.Consider(&findings[i])
		}
		if got := len(c.Missing()) == 0; got != there {
			t.Errorf("%q: there %t, want %t", id, got, there)
		}
	}
	if got := weigh(fix.DefaultGuards(), fix.Reading{MissingCanaries: []string{"x"}}, fix.Earlier{}); !slices.Equal(got, []string{"canary x missing  "}) {
		t.Errorf("got %q", got)
	}
}

func TestAccepted(t *testing.T) {
	objection := []fix.Objection{{}}
	for _, c := range []struct {
		complete, replay bool
		objections       []fix.Objection
		want             bool
	}{
		{true, false, nil, true}, {false, false, nil, false}, {true, true, nil, false}, {true, false, objection, false},
	} {
		if got := fix.Accepted(c.complete, c.replay, c.objections); got != c.want {
			t.Errorf("%+v: got %t", c, got)
		}
	}
}

// TestEarlierOf: runs that were accepted, by themselves or by hand, and no
// others.
func TestEarlierOf(t *testing.T) {
	run := func(id string, accepted bool) reconcile.Summary {
		s := reconcile.Summary{RunID: id, AsOf: old, Accepted: accepted, LedgerVersion: "of " + id}
		s.Ledger.Rows, s.Wix.Accounts = 5, 2
		return s
	}
	h := &reconcile.History{Runs: []reconcile.Summary{run("a", true), run("b", false), run("c", false)}, Accept: &reconcile.Acceptance{RunID: "c", At: now}}
	e := fix.EarlierOf(h)
	var got []string
	for _, b := range e.Runs {
		got = append(got, fmt.Sprintf("%s %s %d %d", b.RunID, b.Ledger, b.Counts.Rows, b.Counts.Accounts))
	}
	if want := []string{"a of a 5 2", "c of c 5 2"}; !slices.Equal(got, want) || e.Accept != h.Accept || !e.Any() {
		t.Errorf("got %q, want %q", got, want)
	}
	if fix.EarlierOf(&reconcile.History{Runs: []reconcile.Summary{run("b", false)}}).Any() {
		t.Error("a run that was not accepted is history")
	}
}
