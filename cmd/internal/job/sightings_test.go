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

// A removal waits for its second sighting, over nights as they come. Each story
// tells night after night what befalls, and what findings.csv then says of the
// orphan: how often it was seen, and on the night that it is sent, that it was
// applied. The simulator says the same.

// A tale is a night of a story.
type tale struct {
	at     time.Time
	befall func(*testing.T, *nights)
	code   int
	want   string // outcome and reason of the orphan's row
	sends  string
}

const (
	once    = "waiting: 1 of 2 sightings"
	applied = "applied"
)

// waits is a night with a sighting, the first.
func waits(night int, befall func(*testing.T, *nights)) tale {
	return tale{at: moment(night, 0), befall: befall, want: once}
}

// sent is the night on which the orphan is canceled.
func sent(night int, befall func(*testing.T, *nights)) tale {
	return tale{at: moment(night, 0), befall: befall, want: applied, sends: aPackage}
}

// newStory gives an inventory with an orphan, whose first night was before it came.
func newStory(t *testing.T) *nights {
	n := newNights(t)
	n.set(map[string]string{"min-sightings": "2", "max-shrink": "off"})
	n.audit(t, moment(-1, 0), job.ExitOK)
	n.come()
	return n
}

// come puts the orphan into the inventory, which is its third package.
func (n *nights) come() {
	n.book = append(n.book, packagesOf(wixsim.Package{ExternalID: orphan})...)
}

// pass runs a night of a story.
func (n *nights) pass(t *testing.T, c *tale) {
	t.Helper()
	if c.befall != nil {
		c.befall(t, n)
	}
	m := n.fixes(t, c.at, c.code, reconcile.FixCancel, reconcile.FixAssign, reconcile.FixUnassign)
	if got := said(m.orphan); got != c.want {
		t.Errorf("%s: the orphan is %q, want %q", m.id, got, c.want)
	}
	if got := sentOf(m); got != c.sends {
		t.Errorf("%s: sent %q, want %q", m.id, got, c.sends)
	}
}

// said gives what a row of findings.csv says became of a fix.
func said(row map[string]string) string {
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
				n.pass(t, &story[i])
			}
		})
	}
}

func stories() map[string][]tale {
	all := map[string][]tale{
		"two nights":                  {waits(0, nil), sent(1, nil)},
		"the same ledger twice":       {waits(0, nil), waits(1, freeze), waits(2, nil), sent(3, thaw)},
		"it blinks":                   {waits(0, nil), {at: moment(1, 0), befall: leave}, waits(2, comeBack), sent(3, nil)},
		"it blinks for weeks":         {waits(0, nil), {at: moment(1, 0), befall: leave}, waits(30, comeBack), sent(31, nil)},
		"a minute short of the gap":   {waits(0, nil), {at: moment(0, 20).Add(-time.Minute), want: once}, sent(1, nil)},
		"the gap, to the minute":      {waits(0, nil), {at: moment(0, 20), want: applied, sends: aPackage}},
		"two runs in one night":       {waits(0, nil), {at: moment(0, 1), want: once}, {at: moment(0, 2), want: once}, sent(1, nil)},
		"nights without --fix count":  {waits(0, nil), sent(2, between(1, (*nights).audit))},
		"a plan between counts":       {waits(0, nil), sent(2, between(1, planned))},
		"three sightings":             {{at: moment(0, 0), befall: flags("min-sightings", "3"), want: "waiting: 1 of 3 sightings"}, {at: moment(1, 0), want: "waiting: 2 of 3 sightings"}, sent(2, nil)},
		"a month between two nights":  {waits(0, nil), sent(30, nil)},
		"a wider gap":                 {waits(0, flags("sighting-gap", "3d")), waits(1, nil), waits(2, nil), sent(3, nil)},
		"one more instance in it":     {waits(0, nil), waits(1, grow), sent(2, nil)},
		"another instance in it":      {waits(0, nil), waits(1, swap), sent(2, nil)},
		"it moves to another account": {waits(0, nil), waits(1, move), sent(2, nil)},
	}
	maps.Copy(all, brokenStories())
	maps.Copy(all, siteStories())
	return all
}

