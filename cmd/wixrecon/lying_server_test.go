package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wixrecon/wixrecon/cmd/internal/job"
	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/wix/wixsim"
)

// A server lies, sends far too much, or too slowly. Nothing is believed that it
// did not state, and the run ends in bounded time and memory.

// lies are the faults with which a page states nothing that can be believed.
func lies() []wixsim.Fault {
	return []wixsim.Fault{
		wixsim.WrongCount, wixsim.WrongTotal, wixsim.HasNext, wixsim.NothingStated, wixsim.ErrorWithOK, wixsim.DuplicateName, wixsim.OtherCase,
		wixsim.OversizedPackage, wixsim.OversizedID, wixsim.InstancesForever, wixsim.BracketsForever, wixsim.CompressedNothing,
	}
}

// TestLies: every page lies. The run can't be complete, and nothing is missing.
func TestLies(t *testing.T) {
	t.Parallel()
	planted := smallInventory()
	for _, fault := range sampleOf(t, "lies", 4, lies()) {
		t.Run(string(fault), func(t *testing.T) {
			s := newEnv(t, planted, &wixsim.Options{Faults: map[wixsim.Fault]float64{fault: 1}, MaxFaultsPerRequest: -1})
			o := s.audit(withDeadline(t), "--reports", "findings")
			o.requireCode(t, job.ExitIncomplete)
			checkNothingInvented(t, o.findings(t), planted, planted.Accounts)
			if c := o.summary(t).Coverage; c.Inventory != reconcile.InventoryPartial {
				t.Errorf("inventory %s", c.Inventory)
			}
		})
	}
}

// TestUnreadableExternalIDs: a package whose external id is not text is ambiguous,
// and no package is created where it may be the missing one.
func TestUnreadableExternalIDs(t *testing.T) {
	t.Parallel()
	planted := smallInventory()
	s := newEnv(t, planted, &wixsim.Options{Faults: map[wixsim.Fault]float64{wixsim.UnreadableID: 1}, MaxFaultsPerRequest: -1})
	o := s.audit(t.Context())
	o.requireCode(t, exitOK)
	ambiguous, shielded := 0, 0
	for _, row := range o.table(t, "findings.csv") {
		if strings.Contains(row["external_id"], "\ufffd") {
			if row["kind"] != "ambiguous_match" {
				t.Errorf("%v", row)
			}
			ambiguous++
		}
		if row["kind"] == "missing_package" && row["reason"] == reconcile.ReasonShielded {
			shielded++
		}
	}
	if ambiguous == 0 || shielded == 0 { // where another page has the right one, a Get settles it
		t.Errorf("%d ambiguous packages, %d missing ones are shielded", ambiguous, shielded)
	}
	again := *s
	again.out = s.out + "-again"
	replayed := again.audit(t.Context(), "--snapshot", o.file("packages.jsonl.zst"))
	replayed.requireCode(t, exitOK)
	if !bytes.Equal(replayed.read(t, "findings.csv"), o.read(t, "findings.csv")) {
		t.Error("the replay has other findings")
	}
}

// dripping sends the answer of inner a byte at a time from its n-th request on.
func dripping(n int32, inner http.Handler) http.Handler {
	var requests atomic.Int32
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if requests.Add(1) < n {
			inner.ServeHTTP(w, r)
			return
		}
		answer := httptest.NewRecorder()
		inner.ServeHTTP(answer, r)
		for _, b := range answer.Body.Bytes() {
			if _, err := w.Write([]byte{b}); err != nil || r.Context().Err() != nil {
				return
			}
			_ = http.NewResponseController(w).Flush()
			select {
			case <-r.Context().Done():
			case <-time.After(time.Second):
			}
		}
	})
}

