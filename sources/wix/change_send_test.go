package wix

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wixrecon/wixrecon/sources/wix/wixsim"
)

// The last word before a change leaves, and the last moment at which it may.

var errHeld = errors.New("held: a line\n" + strings.Repeat("and more, ", 100))

// TestReadyIsAskedLast holds that ready is asked once, with a slot and a place in
// the rate in hand, and that what it refuses does not leave. Its error is found
// as it was given, however it reads.
func TestReadyIsAskedLast(t *testing.T) {
	for _, want := range []error{nil, errHeld} {
		synctest.Test(t, func(t *testing.T) {
			s := wixsim.New(simBook(), &wixsim.Options{Key: testKey, Parent: parentID})
			c := clientOf(t, nil, func(o *Options) { o.Transport, o.Rate, o.Concurrency = aborting{s}, 6, 1 })
			if _, err := c.Get(context.Background(), accountID(1), packageID(1)); err != nil {
				t.Fatal(err)
			}
			began, asked := time.Now(), 0
			_, err := c.Send(context.Background(), sevenChanges()[CancelPackage], func(context.Context) error {
				asked++
				if waited := time.Since(began); waited != 10*time.Second || len(c.slots) != 1 || len(s.Changes()) != 0 {
					t.Errorf("asked after %s, %d slots are held, %d changes arrived", waited, len(c.slots), len(s.Changes()))
				}
				return want
			})
			if asked != 1 || len(c.slots) != 0 {
				t.Errorf("asked %d times, %d slots are held", asked, len(c.slots))
			}
			if want == nil {
				if err != nil || len(s.Changes()) != 1 {
					t.Errorf("error %v, %d changes arrived", err, len(s.Changes()))
				}
				return
			}
			if FateOf(err) != NotSent || !errors.Is(err, want) || len(s.Changes()) != 0 || c.Requests().Change != 0 {
				t.Errorf("error %v, %d changes arrived, requests %+v", err, len(s.Changes()), c.Requests())
			}
		})
	}
}

// TestReadyThatOutlastsTheContext holds that a change does not leave where the
// context ended while ready made up its mind, and that ready is not asked after.
func TestReadyThatOutlastsTheContext(t *testing.T) {
	s, c := simOf(t, wixsim.ChangeOptions{})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	asked := 0
	for range 2 {
		_, err := c.Send(ctx, sevenChanges()[CancelPackage], func(context.Context) error { asked++; cancel(); return nil })
		if FateOf(err) != NotSent || !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
	}
	if asked != 1 || len(s.Requests()) != 0 {
		t.Errorf("asked %d times, %d requests", asked, len(s.Requests()))
	}
}

// TestNothingIsAskedOfWhatCannotBeSent: a change that is no change.
func TestNothingIsAskedOfWhatCannotBeSent(t *testing.T) {
	_, c := simOf(t, wixsim.ChangeOptions{})
	_, err := c.Send(context.Background(), Change{Kind: CancelPackage}, func(context.Context) error {
		t.Error("asked")
		return nil
	})
	if FateOf(err) != NotSent {
		t.Errorf("error %v", err)
	}
}

// TestConnectionThatPerished connects to a server, lets the time of a change go
// by as it does while a machine sleeps, and holds that nothing is written any
// more to a connection for changes. Reads have connections of another kind.
func TestConnectionThatPerished(t *testing.T) {
	var mu sync.Mutex
	arrived := map[string]int{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		arrived[r.Method]++
		_, _ = io.WriteString(w, `{"package":{"id":"`+packageID(1)+`"}}`)
	}))
	defer server.Close()
	changes := func() int {
		mu.Lock()
		defer mu.Unlock()
		return arrived[http.MethodDelete]
	}
	for name, test := range map[string]struct {
		life time.Duration
		want Fate
	}{"in time": {time.Hour, -1}, "late": {-time.Second, Lost}} {
		shared := &http.Transport{DialContext: new(net.Dialer).DialContext}
		c := clientOf(t, nil, func(o *Options) { o.BaseURL, o.Transport = server.URL, shared })
		c.single.Transport = plainRedirects{singleTransport(shared, test.life)}
		before := changes()
		_, err := c.Send(context.Background(), sevenChanges()[CancelPackage], nil)
		checkFate(t, err, test.want)
		if came := changes() - before; came != 1 && test.want < 0 || came != 0 && test.want == Lost {
			t.Errorf("%s: %d changes arrived", name, came)
		}
		if _, err := c.Get(context.Background(), accountID(1), packageID(1)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		c.Close()
		shared.CloseIdleConnections()
	}
}
