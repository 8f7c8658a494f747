package wixsim

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// always returns a server on which every request meets the fault, without a limit.
func always(t *testing.T, fault Fault, page int) *testServer {
	return serve(t, healthy(30).Inventory, &Options{
		Faults: map[Fault]float64{fault: 1}, MaxFaultsPerRequest: -1, PageSize: page,
		RetryAfter: "7", Delay: time.Nanosecond,
	})
}

func TestFaultsOfTransport(t *testing.T) {
	for fault, test := range map[Fault]struct {
		status int
		header string // name: value
		err    error
	}{
		Throttle:           {429, "Retry-After: ", nil},
		ThrottleRetryAfter: {429, "Retry-After: 7", nil},
		InternalError:      {500, "Content-Type: application/json", nil},
		BadGateway:         {502, "Content-Type: application/json", nil},
		Unavailable:        {503, "Content-Type: application/json", nil},
		GatewayTimeout:     {504, "Content-Type: application/json", nil},
		HTMLBadGateway:     {502, "Content-Type: text/html; charset=utf-8", nil},
		HTMLWithOK:         {200, "Content-Type: text/html; charset=utf-8", nil},
		Slow:               {200, "Content-Type: application/json", nil},
		ResetConnection:    {0, "", syscall.ECONNRESET},
		Truncate:           {200, "Content-Type: application/json", io.ErrUnexpectedEOF},
	} {
		t.Run(string(fault), func(t *testing.T) {
			r := always(t, fault, 0)
			status, header, _, err := r.do(r.queryRequest(`{"query":{}}`))
			if status != test.status || !errors.Is(err, test.err) {
				t.Fatalf("got %d, %v, want %d, %v", status, err, test.status, test.err)
			}
			if name, value, _ := strings.Cut(test.header, ": "); header.Get(name) != value {
				t.Errorf("header %s is %q, want %q", name, header.Get(name), value)
			}
			if got := r.Requests()[0]; got.Fault != fault || got.Status != status && err == nil {
				t.Errorf("recorded as %q, %d", got.Fault, got.Status)
			}
		})
	}
}

func (r *testServer) next(a answer) answer {
	return r.query(fmt.Sprintf(`{"query":{"cursorPaging":{"cursor":%q}}}`, a.Metadata.Cursors.Next))
}

func TestFaultsOfPages(t *testing.T) {
	first := `{"query":{}}`
	t.Run("repeat", func(t *testing.T) {
		r := always(t, RepeatPackage, 10)
		one := r.query(first)
		two := r.next(one)
		if two.Packages[0].ID != one.Packages[9].ID || len(two.Packages) != 10 {
			t.Error("the second page does not begin with the end of the first")
		}
		checkNothingLost(t, r)
	})
	t.Run("stale", func(t *testing.T) {
		r := always(t, StaleCopy, 10)
		one := r.query(first)
		old, now := one.Packages[9], r.next(one).Packages[0]
		if old.ID != now.ID || !old.UpdatedDate.Before(now.UpdatedDate) || old.ProductInstances[0].Status != canceled {
			t.Errorf("got %+v before %+v", old, now)
		}
		checkNothingLost(t, r)
	})
	t.Run("stuck", func(t *testing.T) {
		r := always(t, StuckCursor, 10)
		one := r.query(first)
		two := r.next(one)
		if !slices.Equal(ids(one.Packages), ids(two.Packages)) || one.Metadata.Cursors.Next == two.Metadata.Cursors.Next {
			t.Error("want the same page under a new cursor")
		}
	})
	t.Run("looping", func(t *testing.T) {
		r := always(t, LoopingCursor, 10)
		one := r.query(first)
		two := r.next(one)
		if !slices.Equal(ids(one.Packages), ids(two.Packages)) || one.Metadata.Cursors.Next != two.Metadata.Cursors.Next {
			t.Error("want the same page under the same cursor")
		}
	})
	t.Run("no metadata", func(t *testing.T) {
		if a := always(t, NoMetadata, 10).query(first); a.Metadata != nil || a.PagingMetadata != nil || len(a.Packages) != 10 {
			t.Errorf("got %+v", a)
		}
	})
	t.Run("unknown status", func(t *testing.T) {
		r := always(t, UnknownStatus, 10)
		p := r.query(first).Packages[0]
		stored, _ := r.Package(p.ID)
		if p.ProductInstances[0].Status != "HIBERNATED" || stored.ProductInstances[0].Status == "HIBERNATED" {
			t.Error("want an unknown status in the answer, and none in the inventory")
		}
	})
	t.Run("unknown fields", func(t *testing.T) {
		r := always(t, UnknownFields, 10)
		_, _, text, _ := r.do(r.queryRequest(first))
		if !json.Valid(text) || strings.Count(string(text), `"origin"`) != 10 {
			t.Errorf("got %s", text)
		}
	})
}