// TestMaxDuration: a server that sends a byte a second does not hang the run, which
// reports what was read.
func TestMaxDuration(t *testing.T) {
	t.Parallel()
	planted := smallInventory()
	var runs []func()
	results := map[int32]*runResult{1: nil, 2: nil, 7: nil}
	for from := range results {
		s := envWithHandler(t, planted, dripping(from, wixsim.New(planted.Inventory, &wixsim.Options{OnlyAccountFilter: true})))
		o := &runResult{}
		results[from] = o
		runs = append(runs, func() { *o = *s.audit(withDeadline(t), "--max-duration", "2s", "--concurrency", "1") })
	}
	inParallel(len(runs), runs...)
	for from, o := range results {
		o.requireCode(t, job.ExitIncomplete)
		read := 0
		coverage := o.summary(t).Coverage
		for _, a := range coverage.Accounts {
			if a.Read {
				read++
			}
		}
		if (read > 0) != (from > 2) || read > len(planted.Accounts) || !strings.Contains(strings.Join(coverage.Problems, " "), "--max-duration") {
			t.Errorf("dripping from request %d: %d accounts read; problems %q", from, read, coverage.Problems)
		}
	}
}

// TestClockIsWrong: a run is not accepted if its clock differs from Wix's.
func TestClockIsWrong(t *testing.T) {
	t.Parallel()
	planted := smallInventory()
	for ahead, objects := range map[time.Duration]bool{0: false, 50 * time.Minute: false, 2 * time.Hour: true, -48 * time.Hour: true} {
		inner := wixsim.New(planted.Inventory, nil)
		s := envWithHandler(t, planted, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Date", time.Now().Add(ahead).UTC().Format(http.TimeFormat))
			inner.ServeHTTP(w, r)
		}))
		args := slices.DeleteFunc(s.args("--reports", "findings"), func(arg string) bool { return arg == "--as-of" || strings.HasPrefix(arg, "2026-") })
		o := s.call(t.Context(), args, "WIX_API_KEY="+s.key)
		o.requireCode(t, exitOK)
		sum := o.summary(t)
		if found := strings.Contains(strings.Join(sum.Objections, " "), "the clock of this machine"); found != objects || sum.Accepted == objects {
			t.Errorf("Wix is %s ahead: accepted %t, objections %q", ahead, sum.Accepted, sum.Objections)
		}
		if warned := strings.Contains(o.stderr, "this machine's clock differs"); warned != objects {
			t.Errorf("Wix is %s ahead: standard error %s", ahead, o.stderr)
		}
	}
}

// bombs are pages that are small on the wire, or within the bounds, and large in
// memory.
func bombs() map[string]func(account string) string {
	repeat := strings.Repeat
	return map[string]func(string) string{
		"empty instances": func(account string) string {
			one := `{"id":"p%d","accountId":"` + account + `","productInstances":[` + repeat("{},", 999) + `{}]},`
			var b strings.Builder
			for i := range 199 {
				fmt.Fprintf(&b, one, i)
			}
			return `{"packages":[` + strings.TrimSuffix(b.String(), ",") + `],"metadata":{"cursors":{}}}`
		},
		"instances": func(account string) string {
			var b strings.Builder
			for i := range 190 {
				fmt.Fprintf(&b, `{"id":"%s-%d","accountId":"%s","productInstances":[`, account, i, account)
				for k := range 1000 {
					fmt.Fprintf(&b, `{"instanceId":"%d"},`, k)
				}
				b.WriteString(`{"instanceId":"x"}]},`)
			}
			return `{"packages":[` + strings.ReplaceAll(strings.TrimSuffix(b.String(), ","), `,{"instanceId":"x"}`, ``) + `],"metadata":{"cursors":{}}}`
		},
		"brackets": func(string) string { return `{"packages":` + repeat("[", 32<<20) },
		"a string": func(string) string {
			return `{"packages":[],"x":"` + repeat(`\u0041`, 5<<20) + `","metadata":{"count":0}}`
		},
		"no end":    func(string) string { return `{"packages":[],"x":"` + repeat("x", 64<<20) },
		"names":     func(string) string { return `{` + repeat(`"a":0,`, 5<<20) + `"packages":[],"metadata":{"count":0}}` },
		"elements":  func(string) string { return `{"packages":[` + repeat("0,", 15<<20) },
		"backslash": func(string) string { return `{"packages":["` + repeat(`\\`, 15<<20) },
	}
}

