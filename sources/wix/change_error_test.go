package wix

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wixrecon/wixrecon/sources/wix/wixsim"
)

// What is known of a change after each fault, held against what the simulator
// knows; and that no change is ever sent twice for it.

// aborting is a transport without sockets for handlers that cut connections.
type aborting struct{ http.Handler }

func (a aborting) RoundTrip(r *http.Request) (response *http.Response, err error) {
	if r.Body == nil {
		r.Body = http.NoBody // as a server has it
	}
	defer func() {
		if cut := recover(); cut != nil {
			response, err = nil, errors.New("connection reset by peer")
		}
	}()
	w := httptest.NewRecorder()
	a.ServeHTTP(w, r)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return w.Result(), nil
}

func TestFatesOfChanges(t *testing.T) {
	fates := map[wixsim.Fault]Fate{wixsim.Throttle: Throttled, wixsim.ThrottleRetryAfter: Throttled, wixsim.Slow: -1}
	for kind, change := range sevenChanges() {
		for _, fault := range wixsim.ChangeFaults() {
			want, ok := fates[fault]
			if !ok {
				want = Lost
			}
			if fault == wixsim.HalfAssign && kind != Assign {
				want = -1 // it hits nothing else
			}
			t.Run(string(kind)+" "+string(fault), func(t *testing.T) {
				o := wixsim.ChangeOptions{OnChange: func(int, wixsim.Change) wixsim.Fault { return fault }}
				if fault == wixsim.Hang || fault == wixsim.HangAfter {
					synctest.Test(t, func(t *testing.T) { checkHanging(t, o, change) })
					return
				}
				s, c := simOf(t, o)
				_, err := c.Send(context.Background(), change, nil)
				checkFate(t, err, want)
				checkState(t, s, fault)
			})
		}
	}
}

// checkHanging sends to a server that does not answer: at the end of the
// change's own time it is given up.
func checkHanging(t *testing.T, o wixsim.ChangeOptions, change Change) {
	t.Helper()
	s := wixsim.New(simBook(), &wixsim.Options{Key: testKey, Parent: parentID, Changes: o})
	c := clientOf(t, nil, func(o *Options) { o.Transport = aborting{s} })
	began := time.Now()
	_, err := c.Send(context.Background(), change, nil)
	checkFate(t, err, Lost)
	if took := time.Since(began); took != 7*time.Second || errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "no whole answer within 7s") {
		t.Errorf("after %s: %v", took, err)
	}
	checkState(t, s, o.OnChange(1, wixsim.Change{}))
}

// checkFate holds the error; a fate of -1 is none.
func checkFate(t *testing.T, err error, want Fate) {
	t.Helper()
	if want < 0 {
		if err != nil {
			t.Errorf("error %v", err)
		}
		return
	}
	var e *ChangeError
	if !errors.As(err, &e) || e.Fate != want || FateOf(err) != want || Retryable(err) {
		t.Fatalf("error %v, want one of %s", err, want)
	}
}

// checkState holds that the change arrived once, and that what the simulator
// did is what the fault says.
func checkState(t *testing.T, s *wixsim.Server, fault wixsim.Fault) {
	t.Helper()
	made := s.Changes()
	if len(made) != 1 || len(s.Requests()) != 1 {
		t.Fatalf("the server received %+v", s.Requests())
	}
	want := wixsim.Done
	switch fault {
	case wixsim.Throttle, wixsim.ThrottleRetryAfter, wixsim.InternalError, wixsim.BadGateway, wixsim.Unavailable, wixsim.GatewayTimeout,
		wixsim.ResetConnection, wixsim.HTMLBadGateway, wixsim.HTMLWithOK, wixsim.Hang:
		want = wixsim.NoEffect
	case wixsim.DelayedEffect:
		want = wixsim.Underway
	case wixsim.HalfAssign:
		if made[0].Kind == wixsim.Assign {
			want = wixsim.HalfDone
		}
	}
	p, _ := s.Package(packageID(1))
	touched := p.UpdatedDate.After(simBook()[0].UpdatedDate) || made[0].Kind == wixsim.CreatePackage && made[0].PackageID != ""
	if made[0].Effect != want || touched != (want == wixsim.Done || want == wixsim.HalfDone) {
		t.Errorf("the simulator made %+v of it; package %+v", made[0], p)
	}
	s.Land()
	if fault == wixsim.DelayedEffect && s.Changes()[0].Effect != wixsim.DoneLater {
		t.Errorf("later it made %+v of it", s.Changes()[0])
	}
}

