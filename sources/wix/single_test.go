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
	"sync"
	"testing"
)

// A change goes out once, on whatever kind of connection, and whatever becomes
// of it.

// A cutter is a server of bare connections. It reads requests, and says of each
// what becomes of it and of its connection.
type cutter struct {
	net.Listener
	answer func(conn net.Conn, r *http.Request) (more bool)
	group  sync.WaitGroup

	mu       sync.Mutex
	conns    int
	requests map[string]int // by method
}

func newCutter(t *testing.T, answer func(conn net.Conn, r *http.Request) bool) (*cutter, *Client) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &cutter{Listener: listener, answer: answer, requests: map[string]int{}}
	s.group.Go(s.accept)
	c := clientOf(t, nil, func(o *Options) { o.BaseURL, o.Transport = "http://"+listener.Addr().String(), nil })
	t.Cleanup(func() { c.Close(); _ = listener.Close(); s.group.Wait() })
	return s, c
}

func (s *cutter) accept() {
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

func (s *cutter) serve(conn net.Conn) {
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
		if !s.answer(conn, r) {
			return
		}
	}
}

// count gives the connections so far, and the requests that were no reads.
func (s *cutter) count() (conns, changes int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for method, n := range s.requests {
		if method != http.MethodGet {
			changes += n
		}
	}
	return s.conns, changes
}

// say writes an answer that leaves the connection open.
func say(conn net.Conn, body string) {
	_, _ = fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\nContent-Type: application/json\r\n\r\n%s", len(body), body)
}

func cut(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // a reset, and not an end
	}
}

// TestChangeIsNotReplayed cuts connections in every place where package http
// sends a request again of its own accord. Reads before each change leave idle
// connections behind, which the server closes or does not.
func TestChangeIsNotReplayed(t *testing.T) {
	answer := `{"package":{"id":"` + packageID(1) + `"}}`
	for name, onChange := range map[string]func(net.Conn){
		"closed after reading":  func(net.Conn) {},
		"reset after reading":   cut,
		"cut within the head":   func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Le") },
		"reset within the body": func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"); cut(c) },
		"no HTTP":               func(c net.Conn) { _, _ = io.WriteString(c, "bye\r\n") },
	} {
		for _, closesIdle := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, closes idle %t", name, closesIdle), func(t *testing.T) {
				s, c := newCutter(t, func(conn net.Conn, r *http.Request) bool {
					if r.Method == http.MethodGet {
						say(conn, answer)
						return !closesIdle
					}
					onChange(conn)
					return false
				})
				sent := 0
				for kind, change := range sevenChanges() {
					if _, err := c.Get(context.Background(), accountID(1), packageID(1)); err != nil {
						t.Fatal(err)
					}
					before, _ := s.count()
					_, err := c.Send(context.Background(), change, nil)
					sent++
					if after, changes := s.count(); changes != sent || after != before+1 || FateOf(err) != Lost {
						t.Errorf("%s: %d changes arrived of %d sent, on %d connections; error %v", kind, changes, sent, after-before, err)
					}
				}
			})
		}
	}
}

// TestChangesShareNoConnection lets a server keep every connection open: a
// change asks for its own all the same, and leaves none behind.
func TestChangesShareNoConnection(t *testing.T) {
	s, c := newCutter(t, func(conn net.Conn, r *http.Request) bool {
		if r.Method != http.MethodGet && !r.Close {
			t.Errorf("%s %s does not say that it closes the connection", r.Method, r.URL)
		}
		say(conn, `{"package":{"id":"`+packageID(1)+`"}}`)
		return true
	})
	for range 3 {
		for _, change := range sevenChanges() {
			if _, err := c.Send(context.Background(), change, nil); err != nil {
				t.Error(err)
			}
			if _, err := c.Get(context.Background(), accountID(1), packageID(1)); err != nil {
				t.Error(err)
			}
		}
	}
	if conns, changes := s.count(); changes != 21 || conns != 22 { // the reads share one
		t.Errorf("%d changes on %d connections", changes, conns)
	}
}

// TestChangesAvoidHTTP2, on which package http repeats also what has changed
// something, where the peer resets the stream with the wrong code.
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
	for _, used := range []bool{false, true} { // a transport that was used has set itself up
		shared, _ := server.Client().Transport.(*http.Transport)
		shared = shared.Clone()
		if used {
			if response, err := (&http.Client{Transport: shared}).Get(server.URL); err == nil {
				_ = response.Body.Close()
			}
		}
		c := clientOf(t, nil, func(o *Options) { o.BaseURL, o.Transport = server.URL, shared })
		for kind, change := range sevenChanges() {
			if _, err := c.Send(context.Background(), change, nil); err != nil {
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

// TestNoConnectionIsNotSent: what had no connection can't have left; what had
// one, or went over a transport that does not tell, may have.
func TestNoConnectionIsNotSent(t *testing.T) {
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	unknown := httptest.NewUnstartedServer(http.NotFoundHandler())
	unknown.Config.ErrorLog = log.New(io.Discard, "", 0)
	unknown.StartTLS()
	defer unknown.Close()
	strict := &http.Transport{TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS13}}
	defer strict.CloseIdleConnections()
	for name, test := range map[string]struct {
		base      string
		transport http.RoundTripper
		want      Fate
	}{
		"refused":           {closed.URL, nil, NotSent},
		"not trusted":       {unknown.URL, strict, NotSent},
		"unknown transport": {closed.URL, failing{errors.New("no route")}, Lost},
	} {
		c := clientOf(t, nil, func(o *Options) { o.BaseURL, o.Transport = test.base, test.transport })
		_, err := c.Send(context.Background(), sevenChanges()[CancelPackage], nil)
		if FateOf(err) != test.want {
			t.Errorf("%s: error %v, want one of %s", name, err, test.want)
		}
		c.Close()
	}
}
