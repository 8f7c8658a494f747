package job_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/wixrecon/wixrecon/cmd/internal/config"
	"github.com/wixrecon/wixrecon/cmd/internal/job"
	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/wix/wixsim"
)

// A cancel waits for its second sighting. Each story is a list of nights: what
// happens before the run, and the orphan's outcome in findings.csv. The simulator
// confirms what was sent.

// A step is a night of a story.
type step struct {
	at     time.Time
	before func(*testing.T, *fixScenario)
	code   int
	want   string // outcome and reason of the orphan's row
	sends  string
}

const (
	once    = "waiting: 1 of 2 sightings"
	applied = "applied"
)

// waitsAt is a night with the first sighting.
func waitsAt(night int, befall func(*testing.T, *fixScenario)) step {
	return step{at: moment(night, 0), before: befall, want: once}
}

// sameLedgerAt is a night with the ledger of an earlier one, which is no sighting.
func sameLedgerAt(night, earlier int, befall func(*testing.T, *fixScenario)) step {
	return step{at: moment(night, 0), before: befall, want: once + ": the ledger is the same object that run " +
		moment(earlier, 0).Format("20060102T150405Z") + " read, and one object is one sighting"}
}

// canceledAt is the night on which the orphan is canceled.
func canceledAt(night int, befall func(*testing.T, *fixScenario)) step {
	return step{at: moment(night, 0), before: befall, want: applied, sends: aPackage}
}

// newStory returns an inventory with an orphan that came after the first night.
func newStory(t *testing.T) *fixScenario {
	n := newFixScenario(t)
	n.setFlags(map[string]string{"min-sightings": "2", "max-shrink": "off"})
	n.audit(t, moment(-1, 0), job.ExitOK)
	n.addOrphanPackage()
	return n
}

// addOrphanPackage adds the orphan, the third package.
func (n *fixScenario) addOrphanPackage() {
	n.packages = append(n.packages, packagesOf(wixsim.Package{ExternalID: orphan})...)
}

// runStep runs a night of a story.
func (n *fixScenario) runStep(t *testing.T, c *step) {
	t.Helper()
	if c.before != nil {
		c.before(t, n)
	}
	m := n.runFixes(t, c.at, c.code, reconcile.FixCancel, reconcile.FixAssign, reconcile.FixUnassign)
	if got := outcomeOf(m.orphan); got != c.want {
		t.Errorf("%s: the orphan is %q, want %q", m.id, got, c.want)
	}
	if got := describeSent(m); got != c.sends {
		t.Errorf("%s: sent %q, want %q", m.id, got, c.sends)
	}
}

// outcomeOf returns outcome and reason of a row of findings.csv.
func outcomeOf(row map[string]string) string {
	if row["reason"] == "" {
		return row["outcome"]
	}
	return row["outcome"] + ": " + row["reason"]
}

func TestSightingsOverWeeks(t *testing.T) {
	t.Parallel()
	for name, story := range stories() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := newStory(t)
			for i := range story {
				n.runStep(t, &story[i])
			}
		})
	}
}

func stories() map[string][]step {
	all := map[string][]step{
		"two nights":                  {waitsAt(0, nil), canceledAt(1, nil)},
		"the same ledger twice":       {waitsAt(0, nil), sameLedgerAt(1, 0, freeze), sameLedgerAt(2, 1, nil), canceledAt(3, thaw)},
		"it disappears and returns":   {waitsAt(0, nil), {at: moment(1, 0), before: dropOrphan}, waitsAt(2, returnOrphan), canceledAt(3, nil)},
		"it returns after weeks":      {waitsAt(0, nil), {at: moment(1, 0), before: dropOrphan}, waitsAt(30, returnOrphan), canceledAt(31, nil)},
		"a minute short of the gap":   {waitsAt(0, nil), {at: moment(0, 20).Add(-time.Minute), want: once}, canceledAt(1, nil)},
		"the gap, to the minute":      {waitsAt(0, nil), {at: moment(0, 20), want: applied, sends: aPackage}},
		"two runs in one night":       {waitsAt(0, nil), {at: moment(0, 1), want: once}, {at: moment(0, 2), want: once}, canceledAt(1, nil)},
		"nights without --fix count":  {waitsAt(0, nil), canceledAt(2, between(1, (*fixScenario).audit))},
		"a plan between counts":       {waitsAt(0, nil), canceledAt(2, between(1, planned))},
		"three sightings":             {{at: moment(0, 0), before: flags("min-sightings", "3"), want: "waiting: 1 of 3 sightings"}, {at: moment(1, 0), want: "waiting: 2 of 3 sightings"}, canceledAt(2, nil)},
		"a month between two nights":  {waitsAt(0, nil), canceledAt(30, nil)},
		"a wider gap":                 {waitsAt(0, flags("sighting-gap", "3d")), waitsAt(1, nil), waitsAt(2, nil), canceledAt(3, nil)},
		"one more instance in it":     {waitsAt(0, nil), waitsAt(1, addInstance), canceledAt(2, nil)},
		"another instance in it":      {waitsAt(0, nil), waitsAt(1, replaceInstance), canceledAt(2, nil)},
		"it moves to another account": {waitsAt(0, nil), waitsAt(1, moveAccount), canceledAt(2, nil)},
	}
	maps.Copy(all, brokenStories())
	maps.Copy(all, siteStories())
	return all
}