// TestFatesOfAnswers lets a server say what the simulator never says.
func TestFatesOfAnswers(t *testing.T) {
	mine, other := `{"id":"`+packageID(1)+`"}`, `{"id":"`+packageID(2)+`"}`
	for name, test := range map[string]struct {
		kind   ChangeKind
		status int
		body   string
		want   Fate
	}{
		"cancel without a package":      {CancelPackage, 200, `{}`, Lost},
		"cancel of null":                {CancelPackage, 200, `{"package":null}`, Lost},
		"cancel of another package":     {CancelPackage, 200, `{"package":` + other + `}`, Lost},
		"cancel with nothing":           {CancelPackage, 200, ``, Lost},
		"cancel, unreadable date":       {CancelPackage, 200, `{"package":{"id":"` + packageID(1) + `","updatedDate":"soon"}}`, Lost},
		"cancel":                        {CancelPackage, 200, `{"package":` + mine + `}`, -1},
		"cancel accepted":               {CancelPackage, 202, `{"package":` + mine + `}`, -1},
		"external id under either name": {SetExternalID, 200, `{"package":` + mine + `}`, -1},
		"external id":                   {SetExternalID, 200, `{"updatedPackage":` + mine + `}`, -1},
		"create without a package":      {CreatePackage, 200, `{"idempotencyKey":"key-1"}`, Lost},
		"create":                        {CreatePackage, 201, `{"package":` + other + `}`, -1},
		"assign, something":             {Assign, 200, `{"anything":[1,2]}`, -1},
		"assign, blank":                 {Assign, 200, " \n", -1},
		"assign, a list":                {Assign, 200, `[]`, Lost},
		"assign, cut short":             {Assign, 200, `{"anything":`, Lost},
		"assign, a page":                {Assign, 200, `<html>`, Lost},
		"redirect":                      {CancelPackage, 302, ``, Lost},
		"redirect that keeps":           {CancelPackage, 308, ``, Lost},
		"not modified":                  {CancelPackage, 304, ``, Lost},
		"bad request":                   {CancelPackage, 400, `{}`, Refused},
		"unauthorized":                  {CancelPackage, 401, `{}`, Refused},
		"forbidden":                     {CancelPackage, 403, `<html>`, Refused},
		"not found":                     {CancelPackage, 404, ``, Refused},
		"request time-out":              {CancelPackage, 408, ``, Refused},
		"precondition required":         {CreatePackage, 428, `{}`, Refused},
		"not implemented":               {CancelPackage, 501, ``, Lost},
		"beyond":                        {CancelPackage, 599, ``, Lost},
	} {
		t.Run(name, func(t *testing.T) {
			asked := 0
			c := clientOf(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				asked++
				w.Header().Set("Location", "/resellers/v1/packages/elsewhere")
				w.WriteHeader(test.status)
				_, _ = io.WriteString(w, test.body)
			}))
			answer, err := c.Send(context.Background(), sevenChanges()[test.kind], nil)
			checkFate(t, err, test.want)
			if asked != 1 || err != nil && answer.Package != nil {
				t.Errorf("%d requests; answer %+v", asked, answer)
			}
		})
	}
}

