package main

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/wixrecon/wixrecon/sources/wix/wixsim"
)

// The scripts in testdata/script are the specification of the program. Each runs
// the program as a process, most of them against a simulated Wix over HTTP. In
// addition to the commands of testscript they use these:
//
//	simulate [key=value…]       start a simulated Wix and set the settings to reach it; see cmdSimulate
//	requests N | none | some    expect so many requests, all of them queries and gets
//	exits CODE COMMAND…         run the command and expect this exit code
//	signal INT|TERM             signal the one background command, once it has sent a request
//	exited CODE                 after signal and wait: expect this exit code
//	json FILE PATH VALUE        expect a value in a JSON file: a.b.0, or a.length
//	columns FILE NAME,…         print some columns of a CSV file
//	append FILE N TEXT          append a Go-quoted text, or the content of @FILE, N times; %d is replaced by
//	                            the number, and N can be a range such as 10..29
//	pack FORMAT FROM TO         compress with gzip or zstd
//
// "! json FILE PATH" expects that there is no such value. script_fix_test.go has
// the commands for fixes.

func TestMain(m *testing.M) {
	testscript.Main(testRun{m}, map[string]func(){"wixrecon": main, shortLeaseProgram: shortLeaseMain})
}

// By default the scripts run the program without the race detector, because they
// start some 500 processes. Other tests run the same code with it, in process.
func TestScripts(t *testing.T) {
	program := "" // the test binary
	if !longTests() {
		var err error
		if program, err = builtProgram(); err != nil {
			t.Fatal(err)
		}
		t.Log("sampled: without the race detector; WIXRECON_LONG=1 runs with it")
	}
	testscript.Run(t, testscript.Params{
		Dir: "../../testdata/script",
		Setup: func(env *testscript.Env) error {
			env.Values[scriptStateKey{}] = new(scriptState)
			if program != "" {
				env.Setenv("PATH", filepath.Dir(program)+string(filepath.ListSeparator)+env.Getenv("PATH"))
			}
			env.Defer(func() {
				if err := searchFolder(env.WorkDir); err != nil {
					t.Error(err)
				}
			})
			env.Setenv("GORACE", "atexit_sleep_ms=10") // under the race detector a process otherwise ends a second late
			return nil
		},
		Cmds:                scriptCommands(),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}

func scriptCommands() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){
		"simulate":  cmdSimulate,
		"requests":  cmdRequests,
		"exits":     cmdExits,
		"signal":    cmdSignal,
		"exited":    cmdExited,
		"json":      cmdJSON,
		"columns":   cmdColumns,
		"append":    cmdAppend,
		"pack":      cmdPack,
		"changes":   cmdChanges,
		"inventory": cmdInventory,
		"age":       cmdAge,
		"replace":   cmdReplace,
		"await":     cmdAwait,
		"noruns":    cmdNoRuns,
		"release":   cmdRelease,
		"keyof":     cmdKeyOf,
		"damage":    cmdDamage,
	}
}

// A scriptState is the state of one script.
type scriptState struct {
	wix           *wixsim.Server
	releaseChange func() // releases the change that is held back
	signaled      *exec.Cmd
}

type scriptStateKey struct{}

func stateOf(ts *testscript.TestScript) *scriptState {
	return ts.Value(scriptStateKey{}).(*scriptState)
}

// demoAsOf is the as-of of the sample data and of the runs in scripts.
func demoAsOf() time.Time { return time.Date(2026, 11, 21, 2, 0, 0, 0, time.UTC) }

// cmdSimulate starts a server for the sample data, or for an inventory file. Its keys:
//
//	inventory=FILE       one package per line, in place of the sample data
//	ledger=FILE          where to write the ledger of the sample data
//	fail=ACCOUNT:STATUS  the status of responses to queries of an account
//	faults=NAME=RATE,…   like simulate --faults
//	changes=NAME=RATE,…  like simulate --change-faults
//	hold=N               holds back the Nth change until release
//	delay=TIME           the delay of the fault slow
//	now=true             sets no as-of, because a run with one can't apply fixes; $NEXT_MONTH is a date
//	                     thirty days ahead
func cmdSimulate(ts *testscript.TestScript, neg bool, args []string) {
	given := make(map[string]string)
	for _, arg := range args {
		key, value, _ := strings.Cut(arg, "=")
		given[key] = value
	}
	asOf := demoAsOf().Format(time.RFC3339)
	if takeKey(given, "now") == "true" {
		asOf = ""
		ts.Setenv("NEXT_MONTH", time.Now().AddDate(0, 0, 30).Format(time.DateOnly))
	}
	inventory, err := inventoryFor(ts, given)
	ts.Check(err)
	hold := takeKey(given, "hold")
	o, err := serverOptions(given)
	ts.Check(err)
	if len(given) > 0 || neg {
		ts.Fatalf("simulate: unknown keys %v", given)
	}
	s := stateOf(ts)
	o.Changes.OnChange, s.releaseChange = holdChange(hold)
	s.wix = wixsim.New(inventory, o)
	server := httptest.NewServer(s.wix)
	ts.Defer(server.Close)
	ts.Defer(s.releaseChange)
	ts.Setenv("WIXRECON_BASE_URL", server.URL)
	ts.Setenv("WIXRECON_RATE", "off")
	ts.Setenv("WIXRECON_AS_OF", asOf)
	ts.Setenv("WIX_ACCOUNT_ID", wixsim.DefaultParent)
	ts.Setenv("WIX_API_KEY", wixsim.DefaultKey)
}

