package wix

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wixrecon/wixrecon/reconcile/fix/execute"
	"github.com/wixrecon/wixrecon/sources/wix/wixsim"
)

// What is known of a change after each fault, compared with what the simulator
// did; and that no change is ever sent twice.

func TestChangeFaults(t *testing.T) {
	known := map[wixsim.Fault]execute.SendStatus{wixsim.Throttle: execute.Throttled, wixsim.ThrottleRetryAfter: execute.Throttled, wixsim.Slow: execute.Answered}
	for kind, change := range sevenChanges() {
		for _, fault := range wixsim.ChangeFaults() {
			want, ok := known[fault]
			if !ok {
				want = execute.Lost
			}
			if fault == wixsim.HalfAssign && kind != Assign {
				want = execute.Answered // it affects no other kind
			}
			t.Run(string(kind)+" "+string(fault), func(t *testing.T) {
				o := wixsim.ChangeOptions{OnChange: func(int, wixsim.Change) wixsim.Fault { return fault }}
				if fault == wixsim.Hang || fault == wixsim.HangAfter {
					synctest.Test(t, func(t *testing.T) { checkHanging(t, o, change) })
					return
				}
				s, c := serveSim(t, o)
				sent := c.Send(context.Background(), change, nil)
				checkResult(t, sent, want)
				checkEffect(t, s, fault)
			})
		}
	}
}

// checkHanging sends to a server that does not respond: the change ends after its
// own timeout.
func checkHanging(t *testing.T, o wixsim.ChangeOptions, change Change) {
	t.Helper()
	s := newSim(o)
	c := newTestClient(t, s)
	start := time.Now()
	sent := c.Send(context.Background(), change, nil)
	err := sent.Err
	checkResult(t, sent, execute.Lost)
	if elapsed := time.Since(start); elapsed != 7*time.Second || errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "no complete response within 7s") {
		t.Errorf("after %s: %v", elapsed, err)
	}
	checkEffect(t, s, o.OnChange(1, wixsim.Change{}))
}

// checkResult checks what is known of a change.
func checkResult(t *testing.T, sent execute.SendResult, want execute.SendStatus) {
	t.Helper()
	if sent.Status != want || (sent.Err == nil) != (want == execute.Answered) || retryable(sent.Err) {
		t.Fatalf("%+v, want %s", sent, want)
	}
}

// checkEffect checks that the change arrived once, and that the simulator did
// what the fault means.
func checkEffect(t *testing.T, s *wixsim.Server, fault wixsim.Fault) {
	t.Helper()
	changes := s.Changes()
	if len(changes) != 1 || len(s.Requests()) != 1 {
		t.Fatalf("the server received %+v", s.Requests())
	}
	want := wixsim.Done
	switch fault {
	case wixsim.Throttle, wixsim.ThrottleRetryAfter, wixsim.InternalError, wixsim.BadGateway, wixsim.Unavailable, wixsim.GatewayTimeout,
		wixsim.ResetConnection, wixsim.HTMLBadGateway, wixsim.HTMLWithOK, wixsim.Hang:
		want = wixsim.NoEffect
	case wixsim.DelayedEffect:
		want = wixsim.Delayed
	case wixsim.HalfAssign:
		if changes[0].Kind == wixsim.Assign {
			want = wixsim.HalfDone
		}
	}
	p, _ := s.Package(packageID(1))
	changed := p.UpdatedDate.After(simPackages()[0].UpdatedDate) || changes[0].Kind == wixsim.CreatePackage && changes[0].PackageID != ""
	if changes[0].Effect != want || changed != (want == wixsim.Done || want == wixsim.HalfDone) {
		t.Errorf("the simulator recorded %+v; package %+v", changes[0], p)
	}
	s.ApplyDelayed()
	if fault == wixsim.DelayedEffect && s.Changes()[0].Effect != wixsim.DoneLater {
		t.Errorf("later it recorded %+v", s.Changes()[0])
	}
}

