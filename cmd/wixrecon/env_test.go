package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/wixrecon/wixrecon/cmd/internal/job"
	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/wix/wixsim"
)

// The environment of the acceptance tests: an inventory with planted drift at a
// simulated Wix on loopback, its ledger in a file, and the whole program. Nothing
// in the program is replaced, and waits before retries are real, so tests with
// retries make their runs concurrently.

const auditRunID = "audit"

// maxConcurrency is the default limit of requests in flight.
const maxConcurrency = 8

// A testEnv is the environment of one run.
type testEnv struct {
	planted *wixsim.SampleData
	server  *wixsim.Server // nil with a handler of the test
	url     string
	key     string
	ledger  string
	out     string
}

// newEnv serves the planted inventory. A nil o is a server without faults.
func newEnv(t *testing.T, planted *wixsim.SampleData, o *wixsim.Options) *testEnv {
	t.Helper()
	server := wixsim.New(planted.Inventory, o)
	s := envWithHandler(t, planted, server)
	s.server = server
	if o != nil && o.Key != "" {
		s.key = o.Key
	}
	return s
}

// envWithHandler uses the handler in place of a simulated Wix.
func envWithHandler(t *testing.T, planted *wixsim.SampleData, handler http.Handler) *testEnv {
	t.Helper()
	wixAPI := httptest.NewServer(handler)
	t.Cleanup(wixAPI.Close)
	s := &testEnv{planted: planted, url: wixAPI.URL, key: wixsim.DefaultKey, out: filepath.Join(t.TempDir(), "out")}
	s.writeLedger(t, planted.LedgerCSV(0))
	return s
}