// brokenStories have nights that are no sightings between.
func brokenStories() map[string][]tale {
	elsewhere := tale{at: moment(1, 0), befall: flags("accounts", accountA), code: job.ExitRefused, want: once} // which has no history of its own
	return map[string][]tale{
		"an incomplete night between": {
			waits(0, nil), {at: moment(1, 0), befall: refuseA, code: job.ExitIncomplete}, sent(2, healA),
		},
		"an incomplete night, which read its account": {
			waits(0, nil), {at: moment(1, 0), befall: refuseB, code: job.ExitIncomplete, want: once}, sent(2, healA),
		},
		"only incomplete nights": {
			{at: moment(0, 0), befall: refuseB, code: job.ExitIncomplete, want: "waiting: 0 of 2 sightings"},
			{at: moment(1, 0), code: job.ExitIncomplete, want: "waiting: 0 of 2 sightings"}, waits(2, healA), sent(3, nil),
		},
		"another scope, and back": {waits(0, nil), elsewhere, sent(2, unscoped)},
		"another scope":           {waits(0, nil), elsewhere, sent(2, nil)},
		"a guard objects, and somebody accepts": {
			waits(0, nil), {at: moment(1, 0), befall: shrink, code: job.ExitRefused, want: once}, waits(2, acceptNight(1)), sent(3, nil),
		},
		"a guard objects, and nobody accepts": {
			waits(0, nil), {at: moment(1, 0), befall: shrink, code: job.ExitRefused, want: once}, sent(2, regrow),
		},
		"a run with an as-of between": {waits(0, nil), {at: moment(0, 12), befall: elsewhen, want: once}, sent(1, nil)},
		"a replay between":            {waits(0, flags("reports", "findings,snapshot")), {at: moment(0, 12), befall: replay, want: once}, sent(1, nil)},
		"an exception that expires": {
			{at: moment(0, 0), befall: except(moment(2, 0)), want: "not_allowed: excepted: on trial"}, {at: moment(1, 0), want: "not_allowed: excepted: on trial"},
			waits(2, nil), sent(3, nil),
		},
		"an exception after a sighting": {
			waits(0, nil), {at: moment(1, 0), befall: except(moment(3, 0)), want: "not_allowed: excepted: on trial"},
			{at: moment(2, 0), want: "not_allowed: excepted: on trial"}, sent(3, nil),
		},
		"in flight, and settled": {
			{at: moment(0, 0), befall: touch(-1), want: "not_allowed: in_flight"}, {at: moment(1, 0), want: "not_allowed: in_flight"},
			waits(2, nil), sent(3, nil),
		},
	}
}

// siteStories are of an instance that is to be elsewhere: whoever moves it takes
// a site down, so that it waits as a cancel does, and anew where it is to go
// somewhere else.
func siteStories() map[string][]tale {
	return map[string][]tale{
		"it is to move":                {waits(0, place(1, siteID(2))), sends(1, nil, "assign")},
		"it is to float":               {waits(0, place(1, "none")), sends(1, nil, "unassign")},
		"it floats":                    {sends(0, place(0, siteID(2)), "assign")},
		"it is to move elsewhere":      {waits(0, place(1, siteID(2))), waits(1, place(1, siteID(3))), sends(2, nil, "assign")},
		"it is elsewhere already":      {waits(0, place(1, siteID(2))), waits(1, place(4, siteID(2))), sends(2, nil, "assign")},
		"it is to float, then to move": {waits(0, place(1, "none")), waits(1, place(1, siteID(2))), sends(2, nil, "assign")},
		"it floats by then":            {waits(0, place(1, siteID(2))), sends(1, place(0, siteID(2)), "assign")},
	}
}

// sends is the night on which something else than a cancel is sent.
func sends(night int, befall func(*testing.T, *nights), what string) tale {
	return tale{at: moment(night, 0), befall: befall, want: applied, sends: what}
}

// place gives the orphan a row, which wants its instance on another site than it
// is on; 0 is none.
func place(at int, want string) func(*testing.T, *nights) {
	return func(_ *testing.T, n *nights) {
		n.rows = append(n.rows[:2:2], rowsOf(wixsim.Row{ExternalID: orphan, SiteID: want})...)
		inst := &n.book[2].ProductInstances[0]
		if inst.SiteID = siteID(at); at == 0 {
			inst.SiteID = ""
		}
	}
}

