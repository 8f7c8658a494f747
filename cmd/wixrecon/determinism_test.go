package main

import (
	"bytes"
	"encoding/csv"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/wixrecon/wixrecon/sources/wix/wixsim"
)

// The reports depend only on the ledger and the inventory. They do not depend on
// the order of rows or pages, the number of requests in flight, the variant and the
// faults of the server, or whether the inventory is read live or from a snapshot.
// The bytes are the same, except for ledger_line if rows were moved.

// A variant is another form of the same inventory and ledger.
type variant struct {
	name    string
	options wixsim.Options
	ledger  func(*wixsim.SampleData) []byte
	args    []string
	moved   bool // rows of the ledger have other lines
}

func variants() []variant {
	return []variant{
		{name: "rows permuted", ledger: func(p *wixsim.SampleData) []byte { return p.LedgerCSV(99) }, moved: true},
		{name: "packages permuted", options: wixsim.Options{ShufflePages: 4}},
		{name: "short pages", options: wixsim.Options{PageSize: 7, ShufflePages: 5}},
		{name: "semicolons, one request at a time", ledger: delimited(';'), args: []string{"--decimal", "point", "--concurrency", "1"}},
		{name: "tabs, 3 requests at a time", ledger: delimited('\t'), args: []string{"--concurrency", "3"}},
		{name: "a BOM, 16 requests at a time", args: []string{"--concurrency", "16"},
			ledger: func(p *wixsim.SampleData) []byte { return append([]byte("\xef\xbb\xbf"), p.LedgerCSV(0)...) }},
		{name: "pagingMetadata", options: wixsim.Options{MetadataName: "pagingMetadata"}},
		{name: "no filter but accountId, no offset", options: wixsim.Options{OnlyAccountFilter: true, NoOffset: true}},
		{name: "too many to count", options: wixsim.Options{TooManyToCount: true}},
		{name: "no filter but accountId", options: wixsim.Options{OnlyAccountFilter: true}},
		{name: "$in ignored, createdDate refused", options: filters(wixsim.IgnoreFilter, wixsim.RefuseFilter)},
		{name: "$in half obeyed, createdDate ignored", options: filters(wixsim.HalfFilter, wixsim.IgnoreFilter)},
		{name: "$in omits packages, at most 2 values", options: wixsim.Options{MaxIn: 2, Filters: filters(wixsim.OmitFilter, "").Filters}},
		{name: "createdDate half obeyed", options: filters("", wixsim.HalfFilter)},
		{name: "createdDate omits packages", options: filters("", wixsim.OmitFilter)},
	}
}

// filters returns a server with modes of its filters accountId $in and createdDate.
func filters(in, created wixsim.FilterMode) wixsim.Options {
	return wixsim.Options{Filters: map[wixsim.FilterName]wixsim.FilterMode{wixsim.AccountIn: in, wixsim.CreatedDate: created}}
}

// faultVariants returns a variant for each fault in 5 % of the requests, and one
// with several faults in 5 % each.
func faultVariants() []variant {
	spoilt := []wixsim.Fault{
		wixsim.Throttle, wixsim.ThrottleRetryAfter, wixsim.InternalError, wixsim.BadGateway, wixsim.Unavailable,
		wixsim.GatewayTimeout, wixsim.ResetConnection, wixsim.Truncate, wixsim.HTMLWithOK, wixsim.HTMLBadGateway,
		wixsim.RepeatPackage, wixsim.StaleCopy, wixsim.Slow, wixsim.UnknownFields,
	}
	const rate = 0.05
	var list []variant
	for i, fault := range spoilt {
		list = append(list, variant{name: "5 % " + string(fault), options: wixsim.Options{
			Seed: uint64(i), PageSize: 20, NoOffset: true, Faults: map[wixsim.Fault]float64{fault: rate},
		}})
	}
	common := make(map[wixsim.Fault]float64)
	for _, fault := range []wixsim.Fault{
		wixsim.Throttle, wixsim.InternalError, wixsim.ResetConnection, wixsim.Truncate, wixsim.HTMLWithOK,
		wixsim.RepeatPackage, wixsim.StaleCopy, wixsim.UnknownFields,
	} {
		common[fault] = rate
	}
	return append(list, variant{name: "5 % of each of them", moved: true,
		ledger: func(p *wixsim.SampleData) []byte { return p.LedgerCSV(3) },
		options: wixsim.Options{
			PageSize: 20, ShufflePages: 8, MetadataName: "pagingMetadata", OnlyAccountFilter: true, NoOffset: true, Faults: common,
		}})
}

// delimited returns a function that writes the ledger with another delimiter.
func delimited(comma rune) func(*wixsim.SampleData) []byte {
	return func(p *wixsim.SampleData) []byte {
		rows, err := csv.NewReader(bytes.NewReader(p.LedgerCSV(0))).ReadAll()
		if err != nil {
			panic(err) // the sample ledger is valid CSV
		}
		var text bytes.Buffer
		out := csv.NewWriter(&text)
		out.Comma = comma
		_ = out.WriteAll(rows) // writes to a buffer do not fail
		return text.Bytes()
	}
}