// takeKey removes a key, and returns its value.
func takeKey(given map[string]string, key string) string {
	value := given[key]
	delete(given, key)
	return value
}

func inventoryFor(ts *testscript.TestScript, given map[string]string) ([]wixsim.Package, error) {
	if name := takeKey(given, "inventory"); name != "" {
		return wixsim.ReadInventory(strings.NewReader(ts.ReadFile(name)))
	}
	planted := wixsim.GenerateDemo(demoAsOf())
	var err error
	if name := takeKey(given, "ledger"); name != "" {
		err = os.WriteFile(ts.MkAbs(name), planted.LedgerCSV(0), 0o600)
	}
	return planted.Inventory, err
}

func serverOptions(given map[string]string) (*wixsim.Options, error) {
	o := &wixsim.Options{Seed: 1}
	faults, err := wixsim.ParseFaults(takeKey(given, "faults"), wixsim.Faults())
	if err != nil {
		return nil, err
	}
	o.Faults = faults
	changes, err := wixsim.ParseFaults(takeKey(given, "changes"), wixsim.ChangeFaults())
	if err != nil {
		return nil, err
	}
	o.Changes.Faults = changes
	if account, status, ok := strings.Cut(takeKey(given, "fail"), ":"); ok {
		code, err := strconv.Atoi(status)
		if err != nil {
			return nil, err
		}
		o.FailAccounts = map[string]int{account: code}
	}
	o.Delay, err = time.ParseDuration(cmp.Or(takeKey(given, "delay"), "0"))
	return o, err
}

// cmdNoRuns checks that a folder, if there is one, has nothing but the records of
// failed runs.
func cmdNoRuns(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: noruns FOLDER")
	}
	entries, err := os.ReadDir(ts.MkAbs(args[0]))
	if err != nil && !os.IsNotExist(err) {
		ts.Check(err)
	}
	for _, e := range entries {
		if e.Name() != "failures" {
			ts.Fatalf("%s contains %s", args[0], e.Name())
		}
	}
}

func cmdRequests(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 || neg {
		ts.Fatalf("usage: requests N|none|some")
	}
	all := stateOf(ts).wix.Requests()
	for _, r := range all {
		query := r.Method == "POST" && r.Path == "/resellers/v1/packages/query"
		if get := r.Method == "GET" && strings.HasPrefix(r.Path, "/resellers/v1/packages/"); !query && !get {
			ts.Fatalf("%s %s: expected only queries and gets", r.Method, r.Path)
		}
	}
	got := strconv.Itoa(len(all))
	switch want := args[0]; {
	case want == "none" && len(all) > 0, want == "some" && len(all) == 0,
		want != "none" && want != "some" && want != got:
		ts.Fatalf("Wix got %s requests, want %s", got, want)
	}
}

func cmdExits(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 || neg {
		ts.Fatalf("usage: exits CODE COMMAND...")
	}
	err, code := ts.Exec(args[1], args[2:]...), 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		code = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	checkCode(ts, args[0], code)
	if args[1] == "wixrecon" && len(args) > 2 && args[2] != "simulate" { // which prints its key
		ts.Check(errors.Join(searchText("standard output", []byte(ts.ReadFile("stdout"))), searchText("standard error", []byte(ts.ReadFile("stderr")))))
	}
}