func TestRefusalSaysWhy(t *testing.T) {
	s, c := simOf(t, wixsim.ChangeOptions{})
	change := sevenChanges()[CancelPackage]
	change.AccountID = accountID(9)
	_, err := c.Send(context.Background(), change, nil)
	var e *Error
	if !errors.As(err, &e) || e.Code != "PACKAGE_ACCOUNT_MISMATCH" || e.Message == "" || e.Status != 403 || !Forbidden(err) || FateOf(err) != Refused {
		t.Errorf("error %v", err)
	}
	if text := err.Error(); !strings.HasPrefix(text, "cancel package "+packageID(1)+": DELETE http://") || !strings.HasSuffix(text, "(refused)") {
		t.Errorf("error %q", text)
	}
	if made := s.Changes(); len(made) != 1 || made[0].Effect != wixsim.NoEffect {
		t.Errorf("made %+v", made)
	}
	if FateOf(errors.New("anything")) != Lost || (Throttled.String()+Lost.String()+NotSent.String()) != "throttled"+"outcome unknown"+"not sent" {
		t.Error("a fate has another meaning")
	}
}

// TestThrottledChange is told the wait, and slows reads and changes down alike.
func TestThrottledChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := wixsim.ChangeOptions{OnChange: func(n int, _ wixsim.Change) wixsim.Fault {
			return map[int]wixsim.Fault{1: wixsim.ThrottleRetryAfter}[n]
		}}
		s := wixsim.New(simBook(), &wixsim.Options{Key: testKey, Parent: parentID, Changes: o, RetryAfter: "7"})
		c := clientOf(t, nil, func(o *Options) { o.Transport, o.Rate = aborting{s}, 60 })
		change := sevenChanges()[CancelPackage]
		_, err := c.Send(context.Background(), change, nil)
		var e *ChangeError
		if !errors.As(err, &e) || e.Fate != Throttled || e.Wait != 7*time.Second || c.Requests().Throttled != 1 {
			t.Errorf("error %v; %+v", err, c.Requests())
		}
		began := time.Now()
		if _, err := c.Get(context.Background(), accountID(1), packageID(1)); err != nil || time.Since(began) < 7*time.Second {
			t.Errorf("a read after %s, error %v", time.Since(began), err)
		}
		if _, err := c.Send(context.Background(), change, nil); err != nil || s.Changes()[1].Effect != wixsim.Done {
			t.Errorf("sent again: %v", err)
		}
	})
}

// TestContextOfChange ends the context at each stage.
func TestContextOfChange(t *testing.T) {
	change := sevenChanges()[CancelPackage]
	t.Run("before", func(t *testing.T) {
		s, c := simOf(t, wixsim.ChangeOptions{})
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_, err := c.Send(ctx, change, nil)
		if FateOf(err) != NotSent || !errors.Is(err, context.Canceled) || len(s.Requests()) != 0 {
			t.Errorf("error %v, %d requests", err, len(s.Requests()))
		}
	})
	t.Run("waiting", func(t *testing.T) { synctest.Test(t, endsWhileWaiting) })
	t.Run("under way", func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		s, c := simOf(t, wixsim.ChangeOptions{OnChange: func(int, wixsim.Change) wixsim.Fault { cancel(); return "" }})
		if _, err := c.Send(ctx, change, nil); err != nil || s.Changes()[0].Effect != wixsim.Done {
			t.Errorf("error %v, made %+v", err, s.Changes())
		}
	})
}

// endsWhileWaiting waits for a slot, for the rate, and for a throttled server.
func endsWhileWaiting(t *testing.T) {
	s := wixsim.New(simBook(), &wixsim.Options{Key: testKey, Parent: parentID})
	c := clientOf(t, nil, func(o *Options) { o.Transport, o.Concurrency, o.Rate = aborting{s}, 1, 1 })
	send := func() error {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_, err := c.Send(ctx, sevenChanges()[CancelPackage], nil)
		return err
	}
	c.slots <- struct{}{}
	slot := send()
	<-c.slots
	if _, err := c.Get(context.Background(), accountID(1), packageID(1)); err != nil { // uses the minute's only place
		t.Fatal(err)
	}
	place := send()
	c.limiter.throttled(0, time.Now().Add(time.Hour))
	for _, err := range []error{slot, place, send()} {
		if FateOf(err) != NotSent || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
	}
	if len(s.Changes()) != 0 || c.Requests().Change != 0 || len(c.slots) != 0 {
		t.Errorf("made %+v, %d slots are held", s.Changes(), len(c.slots))
	}
}