// What befalls.

func freeze(_ *testing.T, n *nights) { n.still = true }
func thaw(_ *testing.T, n *nights)   { n.still = false }
func leave(_ *testing.T, n *nights)  { n.book = n.book[:2] }

func comeBack(_ *testing.T, n *nights) { n.come() }

func grow(_ *testing.T, n *nights) {
	p := &n.book[2]
	p.ProductInstances = append(p.ProductInstances, wixsim.Instance{})
	fillInstance(&p.ProductInstances[1], p, 102)
}

func swap(_ *testing.T, n *nights) { n.book[2].ProductInstances[0].InstanceID = instanceID(109) }

func move(_ *testing.T, n *nights) { n.book[2].AccountID = accountB }

func touch(hour int) func(*testing.T, *nights) {
	return func(_ *testing.T, n *nights) { n.book[2].UpdatedDate = moment(0, hour) }
}

func flags(name, value string) func(*testing.T, *nights) {
	return func(_ *testing.T, n *nights) { n.set(map[string]string{name: value}) }
}

func unscoped(_ *testing.T, n *nights) { delete(n.flags, "accounts") }

func refuseA(_ *testing.T, n *nights) {
	n.server = wixsim.Options{FailAccounts: map[string]int{accountA: 403}, FailSweepPagesOf: map[string]int{accountA: 403}}
}

func refuseB(_ *testing.T, n *nights) {
	n.server = wixsim.Options{FailAccounts: map[string]int{accountB: 403}, FailSweepPagesOf: map[string]int{accountB: 403}}
}

func healA(_ *testing.T, n *nights) { n.server = wixsim.Options{} }

func shrink(_ *testing.T, n *nights) {
	n.set(map[string]string{"max-shrink": "5"})
	n.rows = n.rows[:1]
}

func regrow(_ *testing.T, n *nights) {
	n.rows = append(n.rows, wixsim.Row{ExternalID: "S-2", AccountID: accountB, Status: "active"})
}

func planned(n *nights, t *testing.T, at time.Time, code int) *morning { return n.plans(t, at, code) }

// between runs on a night of its own.
func between(night int, run func(*nights, *testing.T, time.Time, int) *morning) func(*testing.T, *nights) {
	return func(t *testing.T, n *nights) { run(n, t, moment(night, 0), job.ExitOK) }
}

// acceptNight accepts what a guard objected to, hours after the night.
func acceptNight(night int) func(*testing.T, *nights) {
	return func(t *testing.T, n *nights) {
		j := job.Job{
			Config: &config.Config{Out: n.out, Output: config.OutputText}, Opener: n.places, Log: slog.New(slog.DiscardHandler),
			Stdout: new(bytes.Buffer), Started: moment(night, 6),
		}
		if err := j.AcceptRun(t.Context(), moment(night, 0).Format("20060102T150405Z"), "they left"); err != nil {
			t.Fatal(err)
		}
	}
}

// elsewhen audits another moment, which is no night of its own.
func elsewhen(t *testing.T, n *nights) {
	n.set(map[string]string{"as-of": moment(1, 0).Format(time.RFC3339)})
	n.audit(t, moment(0, 6), job.ExitOK)
	delete(n.flags, "as-of")
}

// replay audits the snapshot of the first night.
func replay(t *testing.T, n *nights) {
	name := filepath.Join(t.TempDir(), "packages.jsonl.zst")
	if err := os.WriteFile(name, n.read(t, moment(0, 0).Format("20060102T150405Z")+"/packages.jsonl.zst"), 0o600); err != nil {
		t.Fatal(err)
	}
	n.set(map[string]string{"snapshot": name})
	n.audit(t, moment(0, 6), job.ExitOK)
	delete(n.flags, "snapshot")
}

// except silences the orphan until a moment.
func except(until time.Time) func(*testing.T, *nights) {
	return func(t *testing.T, n *nights) {
		name := filepath.Join(t.TempDir(), "exceptions.csv")
		text := fmt.Sprintf("kind,external_id,reason,expires\norphan_package,%s,on trial,%s\n", orphan, until.Format(time.RFC3339))
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		n.set(map[string]string{"exceptions": name})
	}
}
