package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/wixrecon/wixrecon/cmd/internal/job"
	"github.com/wixrecon/wixrecon/internal/servers"
	"github.com/wixrecon/wixrecon/sources/wix/wixsim"
)

// A ledger that changes while it is read is an error: an object that is written
// again, or a folder that gets another part. The store makes the change once the
// program has started to read.

// A changingStore makes a change once, after the first response with the content of
// a key.
type changingStore struct {
	http.Handler
	key    string
	change func(http.Handler)
	once   sync.Once
}

func (m *changingStore) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m.Handler.ServeHTTP(w, r)
	if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, m.key) {
		m.once.Do(func() { m.change(m.Handler) })
	}
}

func upload(key string, content []byte) func(http.Handler) {
	return func(store http.Handler) {
		r := httptest.NewRequest(http.MethodPut, "/"+bucket+"/"+key, bytes.NewReader(content))
		r.Header.Set("Content-Length", strconv.Itoa(len(content)))
		w := httptest.NewRecorder()
		if store.ServeHTTP(w, r); w.Code != http.StatusOK {
			panic(w.Body.String())
		}
	}
}

func TestLedgerThatChangesDuringRead(t *testing.T) {
	ledger := wixsim.GenerateDemo(demoAsOf()).LedgerCSV(0)
	longer := append(bytes.Clone(ledger), bytes.TrimPrefix(ledger, firstRows(ledger, 1))...)
	for _, c := range []struct {
		what, ledger string
		read, moved  string
		content      []byte
		message      string
	}{
		{"written again", "one.csv", "one.csv", "one.csv", longer, "it changed while it was read"},
		{"another file written", "one.csv", "one.csv", "other.csv", ledger, ""},
		{"part written again", "parts/", "parts/2.csv", "parts/1.csv", longer, "parts/1.csv"},
		{"part added", "parts/", "parts/1.csv", "parts/1b.csv", longer, "parts/1b.csv"},
		{"marker added", "parts/", "parts/2.csv", "parts/_SUCCESS", nil, ""},
	} {
		t.Run(c.what, func(t *testing.T) {
			backend := s3mem.New()
			if err := backend.CreateBucket(bucket); err != nil {
				t.Fatal(err)
			}
			m := &changingStore{Handler: gofakes3.New(backend).Server(), key: c.read, change: upload(c.moved, c.content)}
			for key, content := range map[string][]byte{"one.csv": ledger, "parts/1.csv": ledger, "parts/2.csv": firstRows(ledger, 2)} {
				upload(key, content)(m.Handler)
			}
			store := httptest.NewServer(m)
			defer store.Close()
			s := demoEnv(t)
			s.ledger = "s3://" + bucket + "/" + c.ledger + "?endpoint=" + store.URL + "&use_path_style=true&region=us-east-1"
			o := s.process(t, s3Env(servers.AccessKey, servers.SecretKey))
			if c.message == "" {
				o.requireCode(t, exitOK)
				return
			}
			o.requireFailed(t, job.ExitFailed, c.message)
			if !strings.Contains(o.stderr, "it changed while it was read") {
				t.Errorf("standard error: %s", o.stderr)
			}
		})
	}
}

// firstRows returns the first n lines, including the header.
func firstRows(ledger []byte, n int) []byte {
	return bytes.Join(bytes.SplitAfter(ledger, []byte("\n"))[:n], nil)
}