// brokenStories have nights in between that are not sightings.
func brokenStories() map[string][]step {
	elsewhere := step{at: moment(1, 0), before: flags("accounts", accountA), code: job.ExitRefused, want: once} // it has no history of its own
	return map[string][]step{
		"an incomplete night between": {
			waitsAt(0, nil), {at: moment(1, 0), before: failAccountA, code: job.ExitIncomplete}, canceledAt(2, healServer),
		},
		"an incomplete night, which read its account": {
			waitsAt(0, nil), {at: moment(1, 0), before: failAccountB, code: job.ExitIncomplete, want: once}, canceledAt(2, healServer),
		},
		"only incomplete nights": {
			{at: moment(0, 0), before: failAccountB, code: job.ExitIncomplete, want: "waiting: 0 of 2 sightings"},
			{at: moment(1, 0), code: job.ExitIncomplete, want: "waiting: 0 of 2 sightings"}, waitsAt(2, healServer), canceledAt(3, nil),
		},
		"another scope, and back": {waitsAt(0, nil), elsewhere, canceledAt(2, unscoped)},
		"another scope":           {waitsAt(0, nil), elsewhere, canceledAt(2, nil)},
		"a guard objects, and somebody accepts": {
			waitsAt(0, nil), {at: moment(1, 0), before: shrink, code: job.ExitRefused, want: once}, waitsAt(2, acceptNight(1)), canceledAt(3, nil),
		},
		"a guard objects, and nobody accepts": {
			waitsAt(0, nil), {at: moment(1, 0), before: shrink, code: job.ExitRefused, want: once}, canceledAt(2, regrow),
		},
		"a run with an as-of between": {waitsAt(0, nil), {at: moment(0, 12), before: auditAsOf, want: once}, canceledAt(1, nil)},
		"a replay between":            {waitsAt(0, flags("reports", "findings,snapshot")), {at: moment(0, 12), before: replay, want: once}, canceledAt(1, nil)},
		"an exception that expires": {
			{at: moment(0, 0), before: except(moment(2, 0)), want: "not_allowed: excepted: on trial"}, {at: moment(1, 0), want: "not_allowed: excepted: on trial"},
			waitsAt(2, nil), canceledAt(3, nil),
		},
		"an exception after a sighting": {
			waitsAt(0, nil), {at: moment(1, 0), before: except(moment(3, 0)), want: "not_allowed: excepted: on trial"},
			{at: moment(2, 0), want: "not_allowed: excepted: on trial"}, canceledAt(3, nil),
		},
		"in flight, and settled": {
			{at: moment(0, 0), before: touch(-1), want: "not_allowed: in_flight"}, {at: moment(1, 0), want: "not_allowed: in_flight"},
			waitsAt(2, nil), canceledAt(3, nil),
		},
	}
}

// siteStories are of an instance that should be on another site: moving it takes a
// site down, so it waits like a cancel, and again where the target changes.
func siteStories() map[string][]step {
	return map[string][]step{
		"it is to move":                {waitsAt(0, onSite(1, siteID(2))), sentAt(1, nil, "assign")},
		"it is to float":               {waitsAt(0, onSite(1, "none")), sentAt(1, nil, "unassign")},
		"it floats":                    {sentAt(0, onSite(0, siteID(2)), "assign")},
		"it is to move elsewhere":      {waitsAt(0, onSite(1, siteID(2))), waitsAt(1, onSite(1, siteID(3))), sentAt(2, nil, "assign")},
		"it is elsewhere already":      {waitsAt(0, onSite(1, siteID(2))), waitsAt(1, onSite(4, siteID(2))), sentAt(2, nil, "assign")},
		"it is to float, then to move": {waitsAt(0, onSite(1, "none")), waitsAt(1, onSite(1, siteID(2))), sentAt(2, nil, "assign")},
		"it floats by then":            {waitsAt(0, onSite(1, siteID(2))), sentAt(1, onSite(0, siteID(2)), "assign")},
	}
}

// sentAt is a night on which something other than a cancel is sent.
func sentAt(night int, befall func(*testing.T, *fixScenario), what string) step {
	return step{at: moment(night, 0), before: befall, want: applied, sends: what}
}

