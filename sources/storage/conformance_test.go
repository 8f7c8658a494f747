package storage_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wixrecon/wixrecon/sources/storage"
)

// bigSize is the size of an object that S3 uploads in more than one part. The
// long form needs more than one chunk of GCS too; other stores have no parts.
func bigSize(t *testing.T, at func(string) string) int {
	t.Helper()
	switch remote := strings.HasPrefix(at(""), "s3:") || strings.HasPrefix(at(""), "gs:"); {
	case os.Getenv("WIXRECON_LONG") != "":
		return 17 << 20
	case remote:
		t.Log("an object of 5 MiB; WIXRECON_LONG=1 writes 17 MiB")
		return 5<<20 + 1
	}
	return 1 << 20
}

// The same conformance suite runs over every kind of store.
func TestConformance(t *testing.T) {
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			at := k.open(t)
			var s storage.Opener
			for name, check := range map[string]func(*testing.T, *storage.Opener, func(string) string){
				"round trip": roundTrip, "create only": createOnly, "abort": abort, "replace": replace,
				"race": race, "list": list, "change": change, "absent": absent,
				"read small": readSmall, "list all": listAll, "newest": newest, "parts": parts, "parts change": partsChange, "checksum": checksum,
			} {
				t.Run(name, func(t *testing.T) { check(t, &s, at) })
			}
		})
	}
}

func roundTrip(t *testing.T, s *storage.Opener, at func(string) string) {
	d := openDir(t, s, at("round"))
	big := strings.Repeat("0123456789abcdef", bigSize(t, at)/16)
	for key, content := range map[string]string{"a.csv": "x,y\n", "run 1/ü: (1)%20.json": "{}", "empty": "", "run 1/big": big} {
		if err := put(d, t.Context(), key, content); err != nil {
			t.Fatal(err)
		}
		got, err := d.Read(t.Context(), key)
		if err != nil || string(got) != content {
			t.Errorf("read %s: %d bytes, %v; want %d", key, len(got), err, len(content))
		}
	}
	r, err := s.Open(t.Context(), at("round/a.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	got, err := io.ReadAll(r)
	if err != nil || string(got) != "x,y\n" || r.Size != 4 || r.ModTime.IsZero() || r.Version == "" {
		t.Errorf("open by name: %q, %v, %+v", got, err, r)
	}
	if err := r.Unchanged(t.Context()); err != nil {
		t.Error(err)
	}
}

func createOnly(t *testing.T, s *storage.Opener, at func(string) string) {
	d := openDir(t, s, at("once"))
	if err := put(d, t.Context(), "r/a", "first"); err != nil {
		t.Fatal(err)
	}
	if err := put(d, t.Context(), "r/a", "second"); !storage.Exist(err) {
		t.Errorf("second put: %v, want Exist", err)
	}
	for _, content := range []string{"first", "second"} {
		if err := d.Create(t.Context(), "r/b", text(content)); storage.Exist(err) != (content == "second") {
			t.Errorf("create %s: %v", content, err)
		}
	}
	if got, err := d.Read(t.Context(), "r/a"); string(got) != "first" {
		t.Errorf("read: %q, %v", got, err)
	}
	for _, key := range []string{"", "../x", "/x", "a//b", "a\nb", "x.attrs", "a__0x2f__b", "a\xff"} {
		if err := put(d, t.Context(), key, "x"); err == nil {
			t.Errorf("key %q was accepted", key)
		}
	}
}

func abort(t *testing.T, s *storage.Opener, at func(string) string) {
	d := openDir(t, s, at("abort"))
	failed := errors.New("failed")
	err := d.Put(t.Context(), "r/a", func(w io.Writer) error {
		_, _ = w.Write(make([]byte, bigSize(t, at)))
		return failed
	})
	if !errors.Is(err, failed) {
		t.Errorf("put whose write function fails: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	err = d.Put(ctx, "r/b", func(w io.Writer) error {
		cancel()
		_, _ = io.WriteString(w, "x")
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("put with a canceled context: %v", err)
	}
	if all, err := d.List(t.Context(), "", ""); err != nil || len(all) != 0 {
		t.Errorf("left behind: %v, %v", all, err)
	}
}

func race(t *testing.T, s *storage.Opener, at func(string) string) {
	d := openDir(t, s, at("race"))
	rounds := 2
	if os.Getenv("WIXRECON_LONG") != "" {
		rounds = 6
	}
	t.Logf("%d rounds; WIXRECON_LONG=1 has 6", rounds)
	for round := range rounds {
		raceWriters(t, d, fmt.Sprintf("r%d/claim", round))
	}
}

// raceWriters lets 16 writers create the key: exactly one must win, with its
// content, and all others must get an error that satisfies Exist.
func raceWriters(t *testing.T, d *storage.Dir, key string) {
	t.Helper()
	var mu sync.Mutex
	var won []string
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			content := fmt.Sprint("writer ", i)
			err := put(d, t.Context(), key, content)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won = append(won, content)
			} else if !storage.Exist(err) {
				t.Errorf("put: %v", err)
			}
		})
	}
	all.Wait()
	if got, err := d.Read(t.Context(), key); err != nil || len(won) != 1 || won[0] != string(got) {
		t.Errorf("winners %q, content %q, %v", won, got, err)
	}
}

