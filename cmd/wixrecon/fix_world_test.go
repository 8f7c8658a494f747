package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
	"github.com/wixrecon/wixrecon/sources/wix/wixsim"
)

// What the acceptance of fixing stands on: a planted book of today behind HTTP
// on loopback, and the whole program that fixes it. What was done is told by the
// simulator's record and by what it holds, never by the program alone.
//
// The clock of the simulated Wix lies days back, so that what was changed is not
// in flight a moment later; every other date is what it would be.

const (
	daysBack    = 60 * time.Hour
	everyFix    = "external-id,unassign,assign,adjust,create,cancel"
	commonFixes = "cancel,external-id,assign"
	unfixedRun  = 6 // some fixes failed, are unsettled or were not started
	refusedRun  = 5
	driftRun    = 3
	firstFixing = "fix"
)

// A ward is an inventory under repair.
type ward struct {
	*world
	args []string // of every command
}

// newWard serves the planted book. A nil o is a Wix without any fault.
func newWard(t *testing.T, planted *wixsim.SampleData, o *wixsim.Options) *ward {
	t.Helper()
	var options wixsim.Options
	if o != nil {
		options = *o
	}
	options.Changes.Now = func() time.Time { return time.Now().Add(-daysBack) }
	return &ward{world: newWorld(t, planted, &options)}
}

// ofToday plants an inventory that is read now.
func ofToday(o wixsim.SampleOptions) *wixsim.SampleData {
	o.AsOf = time.Now().UTC().Truncate(time.Second)
	return wixsim.Generate(o)
}

// A visit is a run, and what it left behind.
type visit struct {
	*outcome
	run string
}

// do calls a command that leaves a run, without any limit but what more says.
func (w *ward) do(ctx context.Context, run, command string, more ...string) *visit {
	args := []string{
		"wixrecon", command, "--account-id", w.planted.Parent, "--base-url", w.url, "--rate", "off",
		"--ledger", w.ledger, "--out", w.out, "--run-id", run, "--reports", "findings", "--max-bad-rows", "10 %",
		"--max-shrink", "off", "--min-sightings", "1", "--max-fixes", "off", "--max-cancels", "off",
		"--max-cancel-percent", "off", "--max-cancels-per-account", "off", "--settle", "1s",
	}
	args = append(append(args, w.args...), more...)
	return &visit{w.call(ctx, args, "WIX_API_KEY="+w.key), run}
}

// begin makes the accepted run without which nothing is fixed.
func (w *ward) begin(t *testing.T, more ...string) *visit {
	t.Helper()
	v := w.do(t.Context(), "first", "run", more...)
	v.wants(t, completeRun)
	if n := len(w.server.Changes()); n > 0 {
		t.Fatalf("an audit sent %d requests that change something", n)
	}
	return v
}

// fix runs the program with fixes.
func (w *ward) fix(t *testing.T, run, fixes string, more ...string) *visit {
	t.Helper()
	return w.do(t.Context(), run, "run", append([]string{"--fix", fixes}, more...)...)
}

// apply carries out the plan that a run left.
func (w *ward) apply(t *testing.T, run, planned string, more ...string) *visit {
	t.Helper()
	return w.do(t.Context(), run, "apply", append(more, "--yes", filepath.Join(w.out, planned, "plan.json"))...)
}

// journal lists what the journal has, newest first.
func (w *ward) journal(t *testing.T, more ...string) []attempted {
	t.Helper()
	args := append([]string{"wixrecon", "journal", "--out", w.out, "--output", "json"}, more...)
	o := w.call(t.Context(), args)
	o.wants(t, completeRun)
	var all []attempted
	if err := json.Unmarshal([]byte(o.stdout), &all); err != nil {
		t.Fatalf("the journal is no JSON: %v\n%s", err, o.stdout)
	}
	return all
}

// verify holds the journal against Wix.
func (w *ward) verify(t *testing.T) *outcome {
	t.Helper()
	return w.call(t.Context(), []string{
		"wixrecon", "journal", "verify", "--out", w.out, "--account-id", w.planted.Parent, "--base-url", w.url, "--rate", "off",
	}, "WIX_API_KEY="+w.key)
}

