package wix

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestNewClient(t *testing.T) {
	good := Options{AccountID: parentID, Key: NewSecret(" \t" + testKey + "\r\n")}
	tests := []struct {
		name   string
		change func(*Options)
		want   []string // empty: no error
		not    string
	}{
		{name: "defaults", change: func(*Options) {}},
		{name: "loopback", change: func(o *Options) { o.BaseURL = "http://127.0.0.1:80/" }},
		{name: "loopback by name", change: func(o *Options) { o.BaseURL = "http://LOCALHOST" }},
		{name: "loopback v6", change: func(o *Options) { o.BaseURL = "http://[::1]:80" }},
		{name: "http", change: func(o *Options) { o.BaseURL = "http://www.wixapis.com" }, want: []string{"http://www.wixapis.com: only https"}},
		{name: "http to a host that starts like loopback", change: func(o *Options) { o.BaseURL = "http://localhost.example.com" }, want: []string{"only https"}},
		{name: "another scheme", change: func(o *Options) { o.BaseURL = "ftp://127.0.0.1" }, want: []string{"only https"}},
		{name: "user info", change: func(o *Options) { o.BaseURL = "https://u:hunter2@host" }, want: []string{"user info"}, not: "hunter2"},
		{name: "not a URL", change: func(o *Options) { o.BaseURL = "https://u:hunter2@host:port" }, want: []string{"not a URL"}, not: "hunter2"},
		{name: "several", change: func(o *Options) { o.BaseURL, o.AccountID, o.Key, o.Rate = "x", "y", Secret{}, -1 }, want: []string{
			"base url: not a URL", `account id "y": not a GUID`, "api key: missing", "must not be negative",
		}},
		{name: "a key of two lines", change: func(o *Options) { o.Key = NewSecret("hunter2\nhunter2") }, want: []string{"api key: contains a space"}, not: "hunter2"},
	}
	for _, test := range tests {
		o := good
		test.change(&o)
		_, err := NewClient(o)
		if (err != nil) != (len(test.want) > 0) {
			t.Errorf("%s: error %v", test.name, err)
		}
		for _, want := range test.want {
			if err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("%s: error %v, want %q", test.name, err, want)
			}
		}
		if err != nil && test.not != "" && strings.Contains(err.Error(), test.not) {
			t.Errorf("%s: error %v shows %q", test.name, err, test.not)
		}
	}
}

func TestErrorText(t *testing.T) {
	c := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Wix-Request-Id", "1700.42")
		w.WriteHeader(http.StatusConflict)
		_, _ = io.WriteString(w, `{"message":"no\n\tgood `+"\u202e"+`","details":{"applicationError":{"code":"SITE_TAKEN","description":"taken"},
			"validationError":{"fieldViolations":[{"field":"a.b","description":"too long"}]}}}`)
	}))
	_, err := c.Get(context.Background(), accountID(1), packageID(1))
	var e *Error
	if !errors.As(err, &e) {
		t.Fatal(err)
	}
	want := "get package " + packageID(1) + ": GET " + c.base.String() + "/resellers/v1/packages/" + packageID(1) +
		": status 409: SITE_TAKEN: no good taken a.b too long (request id 1700.42)"
	if e.Error() != want || e.Retryable || e.Code != "SITE_TAKEN" || e.Status != 409 {
		t.Errorf("error %q, want %q", e, want)
	}
}

func TestGet(t *testing.T) {
	f := &fakeServer{packages: samplePackages(1, 1)}
	c := serve(t, f)
	found, err := c.Get(context.Background(), accountID(1), strings.ToUpper(packageID(1000)))
	if !Forbidden(err) && statusOf(err) != http.StatusNotFound {
		t.Errorf("found %v, error %v", found, err)
	}
	found, err = c.Get(context.Background(), accountID(1), packageID(1000))
	if err != nil || found.Package.ExternalID != "ext-1000" || f.received[1].header.Get("Wix-Account-Id") != accountID(1) {
		t.Errorf("found %v, error %v", found, err)
	}
	for _, id := range []string{"", ".", ".."} {
		if _, err := c.Get(context.Background(), accountID(1), id); err == nil || len(f.received) != 2 {
			t.Errorf("get %q: error %v, %d requests", id, err, len(f.received))
		}
	}
	for response, want := range map[string]string{
		`{}`: "no package", `{"package":null}`: "no package", `{"package":[]}`: "JSON array",
		`{"package":{"id":"other"}}`: "the response has package other",
	} {
		f.before = respondWith(response)
		if _, err := c.Get(context.Background(), accountID(1), "p"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", response, err, want)
		}
	}
}