// TestReadsBesideChanges reads the inventory while changes fail in every way.
func TestReadsBesideChanges(t *testing.T) {
	rates := map[wixsim.Fault]float64{}
	for _, fault := range wixsim.ChangeFaults() {
		rates[fault] = 0.08
	}
	for _, slow := range []wixsim.Fault{wixsim.Hang, wixsim.HangAfter, wixsim.Throttle, wixsim.ThrottleRetryAfter} {
		delete(rates, slow) // they slow reads down, and should
	}
	planted := wixsim.Generate(wixsim.GenerateOptions{Seed: 1, Accounts: 4, Packages: 150})
	s := wixsim.New(planted.Book, &wixsim.Options{Delay: time.Millisecond, PageSize: 10, Changes: wixsim.ChangeOptions{
		Faults: map[wixsim.ChangeKind]map[wixsim.Fault]float64{wixsim.AnyChange: rates},
	}})
	c := serve(t, s, func(c *Options) {
		c.Key, c.AccountID, c.Concurrency = NewSecret(wixsim.DefaultKey), wixsim.DefaultParent, 3
	})
	var beside sync.WaitGroup
	for _, p := range planted.Book[:60] {
		beside.Go(func() {
			_, _ = c.Send(context.Background(), Change{Kind: SetExternalID, AccountID: p.AccountID, PackageID: p.ID, ExternalID: "moved"}, nil)
		})
	}
	var k kept
	coverage, err := ReadInventory(context.Background(), c, InventoryOptions{LedgerAccounts: accountsOf(planted)}, k.sink)
	beside.Wait()
	if err != nil || !coverage.Complete() || len(k.packages) != len(planted.Book) {
		t.Errorf("read %d packages, coverage %+v, error %v", len(k.packages), coverage, err)
	}
	if n := len(s.Changes()); n != 60 || s.MaxInFlight() > 3 || c.Requests().Change != 60 {
		t.Errorf("%d changes, %d requests in flight", n, s.MaxInFlight())
	}
}

// TestKeyIsInNoChangeError lets a server echo the key, and puts it into a change.
func TestKeyIsInNoChangeError(t *testing.T) {
	for form, echo := range echoes() {
		for where, answer := range echoing(echo) {
			var log bytes.Buffer
			c := clientOf(t, answer, func(o *Options) {
				o.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
			})
			for kind, change := range sevenChanges() {
				_, err := c.Send(context.Background(), change, nil)
				if shows(dump(err)) || shows(log.String()) {
					t.Errorf("%s of %s in %s: %v; log %s", form, kind, where, err, log.String())
				}
			}
		}
	}
	c := clientOf(t, nil, func(o *Options) { o.Transport = failing{errors.New("lost " + testKey)} })
	for _, id := range []string{testKey, "x" + testKey} {
		for _, kind := range []ChangeKind{SetExternalID, CreatePackage, CancelPackage} {
			change := sevenChanges()[kind]
			change.ExternalID = id
			_, err := c.Send(context.Background(), change, nil)
			if FateOf(err) != Lost || shows(dump(err)) {
				t.Errorf("%s: error %v", kind, err)
			}
			change.AccountID, change.IdempotencyKey = id, ""
			_, err = c.Send(context.Background(), change, nil)
			if FateOf(err) != NotSent || shows(dump(err)) {
				t.Errorf("%s: error %v", kind, err)
			}
		}
	}
}
