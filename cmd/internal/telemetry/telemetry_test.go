package telemetry

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govalues/decimal"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/wixrecon/wixrecon/reconcile"
)

var update = flag.Bool("update", false, "write docs/metrics.md")

// A received request.
type received struct {
	path, body string
	header     http.Header
}

// receiver is a server that records what it receives, and answers with status.
func receiver(t *testing.T, status int) (url string, all func() []received) {
	t.Helper()
	var mu sync.Mutex
	var got []received
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		got = append(got, received{r.Method + " " + r.URL.Path, string(body), r.Header})
		w.WriteHeader(status)
	}))
	t.Cleanup(server.Close)
	return server.URL, func() []received {
		mu.Lock()
		defer mu.Unlock()
		return got
	}
}

func sampleSummary() *reconcile.Summary {
	s := &reconcile.Summary{
		Command: reconcile.CommandRun, RunID: "20261121T020000Z-1a2b", Live: true, Complete: true, Accepted: true,
		AsOf: time.Date(2026, 11, 21, 2, 0, 0, 0, time.UTC), Findings: reconcile.NewTally(), AccountsFailed: 2,
		Changes: &reconcile.Changes{New: 3, Resolved: 1},
		Phases:  []reconcile.RunPhase{{Name: reconcile.RunPhaseWix, Seconds: 61.5}},
		Requests: reconcile.Requests{Retries: 4, Throttled: 1, RateWait: 2.5, Answers: []reconcile.AnswerCount{
			{Call: "query", Status: "200", Count: 120}, {Call: "query", Status: "503", Count: 4}}},
		Fixes: &reconcile.FixSummary{Actions: map[string]int{"applied": 2, "failed": 1},
			Refusals: []reconcile.FixRefusal{{Limit: "max-cancels", Text: "12 cancels are planned, 10 are allowed"}}},
	}
	s.Findings.Kinds[reconcile.OrphanPackage.String()][reconcile.Open.String()] = 5
	s.Findings.Money = []reconcile.MoneyTotal{
		{Direction: "leak", Currency: "USD", Monthly: decimal.MustParse("318.00"), Findings: 4},
		{Direction: "leak", Findings: 1, Unpriced: 1},
	}
	return s
}

func sampleFacts() *Facts {
	s := sampleSummary()
	started := s.AsOf.Add(500 * time.Millisecond)
	return &Facts{Interval: 24 * time.Hour, Runs: []Run{
		{Scope: "a1", At: started.Add(24 * time.Hour), ExitCode: 1},
		{Scope: "a1", At: started, ExitCode: 6, Summary: s},
		{Scope: "a1", At: started.Add(-24 * time.Hour), ExitCode: 0, Summary: s},
		{Scope: "b2", At: started, ExitCode: 1},
	}}
}

func TestMetrics(t *testing.T) {
	var text bytes.Buffer
	if err := WriteText(&text, sampleFacts()); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		`wixrecon_last_run_timestamp_seconds{scope="a1"} 1.7953128005e+09`,
		`wixrecon_last_success_timestamp_seconds{scope="a1"} 1.7951400005e+09`,
		`wixrecon_last_accepted_timestamp_seconds{scope="a1"} 1.7952264e+09`,
		`wixrecon_last_exit_code{scope="a1"} 1`,
		`wixrecon_last_exit_code{scope="b2"} 1`,
		`wixrecon_schedule_interval_seconds{scope="a1"} 86400`,
		`wixrecon_findings{kind="orphan_package",scope="a1",state="open"} 5`,
		`wixrecon_findings{kind="orphan_package",scope="a1",state="in_flight"} 0`,
		`wixrecon_open_monthly_amount{currency="USD",direction="leak",scope="a1"} 318`,
		`wixrecon_open_unpriced_findings{direction="leak",scope="a1"} 1`,
		`wixrecon_accounts_failed{scope="a1"} 2`,
		`wixrecon_phase_duration_seconds{phase="wix",scope="a1"} 61.5`,
		`wixrecon_requests{call="query",scope="a1",status="503"} 4`,
		`wixrecon_requests_throttled{scope="a1"} 1`,
		`wixrecon_rate_wait_seconds{scope="a1"} 2.5`,
		`wixrecon_fixes{outcome="applied",scope="a1"} 2`,
		`wixrecon_refusals{limit="max-cancels",scope="a1"} 1`,
	} {
		if !strings.Contains(text.String(), line+"\n") {
			t.Errorf("missing: %s", line)
		}
	}
	if t.Failed() {
		t.Log(text.String())
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(&text)
	if err != nil {
		t.Fatal(err)
	}
	for name, family := range families {
		for _, m := range family.GetMetric() {
			if m.TimestampMs != nil {
				t.Errorf("%s has a timestamp", name)
			}
		}
	}
	problems, err := testutil.GatherAndLint(registry(sampleFacts()))
	if err != nil || len(problems) > 0 {
		t.Errorf("lint: %v %v", problems, err)
	}
}