// onSite gives the orphan a ledger row with the desired site; its instance is on
// the site at, 0 for none.
func onSite(at int, want string) func(*testing.T, *fixScenario) {
	return func(_ *testing.T, n *fixScenario) {
		n.rows = append(n.rows[:2:2], rowsOf(wixsim.Row{ExternalID: orphan, SiteID: want})...)
		inst := &n.packages[2].ProductInstances[0]
		if inst.SiteID = siteID(at); at == 0 {
			inst.SiteID = ""
		}
	}
}

// What happens before a night.

func freeze(_ *testing.T, n *fixScenario)     { n.frozen = true }
func thaw(_ *testing.T, n *fixScenario)       { n.frozen = false }
func dropOrphan(_ *testing.T, n *fixScenario) { n.packages = n.packages[:2] }

func returnOrphan(_ *testing.T, n *fixScenario) { n.addOrphanPackage() }

func addInstance(_ *testing.T, n *fixScenario) {
	p := &n.packages[2]
	p.ProductInstances = append(p.ProductInstances, wixsim.Instance{})
	fillInstance(&p.ProductInstances[1], p, 102)
}

func replaceInstance(_ *testing.T, n *fixScenario) {
	n.packages[2].ProductInstances[0].InstanceID = instanceID(109)
}

func moveAccount(_ *testing.T, n *fixScenario) { n.packages[2].AccountID = accountB }

func touch(hour int) func(*testing.T, *fixScenario) {
	return func(_ *testing.T, n *fixScenario) { n.packages[2].UpdatedDate = moment(0, hour) }
}

func flags(name, value string) func(*testing.T, *fixScenario) {
	return func(_ *testing.T, n *fixScenario) { n.setFlags(map[string]string{name: value}) }
}

func unscoped(_ *testing.T, n *fixScenario) { delete(n.flags, "accounts") }

func failAccountA(_ *testing.T, n *fixScenario) {
	n.server = wixsim.Options{FailAccounts: map[string]int{accountA: 403}, FailSweepPagesOf: map[string]int{accountA: 403}}
}

func failAccountB(_ *testing.T, n *fixScenario) {
	n.server = wixsim.Options{FailAccounts: map[string]int{accountB: 403}, FailSweepPagesOf: map[string]int{accountB: 403}}
}

func healServer(_ *testing.T, n *fixScenario) { n.server = wixsim.Options{} }

func shrink(_ *testing.T, n *fixScenario) {
	n.setFlags(map[string]string{"canary": "S-2"})
	n.rows = n.rows[:1]
}

func regrow(_ *testing.T, n *fixScenario) {
	n.rows = append(n.rows, wixsim.Row{ExternalID: "S-2", AccountID: accountB, Status: "active"})
}

func planned(n *fixScenario, t *testing.T, at time.Time, code int) *nightResult {
	return n.runPlan(t, at, code)
}

// between runs on a night in between.
func between(night int, run func(*fixScenario, *testing.T, time.Time, int) *nightResult) func(*testing.T, *fixScenario) {
	return func(t *testing.T, n *fixScenario) { run(n, t, moment(night, 0), job.ExitOK) }
}

// acceptNight accepts what a guard objected to, hours after the night.
func acceptNight(night int) func(*testing.T, *fixScenario) {
	return func(t *testing.T, n *fixScenario) {
		j := job.Job{
			Config: &config.Config{Out: n.out, Output: config.OutputText}, Opener: n.opener, Log: slog.New(slog.DiscardHandler),
			Stdout: new(bytes.Buffer), Started: moment(night, 6),
		}
		delete(n.flags, "canary")
		if err := j.AcceptRun(t.Context(), moment(night, 0).Format("20060102T150405Z"), "they left", ""); err != nil {
			t.Fatal(err)
		}
	}
}

// auditAsOf runs an audit with --as-of in between.
func auditAsOf(t *testing.T, n *fixScenario) {
	n.setFlags(map[string]string{"as-of": moment(1, 0).Format(time.RFC3339)})
	n.audit(t, moment(0, 6), job.ExitOK)
	delete(n.flags, "as-of")
}

// replay audits the snapshot of the first night.
func replay(t *testing.T, n *fixScenario) {
	name := filepath.Join(t.TempDir(), "packages.jsonl.zst")
	if err := os.WriteFile(name, n.read(t, moment(0, 0).Format("20060102T150405Z")+"/packages.jsonl.zst"), 0o600); err != nil {
		t.Fatal(err)
	}
	n.setFlags(map[string]string{"snapshot": name})
	n.audit(t, moment(0, 6), job.ExitOK)
	delete(n.flags, "snapshot")
}

// except adds an exception for the orphan until a moment.
func except(until time.Time) func(*testing.T, *fixScenario) {
	return func(t *testing.T, n *fixScenario) {
		name := filepath.Join(t.TempDir(), "exceptions.csv")
		text := fmt.Sprintf("kind,external_id,reason,expires\norphan_package,%s,on trial,%s\n", orphan, until.Format(time.RFC3339))
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		n.setFlags(map[string]string{"exceptions": name})
	}
}
