package wixsim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

// A testServer is a server on loopback with a client.
type testServer struct {
	*Server
	t    *testing.T
	base string
	http *http.Client
}

func serve(t *testing.T, packages []Package, o *Options) *testServer {
	t.Helper()
	s := New(packages, o)
	h := httptest.NewServer(s)
	t.Cleanup(h.Close)
	return &testServer{Server: s, t: t, base: h.URL, http: h.Client()}
}

// request returns a request that breaks no rule; a test may change it.
func (r *testServer) request(method, path, account, body string) *http.Request {
	r.t.Helper()
	req, err := http.NewRequest(method, r.base+path, bytes.NewReader([]byte(body)))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Authorization", DefaultKey)
	req.Header.Set("wix-account-id", account)
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/json")
	}
	return req
}

func (r *testServer) queryRequest(body string) *http.Request {
	r.t.Helper()
	return r.request(http.MethodPost, "/resellers/v1/packages/query", DefaultParent, body)
}

// do returns status, header and body.
func (r *testServer) do(req *http.Request) (int, http.Header, []byte, error) {
	r.t.Helper()
	resp, err := r.http.Do(req)
	if err != nil {
		return 0, nil, nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp.StatusCode, resp.Header, body, err
}

// An answer is a page as a client reads it.
type answer struct {
	Packages       []Package
	Metadata       *answerMetadata
	PagingMetadata *answerMetadata
}

type answerMetadata struct {
	Count          int
	Offset, Total  *int
	TooManyToCount bool
	Cursors        *struct{ Next string }
}

func (r *testServer) query(body string) answer {
	r.t.Helper()
	status, _, text, err := r.do(r.queryRequest(body))
	if err != nil || status != http.StatusOK {
		r.t.Fatalf("query %s: status %d, %v: %s", body, status, err, text)
	}
	var a answer
	if err := json.Unmarshal(text, &a); err != nil {
		r.t.Fatalf("query %s: %v: %s", body, err, text)
	}
	return a
}

// walk follows the cursors of a query and returns the pages.
func (r *testServer) walk(first string) [][]Package {
	r.t.Helper()
	var pages [][]Package
	for body := first; ; {
		a := r.query(body)
		pages = append(pages, a.Packages)
		if a.Metadata.Cursors.Next == "" {
			return pages
		}
		body = fmt.Sprintf(`{"query":{"cursorPaging":{"cursor":%q}}}`, a.Metadata.Cursors.Next)
	}
}

// ids returns the ids of all packages of the pages, in their order.
func ids(pages ...[]Package) []string {
	var all []string
	for _, page := range pages {
		for _, p := range page {
			all = append(all, p.ID)
		}
	}
	return all
}

func healthy(packages int) *SampleData {
	return Generate(SampleOptions{Seed: 1, Accounts: 4, Packages: packages})
}
