package wixsim

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

func TestRequestsAreRecorded(t *testing.T) {
	r := serve(t, healthy(5).Book, nil)
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
		{Authorized: true, Status: 200, Began: 1, Ended: 2},
		{Authorized: false, Status: 401, Began: 3, Ended: 4},
	} {
		g := got[i]
		if g.Authorized != want.Authorized || g.Status != want.Status || g.Began != want.Began || g.Ended != want.Ended ||
			g.Method != "POST" || g.Path != queryPath || g.Body != `{"query":{}}` || g.Header.Get("wix-account-id") != DefaultParent {
			t.Errorf("request %d is %+v", i+1, g)
		}
	}
	if text := fmt.Sprintf("%+v", got); strings.Contains(text, DefaultKey) || strings.Contains(text, "guessed-key") {
		t.Error("a key is in the record")
	}
	r.Reset()
	if n := len(r.Requests()); n != 0 || r.MaxInFlight() != 0 {
		t.Errorf("after the reset there are %d requests, %d at a time", n, r.MaxInFlight())
	}
}

// Requests that wait for each other are in flight together.
func TestMaxInFlight(t *testing.T) {
	const workers = 6
	var all sync.WaitGroup
	all.Add(workers)
	r := serve(t, healthy(5).Book, &Options{OnRequest: func(int) { all.Done(); all.Wait() }})
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
	r := serve(t, healthy(50).Book, &Options{PageSize: 1})
	r.walk(`{"query":{}}`)
	if got := r.MaxInFlight(); got != 1 {
		t.Errorf("%d at a time, want 1", got)
	}
}
