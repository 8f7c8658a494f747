package storage_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wixrecon/wixrecon/sources/storage"
)

// The same conformance suite runs over every kind of place.
func TestConformance(t *testing.T) {
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			at := k.open(t)
			var s storage.Opener
			for name, check := range map[string]func(*testing.T, *storage.Opener, func(string) string){
				"round trip": roundTrip, "create only": createOnly, "abort": abort, "replace": replace,
				"race": race, "list": list, "change": change, "absent": absent,
				"small": small, "whole": whole, "newest": newest, "parts": parts, "parts change": partsChange, "checksum": checksum,
			} {
				t.Run(name, func(t *testing.T) { check(t, &s, at) })
			}
		})
	}
}

func roundTrip(t *testing.T, s *storage.Opener, at func(string) string) {
	d := openDir(t, s, at("round"))
	big := string(bytes.Repeat([]byte("0123456789abcdef"), 1<<20)) // more than one part
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
	if got, err := d.Read(t.Context(), "r/a"); string(got) != "first" {
		t.Errorf("read: %q, %v", got, err)
	}
	for _, key := range []string{"", "../x", "/x", "a//b", "a\nb", "x.attrs", "a__0x2f__b", "a\xff"} {
		if err := put(d, t.Context(), key, "x"); err == nil {
			t.Errorf("put of key %q worked", key)
		}
	}
}

func abort(t *testing.T, s *storage.Opener, at func(string) string) {
	d := openDir(t, s, at("abort"))
	own := errors.New("own")
	err := d.Put(t.Context(), "r/a", func(w io.Writer) error {
		_, _ = w.Write(make([]byte, 6<<20))
		return own
	})
	if !errors.Is(err, own) {
		t.Errorf("put with an error of the writer: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	err = d.Put(ctx, "r/b", func(w io.Writer) error {
		cancel()
		_, _ = io.WriteString(w, "x")
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("put under a cancelled context: %v", err)
	}
	if all, err := d.List(t.Context(), "", ""); err != nil || len(all) != 0 {
		t.Errorf("left behind: %v, %v", all, err)
	}
}

func race(t *testing.T, s *storage.Opener, at func(string) string) {
	d := openDir(t, s, at("race"))
	for round := range 6 {
		key := fmt.Sprintf("r%d/claim", round)
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
		got, err := d.Read(t.Context(), key)
		if err != nil || len(won) != 1 || won[0] != string(got) {
			t.Errorf("winners %q, content %q, %v", won, got, err)
		}
	}
}

func list(t *testing.T, s *storage.Opener, at func(string) string) {
	d := openDir(t, s, at("list"))
	if all, err := d.List(t.Context(), "", "/"); err != nil || len(all) != 0 {
		t.Errorf("nothing there: %v, %v", all, err)
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
	if there, err := d.Exists(t.Context(), "x"); there || err != nil {
		t.Errorf("exists: %v, %v", there, err)
	}
	if _, err := s.Open(t.Context(), at("absent/x")); !storage.NotExist(err) {
		t.Errorf("open a name: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := put(d, ctx, "r/x", "x"); !errors.Is(err, context.Canceled) {
		t.Errorf("put under a context that has ended: %v", err)
	}
}

func replace(t *testing.T, s *storage.Opener, at func(string) string) {
	d := openDir(t, s, at("replace"))
	big := strings.Repeat("x", 6<<20)
	for _, content := range []string{"first", big, "third"} {
		if err := d.Replace(t.Context(), "r/latest.json", text(content)); err != nil {
			t.Fatal(err)
		}
		if got, err := d.Read(t.Context(), "r/latest.json"); string(got) != content {
			t.Errorf("read: %d bytes, %v; want %d", len(got), err, len(content))
		}
	}
	own := errors.New("own")
	err := d.Replace(t.Context(), "r/latest.json", func(w io.Writer) error {
		_, _ = w.Write(make([]byte, 6<<20))
		return own
	})
	if got, read := d.Read(t.Context(), "r/latest.json"); !errors.Is(err, own) || string(got) != "third" {
		t.Errorf("after a replacement that ended halfway (%v): %d bytes, %v", err, len(got), read)
	}
	if all, err := d.List(t.Context(), "", ""); err != nil || len(all) != 1 {
		t.Errorf("left behind: %v, %v", all, err)
	}
	if err := d.Replace(t.Context(), "../x", text("x")); err == nil {
		t.Error("replace of a key outside worked")
	}
}
