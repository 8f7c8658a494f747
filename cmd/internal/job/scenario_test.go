package job_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/wixrecon/wixrecon/cmd/internal/config"
	"github.com/wixrecon/wixrecon/cmd/internal/job"
	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/storage"
	"github.com/wixrecon/wixrecon/sources/wix/wixsim"
)

// Nightly runs over weeks, over HTTP against the simulator: what a night finds
// depends on what earlier nights left.

const (
	accountA = "a0000000-0000-4000-8000-000000000001"
	accountB = "a0000000-0000-4000-8000-000000000002"
	orphan   = "S-orphan"
)

// A scenario is an inventory and a ledger over several nights.
type scenario struct {
	out      string
	ledger   string
	opener   *storage.Opener
	packages []wixsim.Package
	server   wixsim.Options
	flags    map[string]string // besides those of every night
	fix      *job.FixRequest
}

// newScenario returns a matched subscription in each of two accounts.
func newScenario(t *testing.T, out string) *scenario {
	t.Helper()
	w := &scenario{out: out, ledger: filepath.Join(t.TempDir(), "subs.csv"), opener: new(storage.Opener)}
	w.packages = []wixsim.Package{packageOf(1, accountA, "S-1"), packageOf(2, accountB, "S-2")}
	w.write(t, "S-1,"+accountA+",active\nS-2,"+accountB+",active\n")
	return w
}

func (w *scenario) write(t *testing.T, rows string) {
	t.Helper()
	if err := os.WriteFile(w.ledger, []byte("external_id,account_id,status\n"+rows), 0o600); err != nil {
		t.Fatal(err)
	}
}

// packageOf returns a package that did not change recently.
func packageOf(n int, account, externalID string) wixsim.Package {
	at := moment(-100, 0)
	return wixsim.Package{
		ID: fmt.Sprintf("b0000000-0000-4000-8000-%012d", n), AccountID: account, ExternalID: externalID, CreatedDate: at, UpdatedDate: at,
		ProductInstances: []wixsim.Instance{{
			InstanceID: fmt.Sprintf("c0000000-0000-4000-8000-%012d", n), Status: "ENABLED", CreatedDate: at, UpdatedDate: at,
		}},
	}
}

// moment returns an hour of a night, in the past.
func moment(night, hour int) time.Time {
	return time.Date(2025, 3, 3, 2+hour, 0, 0, 0, time.UTC).AddDate(0, 0, night)
}

// addOrphan adds a package that the ledger does not have.
func (w *scenario) addOrphan() *wixsim.Package {
	w.packages = append(w.packages, packageOf(3, accountA, orphan))
	return &w.packages[len(w.packages)-1]
}

// removeOrphan removes it again.
func (w *scenario) removeOrphan() { w.packages = w.packages[:2] }

// A nightResult is what a night left.
type nightResult struct {
	id      string
	code    int
	summary reconcile.Summary
	orphan  map[string]string // its row of findings.csv, by column; nil where there is none
	log     string
	sim     *wixsim.Server
}

// runNight runs the job on a night and expects the exit code.
func (w *scenario) runNight(t *testing.T, night, code int) *nightResult {
	t.Helper()
	return w.runAt(t, moment(night, 0), code)
}