// An attempted is a line of the journal.
type attempted struct {
	Outcome    string    `json:"outcome"`
	Reason     string    `json:"reason"`
	Fix        string    `json:"fix"`
	AccountID  string    `json:"account_id"`
	ExternalID string    `json:"external_id"`
	PackageID  string    `json:"package_id"`
	InstanceID string    `json:"instance_id"`
	Wanted     string    `json:"wanted"`
	Key        string    `json:"action_key"`
	Attempt    int       `json:"attempt"`
	Sends      *int      `json:"sends"`
	SettlesAt  time.Time `json:"settles_at"`
	RunID      string    `json:"run_id"`
}

// rows reads a report of rows.
func (v *visit) rows(t *testing.T, name string) []map[string]string {
	t.Helper()
	return v.table(t, v.of(name))
}

// of names a file of this run for what reads those of the usual one.
func (v *visit) of(name string) string { return filepath.Join("..", v.run, name) }

// told reads summary.json, which must say what the program ended with.
func (v *visit) told(t *testing.T) *reconcile.Summary {
	t.Helper()
	var s reconcile.Summary
	if err := json.Unmarshal(v.read(t, v.of("summary.json")), &s); err != nil {
		t.Fatal(err)
	}
	if s.ExitCode != v.code {
		t.Errorf("summary.json says exit code %d, the program ended with %d", s.ExitCode, v.code)
	}
	return &s
}

// plan reads plan.json.
func (v *visit) plan(t *testing.T) *fix.Plan {
	t.Helper()
	p, err := fix.DecodePlan(v.read(t, v.of("plan.json")))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// wantsOutcomes holds the actions of summary.json against what must have become
// of them; what is not named must be 0.
func (v *visit) wantsOutcomes(t *testing.T, want map[string]int) {
	t.Helper()
	s := v.told(t)
	if s.Fixes == nil {
		t.Fatalf("summary.json says nothing of fixes\n%s", v.stderr)
	}
	for outcome, n := range s.Fixes.Actions {
		if n != want[outcome] {
			t.Errorf("%d actions are %s, want %d\n%s", n, outcome, want[outcome], v.stderr)
		}
	}
}

// A call is a request that changes something, as it is wanted or was received.
type call struct {
	kind     wixsim.ChangeKind
	account  string // of the header
	about    string // instance, else package, else external id
	value    string // a site, an external id, or what a body asks for
	packages string // the package that it is about; empty for a create
}

// received gives what the simulator received, in order of arrival. What it
// turned away for coming too fast is left out.
func (w *ward) received(t *testing.T) []call {
	t.Helper()
	var all []call
	for _, c := range w.server.Changes() {
		if c.Status == http.StatusTooManyRequests {
			continue
		}
		one := callOf(t, &c)
		if one.packages == "" && c.InstanceID != "" { // it was refused
			one.packages = holder(w.planted, c.InstanceID)
		}
		all = append(all, one)
	}
	return all
}

// holder gives the planted package that holds an instance.
func holder(planted *wixsim.SampleData, instance string) string {
	for i := range planted.Inventory {
		for _, in := range planted.Inventory[i].ProductInstances {
			if in.InstanceID == instance {
				return planted.Inventory[i].ID
			}
		}
	}
	return ""
}

func callOf(t *testing.T, c *wixsim.Change) call {
	t.Helper()
	got := call{kind: c.Kind, account: c.Header.Get("wix-account-id"), about: c.InstanceID, packages: c.PackageID}
	if got.about == "" {
		got.about = c.PackageID
	}
	last, err := url.PathUnescape(c.Path[strings.LastIndex(c.Path, "/")+1:])
	if err != nil {
		t.Errorf("path %s: %v", c.Path, err)
	}
	switch c.Kind {
	case wixsim.Assign, wixsim.SetExternalID:
		got.value = last
	case wixsim.Adjust:
		got.value = c.Body
	case wixsim.CreatePackage:
		order := orderOf(t, c.Body)
		got.about, got.packages, got.value = order.ExternalID, "", order.products()
	}
	return got
}

// An order is the body of a create.
type order struct {
	ExternalID     string            `json:"externalId"`
	IdempotencyKey string            `json:"idempotencyKey"`
	Products       []json.RawMessage `json:"products"`
}

func orderOf(t *testing.T, body string) order {
	t.Helper()
	var o order
	if err := json.Unmarshal([]byte(body), &o); err != nil {
		t.Errorf("a create with the body %s: %v", body, err)
	}
	return o
}

// products gives what is ordered, in order.
func (o *order) products() string {
	parts := make([]string, len(o.Products))
	for i, p := range o.Products {
		parts[i] = string(p)
	}
	return strings.Join(sorted(parts), "\n")
}
