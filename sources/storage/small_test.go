package storage_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wixrecon/wixrecon/sources/storage"
)

func small(t *testing.T, s *storage.Opener, at func(string) string) {
	d := openDir(t, s, at("small"))
	for key, content := range map[string]string{"a/1": "ten bytes.", "empty": ""} {
		if err := put(d, t.Context(), key, content); err != nil {
			t.Fatal(err)
		}
		if got, err := d.ReadSmall(t.Context(), key, 10); err != nil || string(got) != content {
			t.Errorf("read %s: %q, %v", key, got, err)
		}
	}
	if _, err := d.ReadSmall(t.Context(), "a/1", 9); !errors.Is(err, storage.ErrTooLong) || !strings.Contains(err.Error(), "a/1") {
		t.Errorf("one byte more: %v", err)
	}
	for _, key := range []string{"a/2", "none/1"} {
		if _, err := d.ReadSmall(t.Context(), key, 10); !storage.NotExist(err) {
			t.Errorf("read %s: %v", key, err)
		}
	}
	if _, err := d.ReadSmall(t.Context(), "../x", 10); err == nil {
		t.Error("read of a key outside worked")
	}
}

func whole(t *testing.T, s *storage.Opener, at func(string) string) {
	d := openDir(t, s, at("whole"))
	for _, folder := range []string{"a", "a/b"} {
		if all, err := d.ListWhole(t.Context(), folder); err != nil || len(all) != 0 {
			t.Errorf("nothing there: %v, %v", all, err)
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
		got, err := d.ListWhole(t.Context(), folder)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("in %s: %v, %s", folder, err, diff)
		}
	}
}

// A part of a folder that can't be read is an error: a listing without it would
// say that nothing is there.
func TestListWholeReadsAll(t *testing.T) {
	folder := t.TempDir()
	closed := filepath.Join(folder, "a", "closed")
	if err := os.MkdirAll(closed, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(closed, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(closed, 0o755) })
	if _, err := os.ReadDir(closed); err == nil {
		t.Skip("this user may read everything")
	}
	d := openDir(t, new(storage.Opener), folder)
	if all, err := d.ListWhole(t.Context(), "a"); err == nil {
		t.Errorf("listed %v", all)
	}
}