// The documentation lists every metric: names, labels and help come from the
// table.
func TestMetricsAreDocumented(t *testing.T) {
	text := "# Metrics\n\nAll metrics are gauges and have the label `scope`, the scope's id. They describe the runs in `--out`, not the process: after a restart they are the same.\n" +
		"Findings, money, requests and fixes are those of the last run that read Wix and could report.\n\n| metric | labels | meaning |\n| --- | --- | --- |\n"
	for _, m := range all() {
		text += fmt.Sprintf("| `%s%s` | `%s` | %s |\n", prefix, m.name, strings.Join(append([]string{"scope"}, m.labels...), "`, `"), m.help)
	}
	const name = "../../../docs/metrics.md"
	if n := reflect.TypeOf(metrics).NumField(); len(all()) != n {
		t.Fatalf("%d of %d metrics are listed", len(all()), n)
	}
	if *update {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(name); err != nil || string(got) != text {
		t.Errorf("docs/metrics.md is not up to date (%v): go test ./cmd/internal/telemetry -update", err)
	}
}

func TestWriteFileReplacesWhole(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "wixrecon.prom")
	for range 2 {
		if err := WriteFile(name, sampleFacts()); err != nil {
			t.Fatal(err)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("%v %v", entries, err)
	}
	if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if err := WriteFile(filepath.Join(dir, "missing", "x.prom"), sampleFacts()); err == nil {
		t.Error("no error for a folder that does not exist")
	}
}

func TestPushAddsEachScopeByPost(t *testing.T) {
	url, got := receiver(t, http.StatusOK)
	if err := Push(t.Context(), http.DefaultClient, url, sampleFacts()); err != nil {
		t.Fatal(err)
	}
	all := got()
	if len(all) != 2 || all[0].path != "POST /metrics/job/wixrecon/instance/a1" || all[1].path != "POST /metrics/job/wixrecon/instance/b2" {
		t.Errorf("got %v", all)
	}
}

func TestPing(t *testing.T) {
	url, got := receiver(t, http.StatusOK)
	p := &Pinger{http.DefaultClient, url + "/secret-uuid/"}
	if err := errors.Join(p.Start(t.Context()), p.End(t.Context(), 4, "INCOMPLETE: 2 of 3 sub-accounts could not be read\n")); err != nil {
		t.Fatal(err)
	}
	all := got()
	if len(all) != 2 || all[0].path != "POST /secret-uuid/start" || all[1].path != "POST /secret-uuid/4" || !strings.HasPrefix(all[1].body, "INCOMPLETE") {
		t.Errorf("got %v", all)
	}
	if err := p.End(t.Context(), 0, strings.Repeat("a long line\n", 10_000)); err != nil {
		t.Fatal(err)
	}
	if body := got()[2].body; len(body) > maxPing || !strings.HasSuffix(body, "a long line\n…\n") {
		t.Errorf("%d bytes, ends with %q", len(body), body[len(body)-20:])
	}
}

// No error shows the part of a URL that is a password.
func TestErrorsShowNoSecret(t *testing.T) {
	refused, _ := receiver(t, http.StatusForbidden)
	client := http.DefaultClient
	for name, err := range map[string]error{
		"ping refused":       (&Pinger{client, refused + "/t0ps3cret"}).Start(t.Context()),
		"ping malformed":     (&Pinger{client, "http://[::1/t0ps3cret"}).Start(t.Context()),
		"webhook refused":    (&Notifier{Client: client, URL: refused + "/?token=t0ps3cret"}).Send(t.Context(), sampleMessage()),
		"webhook malformed":  (&Notifier{Client: client, URL: "http://[::1/t0ps3cret"}).Send(t.Context(), sampleMessage()),
		"no connection":      post(t.Context(), client, "http://user:t0ps3cret@127.0.0.1:1/t0ps3cret?t0ps3cret", nil, ""),
		"service":            CheckURL("slack://hook:t0ps3cret@webhook?color=t0ps3cret"),
		"unknown service":    CheckURL("nothing://t0ps3cret@t0ps3cret"),
		"not a URL":          CheckURL("t0ps3cret"),
		"unencrypted":        CheckURL("http://example.com/t0ps3cret"),
		"service refuses":    (&Notifier{Client: client, URL: "generic+" + refused + "/t0ps3cret?contenttype=t0ps3cret"}).shout(t.Context(), "text"),
		"service can't send": (&Notifier{Client: client, URL: "generic+http://127.0.0.1:1/t0ps3cret"}).shout(t.Context(), "text"),
	} {
		if err == nil || strings.Contains(err.Error(), "t0ps3cret") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func sampleMessage() *Message {
	return &Message{RunID: "20261121T020000Z-1a2b", Command: "run", Scope: "a1", Time: time.Date(2026, 11, 21, 2, 1, 0, 0, time.UTC),
		Verdict: "COMPLETE: the whole inventory was read", Summary: sampleSummary(), Reports: "s3://reports/20261121T020000Z-1a2b"}
}

// The signature is checked as a receiver would, with the test vector of the
// standard.
func TestWebhookIsSigned(t *testing.T) {
	secret, err := ParseSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	if err != nil {
		t.Fatal(err)
	}
	const vector = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
	if got := sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", []byte(`{"test": 2432232314}`)); got != vector {
		t.Errorf("got %s", got)
	}
	url, got := receiver(t, http.StatusNoContent)
	if err := (&Notifier{http.DefaultClient, url, secret}).Send(t.Context(), sampleMessage()); err != nil {
		t.Fatal(err)
	}
	r := got()[0]
	if want := sign(secret, r.header.Get("webhook-id"), r.header.Get("webhook-timestamp"), []byte(r.body)); r.header.Get("webhook-signature") != want {
		t.Errorf("signature %s, want %s", r.header.Get("webhook-signature"), want)
	}
	var body payload
	if err := json.Unmarshal([]byte(r.body), &body); err != nil || body.Type != "run.ended" || body.Data.Money[0].Monthly.String() != "318.00" {
		t.Errorf("%v: %s", err, r.body)
	}
}

// A service of shoutrrr gets the message as text.
func TestNotifyByService(t *testing.T) {
	url, got := receiver(t, http.StatusOK)
	service := "generic+" + url + "/hook"
	if err := (&Notifier{Client: http.DefaultClient, URL: service}).Send(t.Context(), sampleMessage()); err != nil {
		t.Fatal(err)
	}
	if all := got(); len(all) != 1 || !strings.Contains(all[0].body, "leak: 318.00 USD a month") {
		t.Errorf("got %v", all)
	}
}

func TestMessageIsDue(t *testing.T) {
	quiet := sampleMessage()
	quiet.Summary.Changes = nil
	suspect := sampleMessage()
	suspect.Summary.Changes, suspect.Summary.Accepted, suspect.Summary.Objections = nil, false, []string{"41 % fewer rows"}
	failed := &Message{ExitCode: 1, Verdict: "FAILED"}
	drift := sampleMessage()
	drift.ExitCode = 3
	for _, c := range []struct {
		name         string
		m            *Message
		onNew, onBad bool
	}{{"quiet", quiet, false, false}, {"new", sampleMessage(), true, false}, {"drift", drift, true, false}, {"suspect", suspect, true, true}, {"failed", failed, true, true}} {
		if c.m.Due(OnNew) != c.onNew || c.m.Due(OnProblem) != c.onBad || !c.m.Due(OnAlways) {
			t.Errorf("%s: new %v, problem %v", c.name, c.m.Due(OnNew), c.m.Due(OnProblem))
		}
	}
}

// A receiver that is down costs a minute at most, and seconds once the program
// was asked to stop.
func TestDeliveryEndsInTime(t *testing.T) {
	down := errors.New("connection refused")
	hang := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	fail := func(context.Context) error { return down }
	for _, c := range []struct {
		name  string
		send  func(context.Context) error
		stop  time.Duration // when the program is asked to stop
		limit time.Duration
	}{
		{"down", fail, time.Hour, deliveryTime}, {"hanging", hang, time.Hour, deliveryTime},
		{"stopped before", fail, 0, stopTime}, {"stopped while it hangs", hang, 5 * time.Second, 5*time.Second + stopTime},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), c.stop)
			defer cancel()
			start, tries := time.Now(), 0
			err := deliver(ctx, func(ctx context.Context) error { tries++; return c.send(ctx) })
			if took := time.Since(start); err == nil || took > c.limit {
				t.Errorf("%s: %v after %s and %d tries", c.name, err, took, tries)
			}
			synctest.Wait()
		})
	}
	tries := 0
	if err := deliver(t.Context(), func(context.Context) error { tries++; return &finalError{down} }); err == nil || tries != 1 {
		t.Errorf("a final error: %v after %d tries", err, tries)
	}
}