// cmdSignal sends a signal to the background program once it has sent a request: by
// then it handles signals.
func cmdSignal(ts *testscript.TestScript, neg bool, args []string) {
	signals := map[string]os.Signal{"INT": os.Interrupt, "TERM": syscall.SIGTERM}
	background := ts.BackgroundCmds()
	if len(args) != 1 || neg || signals[args[0]] == nil || len(background) != 1 {
		ts.Fatalf("usage: signal INT|TERM, with one command in the background")
	}
	s := stateOf(ts)
	s.signaled = background[0]
	for deadline := time.Now().Add(10 * time.Second); len(s.wix.Requests()) == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			ts.Fatalf("no request was sent")
		}
	}
	ts.Check(s.signaled.Process.Signal(signals[args[0]]))
}

// cmdExited checks the exit code of the command that got a signal, after wait.
func cmdExited(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 || neg || stateOf(ts).signaled == nil {
		ts.Fatalf("usage: exited CODE, after signal and wait")
	}
	checkCode(ts, args[0], stateOf(ts).signaled.ProcessState.ExitCode())
}

func checkCode(ts *testscript.TestScript, want string, got int) {
	if strconv.Itoa(got) != want {
		ts.Fatalf("exit code %d, want %s", got, want)
	}
}

func cmdJSON(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 3 && (!neg || len(args) != 2) {
		ts.Fatalf("usage: json FILE PATH VALUE, or ! json FILE PATH")
	}
	decoder := json.NewDecoder(strings.NewReader(ts.ReadFile(args[0])))
	decoder.UseNumber()
	var value any
	ts.Check(decoder.Decode(&value))
	got, found := walk(value, strings.Split(args[1], "."))
	switch {
	case neg && found:
		ts.Fatalf("%s of %s is %s, want none", args[1], args[0], got)
	case neg:
	case !found:
		ts.Fatalf("%s has no %s", args[0], args[1])
	case got != args[2]:
		ts.Fatalf("%s of %s is %s, want %s", args[1], args[0], got, args[2])
	}
}

// walk returns the value at a path as text.
func walk(value any, path []string) (string, bool) {
	if len(path) == 0 {
		return fmt.Sprint(value), true
	}
	switch v := value.(type) {
	case map[string]any:
		if inner, ok := v[path[0]]; ok {
			return walk(inner, path[1:])
		}
	case []any:
		if path[0] == "length" {
			return strconv.Itoa(len(v)), true
		}
		if i, err := strconv.Atoi(path[0]); err == nil && i < len(v) {
			return walk(v[i], path[1:])
		}
	}
	return "", false
}

func cmdColumns(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 || neg {
		ts.Fatalf("usage: columns FILE NAME,...")
	}
	records, err := csv.NewReader(strings.NewReader(ts.ReadFile(args[0]))).ReadAll()
	ts.Check(err)
	var at []int
	for name := range strings.SplitSeq(args[1], ",") {
		if at = append(at, slices.Index(records[0], name)); slices.Contains(at, -1) {
			ts.Fatalf("%s has no column %q, but %q", args[0], name, records[0])
		}
	}
	out := csv.NewWriter(ts.Stdout())
	for _, record := range records {
		var cells []string
		for _, i := range at {
			cells = append(cells, record[i])
		}
		ts.Check(out.Write(cells))
	}
	out.Flush()
	ts.Check(out.Error())
}

func cmdAppend(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 3 || neg {
		ts.Fatalf("usage: append FILE N|FROM..TO TEXT")
	}
	first, last, ranged := strings.Cut(args[1], "..")
	if !ranged {
		first, last = "1", first
	}
	from, err := strconv.Atoi(first)
	ts.Check(err)
	to, err := strconv.Atoi(last)
	ts.Check(err)
	text, err := strconv.Unquote(`"` + args[2] + `"`)
	if name, named := strings.CutPrefix(args[2], "@"); named {
		text, err = ts.ReadFile(name), nil
	}
	ts.Check(err)
	f, err := os.OpenFile(ts.MkAbs(args[0]), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	ts.Check(err)
	var all bytes.Buffer
	for i := from; i <= to; i++ {
		all.WriteString(strings.ReplaceAll(text, "%d", strconv.Itoa(i)))
	}
	_, err = all.WriteTo(f)
	ts.Check(errors.Join(err, f.Close()))
}

func cmdPack(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 3 || neg {
		ts.Fatalf("usage: pack gzip|zstd FROM TO")
	}
	var packed bytes.Buffer
	out := io.WriteCloser(gzip.NewWriter(&packed))
	if args[0] == "zstd" {
		var err error
		out, err = zstd.NewWriter(&packed)
		ts.Check(err)
	}
	_, err := io.WriteString(out, ts.ReadFile(args[1]))
	ts.Check(errors.Join(err, out.Close()))
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), packed.Bytes(), 0o600))
}