func checkNothingLost(t *testing.T, r *testServer) {
	t.Helper()
	all := ids(r.walk(`{"query":{}}`)...)
	slices.Sort(all)
	if n := len(slices.Compact(all)); n != 30 {
		t.Errorf("read %d packages, want 30", n)
	}
}

// Every request succeeds after at most the limit of faults in a row.
func TestFaultsAreBounded(t *testing.T) {
	faults := map[Fault]float64{}
	for _, f := range []Fault{Throttle, ThrottleRetryAfter, InternalError, ResetConnection, HTMLWithOK, Truncate, NoMetadata} {
		faults[f] = .8
	}
	for _, bound := range []int{0, 1, 5} {
		r := serve(t, healthy(30).Inventory, &Options{Faults: faults, MaxFaultsPerRequest: bound, Seed: 4})
		most := map[int]int{0: 3, 1: 1, 5: 5}[bound]
		for range 4 {
			tries := 1
			for !r.succeeds(`{"query":{"cursorPaging":{"limit":3}}}`) {
				if tries++; tries > most+1 {
					t.Fatalf("bound %d: try %d failed", bound, tries-1)
				}
			}
		}
	}
}

func (r *testServer) succeeds(body string) bool {
	status, _, text, err := r.do(r.queryRequest(body))
	return err == nil && status == http.StatusOK && strings.Contains(string(text), `"cursors"`)
}

// Which fault a request meets depends on the seed and the request, not on the
// order of arrival.
func TestFaultsDependOnRequestsOnly(t *testing.T) {
	faults := map[Fault]float64{}
	for _, f := range Faults() {
		if f != ResetConnection {
			faults[f] = .1
		}
	}
	faultsMet := func(seed uint64, backwards bool) map[string]string {
		s := New(healthy(30).Inventory, &Options{Faults: faults, Seed: seed})
		var requests []string
		for i := range 60 {
			requests = append(requests, fmt.Sprintf("request %d", i%20))
		}
		if backwards {
			slices.Reverse(requests)
		}
		met := map[string]string{}
		for _, name := range requests {
			met[name] += " " + string(s.draw(name, reads|pages, reads|pages, faults))
		}
		return met
	}
	forward, back, other := faultsMet(1, false), faultsMet(1, true), faultsMet(2, false)
	if fmt.Sprint(forward) != fmt.Sprint(back) {
		t.Error("the order of arrival changes what a request meets")
	}
	if fmt.Sprint(forward) == fmt.Sprint(other) {
		t.Error("another seed draws the same faults")
	}
}

func TestRatesHold(t *testing.T) {
	s := New(nil, &Options{Faults: map[Fault]float64{Throttle: .05, Truncate: .05}})
	hits := 0
	for i := range 4000 {
		if s.draw(fmt.Sprint(i), reads|pages, reads, s.o.Faults) != "" {
			hits++
		}
	}
	if want := 4000 * (1 - .95*.95); float64(hits) < .7*want || float64(hits) > 1.3*want {
		t.Errorf("%d of 4000 were hit, want about %.0f", hits, want)
	}
}

func TestParseFaults(t *testing.T) {
	got, err := ParseFaults(" throttle=0.05, reset=1 ,", Faults())
	if err != nil || len(got) != 2 || got[Throttle] != .05 || got[ResetConnection] != 1 {
		t.Errorf("got %v, %v", got, err)
	}
	for _, bad := range []string{"fire=0.1", "throttle", "throttle=2", "throttle=-1", "throttle=NaN", "throttle=x"} {
		if _, err := ParseFaults(bad, Faults()); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}
