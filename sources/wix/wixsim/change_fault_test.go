package wixsim

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// Each fault of a change: what the client sees, and the effect on the inventory.
func TestFaultsOfChanges(t *testing.T) {
	json, html := "application/json", "text/html; charset=utf-8"
	for fault, test := range map[Fault]struct {
		status  int // 0: an error in place of an answer
		content string
		effect  Effect
	}{
		Throttle:            {429, json, NoEffect},
		ThrottleRetryAfter:  {429, json, NoEffect},
		InternalError:       {500, json, NoEffect},
		BadGateway:          {502, json, NoEffect},
		Unavailable:         {503, json, NoEffect},
		GatewayTimeout:      {504, json, NoEffect},
		ResetConnection:     {0, "", NoEffect},
		HTMLBadGateway:      {502, html, NoEffect},
		HTMLWithOK:          {200, html, NoEffect},
		Hang:                {0, "", NoEffect},
		Truncate:            {0, "", Done},
		Slow:                {200, json, Done},
		ResetAfter:          {0, "", Done},
		InternalErrorAfter:  {500, json, Done},
		BadGatewayAfter:     {502, json, Done},
		UnavailableAfter:    {503, json, Done},
		GatewayTimeoutAfter: {504, json, Done},
		HTMLBadGatewayAfter: {502, html, Done},
		HTMLWithOKAfter:     {200, html, Done},
		HangAfter:           {0, "", Done},
		HalfAssign:          {500, json, HalfDone},
		DelayedEffect:       {0, "", Delayed},
	} {
		t.Run(string(fault), func(t *testing.T) {
			r := serve(t, smallInventory(), &Options{RetryAfter: "7", Delay: time.Nanosecond, Changes: ChangeOptions{
				Faults: map[Fault]float64{fault: 1},
			}})
			status, header, err := r.assign()
			if (err != nil) != (test.status == 0) || status != test.status && err == nil {
				t.Errorf("got %d, %v, want %d", status, err, test.status)
			}
			if err == nil && header.Get("Content-Type") != test.content || fault == ThrottleRetryAfter && header.Get("Retry-After") != "7" {
				t.Errorf("got headers %v", header)
			}
			r.waitForEnd()
			if all := r.Changes(); len(all) != 1 || all[0].Effect != test.effect || all[0].Fault != fault || all[0].PackageID != packageA1 {
				t.Errorf("recorded as %+v", all)
			}
			site := map[Effect]string{NoEffect: "site=1", Delayed: "site=1", Done: "site=2", HalfDone: "site= "}[test.effect]
			if got := r.state(instance2); !strings.Contains(got, site) {
				t.Errorf("the state is %s, want %s", got, site)
			}
		})
	}
	if n := len(ChangeFaults()); n != 22 {
		t.Errorf("there are %d faults, and 22 are tested", n)
	}
}

// assign moves the second instance, and disconnects where it gets no answer.
func (r *testServer) assign() (int, http.Header, error) {
	r.t.Helper()
	req := r.request("PATCH", pi+instance2+"/"+siteNew, accountA, "")
	ctx, disconnect := context.WithCancel(context.Background())
	defer disconnect()
	if rates := r.o.Changes.Faults; rates[Hang]+rates[HangAfter] > 0 {
		go func() {
			for !slices.ContainsFunc(r.Changes(), func(c Change) bool { return !c.Ended }) {
				time.Sleep(time.Millisecond)
			}
			disconnect()
		}()
	}
	status, header, _, err := r.do(req.WithContext(ctx))
	return status, header, err
}

// waitForEnd waits until no change is in flight, not even of a client that has
// disconnected.
func (r *testServer) waitForEnd() {
	for slices.ContainsFunc(r.Changes(), func(c Change) bool { return !c.Ended }) {
		time.Sleep(time.Millisecond)
	}
}

func TestDelayedEffect(t *testing.T) {
	delayed := map[Fault]float64{DelayedEffect: 1}
	t.Run("applied", func(t *testing.T) {
		r := serveSmall(t, ChangeOptions{Faults: delayed})
		_, _, _ = r.assign()
		_, _, _ = r.change("POST", v2, accountB, creating("k", "x", goodProduct))
		if all := r.Changes(); len(r.inventory.all) != 3 || all[1].Effect != Delayed || all[1].PackageID != "" {
			t.Errorf("before the effect there are %d packages; %+v", len(r.inventory.all), all)
		}
		r.ApplyDelayed()
		r.ApplyDelayed()
		all := r.Changes()
		if _, ok := r.Package(all[1].PackageID); !ok || len(r.inventory.all) != 4 || !strings.Contains(r.state(instance2), "site=2") {
			t.Errorf("after the effect there are %d packages; %+v", len(r.inventory.all), all)
		}
		if effects := effectsOf(r); !slices.Equal(effects, []Effect{DoneLater, DoneLater}) {
			t.Errorf("recorded as %q", effects)
		}
	})
	t.Run("too late", func(t *testing.T) {
		r := serveSmall(t, ChangeOptions{OnChange: func(n int, _ Change) Fault { return map[int]Fault{1: DelayedEffect}[n] }})
		_, _, _ = r.assign()
		if status, text, _ := r.change("DELETE", pi+instance2, accountA, ""); status != 200 {
			t.Fatal(text)
		}
		r.ApplyDelayed()
		if effects := effectsOf(r); !slices.Equal(effects, []Effect{RefusedLater, Done}) {
			t.Errorf("recorded as %q", effects)
		}
	})
	t.Run("by itself", func(t *testing.T) { synctest.Test(t, appliedByItself) })
}

