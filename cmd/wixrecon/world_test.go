package main

import (
	"bytes"
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

// What the acceptance tests stand on: a planted book behind HTTP on loopback,
// its ledger in a file, and the whole program run against the two as a shell
// would run it. Nothing of the program is replaced, its waits before retries
// are real; tests whose runs wait start them side by side.

const worldRun = "audit"

// maxConcurrency bounds the requests in flight unless a test says otherwise.
const maxConcurrency = 8

// A world is what one run of the program meets.
type world struct {
	planted *wixsim.SampleData
	server  *wixsim.Server // nil where the test answers by itself
	url     string
	key     string
	ledger  string
	out     string
}

// newWorld serves the planted book. A nil o is a server without any fault.
func newWorld(t *testing.T, planted *wixsim.SampleData, o *wixsim.Options) *world {
	t.Helper()
	server := wixsim.New(planted.Inventory, o)
	s := worldOf(t, planted, server)
	s.server = server
	if o != nil && o.Key != "" {
		s.key = o.Key
	}
	return s
}

// worldOf lets the handler answer in the place of Wix.
func worldOf(t *testing.T, planted *wixsim.SampleData, handler http.Handler) *world {
	t.Helper()
	wixAPI := httptest.NewServer(handler)
	t.Cleanup(wixAPI.Close)
	s := &world{planted: planted, url: wixAPI.URL, key: wixsim.DefaultKey, out: filepath.Join(t.TempDir(), "out")}
	s.writeLedger(t, planted.LedgerCSV(0))
	return s
}

func (s *world) writeLedger(t *testing.T, content []byte) {
	t.Helper()
	s.ledger = filepath.Join(filepath.Dir(s.out), "ledger.csv")
	if err := os.WriteFile(s.ledger, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// args gives the command line of the audit; what follows beats what stands
// before.
func (s *world) args(more ...string) []string {
	return append([]string{
		"wixrecon", "run", "--account-id", s.planted.Parent, "--base-url", s.url, "--rate", "off",
		"--concurrency", strconv.Itoa(maxConcurrency), "--ledger", s.ledger, "--out", s.out,
		"--as-of", s.planted.AsOf.Format(time.RFC3339), "--run-id", worldRun,
	}, more...)
}

// audit runs the program with the arguments of the world, and more.
func (s *world) audit(ctx context.Context, more ...string) *outcome {
	return s.call(ctx, s.args(more...), "WIX_API_KEY="+s.key)
}

// call runs the program with a command line and an environment of the test's own.
func (s *world) call(ctx context.Context, args []string, env ...string) *outcome {
	var stdout bytes.Buffer
	stderr := newTurn()
	code := (&program{env: env, stdout: &stdout, stderr: stderr}).run(ctx, args)
	stderr.done()
	return &outcome{code: code, stdout: stdout.String(), stderr: stderr.text.String(), out: s.out}
}

// parsing is held by the run that reads its command line: the library for that
// keeps globals, which is all the same to a program that has one.
var parsing sync.Mutex

// A turn is the standard error of a run that holds parsing until it says
// something, or ends.
type turn struct {
	text bytes.Buffer
	done func()
}

func newTurn() *turn {
	parsing.Lock()
	return &turn{done: sync.OnceFunc(parsing.Unlock)}
}

// Write is called by one goroutine at a time, as the program promises.
func (t *turn) Write(b []byte) (int, error) {
	t.done()
	return t.text.Write(b)
}

// An outcome is what a run left behind.
type outcome struct {
	code           int
	stdout, stderr string
	out            string
}

// wants fails the test where the run ended with another code.
func (o *outcome) wants(t *testing.T, code int) {
	t.Helper()
	if o.code != code {
		t.Fatalf("exit code %d, want %d\nstdout:\n%s\nstderr:\n%s", o.code, code, o.stdout, o.stderr)
	}
}

// wantsNothing holds that the run failed, said why, and left nothing behind.
func (o *outcome) wantsNothing(t *testing.T, code int, says string) {
	t.Helper()
	o.wants(t, code)
	if o.stdout != "" {
		t.Errorf("a failed run has a result:\n%s", o.stdout)
	}
	if !strings.Contains(o.stderr, says) {
		t.Errorf("standard error does not say %q:\n%s", says, o.stderr)
	}
	o.wantsNoOut(t)
}

func (o *outcome) wantsNoOut(t *testing.T) {
	t.Helper()
	if _, err := os.Lstat(o.out); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a failed run left %q behind (%v)", o.out, err)
	}
}

func (o *outcome) file(name string) string { return filepath.Join(o.out, worldRun, name) }

func (o *outcome) read(t *testing.T, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(o.file(name))
	if err != nil {
		t.Fatalf("%v\nstderr:\n%s", err, o.stderr)
	}
	return content
}

func (o *outcome) summary(t *testing.T) *reconcile.Summary {
	t.Helper()
	var s reconcile.Summary
	if err := json.Unmarshal(o.read(t, "summary.json"), &s); err != nil {
		t.Fatal(err)
	}
	if s.ExitCode != o.code {
		t.Errorf("summary.json says exit code %d, the program ended with %d", s.ExitCode, o.code)
	}
	return &s
}

// table reads a report of rows, by the names of its columns.
func (o *outcome) table(t *testing.T, name string) []map[string]string {
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

// findings gives findings.csv in the terms of the planted truth.
func (o *outcome) findings(t *testing.T) []wixsim.Finding {
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

// wantsFindings compares what was found with what must be, each row as often
// as it must be.
func wantsFindings(t *testing.T, got, want []wixsim.Finding) {
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
			faults = append(faults, "not planted: "+finding(f))
		case n < 0:
			faults = append(faults, "not found:   "+finding(f))
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

func finding(f wixsim.Finding) string {
	return strings.Join([]string{f.Kind, f.State, f.AccountID, f.ExternalID, f.PackageID, f.InstanceID, f.Field}, " | ")
}

// generous gives a context that only a run which never ends will outlive.
func generous(t *testing.T) context.Context {
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

// sideBySide runs all functions, so many at once, and waits for them. Runs that
// wait for retries cost nothing beside one another.
func sideBySide(atOnce int, functions ...func()) {
	var group errgroup.Group
	group.SetLimit(atOnce)
	for _, f := range functions {
		group.Go(func() error { f(); return nil })
	}
	_ = group.Wait()
}

// completeRun is the exit code of a run that read everything.
const completeRun = job.ExitOK