func (w *scenario) runAt(t *testing.T, at time.Time, code int) *nightResult {
	t.Helper()
	m := &nightResult{id: at.Format("20060102T150405Z"), sim: wixsim.New(w.packages, &w.server)}
	server := httptest.NewServer(m.sim)
	defer server.Close()
	flags := map[string]string{
		"account-id": wixsim.DefaultParent, "base-url": server.URL, "rate": "off", "ledger": w.ledger, "out": w.out,
		"run-id": m.id, "output": "json", "reports": "findings",
		"max-shrink": "off", // a package more or less is a third of the inventory
	}
	for name, value := range w.flags {
		flags[name] = value
	}
	cfg, err := config.Load(flags, []string{"WIX_API_KEY=" + wixsim.DefaultKey}, os.ReadFile)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(w.ledger, at, at); err != nil { // it was written that night
		t.Fatal(err)
	}
	var stdout, log bytes.Buffer
	j := job.Job{
		Config: cfg, Opener: w.opener, Version: "test", Log: slog.New(slog.NewTextHandler(&log, nil)), Stdout: &stdout,
		Started: at,
	}
	if m.code, err = j.Run(t.Context(), w.fix); err != nil || m.code != code {
		t.Fatalf("%s: code %d, want %d: %v\n%s", m.id, m.code, code, err, &log)
	}
	m.log = log.String()
	text := stdout.Bytes()
	if w.fix != nil && w.fix.Review { // plan prints the plan
		text = w.read(t, m.id+"/summary.json")
	}
	if err := json.Unmarshal(text, &m.summary); err != nil {
		t.Fatal(err)
	}
	m.orphan = w.orphanRow(t, m.id)
	return m
}

