package job_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wixrecon/wixrecon/cmd/internal/job"
	"github.com/wixrecon/wixrecon/reconcile/fix"
	"github.com/wixrecon/wixrecon/sources/wix/wixsim"
)

// In other programs the dry run and the real run saw different things (cloud-nuke
// #846, dnscontrol #69). Here a plan for review, a run refused by its limits and a
// run that sends have the same actions, byte for byte, on the same inputs and
// archive: with any concurrency, order of rows and packages, and server faults.

// A variant is one way to run the same night.
type variant struct {
	name   string
	review bool // run plan
	order  uint64
	flags  map[string]string
	server wixsim.Options
	code   int
}

func variants() []variant {
	refused := map[string]string{"max-fixes": "0"}
	faulty := wixsim.Options{Seed: 5, PageSize: 9, ShufflePages: 6, Faults: map[wixsim.Fault]float64{
		wixsim.RepeatPackage: 0.2, wixsim.StaleCopy: 0.2, wixsim.ThrottleRetryAfter: 0.1, wixsim.UnknownFields: 0.2,
	}}
	return []variant{
		{name: "a refused run", flags: refused, code: job.ExitRefused},
		{name: "a refused run, one request at a time, rows permuted", flags: with(refused, "concurrency", "1"), order: 8, code: job.ExitRefused},
		{name: "a plan, 16 requests at a time, packages permuted", review: true, flags: with(nil, "concurrency", "16"), server: wixsim.Options{ShufflePages: 4, PageSize: 7}},
		{name: "a refused plan, rows permuted", review: true, flags: with(refused, "concurrency", "3"), order: 9, code: job.ExitRefused},
		{name: "a refused run, a server with faults", flags: with(refused, "concurrency", "3"), order: 10, server: faulty, code: job.ExitRefused},
		{name: "a plan, a server that neither filters nor counts", review: true, server: wixsim.Options{OnlyAccountFilter: true, NoOffset: true}},
		{name: "a run that sends"},
	}
}

// with returns flags with another one.
func with(flags map[string]string, name, value string) map[string]string {
	more := map[string]string{name: value}
	maps.Copy(more, flags)
	return more
}

// A preparedNight is a random inventory with a history, from which every variant
// of one night starts.
type preparedNight struct {
	*fixScenario
	planted *wixsim.SampleData
	flags   map[string]string
}

func prepareNight(t *testing.T, seed uint64) *preparedNight {
	t.Helper()
	r := &preparedNight{fixScenario: newFixScenario(t)}
	r.planted = wixsim.Generate(wixsim.SampleOptions{Seed: seed, Packages: 60, PerKind: 2, AsOf: moment(1, 0)})
	r.packages, r.frozen, r.out = r.planted.Inventory, true, filepath.Join(t.TempDir(), "out")
	r.flags = map[string]string{
		"max-bad-rows": "100", "min-sightings": fmt.Sprint(2 + seed%2), "prices": r.prices(t), "cancel-unlisted-accounts": "true",
	}
	r.setFlags(r.flags)
	r.rows = nil
	r.writeLedger(t, 7)
	r.audit(t, moment(0, 0), job.ExitOK)
	return r
}

// writeLedger writes the ledger in another order.
func (r *preparedNight) writeLedger(t *testing.T, seed uint64) {
	t.Helper()
	if err := os.WriteFile(r.ledger, r.planted.LedgerCSV(seed), 0o600); err != nil {
		t.Fatal(err)
	}
}

// prices writes a file with the prices of every second product and cycle.
func (r *preparedNight) prices(t *testing.T) string {
	t.Helper()
	text := "catalog_product_id,billing_cycle,unit_cost,currency,product_name\n"
	known := make(map[string]bool)
	for _, row := range r.planted.Rows {
		key := row.CatalogProductID + "," + row.BillingCycle
		if row.BillingCycle != "1 MONTH" || known[key] || len(row.CatalogProductID) != 36 {
			continue
		}
		if known[key] = true; len(known)%2 == 0 {
			text += fmt.Sprintf("%s,%d.50,EUR,\n", key, len(known))
		}
	}
	name := filepath.Join(t.TempDir(), "prices.csv")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// actions runs a variant of the night on a copy of the archive, and returns the
// actions in the plan's file.
func (r *preparedNight) actions(t *testing.T, g *variant) ([]byte, *nightResult) {
	t.Helper()
	own := *r.fixScenario
	own.scenario = &scenario{ledger: r.ledger, opener: r.opener, packages: r.planted.Inventory, server: g.server, out: filepath.Join(t.TempDir(), "out")}
	if err := os.CopyFS(own.out, os.DirFS(r.out)); err != nil {
		t.Fatal(err)
	}
	own.setFlags(r.fixScenario.flags)
	own.setFlags(g.flags)
	r.writeLedger(t, g.order)
	night := own.runFixes
	if g.review {
		night = own.runPlan
	}
	m := night(t, moment(1, 0), g.code)
	var plan struct {
		Actions json.RawMessage `json:"actions"`
	}
	if err := json.Unmarshal(own.read(t, m.id+"/plan.json"), &plan); err != nil {
		t.Fatal(err)
	}
	return plan.Actions, m
}

// The short form has one seed, which needs two or three sightings, and a part of the
// variants.
func TestPlanAndRunHaveTheSameActions(t *testing.T) {
	t.Parallel()
	seeds := []uint64{0, 1, 2, 3}
	for _, seed := range sampleOf(t, "seeds", 1, seeds) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			r := prepareNight(t, seed)
			want, _ := r.actions(t, &variant{review: true})
			r.expectVariety(t, want)
			for _, g := range sampleOf(t, "variants", 5, variants()) {
				got, m := r.actions(t, &g)
				if !bytes.Equal(got, want) {
					t.Errorf("%s: the actions differ:\n%s", g.name, firstDifference(string(got), string(want)))
				}
				if sends := g.flags == nil && !g.review; sends != (len(m.sim.Changes()) > 0) {
					t.Errorf("%s: sent %q", g.name, describeSent(m))
				}
			}
		})
	}
}

// expectVariety expects actions of every kind, with too few sightings or enough.
func (r *preparedNight) expectVariety(t *testing.T, text []byte) {
	t.Helper()
	var actions []fix.Action
	if err := json.Unmarshal(text, &actions); err != nil {
		t.Fatal(err)
	}
	kinds, waiting, priced := make(map[string]bool), 0, 0
	for i := range actions {
		kinds[actions[i].Fix] = true
		if actions[i].Waiting != nil {
			waiting++
		}
		if len(actions[i].Costs) > 0 {
			priced++
		}
	}
	if len(kinds) < len(fix.Fixes()) || priced == 0 || (waiting > 0) != (r.flags["min-sightings"] == "3") {
		t.Errorf("%d actions, %d waiting, %d priced, %v", len(actions), waiting, priced, kinds)
	}
}

// firstDifference returns the first line on which two texts differ.
func firstDifference(got, want string) string {
	lines := strings.Split(want, "\n")
	for i, line := range strings.Split(got, "\n") {
		if i >= len(lines) || line != lines[i] {
			return fmt.Sprintf("line %d: got %s, want %s", i+1, line, strings.Join(lines[min(i, len(lines)):min(i+1, len(lines))], ""))
		}
	}
	return "one text is shorter"
}
