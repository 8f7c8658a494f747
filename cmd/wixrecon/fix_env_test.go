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

	"github.com/wixrecon/wixrecon/reconcile/fix"
	"github.com/wixrecon/wixrecon/sources/wix/wixsim"
)

// The environment of the acceptance tests of fixes: an inventory with planted drift
// of today, and the whole program. Effects are checked against what the simulator
// recorded and holds, not against the reports alone.
//
// The clock of the simulated Wix is days behind, so that a change is not in flight
// afterwards. All other dates are real.

const (
	clockOffset = 60 * time.Hour
	everyFix    = "external-id,unassign,assign,adjust,create,cancel"
	commonFixes = "cancel,external-id,assign"
	exitUnfixed = 6 // some fixes failed, are unsettled or were not started
	exitRefused = 5
	exitDrift   = 3
	fixRunID    = "fix"
)

// A fixEnv is a test environment for fixes.
type fixEnv struct {
	*testEnv
	args []string // added to every command
}

// newFixEnv serves the planted inventory. A nil o is a server without faults.
func newFixEnv(t *testing.T, planted *wixsim.SampleData, o *wixsim.Options) *fixEnv {
	t.Helper()
	var options wixsim.Options
	if o != nil {
		options = *o
	}
	options.Changes.Now = func() time.Time { return time.Now().Add(-clockOffset) }
	return &fixEnv{testEnv: newEnv(t, planted, &options)}
}

// generateNow generates sample data as of now.
func generateNow(o wixsim.SampleOptions) *wixsim.SampleData {
	o.AsOf = time.Now().UTC().Truncate(time.Second)
	return wixsim.Generate(o)
}

// command runs a command that writes a run, without limits unless more sets them.
func (w *fixEnv) command(ctx context.Context, run, command string, more ...string) *runResult {
	args := []string{
		"wixrecon", command, "--account-id", w.planted.Parent, "--base-url", w.url, "--rate", "off",
		"--ledger", w.ledger, "--out", w.out, "--run-id", run, "--reports", "findings", "--max-bad-rows", "10 %",
		"--max-shrink", "off", "--min-sightings", "1", "--max-fixes", "off", "--max-cancels", "off",
		"--max-cancel-percent", "off", "--max-cancels-per-account", "off", "--settle", "1s",
	}
	args = append(append(args, w.args...), more...)
	o := w.call(ctx, args, "WIX_API_KEY="+w.key)
	o.run = run
	return o
}

// firstRun makes the accepted run that fixes require.
func (w *fixEnv) firstRun(t *testing.T, more ...string) *runResult {
	t.Helper()
	v := w.command(t.Context(), "first", "run", more...)
	v.requireCode(t, exitOK)
	if n := len(w.server.Changes()); n > 0 {
		t.Fatalf("an audit sent %d requests that change something", n)
	}
	return v
}

// fix runs the program with fixes.
func (w *fixEnv) fix(t *testing.T, run, fixes string, more ...string) *runResult {
	t.Helper()
	return w.command(t.Context(), run, "run", append([]string{"--fix", fixes}, more...)...)
}

// apply applies the plan of a run.
func (w *fixEnv) apply(t *testing.T, run, planned string, more ...string) *runResult {
	t.Helper()
	return w.command(t.Context(), run, "apply", append(more, "--yes", filepath.Join(w.out, planned, "plan.json"))...)
}

// journal returns the entries of the journal, newest first.
func (w *fixEnv) journal(t *testing.T, more ...string) []journalEntry {
	t.Helper()
	args := append([]string{"wixrecon", "journal", "--out", w.out, "--output", "json"}, more...)
	o := w.call(t.Context(), args)
	o.requireCode(t, exitOK)
	var all []journalEntry
	if err := json.Unmarshal([]byte(o.stdout), &all); err != nil {
		t.Fatalf("the journal is no JSON: %v\n%s", err, o.stdout)
	}
	return all
}

// verify compares the journal with Wix.
func (w *fixEnv) verify(t *testing.T) *runResult {
	t.Helper()
	return w.call(t.Context(), []string{
		"wixrecon", "journal", "verify", "--out", w.out, "--account-id", w.planted.Parent, "--base-url", w.url, "--rate", "off",
	}, "WIX_API_KEY="+w.key)
}

// A journalEntry is an attempt in the output of wixrecon journal.
type journalEntry struct {
	Outcome    string    `json:"outcome"`
	Reason     string    `json:"reason"`
	Fix        string    `json:"fix"`
	AccountID  string    `json:"account_id"`
	ExternalID string    `json:"external_id"`
	PackageID  string    `json:"package_id"`
	InstanceID string    `json:"instance_id"`
	Expected   string    `json:"expected"`
	Key        string    `json:"action_key"`
	Attempt    int       `json:"attempt"`
	Sends      *int      `json:"sends"`
	SettlesAt  time.Time `json:"settles_at"`
	RunID      string    `json:"run_id"`
}

// plan reads plan.json.
func (v *runResult) plan(t *testing.T) *fix.Plan {
	t.Helper()
	p, err := fix.DecodePlan(v.read(t, "plan.json"))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// checkOutcomes compares the actions in summary.json with the expected counts;
// missing counts are 0.
func (v *runResult) checkOutcomes(t *testing.T, want map[string]int) {
	t.Helper()
	s := v.summary(t)
	if s.Fixes == nil {
		t.Fatalf("summary.json has no fixes\n%s", v.stderr)
	}
	for outcome, n := range s.Fixes.Actions {
		if n != want[outcome] {
			t.Errorf("%d actions are %s, want %d\n%s", n, outcome, want[outcome], v.stderr)
		}
	}
}

// A change is a request that changes something, expected or received.
type change struct {
	kind      wixsim.ChangeKind
	account   string // in the header
	target    string // instance, else package, else external id
	value     string // a site, an external id, or a request body
	packageID string // empty for a create
}

// receivedChanges returns the changes that the simulator received, in order of
// arrival, without throttled ones.
func (w *fixEnv) receivedChanges(t *testing.T) []change {
	t.Helper()
	var all []change
	for _, c := range w.server.Changes() {
		if c.Status == http.StatusTooManyRequests {
			continue
		}
		one := changeOf(t, &c)
		if one.packageID == "" && c.InstanceID != "" { // it was refused
			one.packageID = packageOf(w.planted, c.InstanceID)
		}
		all = append(all, one)
	}
	return all
}

// packageOf returns the planted package of an instance.
func packageOf(planted *wixsim.SampleData, instance string) string {
	for i := range planted.Inventory {
		for _, in := range planted.Inventory[i].ProductInstances {
			if in.InstanceID == instance {
				return planted.Inventory[i].ID
			}
		}
	}
	return ""
}

func changeOf(t *testing.T, c *wixsim.Change) change {
	t.Helper()
	got := change{kind: c.Kind, account: c.Header.Get("wix-account-id"), target: c.InstanceID, packageID: c.PackageID}
	if got.target == "" {
		got.target = c.PackageID
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
		got.target, got.packageID, got.value = order.ExternalID, "", order.products()
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

// products returns the ordered products, sorted.
func (o *order) products() string {
	parts := make([]string, len(o.Products))
	for i, p := range o.Products {
		parts[i] = string(p)
	}
	return strings.Join(sorted(parts), "\n")
}