// TestRedirects: the key does not go to another host.
func TestRedirects(t *testing.T) {
	var mu sync.Mutex
	followed := 0
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		mu.Lock()
		followed++
		mu.Unlock()
	}))
	defer elsewhere.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		for _, target := range []string{elsewhere.URL + "/?token=hunter2", "/resellers/v1/packages/there", "ftp://127.0.0.1/", "http://%zz/?token=hunter2", "//u:hunter2@localhost/"} {
			c := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if strings.HasSuffix(r.URL.Path, "/there") && r.Method == http.MethodGet {
					_, _ = io.WriteString(w, `{"package":{"id":"p"}}`)
					return
				}
				w.Header().Set("Location", target)
				w.WriteHeader(status)
			}))
			_, err := c.Query(context.Background(), Query{})
			if statusOf(err) != status || retryable(err) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("%d to %s: query error %v", status, target, err)
			}
			_, err = c.Get(context.Background(), accountID(1), "p")
			if inside := strings.HasPrefix(target, "/r"); inside != (err == nil) || err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("%d to %s: get error %v", status, target, err)
			}
		}
	}
	if followed > 0 {
		t.Errorf("%d requests went elsewhere", followed)
	}
}

func TestBodyIsBounded(t *testing.T) {
	c := newTestClient(t, nil, func(o *Options) { o.Transport = endless{} })
	_, err := c.Query(context.Background(), Query{})
	if err == nil || !strings.Contains(err.Error(), "the maximum is 33554432 bytes") || retryable(err) || c.Requests().Retries != 0 {
		t.Errorf("error %v", err)
	}
}

// endless sends a body without an end.
type endless struct{}

func (endless) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: make(http.Header), Body: endless{}, Request: r}, nil
}

func (endless) Read(p []byte) (int, error) { return len(p), nil }
func (endless) Close() error               { return nil }

// TestNetworkFaults causes each fault once, on real sockets, and then responds.
func TestNetworkFaults(t *testing.T) {
	tests := map[string]http.HandlerFunc{
		"reset": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"truncated by length": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, `{"metadata":{}`)
		},
		"truncated by chunk": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"packages":[],"metadata":{"count":0}}`)
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		},
		"HTML":         func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") },
		"HTML and 503": func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "<html>", http.StatusServiceUnavailable) },
		"slow":         func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"slow body": func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, `{`)
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		},
	}
	for name, fault := range tests {
		t.Run(name, func(t *testing.T) {
			var calls atomic.Int32
			c := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if _, _ = io.Copy(io.Discard, r.Body); calls.Add(1) == 1 {
					fault(w, r)
					return
				}
				_, _ = io.WriteString(w, `{"packages":[],"metadata":{"count":0}}`)
			}), func(o *Options) { o.Timeout = 500 * time.Millisecond })
			if _, err := c.Query(context.Background(), Query{}); err != nil || c.Requests().Retries != 1 {
				t.Errorf("%d retries, error %v", c.Requests().Retries, err)
			}
		})
	}
}

func TestTimeoutIsRetryable(t *testing.T) {
	c := serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // or the server does not notice that the client has gone
		<-r.Context().Done()
	}),
		func(o *Options) { o.Timeout, o.Attempts = 20*time.Millisecond, 2 })
	_, err := c.Query(context.Background(), Query{})
	if !retryable(err) || errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "no complete response within 20ms (after 2 attempts)") {
		t.Errorf("error %v", err)
	}
}

// TestInFlight counts requests from their start to the end of their body.
func TestInFlight(t *testing.T) {
	f := &fakeServer{packages: samplePackages(60, 3)}
	f.before = func(receivedRequest, http.ResponseWriter) bool { time.Sleep(time.Millisecond); return false }
	c := serve(t, f, func(o *Options) { o.Concurrency, o.Rate = 3, 1_000_000_000 }) // no slow start
	var s recordingSink
	if _, err := readCoverage(context.Background(), c, InventoryOptions{LedgerAccounts: accountIDs(1, 60)}, s.sink); err != nil {
		t.Fatal(err)
	}
	// More callers than slots, without the limit of ReadInventory.
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() { _, _ = c.Query(context.Background(), Query{Count: true}) })
	}
	group.Wait()
	if f.maxInFlight != 3 || len(s.packages) != 180 {
		t.Errorf("%d in flight at most, want 3; %d packages", f.maxInFlight, len(s.packages))
	}
}