func (s *testEnv) writeLedger(t *testing.T, content []byte) {
	t.Helper()
	s.ledger = filepath.Join(filepath.Dir(s.out), "ledger.csv")
	if err := os.WriteFile(s.ledger, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// args returns the command line of an audit. Later flags override earlier ones.
func (s *testEnv) args(more ...string) []string {
	return append([]string{
		"wixrecon", "run", "--account-id", s.planted.Parent, "--base-url", s.url, "--rate", "off",
		"--concurrency", strconv.Itoa(maxConcurrency), "--ledger", s.ledger, "--out", s.out,
		"--as-of", s.planted.AsOf.Format(time.RFC3339), "--run-id", auditRunID,
	}, more...)
}

// audit runs the program with args.
func (s *testEnv) audit(ctx context.Context, more ...string) *runResult {
	return s.call(ctx, s.args(more...), "WIX_API_KEY="+s.key)
}

// call runs the program in process.
func (s *testEnv) call(ctx context.Context, args []string, env ...string) *runResult {
	var stdout bytes.Buffer
	stderr := newLockedStderr()
	code := (&program{env: env, stdout: &stdout, stderr: stderr}).run(ctx, args)
	stderr.unlock()
	return &runResult{code: code, stdout: stdout.String(), stderr: stderr.text.String(), out: s.out}
}

// parsing is locked while a run parses its command line: the library has global
// state, which matters only when runs are concurrent.
var parsing sync.Mutex

// A lockedStderr is the standard error of a run. It unlocks parsing at the first
// write, when the command line has been parsed.
type lockedStderr struct {
	text   bytes.Buffer
	unlock func()
}

func newLockedStderr() *lockedStderr {
	parsing.Lock()
	return &lockedStderr{unlock: sync.OnceFunc(parsing.Unlock)}
}

// Write is called by one goroutine at a time, which the program guarantees.
func (t *lockedStderr) Write(b []byte) (int, error) {
	t.unlock()
	return t.text.Write(b)
}

// A runResult is what a run printed and wrote.
type runResult struct {
	code           int
	stdout, stderr string
	out            string
	run            string // empty is auditRunID
}

// requireCode fails the test if the run ended with another exit code, or the key is
// in what it left.
func (o *runResult) requireCode(t *testing.T, code int) {
	t.Helper()
	checkRunNoKey(t, o)
	if o.code != code {
		t.Fatalf("exit code %d, want %d\nstdout:\n%s\nstderr:\n%s", o.code, code, o.stdout, o.stderr)
	}
}

// requireFailed checks that the run failed, printed the reason, and wrote nothing.
func (o *runResult) requireFailed(t *testing.T, code int, message string) {
	t.Helper()
	o.requireCode(t, code)
	if o.stdout != "" {
		t.Errorf("a failed run has a result:\n%s", o.stdout)
	}
	if !strings.Contains(o.stderr, message) {
		t.Errorf("standard error does not contain %q:\n%s", message, o.stderr)
	}
	o.checkNoOut(t)
}

// checkNoOut checks that a failed run left nothing but the record of its failure.
func (o *runResult) checkNoOut(t *testing.T) {
	t.Helper()
	entries, err := os.ReadDir(o.out)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	for _, e := range entries {
		if e.Name() != "failures" {
			t.Errorf("a failed run left %s behind", e.Name())
		}
	}
}

func (o *runResult) file(name string) string {
	return filepath.Join(o.out, cmp.Or(o.run, auditRunID), name)
}

func (o *runResult) read(t *testing.T, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(o.file(name))
	if err != nil {
		t.Fatalf("%v\nstderr:\n%s", err, o.stderr)
	}
	return content
}

func (o *runResult) summary(t *testing.T) *reconcile.Summary {
	t.Helper()
	var s reconcile.Summary
	if err := json.Unmarshal(o.read(t, "summary.json"), &s); err != nil {
		t.Fatal(err)
	}
	if s.ExitCode != o.code {
		t.Errorf("summary.json has exit code %d, the program ended with %d", s.ExitCode, o.code)
	}
	return &s
}

// table reads a CSV report, with the cells of each row by column.
func (o *runResult) table(t *testing.T, name string) []map[string]string {
	t.Helper()
	records, err := csv.NewReader(bytes.NewReader(o.read(t, name))).ReadAll()
	if err != nil || len(records) == 0 {
		t.Fatalf("%s: %d records, %v", name, len(records), err)
	}
	var rows []map[string]string
	for _, record := range records[1:] {
		row := make(map[string]string, len(record))
		for i, column := range records[0] {
			row[column] = record[i]
		}
		rows = append(rows, row)
	}
	return rows
}

// findings returns findings.csv in the form of the planted findings.
func (o *runResult) findings(t *testing.T) []wixsim.Finding {
	t.Helper()
	var all []wixsim.Finding
	for _, row := range o.table(t, "findings.csv") {
		all = append(all, wixsim.Finding{
			Kind: row["kind"], State: row["state"], AccountID: row["account_id"], ExternalID: row["external_id"],
			PackageID: row["package_id"], InstanceID: row["instance_id"], Field: row["field"],
		})
	}
	return all
}

// checkFindings compares findings with the expected ones, including how often each
// occurs.
func checkFindings(t *testing.T, got, want []wixsim.Finding) {
	t.Helper()
	surplus := make(map[wixsim.Finding]int)
	for _, f := range got {
		surplus[f]++
	}
	for _, f := range want {
		surplus[f]--
	}
	var faults []string
	for f, n := range surplus {
		switch {
		case n > 0:
			faults = append(faults, "not planted: "+findingText(f))
		case n < 0:
			faults = append(faults, "not found:   "+findingText(f))
		}
	}
	slices.Sort(faults)
	const most = 20
	for _, fault := range faults[:min(len(faults), most)] {
		t.Error(fault)
	}
	if len(faults) > most {
		t.Errorf("and %d more", len(faults)-most)
	}
}

func findingText(f wixsim.Finding) string {
	return strings.Join([]string{f.Kind, f.State, f.AccountID, f.ExternalID, f.PackageID, f.InstanceID, f.Field}, " | ")
}

// withDeadline returns a context that ends only for a run that never ends by
// itself.
func withDeadline(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(func() {
		if ctx.Err() == context.DeadlineExceeded {
			t.Error("the run did not end by itself")
		}
		cancel()
	})
	return ctx
}

// inParallel runs all functions, some of them at a time, and waits for them.
func inParallel(atOnce int, functions ...func()) {
	var group errgroup.Group
	group.SetLimit(atOnce)
	for _, f := range functions {
		group.Go(func() error { f(); return nil })
	}
	_ = group.Wait()
}

// exitOK is the exit code of a complete run.
const exitOK = job.ExitOK