// orphanRow returns the orphan's row of findings.csv, nil where there is none.
func (w *scenario) orphanRow(t *testing.T, id string) map[string]string {
	t.Helper()
	records, err := csv.NewReader(bytes.NewReader(w.read(t, id+"/findings.csv"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, record := range records[1:] {
		row := make(map[string]string)
		for i, column := range records[0] {
			row[column] = record[i]
		}
		if row["external_id"] == orphan {
			return row
		}
	}
	return nil
}

func (w *scenario) read(t *testing.T, key string) []byte {
	t.Helper()
	dir, err := w.opener.OpenDir(t.Context(), w.out)
	if err != nil {
		t.Fatal(err)
	}
	text, err := dir.Read(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// expect checks the orphan's state, the night on which it was first seen, and
// what changed.
func (m *nightResult) expect(t *testing.T, state string, first int, changes *reconcile.Changes) {
	t.Helper()
	if m.orphan["state"] != state {
		t.Errorf("%s: the orphan is %q, want %q", m.id, m.orphan["state"], state)
	}
	if want := moment(first, 0).Format(time.RFC3339); state != "" && m.orphan["first_seen"] != want {
		t.Errorf("%s: first seen %s, want %s", m.id, m.orphan["first_seen"], want)
	}
	if age := int(m.summary.AsOf.Sub(moment(first, 0)) / (24 * time.Hour)); state != "" && m.orphan["age_days"] != fmt.Sprint(age) {
		t.Errorf("%s: %s days old, want %d", m.id, m.orphan["age_days"], age)
	}
	if got := m.summary.Changes; (got == nil) != (changes == nil) || got != nil && *got != *changes {
		t.Errorf("%s: changes %+v, want %+v", m.id, got, changes)
	}
}

func archives(t *testing.T) map[string]string {
	return map[string]string{"folder": filepath.Join(t.TempDir(), "out"), "memory": "mem://out"}
}

// A finding is first seen once, however often it disappears and returns.
func TestFindingOverWeeks(t *testing.T) {
	t.Parallel()
	for name, out := range archives(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newScenario(t, out)
			w.addOrphan()
			w.runNight(t, 0, job.ExitOK).expect(t, "open", 0, nil)
			w.runNight(t, 1, job.ExitOK).expect(t, "open", 0, &reconcile.Changes{Known: 1})
			w.removeOrphan()
			w.runNight(t, 2, job.ExitOK).expect(t, "", 0, &reconcile.Changes{Resolved: 1})
			w.runNight(t, 3, job.ExitOK).expect(t, "", 0, &reconcile.Changes{})
			w.addOrphan()
			w.runNight(t, 20, job.ExitOK).expect(t, "open", 0, &reconcile.Changes{Reopened: 1})
			if last := w.runNight(t, 60, job.ExitOK); !last.summary.Accepted || !last.summary.Live || len(last.summary.Warnings) > 0 {
				t.Errorf("%+v", last.summary)
			}
		})
	}
}

// A night that could not read an account resolves nothing; what it found in other
// accounts counts.
func TestIncompleteNightResolvesNothing(t *testing.T) {
	t.Parallel()
	w := newScenario(t, "mem://out")
	w.addOrphan()
	w.runNight(t, 0, job.ExitOK)
	w.server.FailAccounts = map[string]int{accountA: 403}
	w.server.FailSweepPagesOf = map[string]int{accountA: 403}
	m := w.runNight(t, 1, job.ExitIncomplete)
	if m.summary.Accepted || m.summary.Changes.Resolved != 0 {
		t.Errorf("the incomplete night: %+v", m.summary.Changes)
	}
	w.server.FailAccounts, w.server.FailSweepPagesOf = nil, nil
	w.runNight(t, 2, job.ExitOK).expect(t, "open", 0, &reconcile.Changes{Known: 1})
	if id := w.latestRun(t); id != moment(2, 0).Format("20060102T150405Z") {
		t.Errorf("the latest is %s", id)
	}
}

// latestRun returns the one run in latest.json.
func (w *scenario) latestRun(t *testing.T) string {
	t.Helper()
	var latest struct {
		Scopes map[string]struct {
			RunID string `json:"run_id"`
		}
	}
	if err := json.Unmarshal(w.read(t, "latest.json"), &latest); err != nil || len(latest.Scopes) != 1 {
		t.Fatalf("%v, %v", latest, err)
	}
	for _, p := range latest.Scopes {
		return p.RunID
	}
	return ""
}

// What changes every night is in flight for three windows, then open.
func TestInFlightForThreeWindows(t *testing.T) {
	t.Parallel()
	w := newScenario(t, "mem://out")
	restless := w.addOrphan()
	for _, c := range []struct {
		night int
		state string
	}{{0, "in_flight"}, {5, "in_flight"}, {6, "open"}} {
		restless.UpdatedDate = moment(c.night, -1)
		w.runNight(t, c.night, job.ExitOK)
		if got := w.orphanRow(t, moment(c.night, 0).Format("20060102T150405Z"))["state"]; got != c.state {
			t.Errorf("night %d: %s, want %s", c.night, got, c.state)
		}
	}
	w.removeOrphan() // after it was gone, the windows start again
	w.runNight(t, 7, job.ExitOK)
	w.addOrphan().UpdatedDate = moment(8, -1)
	w.runNight(t, 8, job.ExitOK).expect(t, "in_flight", 0, &reconcile.Changes{Reopened: 1})
}

// A new scope starts with nothing; so does one whose archive was lost.
func TestNewScopeStartsEmpty(t *testing.T) {
	t.Parallel()
	w := newScenario(t, filepath.Join(t.TempDir(), "out"))
	w.addOrphan()
	w.runNight(t, 0, job.ExitOK)
	w.flags = map[string]string{"accounts": accountA}
	w.runNight(t, 1, job.ExitOK).expect(t, "open", 1, nil)
	w.flags = nil
	w.runNight(t, 2, job.ExitOK).expect(t, "open", 0, &reconcile.Changes{Known: 1})
	if err := os.RemoveAll(w.out); err != nil {
		t.Fatal(err)
	}
	w.runNight(t, 3, job.ExitOK).expect(t, "open", 3, nil)
}

// A replay and a run with --as-of neither leave anything for other runs nor use
// what those left.
func TestReplayNeitherReadsNorWritesHistory(t *testing.T) {
	t.Parallel()
	w := newScenario(t, filepath.Join(t.TempDir(), "out"))
	w.addOrphan()
	w.flags = map[string]string{"reports": "findings,snapshot"}
	w.runNight(t, 0, job.ExitOK)
	for night, flags := range map[int]map[string]string{
		1: {"snapshot": filepath.Join(w.out, moment(0, 0).Format("20060102T150405Z"), "packages.jsonl.zst")},
		2: {"as-of": moment(2, 0).Format(time.RFC3339)},
	} {
		w.flags = flags
		m := w.runNight(t, night, job.ExitOK)
		if m.summary.Live || m.summary.Accepted || m.summary.Changes != nil || strings.Contains(fmt.Sprint(m.summary.Reports), "memory") {
			t.Errorf("night %d: %+v", night, m.summary)
		}
		if m.orphan["first_seen"] != m.summary.AsOf.Format(time.RFC3339) || m.summary.Scope.ID == "" {
			t.Errorf("night %d: first seen %s", night, m.orphan["first_seen"])
		}
	}
	w.flags = nil
	w.runNight(t, 3, job.ExitOK).expect(t, "open", 0, &reconcile.Changes{Known: 1})
}

// A crashed run is reported and costs only itself; a damaged file of known findings
// costs only its night.
func TestCrashedAndDamagedRuns(t *testing.T) {
	t.Parallel()
	w := newScenario(t, filepath.Join(t.TempDir(), "out"))
	w.addOrphan()
	w.runNight(t, 0, job.ExitOK)
	crashed, damaged := w.runNight(t, 1, job.ExitOK).id, w.runNight(t, 2, job.ExitOK).id
	if err := os.Remove(filepath.Join(w.out, crashed, "summary.json")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(w.out, damaged, "memory.jsonl.zst"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	m := w.runNight(t, 3, job.ExitOK)
	m.expect(t, "open", 0, &reconcile.Changes{Known: 1})
	warnings := strings.Join(m.summary.Warnings, "\n")
	for _, want := range []string{"run " + crashed + " has no summary.json: it crashed", "the known findings of run " + damaged + " can't be used: "} {
		if !strings.Contains(warnings, want) || !strings.Contains(m.log, want) {
			t.Errorf("%q is missing:\n%s", want, warnings)
		}
	}
}

// A run that a guard objects to is not a baseline until somebody accepts it.
func TestObjectionAndAcceptance(t *testing.T) {
	t.Parallel()
	w := newScenario(t, "mem://out")
	w.addOrphan()
	w.runNight(t, 0, job.ExitOK)
	w.write(t, "S-1,"+accountA+",active\n")
	w.flags = map[string]string{"canary": "S-2"}
	m := w.runNight(t, 1, job.ExitOK)
	if m.summary.Accepted || len(m.summary.Objections) == 0 || m.summary.Changes.New != 1 || w.latestRun(t) == m.id {
		t.Errorf("night 1: %+v, the latest is %s", m.summary, w.latestRun(t))
	}
	runs := job.Job{
		Config: &config.Config{Out: w.out, Output: config.OutputText}, Opener: w.opener, Log: slog.New(slog.DiscardHandler),
		Stdout: new(bytes.Buffer), Started: moment(1, 6),
	}
	if err := runs.AcceptRun(t.Context(), m.id, "the second account is not a customer any more", ""); err != nil {
		t.Fatal(err)
	}
	if w.latestRun(t) != m.id {
		t.Errorf("accepted, and the latest is %s", w.latestRun(t))
	}
	w.flags = nil
	next := w.runNight(t, 2, job.ExitOK)
	if !next.summary.Accepted || w.latestRun(t) != next.id {
		t.Errorf("night 2: %+v, the latest is %s", next.summary, w.latestRun(t))
	}
	if got := next.summary.LedgerVersion; got != m.summary.LedgerVersion {
		t.Error("the same ledger has another version")
	}
}

// Equal inputs give equal bytes of findings and known findings.
func TestEqualInputsGiveEqualBytes(t *testing.T) {
	t.Parallel()
	var first []byte
	for range 2 {
		w := newScenario(t, "mem://out")
		w.flags = map[string]string{"ledger": w.ledger}
		w.addOrphan()
		w.runNight(t, 0, job.ExitOK)
		m := w.runNight(t, 1, job.ExitOK)
		got := w.read(t, m.id+"/findings.csv")
		if first == nil {
			first = got
		}
		if !bytes.Equal(first, got) {
			t.Errorf("findings differ:\n%s\n%s", first, got)
		}
	}
}