func TestSameBytesForEveryInputForm(t *testing.T) {
	t.Parallel()
	checkSameReports(t, largeInventory(t), sampleOf(t, "variants", 4, variants()), 3)
}

// Retries wait, so all runs are made concurrently. The sample has smaller pages, so
// that enough requests have a fault.
func TestSameBytesWithServerFaults(t *testing.T) {
	t.Parallel()
	planted := wixsim.Generate(wixsim.SampleOptions{
		Seed: 11, Accounts: sample(t, "sub-accounts", 6, 20), Packages: sample(t, "packages", 200, 1500), PerKind: 2,
	})
	list := sampleOf(t, "variants", 6, faultVariants())
	if !longTests() {
		for i := range list {
			list[i].options.PageSize = 5
		}
	}
	checkSameReports(t, planted, list, len(list))
}

func checkSameReports(t *testing.T, planted *wixsim.SampleData, list []variant, atOnce int) {
	t.Helper()
	rowsOnly := []string{"--reports", "findings,packages"}
	plain := newEnv(t, planted, nil).audit(t.Context(), rowsOnly...)
	plain.requireCode(t, exitOK)
	checkFindings(t, plain.findings(t), planted.Truth)
	envs, results := make([]*testEnv, len(list)), make([]*runResult, len(list))
	var runs []func()
	for i, v := range list {
		envs[i] = newEnv(t, planted, &v.options)
		if v.ledger != nil {
			envs[i].writeLedger(t, v.ledger(planted))
		}
		runs = append(runs, func() { results[i] = envs[i].audit(t.Context(), append(v.args, rowsOnly...)...) })
	}
	inParallel(atOnce, runs...)
	for i, v := range list {
		t.Run(v.name, func(t *testing.T) {
			results[i].requireCode(t, exitOK)
			checkFaults(t, envs[i].server, slices.Collect(maps.Keys(v.options.Faults)))
			checkSame(t, results[i], plain, v.moved)
		})
	}
}

// checkFaults fails the test if a fault did not occur.
func checkFaults(t *testing.T, server *wixsim.Server, faults []wixsim.Fault) {
	t.Helper()
	met := make(map[wixsim.Fault]int)
	for _, r := range server.Requests() {
		met[r.Fault]++
	}
	for _, fault := range faults {
		if met[fault] == 0 {
			t.Errorf("no request met %s", fault)
		}
	}
}

// checkSame compares findings.csv and packages.csv with those of another run, byte
// by byte.
func checkSame(t *testing.T, got, want *runResult, moved bool) {
	t.Helper()
	for _, name := range []string{"findings.csv", "packages.csv"} {
		a, b := got.read(t, name), want.read(t, name)
		if moved && name == "findings.csv" {
			a, b = withoutLines(t, a), withoutLines(t, b)
		}
		if !bytes.Equal(a, b) {
			t.Errorf("%s differs: %s", name, firstDifference(string(a), string(b)))
		}
	}
}

// withoutLines empties the column ledger_line.
func withoutLines(t *testing.T, text []byte) []byte {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	at := slices.Index(rows[0], "ledger_line")
	for _, row := range rows[1:] {
		row[at] = ""
	}
	var out bytes.Buffer
	_ = csv.NewWriter(&out).WriteAll(rows) // writes to a buffer do not fail
	return out.Bytes()
}

func firstDifference(got, want string) string {
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return "got " + a[i] + "\nwant " + b[i]
		}
	}
	return "one is the beginning of the other"
}

func TestSameBytesFromSnapshot(t *testing.T) {
	t.Parallel()
	planted := smallInventory()
	live := newEnv(t, planted, &wixsim.Options{
		PageSize: 9, NoOffset: true, Faults: map[wixsim.Fault]float64{wixsim.StaleCopy: 0.2, wixsim.RepeatPackage: 0.2},
	})
	first := live.audit(t.Context(), "--reports", "findings,packages,snapshot")
	first.requireCode(t, exitOK)
	before := len(live.server.Requests())

	replay := *live
	replay.out = filepath.Join(t.TempDir(), "replayed")
	args := []string{"wixrecon", "run", "--snapshot", first.file("packages.jsonl.zst"),
		"--ledger", replay.ledger, "--out", replay.out, "--run-id", auditRunID}
	second := replay.call(t.Context(), args) // without key, account and as-of
	second.requireCode(t, exitOK)
	checkSame(t, second, first, false)
	checkFindings(t, second.findings(t), planted.Truth)
	if s := second.summary(t); !s.Replay || s.Scope.AccountID != planted.Parent || !s.AsOf.Equal(planted.AsOf) {
		t.Errorf("replay %t of account %s as of %s", s.Replay, s.Scope.AccountID, s.AsOf)
	}
	if after := len(live.server.Requests()); after != before {
		t.Errorf("a replay sent %d requests", after-before)
	}
}