// TestBombs: eight requests in flight get a bomb each. The memory is that of the
// program, as a process.
func TestBombs(t *testing.T) {
	program, err := builtProgram()
	if err != nil {
		t.Fatal(err)
	}
	planted := wixsim.Generate(wixsim.SampleOptions{Seed: 3, Accounts: 8, Packages: 40, PerKind: 1})
	var cases []bombCase
	for _, name := range []string{"instances", "empty instances", "brackets", "a string", "no end", "names", "elements", "backslash"} {
		cases = append(cases, bombCase{name, 200}, bombCase{name, 500})
	}
	for _, c := range sampleOf(t, "bombs", 2, cases) {
		bomb := bombs()[c.name]
		s := envWithHandler(t, planted, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			query, _ := io.ReadAll(r.Body)
			_, account, _ := strings.Cut(string(query), `"$eq":"`)
			account, _, _ = strings.Cut(account, `"`)
			w.WriteHeader(c.status)
			_, _ = io.WriteString(w, bomb(account))
		}))
		o, peak := s.spawn(t, program, "--reports", "findings", "--max-duration", "3s")
		if o.code != job.ExitIncomplete && o.code != job.ExitFailed {
			t.Errorf("%+v: exit code %d\n%.2000s", c, o.code, o.stderr)
		}
		if peak > manyBytes {
			t.Errorf("%+v: peak memory %d MiB, want no more than %d", c, peak>>20, manyBytes>>20)
		}
		t.Logf("%+v: peak memory %d MiB, exit code %d", c, peak>>20, o.code)
	}
}

// A bombCase is a bomb, and the status with which it is sent.
type bombCase struct {
	name   string
	status int
}

// TestExtraBytes: a server sends more than it announced, with the key in it.
// net/http prints that through the standard logger.
func TestExtraBytes(t *testing.T) {
	program, err := builtProgram()
	if err != nil {
		t.Fatal(err)
	}
	planted := tinyInventory()
	inner := wixsim.New(planted.Inventory, &wixsim.Options{Key: specialKey})
	s := envWithHandler(t, planted, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := httptest.NewRecorder()
		inner.ServeHTTP(answer, r)
		text := fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", answer.Body.Len(), answer.Body.String())
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err) // the test server supports hijacking
		}
		_, _ = io.WriteString(conn, text+"HTTP/1.1 500 "+specialKey+"\r\n"+specialKey)
		_, _ = io.Copy(io.Discard, conn)
		_ = conn.Close()
	}))
	s.key = specialKey
	o, _ := s.spawn(t, program)
	o.requireCode(t, exitOK)
	checkNoKey(t, o)
}

// TestNoProxyForThisMachine: the key does not pass a proxy without encryption.
func TestNoProxyForThisMachine(t *testing.T) {
	program, err := builtProgram()
	if err != nil {
		t.Fatal(err)
	}
	var asked atomic.Int32
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer proxy.Close()
	t.Setenv("HTTP_PROXY", proxy.URL)
	s := newEnv(t, tinyInventory(), nil)
	_, port, err := net.SplitHostPort(strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	s.url = "http://LOCALHOST:" + port
	_, _ = s.spawn(t, program, "--reports", "findings", "--max-duration", "20s") // it may fail where the name is not known
	if n := asked.Load(); n > 0 {
		t.Errorf("the proxy was asked %s times", strconv.Itoa(int(n)))
	}
	t.Setenv("HTTPS_PROXY", "http://me:hunter2@proxy:port")
	s.out += "-2"
	o, _ := s.spawn(t, program)
	o.requireFailed(t, job.ExitUsage, "HTTPS_PROXY: not the URL of a proxy")
	if strings.Contains(o.stderr, "hunter2") {
		t.Errorf("standard error %s", o.stderr)
	}
}
