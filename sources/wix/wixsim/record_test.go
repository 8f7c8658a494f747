package wixsim

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

func TestRequestsAreRecorded(t *testing.T) {
	r := serve(t, healthy(5).Inventory, nil)
	r.query(`{"query":{}}`)
	wrong := r.queryRequest(`{"query":{}}`)
	wrong.Header.Set("Authorization", "guessed-key")
	if _, _, _, err := r.do(wrong); err != nil {
		t.Fatal(err)
	}
	got := r.Requests()
	if len(got) != 2 {
		t.Fatalf("%d requests were recorded, want 2", len(got))
	}
	for i, want := range []Request{
		{Authorized: true, Status: 200, Ended: true},
		{Authorized: false, Status: 401, Ended: true},
	} {
		g := got[i]
		if g.Authorized != want.Authorized || g.Status != want.Status || g.Ended != want.Ended ||
			g.Method != "POST" || g.Path != v1+"query" || g.Body != `{"query":{}}` || g.Header.Get("wix-account-id") != DefaultParent {
			t.Errorf("request %d is %+v", i+1, g)
		}
	}
	if text := fmt.Sprintf("%+v", got); strings.Contains(text, DefaultKey) || strings.Contains(text, "guessed-key") {
		t.Error("a key is in the record")
	}
}

// Requests that wait for each other are in flight together.
func TestMaxInFlight(t *testing.T) {
	const workers = 6
	var all sync.WaitGroup
	all.Add(workers)
	r := serve(t, healthy(5).Inventory, &Options{OnRequest: func(int) { all.Done(); all.Wait() }})
	var done sync.WaitGroup
	for range workers {
		done.Go(func() { _, _, _, _ = r.do(r.queryRequest(`{"query":{}}`)) })
	}
	done.Wait()
	if got := r.MaxInFlight(); got != workers {
		t.Errorf("%d at a time, want %d", got, workers)
	}
}

// A client that sends one request after the other is never counted twice.
func TestOneAtATime(t *testing.T) {
	r := serve(t, healthy(50).Inventory, &Options{PageSize: 1})
	r.walk(`{"query":{}}`)
	if got := r.MaxInFlight(); got != 1 {
		t.Errorf("%d at a time, want 1", got)
	}
}