func list(t *testing.T, s *storage.Opener, at func(string) string) {
	d := openDir(t, s, at("list"))
	if all, err := d.List(t.Context(), "", "/"); err != nil || len(all) != 0 {
		t.Errorf("list a missing folder: %v, %v", all, err)
	}
	for _, key := range []string{"b/summary.json", "b-c", "a/x", "a/y/z", "latest.json"} {
		if err := put(d, t.Context(), key, "x"); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		prefix, delimiter string
		want              []string
	}{
		{"", "/", []string{"a/", "b-c", "b/", "latest.json"}},
		{"", "", []string{"a/x", "a/y/z", "b-c", "b/summary.json", "latest.json"}},
		{"a/", "/", []string{"a/x", "a/y/"}},
		{"b", "", []string{"b-c", "b/summary.json"}},
		{"none/", "", nil},
	} {
		entries, err := d.List(t.Context(), c.prefix, c.delimiter)
		if err != nil {
			t.Fatal(err)
		}
		var keys []string
		for _, e := range entries {
			keys = append(keys, e.Key)
		}
		if diff := cmp.Diff(c.want, keys); diff != "" {
			t.Errorf("list(%q, %q): %s", c.prefix, c.delimiter, diff)
		}
	}
}

func change(t *testing.T, s *storage.Opener, at func(string) string) {
	d := openDir(t, s, at("change"))
	if err := put(d, t.Context(), "a", "x"); err != nil {
		t.Fatal(err)
	}
	r, err := s.Open(t.Context(), at("change/a"))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := d.Replace(t.Context(), "a", text("longer")); err != nil {
		t.Fatal(err)
	}
	if err := r.Unchanged(t.Context()); err == nil {
		t.Error("the change was not noticed")
	}
}

func absent(t *testing.T, s *storage.Opener, at func(string) string) {
	d := openDir(t, s, at("absent"))
	if _, err := d.Open(t.Context(), "x"); !storage.NotExist(err) {
		t.Errorf("open a key: %v", err)
	}
	if exists, err := d.Exists(t.Context(), "x"); exists || err != nil {
		t.Errorf("exists: %v, %v", exists, err)
	}
	if _, err := s.Open(t.Context(), at("absent/x")); !storage.NotExist(err) {
		t.Errorf("open a name: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := put(d, ctx, "r/x", "x"); !errors.Is(err, context.Canceled) {
		t.Errorf("put with a canceled context: %v", err)
	}
}

func replace(t *testing.T, s *storage.Opener, at func(string) string) {
	d := openDir(t, s, at("replace"))
	big := strings.Repeat("x", bigSize(t, at))
	for _, content := range []string{"first", big, "third"} {
		if err := d.Replace(t.Context(), "r/latest.json", text(content)); err != nil {
			t.Fatal(err)
		}
		if got, err := d.Read(t.Context(), "r/latest.json"); string(got) != content {
			t.Errorf("read: %d bytes, %v; want %d", len(got), err, len(content))
		}
	}
	failed := errors.New("failed")
	err := d.Replace(t.Context(), "r/latest.json", func(w io.Writer) error {
		_, _ = w.Write(make([]byte, bigSize(t, at)))
		return failed
	})
	if got, read := d.Read(t.Context(), "r/latest.json"); !errors.Is(err, failed) || string(got) != "third" {
		t.Errorf("after a replacement that failed halfway (%v): %d bytes, %v", err, len(got), read)
	}
	if all, err := d.List(t.Context(), "", ""); err != nil || len(all) != 1 {
		t.Errorf("left behind: %v, %v", all, err)
	}
	if err := d.Replace(t.Context(), "../x", text("x")); err == nil {
		t.Error("a key outside the folder was replaced")
	}
}

func readSmall(t *testing.T, s *storage.Opener, at func(string) string) {
	d := openDir(t, s, at("small"))
	for key, content := range map[string]string{"a/1": "ten bytes.", "empty": ""} {
		if err := put(d, t.Context(), key, content); err != nil {
			t.Fatal(err)
		}
		if got, err := d.ReadSmall(t.Context(), key, 10); err != nil || string(got) != content {
			t.Errorf("read %s: %q, %v", key, got, err)
		}
	}
	if _, err := d.ReadSmall(t.Context(), "a/1", 9); !errors.Is(err, storage.ErrTooLarge) || !strings.Contains(err.Error(), "a/1") {
		t.Errorf("a limit below the size: %v", err)
	}
	for _, key := range []string{"a/2", "none/1"} {
		if _, err := d.ReadSmall(t.Context(), key, 10); !storage.NotExist(err) {
			t.Errorf("read %s: %v", key, err)
		}
	}
	if _, err := d.ReadSmall(t.Context(), "../x", 10); err == nil {
		t.Error("a key outside the folder was read")
	}
}

func listAll(t *testing.T, s *storage.Opener, at func(string) string) {
	d := openDir(t, s, at("whole"))
	for _, folder := range []string{"a", "a/b"} {
		if all, err := d.ListAll(t.Context(), folder); err != nil || len(all) != 0 {
			t.Errorf("list a missing folder: %v, %v", all, err)
		}
	}
	for _, key := range []string{"a/x", "a/y/z", "a/y-1", "a/y/1/2", "ab", "b/a/c"} {
		if err := put(d, t.Context(), key, key); err != nil {
			t.Fatal(err)
		}
	}
	for _, folder := range []string{"a", "a/y", "b", "c"} {
		want, err := d.List(t.Context(), folder+"/", "")
		if err != nil {
			t.Fatal(err)
		}
		got, err := d.ListAll(t.Context(), folder)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("in %s: %v, %s", folder, err, diff)
		}
	}
}