// TestChangeResponses sends responses that the simulator never sends.
func TestChangeResponses(t *testing.T) {
	mine, other := `{"id":"`+packageID(1)+`"}`, `{"id":"`+packageID(2)+`"}`
	for name, test := range map[string]struct {
		kind   ChangeKind
		status int
		body   string
		want   execute.SendStatus
	}{
		"cancel without a package":      {CancelPackage, 200, `{}`, execute.Lost},
		"cancel of null":                {CancelPackage, 200, `{"package":null}`, execute.Lost},
		"cancel of another package":     {CancelPackage, 200, `{"package":` + other + `}`, execute.Lost},
		"cancel, empty body":            {CancelPackage, 200, ``, execute.Lost},
		"cancel, unreadable date":       {CancelPackage, 200, `{"package":{"id":"` + packageID(1) + `","updatedDate":"soon"}}`, execute.Lost},
		"cancel":                        {CancelPackage, 200, `{"package":` + mine + `}`, execute.Answered},
		"cancel accepted":               {CancelPackage, 202, `{"package":` + mine + `}`, execute.Answered},
		"external id under either name": {SetExternalID, 200, `{"package":` + mine + `}`, execute.Answered},
		"external id":                   {SetExternalID, 200, `{"updatedPackage":` + mine + `}`, execute.Answered},
		"create without a package":      {CreatePackage, 200, `{"idempotencyKey":"key-1"}`, execute.Lost},
		"create":                        {CreatePackage, 201, `{"package":` + other + `}`, execute.Answered},
		"assign, any object":            {Assign, 200, `{"anything":[1,2]}`, execute.Answered},
		"assign, white space":           {Assign, 200, " \n", execute.Answered},
		"assign, a list":                {Assign, 200, `[]`, execute.Lost},
		"assign, truncated":             {Assign, 200, `{"anything":`, execute.Lost},
		"assign, HTML":                  {Assign, 200, `<html>`, execute.Lost},
		"redirect":                      {CancelPackage, 302, ``, execute.Lost},
		"permanent redirect":            {CancelPackage, 308, ``, execute.Lost},
		"not modified":                  {CancelPackage, 304, ``, execute.Lost},
		"bad request":                   {CancelPackage, 400, `{}`, execute.Refused},
		"unauthorized":                  {CancelPackage, 401, `{}`, execute.Refused},
		"forbidden":                     {CancelPackage, 403, `<html>`, execute.Refused},
		"not found":                     {CancelPackage, 404, ``, execute.Refused},
		"request timeout":               {CancelPackage, 408, ``, execute.Refused},
		"precondition required":         {CreatePackage, 428, `{}`, execute.Refused},
		"not implemented":               {CancelPackage, 501, ``, execute.Lost},
		"unknown 5xx":                   {CancelPackage, 599, ``, execute.Lost},
	} {
		t.Run(name, func(t *testing.T) {
			requests := 0
			c := newTestClient(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				requests++
				w.Header().Set("Location", "/resellers/v1/packages/elsewhere")
				w.WriteHeader(test.status)
				_, _ = io.WriteString(w, test.body)
			}))
			sent := c.Send(context.Background(), sevenChanges()[test.kind], nil)
			checkResult(t, sent, test.want)
			if requests != 1 || sent.Err != nil && sent.PackageID != "" {
				t.Errorf("%d requests; %+v", requests, sent)
			}
		})
	}
}

func TestRefusedChangeError(t *testing.T) {
	s, c := serveSim(t, wixsim.ChangeOptions{})
	change := sevenChanges()[CancelPackage]
	change.AccountID = accountID(9)
	sent := c.Send(context.Background(), change, nil)
	err := sent.Err
	var e *Error
	if !errors.As(err, &e) || e.Code != "PACKAGE_ACCOUNT_MISMATCH" || e.Message == "" || e.Status != 403 || !Forbidden(err) || sent.Status != execute.Refused {
		t.Errorf("error %v", err)
	}
	if text := err.Error(); !strings.HasPrefix(text, "cancel package "+packageID(1)+": DELETE http://") || !strings.HasSuffix(text, "(refused)") {
		t.Errorf("error %q", text)
	}
	if changes := s.Changes(); len(changes) != 1 || changes[0].Effect != wixsim.NoEffect {
		t.Errorf("changes %+v", changes)
	}
	if execute.Throttled.String()+execute.Lost.String()+execute.NotSent.String() != "throttled"+"outcome unknown"+"not sent" {
		t.Error("a status has another text")
	}
}

// TestThrottledChange: the error has the wait, and reads and changes slow down.
func TestThrottledChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := wixsim.ChangeOptions{OnChange: func(n int, _ wixsim.Change) wixsim.Fault {
			return map[int]wixsim.Fault{1: wixsim.ThrottleRetryAfter}[n]
		}}
		s := newSim(o)
		c := newTestClient(t, s, func(o *Options) { o.Rate = 60 })
		change := sevenChanges()[CancelPackage]
		sent := c.Send(context.Background(), change, nil)
		if sent.Status != execute.Throttled || sent.Wait != 7*time.Second || c.Requests().Throttled != 1 {
			t.Errorf("%+v; %+v", sent, c.Requests())
		}
		start := time.Now()
		if _, err := c.Get(context.Background(), accountID(1), packageID(1)); err != nil || time.Since(start) < 7*time.Second {
			t.Errorf("a read after %s, error %v", time.Since(start), err)
		}
		if err := c.Send(context.Background(), change, nil).Err; err != nil || s.Changes()[1].Effect != wixsim.Done {
			t.Errorf("sent again: %v", err)
		}
	})
}

// TestChangeContext ends the context at each stage.
func TestChangeContext(t *testing.T) {
	change := sevenChanges()[CancelPackage]
	t.Run("before", func(t *testing.T) {
		s, c := serveSim(t, wixsim.ChangeOptions{})
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		sent := c.Send(ctx, change, nil)
		if sent.Status != execute.NotSent || !errors.Is(sent.Err, context.Canceled) || len(s.Requests()) != 0 {
			t.Errorf("error %v, %d requests", sent.Err, len(s.Requests()))
		}
	})
	t.Run("waiting", func(t *testing.T) { synctest.Test(t, checkContextWhileWaiting) })
	t.Run("in flight", func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		s, c := serveSim(t, wixsim.ChangeOptions{OnChange: func(int, wixsim.Change) wixsim.Fault { cancel(); return "" }})
		if err := c.Send(ctx, change, nil).Err; err != nil || s.Changes()[0].Effect != wixsim.Done {
			t.Errorf("error %v, changes %+v", err, s.Changes())
		}
	})
}