// appliedByItself checks that a change is made after its delay, and not before.
func appliedByItself(t *testing.T) {
	s := New(smallInventory(), nil)
	c := call{kind: Assign, account: accountA, instanceID: instance2, siteID: siteNew}
	s.changing.Lock()
	s.delay(c, new(record))
	s.changing.Unlock()
	site := func() string {
		p, at := s.inventory.findInstance(instance2)
		return p.ProductInstances[at].SiteID
	}
	time.Sleep(89 * time.Second)
	if site() != siteOld {
		t.Error("it was made before its time")
	}
	time.Sleep(2 * time.Second)
	synctest.Wait()
	if site() != siteNew {
		t.Error("it was not made in its time")
	}
}

// A script decides what is done to the n-th change, and may change the inventory.
func TestOnChange(t *testing.T) {
	var s *Server
	seen := map[int]Change{}
	o := ChangeOptions{Faults: map[Fault]float64{Throttle: 1}}
	o.OnChange = func(n int, c Change) Fault {
		seen[n] = c
		if n == 1 {
			p := smallInventory()[1]
			p.ExternalID = "changed meanwhile"
			s.Put(p)
		}
		return map[int]Fault{1: Slow, 2: GatewayTimeoutAfter, 3: RepeatPackage}[n]
	}
	r := serveSmall(t, o)
	s = r.Server
	for i, want := range []int{200, 504, 501, 429} {
		path := []string{pi + instance1, pi + instance2, pi + instance3, v1 + packageA2}[i]
		if status, text, err := r.change("DELETE", path, accountA, ""); status != want || err != nil {
			t.Errorf("change %d: answered %d %s, %v, want %d", i+1, status, text, err, want)
		}
	}
	if c := seen[2]; len(seen) != 4 || c.Kind != CancelInstance || c.InstanceID != instance2 || c.Path != pi+instance2 || c.Header.Get("wix-account-id") != accountA {
		t.Errorf("the script saw %+v", seen)
	}
	if effects := effectsOf(r); !slices.Equal(effects, []Effect{Done, Done, NoEffect, NoEffect}) {
		t.Errorf("recorded as %q", effects)
	}
	if got := r.state(instance3); !strings.Contains(got, "changed meanwhile") {
		t.Errorf("the state is %s", got)
	}
}

// Concurrent changes see the inventory one after the other.
func TestChangesTogether(t *testing.T) {
	r := serveSmall(t, ChangeOptions{})
	var done sync.WaitGroup
	for range 8 {
		done.Go(func() { _, _, _ = r.change("DELETE", v1+packageA1, accountA, "") })
		done.Go(func() { _, _, _ = r.change("POST", v2, accountB, creating("k", "x", goodProduct)) })
	}
	done.Wait()
	made := map[ChangeKind]map[Effect]int{CancelPackage: {}, CreatePackage: {}}
	for _, c := range r.Changes() {
		made[c.Kind][c.Effect]++
	}
	if made[CancelPackage][Done] != 1 || made[CreatePackage][Done] != 1 || made[CreatePackage][Repeated] != 7 || len(r.inventory.all) != 4 {
		t.Errorf("made %v, %d packages", made, len(r.inventory.all))
	}
}

func TestChangesWithoutKey(t *testing.T) {
	r := serveSmall(t, ChangeOptions{})
	req := r.request("DELETE", v1+packageA1, accountA, "")
	req.Header.Set("Authorization", "guessed-key")
	if status, _, _, err := r.do(req); status != 401 || err != nil {
		t.Errorf("answered %d, %v", status, err)
	}
	checkUntouched(t, r)
	if all := r.Changes(); len(all) != 1 || all[0].Authorized || all[0].Header.Get("Authorization") != "" {
		t.Errorf("recorded as %+v", all)
	}
}

func TestParseChangeFaults(t *testing.T) {
	got, err := ParseFaults("504-after=0.2,delayed-effect=1", ChangeFaults())
	if err != nil || len(got) != 2 || got[GatewayTimeoutAfter] != .2 {
		t.Errorf("got %v, %v", got, err)
	}
	for _, bad := range []string{"repeat=0.1", "hang", "hang=2"} {
		if _, err := ParseFaults(bad, ChangeFaults()); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
	if _, err := ParseFaults("hang=1", Faults()); err == nil {
		t.Error("a fault of changes was accepted for reads")
	}
}
