package wix

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/klauspost/compress/zstd"
	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/storage"
	"pgregory.net/rapid"
)

// packSnapshot returns a snapshot of raw packages.
func packSnapshot(t interface{ Fatal(...any) }, raw ...string) []byte {
	var b bytes.Buffer
	w, err := NewSnapshotWriter(&b, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range raw {
		if err := w.Write([]byte(r)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func unzstd(t *testing.T, b []byte) []byte {
	d, err := zstd.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	plain, err := io.ReadAll(d)
	if err != nil {
		t.Fatal(err)
	}
	return plain
}

func TestSnapshotFormats(t *testing.T) {
	one := `{ "id" : "p1",` + "\n" + `"accountId":"a", "later":"<&\u2028 kept>", "n":1.0 }`
	const line = `{"id":"p1","accountId":"a","later":"<&\u2028 kept>","n":1.0}`
	zipped := packSnapshot(t, one, `{"id":"p2","accountId":"b"}`)
	plain := unzstd(t, zipped)
	if want := line + "\n" + `{"id":"p2","accountId":"b"}` + "\n"; string(plain) != want {
		t.Fatalf("wrote %s, want %s", plain, want)
	}
	var gzipped bytes.Buffer
	g := gzip.NewWriter(&gzipped)
	_, _ = g.Write(plain)
	_ = g.Close()
	for name, b := range map[string][]byte{
		"zstd": zipped, "gzip": gzipped.Bytes(), "plain": plain,
		"edited": []byte("\xef\xbb\xbf" + strings.ReplaceAll(string(plain), "\n", "\r\n\r\n")),
	} {
		packages, err := readPacked(b)
		if err != nil || len(packages) != 2 || packages[0].ID != "p1" || packages[1].AccountID != "b" {
			t.Errorf("%s: %+v, error %v", name, packages, err)
		}
	}
}

func TestEmptySnapshot(t *testing.T) {
	b := packSnapshot(t)
	if len(b) == 0 {
		t.Error("an empty snapshot is an empty file")
	}
	packages, err := readPacked(b)
	if err != nil || len(packages) != 0 {
		t.Errorf("%v, error %v", packages, err)
	}
}

func TestReadSnapshotErrors(t *testing.T) {
	good := `{"id":"p1","accountId":"a"}` + "\n"
	whole := packSnapshot(t, strings.Repeat(" ", 10)+strings.TrimSpace(good))
	for name, test := range map[string]struct{ in, want string }{
		"not JSON":   {good + good + "{", "read the snapshot: line 3: package without an id: field (top level): invalid JSON"},
		"no id":      {good + "{}", "line 2: a package has no id"},
		"no account": {good + `{"id":"p2"}`, "line 2: package p2 has no account id"},
		"too long":   {good + strings.Repeat("x", maxLine+1), "line 2: longer than"},
		"truncated":  {string(whole[:len(whole)-3]), "line 1: unpack zstd: unexpected EOF"},
		"bad zstd":   {"\x28\xb5\x2f\xfd\xff\xff\xff\xff", "read the snapshot: line 1: "},
		"bad gzip":   {"\x1f\x8bxxxxxxxxxx", "unpack gzip"},
	} {
		if _, err := readPacked([]byte(test.in)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want %q", name, err, test.want)
		}
	}
	errSink := errors.New("disk full")
	err := ReadSnapshot(t.Context(), strings.NewReader(good), 1, func(int, *reconcile.Package, int64) error { return errSink })
	if !errors.Is(err, errSink) {
		t.Errorf("error %v", err)
	}
	cut := io.MultiReader(strings.NewReader(good), iotest.ErrReader(io.ErrUnexpectedEOF))
	if err := ReadSnapshot(t.Context(), cut, 1, ignoreSnapshot); !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("a snapshot that is cut off: error %v", err)
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if err := ReadSnapshot(canceled, strings.NewReader(good), 1, ignoreSnapshot); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end of the context: error %v", err)
	}
}

func ignoreSnapshot(int, *reconcile.Package, int64) error { return nil }

// The error is that of the earliest line, whichever goroutine meets one first, and
// batches are cut between lines.
func TestReadSnapshotInBatches(t *testing.T) {
	var text strings.Builder
	const n = 5000
	for i := range n {
		fmt.Fprintf(&text, "{\"id\":\"p%d\",\"accountId\":\"a\",\"x\":%q}\n", i, strings.Repeat("x", i%997))
	}
	packages, err := readPacked([]byte(text.String()))
	if err != nil || len(packages) != n || packages[n-1].ID != fmt.Sprint("p", n-1) {
		t.Fatalf("%d packages, error %v", len(packages), err)
	}
	broken := text.String() + "{}\n" + strings.Repeat("{\n", 10_000)
	for range 20 {
		if _, err := readPacked([]byte(broken)); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("line %d: a package has no id", n+1)) {
			t.Fatal(err)
		}
	}
}

func TestSnapshotWriterErrors(t *testing.T) {
	w, err := NewSnapshotWriter(io.Discard, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, raw := range []string{"", "{", `"` + strings.Repeat("x", maxLine) + `"`} {
		if err := w.Write([]byte(raw)); err == nil {
			t.Errorf("wrote %d bytes", len(raw))
		}
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
}

// readPacked reads a snapshot as it is stored. It returns all copies in order.
func readPacked(b []byte) ([]reconcile.Package, error) {
	plain, err := storage.Decompress(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	defer plain.Close()
	var mu sync.Mutex
	packages := make(map[int64]reconcile.Package)
	err = ReadSnapshot(context.Background(), plain, 3, func(_ int, p *reconcile.Package, order int64) error {
		mu.Lock()
		defer mu.Unlock()
		kept := *p
		kept.Instances = slices.Clone(p.Instances)
		packages[order] = kept
		return nil
	})
	var ordered []reconcile.Package
	for _, order := range slices.Sorted(maps.Keys(packages)) {
		ordered = append(ordered, packages[order])
	}
	return ordered, err
}

// TestSnapshotReplay: reading the snapshot of a random inventory, with copies of
// any age, returns the copies of the live reading, the valid one last.
func TestSnapshotReplay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := &fakeServer{noCount: rapid.Bool().Draw(t, "no count")}
		for range rapid.IntRange(0, 30).Draw(t, "copies") {
			p := pkg(rapid.IntRange(1, 6).Draw(t, "package"), rapid.IntRange(1, 3).Draw(t, "account"))
			p.Updated = fmt.Sprintf("2026-02-0%dT00:00:00Z", rapid.IntRange(1, 3).Draw(t, "day"))
			p.ExternalID = rapid.SampledFrom([]string{"x", "y"}).Draw(t, "external id")
			f.packages = append(f.packages, p)
		}
		var live recordingSink
		c, err := NewClient(Options{AccountID: parentID, Key: NewSecret(testKey), Transport: handlerTransport{f}, Concurrency: 1})
		if err != nil {
			t.Fatal(err)
		}
		coverage, err := readCoverage(context.Background(), c, InventoryOptions{LedgerAccounts: accountIDs(1, 2)}, live.sink)
		if err != nil {
			t.Fatal(err)
		}
		replayed, err := readPacked(packSnapshot(t, live.raw...))
		if err != nil {
			t.Fatal(err)
		}
		valid := make(map[string]reconcile.Package)
		for _, p := range replayed {
			if before, exists := valid[p.ID]; exists && p.Updated.Before(before.Updated) {
				t.Fatalf("a copy of %s comes after a newer one", p.ID)
			}
			valid[p.ID] = p
		}
		if diff := cmp.Diff(live.packages, valid, cmpopts.EquateEmpty()); diff != "" {
			t.Fatal(diff)
		}
		counts := make(map[string]int)
		for _, p := range valid {
			counts[p.AccountID]++
		}
		for account, n := range counts {
			if a := coverage.Accounts[account]; a == nil || a.Packages != n {
				t.Fatalf("account %s has %d packages, coverage %+v", account, n, a)
			}
		}
	})
}

// FuzzReadSnapshot checks that no file panics.
func FuzzReadSnapshot(f *testing.F) {
	one, _ := json.Marshal(pkg(1, 1))
	f.Add(one)
	f.Add(packSnapshot(f, string(one)))
	f.Fuzz(func(_ *testing.T, b []byte) { _, _ = readPacked(b) })
}