// checkContextWhileWaiting waits for a slot, for the rate, and after a 429.
func checkContextWhileWaiting(t *testing.T) {
	s := newSim(wixsim.ChangeOptions{})
	c := newTestClient(t, s, func(o *Options) { o.Concurrency, o.Rate = 1, 1 })
	send := func() execute.SendResult {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		return c.Send(ctx, sevenChanges()[CancelPackage], nil)
	}
	c.slots <- struct{}{}
	noSlot := send()
	<-c.slots
	if _, err := c.Get(context.Background(), accountID(1), packageID(1)); err != nil { // uses up the rate
		t.Fatal(err)
	}
	noRate := send()
	c.limiter.throttled(0, time.Now().Add(time.Hour))
	for _, sent := range []execute.SendResult{noSlot, noRate, send()} {
		if sent.Status != execute.NotSent || !errors.Is(sent.Err, context.DeadlineExceeded) {
			t.Errorf("%+v", sent)
		}
	}
	if len(s.Changes()) != 0 || c.Requests().Change != 0 || len(c.slots) != 0 {
		t.Errorf("changes %+v, %d slots in use", s.Changes(), len(c.slots))
	}
}

// TestReadDuringChanges reads the inventory while changes fail in every way.
func TestReadDuringChanges(t *testing.T) {
	rates := map[wixsim.Fault]float64{}
	for _, fault := range wixsim.ChangeFaults() {
		rates[fault] = 0.08
	}
	for _, slow := range []wixsim.Fault{wixsim.Hang, wixsim.HangAfter, wixsim.Throttle, wixsim.ThrottleRetryAfter} {
		delete(rates, slow) // they rightly slow down reads
	}
	planted := wixsim.Generate(wixsim.SampleOptions{Seed: 1, Accounts: 4, Packages: 150})
	s := wixsim.New(planted.Inventory, &wixsim.Options{Delay: time.Millisecond, PageSize: 10, Changes: wixsim.ChangeOptions{
		Faults: rates,
	}})
	c := serve(t, s, func(c *Options) {
		c.Key, c.AccountID, c.Concurrency = NewSecret(wixsim.DefaultKey), wixsim.DefaultParent, 3
	})
	var changes sync.WaitGroup
	for _, p := range planted.Inventory[:60] {
		changes.Go(func() {
			_ = c.Send(context.Background(), Change{Kind: SetExternalID, AccountID: p.AccountID, PackageID: p.ID, ExternalID: "moved"}, nil)
		})
	}
	var sink recordingSink
	coverage, err := readCoverage(context.Background(), c, InventoryOptions{LedgerAccounts: accountsOf(planted)}, sink.sink)
	changes.Wait()
	if err != nil || !coverage.Complete() || len(sink.packages) != len(planted.Inventory) {
		t.Errorf("read %d packages, coverage %+v, error %v", len(sink.packages), coverage, err)
	}
	if n := len(s.Changes()); n != 60 || s.MaxInFlight() > 3 || c.Requests().Change != 60 {
		t.Errorf("%d changes, %d requests in flight", n, s.MaxInFlight())
	}
}

// TestKeyNotInChangeErrors: a server echoes the key, and a change has it.
func TestKeyNotInChangeErrors(t *testing.T) {
	for form, echo := range echoes() {
		for where, handler := range echoing(echo) {
			var log bytes.Buffer
			c := newTestClient(t, handler, func(o *Options) {
				o.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
			})
			for kind, change := range sevenChanges() {
				sent := c.Send(context.Background(), change, nil)
				err := sent.Err
				if containsKey(dump(err)) || containsKey(log.String()) {
					t.Errorf("%s of %s in %s: %v; log %s", form, kind, where, err, log.String())
				}
			}
		}
	}
	c := newTestClient(t, nil, func(o *Options) { o.Transport = failing{errors.New("reset " + testKey)} })
	for _, id := range []string{testKey, "x" + testKey} {
		for _, kind := range []ChangeKind{SetExternalID, CreatePackage, CancelPackage} {
			change := sevenChanges()[kind]
			change.ExternalID = id
			sent := c.Send(context.Background(), change, nil)
			err := sent.Err
			if sent.Status != execute.Lost || containsKey(dump(err)) {
				t.Errorf("%s: error %v", kind, err)
			}
			change.AccountID, change.IdempotencyKey = id, ""
			sent = c.Send(context.Background(), change, nil)
			err = sent.Err
			if sent.Status != execute.NotSent || containsKey(dump(err)) {
				t.Errorf("%s: error %v", kind, err)
			}
		}
	}
}
