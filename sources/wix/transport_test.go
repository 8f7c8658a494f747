package wix

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wixrecon/wixrecon/reconcile/fix/execute"
)

// A change is sent once, whatever happens to its connection.

// A rawServer serves connections without net/http. For each request, handle
// decides on the response and on whether the connection stays open.
type rawServer struct {
	net.Listener
	handle func(conn net.Conn, r *http.Request) (keepOpen bool)
	group  sync.WaitGroup

	mu       sync.Mutex
	conns    int
	requests map[string]int // by method
}

func newRawServer(t *testing.T, handle func(conn net.Conn, r *http.Request) bool) (*rawServer, *Client) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &rawServer{Listener: listener, handle: handle, requests: map[string]int{}}
	s.group.Go(s.accept)
	c := newTestClient(t, nil, func(o *Options) { o.BaseURL, o.Transport = "http://"+listener.Addr().String(), nil })
	t.Cleanup(func() { c.Close(); _ = listener.Close(); s.group.Wait() })
	return s, c
}

func (s *rawServer) accept() {
	for {
		conn, err := s.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.conns++
		s.mu.Unlock()
		s.group.Go(func() { s.serve(conn) })
	}
}

func (s *rawServer) serve(conn net.Conn) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	for {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, r.Body)
		s.mu.Lock()
		s.requests[r.Method]++
		s.mu.Unlock()
		if !s.handle(conn, r) {
			return
		}
	}
}

// count returns the connections so far, and the requests that were not reads.
func (s *rawServer) count() (conns, changes int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for method, n := range s.requests {
		if method != http.MethodGet {
			changes += n
		}
	}
	return s.conns, changes
}

// respond writes a response that leaves the connection open.
func respond(conn net.Conn, body string) {
	_, _ = fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\nContent-Type: application/json\r\n\r\n%s", len(body), body)
}

func resetOnClose(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // a reset instead of a normal close
	}
}

// TestChangeIsNotReplayed breaks connections wherever net/http resends a request
// on its own. The read before each change leaves an idle connection, which the
// server closes or keeps.
func TestChangeIsNotReplayed(t *testing.T) {
	body := `{"package":{"id":"` + packageID(1) + `"}}`
	for name, onChange := range map[string]func(net.Conn){
		"closed after reading":     func(net.Conn) {},
		"reset after reading":      resetOnClose,
		"closed within the header": func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Le") },
		"reset within the body": func(c net.Conn) {
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{")
			resetOnClose(c)
		},
		"not HTTP": func(c net.Conn) { _, _ = io.WriteString(c, "bye\r\n") },
	} {
		for _, closesIdle := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, closes idle %t", name, closesIdle), func(t *testing.T) {
				s, c := newRawServer(t, func(conn net.Conn, r *http.Request) bool {
					if r.Method == http.MethodGet {
						respond(conn, body)
						return !closesIdle
					}
					onChange(conn)
					return false
				})
				calls := 0
				for kind, change := range sevenChanges() {
					if _, err := c.Get(context.Background(), accountID(1), packageID(1)); err != nil {
						t.Fatal(err)
					}
					before, _ := s.count()
					sent := c.Send(context.Background(), change, nil)
					err := sent.Err
					calls++
					if after, changes := s.count(); changes != calls || after != before+1 || sent.Status != execute.Lost {
						t.Errorf("%s: %d changes arrived of %d sent, on %d connections; error %v", kind, changes, calls, after-before, err)
					}
				}
			})
		}
	}
}

// TestChangesUseOwnConnections: the server keeps every connection open, and still
// each change uses a new one and closes it.
func TestChangesUseOwnConnections(t *testing.T) {
	s, c := newRawServer(t, func(conn net.Conn, r *http.Request) bool {
		if r.Method != http.MethodGet && !r.Close {
			t.Errorf("%s %s does not ask to close the connection", r.Method, r.URL)
		}
		respond(conn, `{"package":{"id":"`+packageID(1)+`"}}`)
		return true
	})
	for range 3 {
		for _, change := range sevenChanges() {
			if err := c.Send(context.Background(), change, nil).Err; err != nil {
				t.Error(err)
			}
			if _, err := c.Get(context.Background(), accountID(1), packageID(1)); err != nil {
				t.Error(err)
			}
		}
	}
	if conns, changes := s.count(); changes != 21 || conns != 22 { // reads share one
		t.Errorf("%d changes on %d connections", changes, conns)
	}
}

// TestChangesAvoidHTTP2: on HTTP/2 net/http resends changes too, if the peer resets
// the stream with certain codes.
func TestChangesAvoidHTTP2(t *testing.T) {
	var mu sync.Mutex
	protocols := map[string]map[string]int{"GET": {}, "change": {}}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		kind := map[bool]string{true: "GET", false: "change"}[r.Method == http.MethodGet]
		protocols[kind][r.Proto]++
		_, _ = io.WriteString(w, `{"package":{"id":"`+packageID(1)+`"}}`)
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	for _, used := range []bool{false, true} { // a used transport has configured itself
		shared, _ := server.Client().Transport.(*http.Transport)
		shared = shared.Clone()
		if used {
			if response, err := (&http.Client{Transport: shared}).Get(server.URL); err == nil {
				_ = response.Body.Close()
			}
		}
		c := newTestClient(t, nil, func(o *Options) { o.BaseURL, o.Transport = server.URL, shared })
		for kind, change := range sevenChanges() {
			if err := c.Send(context.Background(), change, nil).Err; err != nil {
				t.Errorf("%s: %v", kind, err)
			}
		}
		if _, err := c.Get(context.Background(), accountID(1), packageID(1)); err != nil {
			t.Error(err)
		}
		c.Close()
	}
	if p := protocols["change"]; p["HTTP/1.1"] != 14 || len(p) != 1 || protocols["GET"]["HTTP/2.0"] < 2 {
		t.Errorf("protocols %v", protocols)
	}
}

// TestNoConnectionMeansNotSent: without a connection a change was not sent; with
// one, or over a transport that does not report it, it may have been.
func TestNoConnectionMeansNotSent(t *testing.T) {
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	untrusted := httptest.NewUnstartedServer(http.NotFoundHandler())
	untrusted.Config.ErrorLog = log.New(io.Discard, "", 0)
	untrusted.StartTLS()
	defer untrusted.Close()
	strict := &http.Transport{TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS13}}
	defer strict.CloseIdleConnections()
	for name, test := range map[string]struct {
		base      string
		transport http.RoundTripper
		want      execute.SendStatus
	}{
		"refused":           {closed.URL, nil, execute.NotSent},
		"not trusted":       {untrusted.URL, strict, execute.NotSent},
		"unknown transport": {closed.URL, failing{errors.New("no route")}, execute.Lost},
	} {
		c := newTestClient(t, nil, func(o *Options) { o.BaseURL, o.Transport = test.base, test.transport })
		sent := c.Send(context.Background(), sevenChanges()[CancelPackage], nil)
		err := sent.Err
		if sent.Status != test.want {
			t.Errorf("%s: error %v, want %s", name, err, test.want)
		}
		c.Close()
	}
}

// TestExpiredConnection connects to a server and lets the time of a change pass,
// as while a machine sleeps: nothing more is written to the connection. Reads do
// not expire.
func TestExpiredConnection(t *testing.T) {
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
		lifetime time.Duration
		want     execute.SendStatus
	}{"in time": {time.Hour, execute.Answered}, "late": {-time.Second, execute.Lost}} {
		shared := &http.Transport{DialContext: new(net.Dialer).DialContext}
		c := newTestClient(t, nil, func(o *Options) { o.BaseURL, o.Transport = server.URL, shared })
		c.changeHTTP.Transport = locationFilter{changeTransport(shared, test.lifetime)}
		before := changes()
		sent := c.Send(context.Background(), sevenChanges()[CancelPackage], nil)
		checkResult(t, sent, test.want)
		if n := changes() - before; n != 1 && test.want == execute.Answered || n != 0 && test.want == execute.Lost {
			t.Errorf("%s: %d changes arrived", name, n)
		}
		if _, err := c.Get(context.Background(), accountID(1), packageID(1)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		c.Close()
		shared.CloseIdleConnections()
	}
}

// TestProxies: no proxy for this machine, however it is spelt, and one that can't be
// used is an error that does not show its password.
func TestProxies(t *testing.T) {
	for _, host := range []string{"localhost", "LOCALHOST", "LocalHost:80", "127.0.0.1", "127.9.9.9:1", "[::1]", "[::ffff:127.0.0.1]:8"} {
		r, err := http.NewRequest(http.MethodGet, "http://"+host+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		if proxy, err := proxyFor(r); proxy != nil || err != nil {
			t.Errorf("%s: proxy %v, error %v", host, proxy, err)
		}
	}
	for value, want := range map[string]bool{
		"": true, "http://proxy:3128": true, "proxy:3128": true, "10.0.0.1": true, "socks5://u:p@h:1": true, "https://h": true,
		"http://me:hunter2@h:port": false, "http://": false, "://x": false, "%zz": false, "ftp://h": false, "http://me:hunter%2@h": false, "http://h:1 ": false,
	} {
		err := checkProxies(func(name string) string {
			if name == "HTTPS_PROXY" {
				return value
			}
			return ""
		})
		if (err == nil) != want || err != nil && (strings.Contains(err.Error(), "hunter2") || !strings.HasPrefix(err.Error(), "HTTPS_PROXY: ")) {
			t.Errorf("%s: error %v", value, err)
		}
	}
}
