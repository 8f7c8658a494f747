package storage_test

import (
	"errors"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wixrecon/wixrecon/sources/storage"
)

func TestLocalNamesArePlain(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"a:b (1).csv", "100%.csv", "a%20b.csv", "grün.csv", "a?b#c.csv", "~x", "a+b&c=d.csv", "-"} {
		if err := os.WriteFile(name, []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
		abs, err := filepath.Abs(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, as := range []string{name, "./" + name, abs, (&url.URL{Scheme: "file", Path: abs}).String()} {
			if got := content(t, as); got != name {
				t.Errorf("open %q: %q", as, got)
			}
		}
	}
}

func content(t *testing.T, name string) string {
	t.Helper()
	var s storage.Opener
	r, err := s.Open(t.Context(), name)
	if err != nil {
		t.Error(err)
		return ""
	}
	defer r.Close()
	got, err := io.ReadAll(r)
	if err != nil {
		t.Error(err)
	}
	return string(got)
}

func TestPutWritesThePlainName(t *testing.T) {
	folder := t.TempDir()
	var s storage.Opener
	d, err := s.OpenDir(t.Context(), filepath.Join(folder, "out (1)"))
	if err != nil {
		t.Fatal(err)
	}
	if err := put(d, t.Context(), "run: ü %/a b.csv", "x"); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(folder, "out (1)", "run: ü %", "a b.csv"))
	if err != nil || info.Mode().Perm()&0o400 == 0 {
		t.Errorf("the file: %v, %v", info, err)
	}
	names, err := os.ReadDir(filepath.Join(folder, "out (1)", "run: ü %"))
	if err != nil || len(names) != 1 {
		t.Errorf("in the folder: %v, %v", names, err)
	}
}

func TestNothingIsLeftOfAFailedPut(t *testing.T) {
	folder := t.TempDir()
	var s storage.Opener
	d, err := s.OpenDir(t.Context(), filepath.Join(folder, "out", "deep"))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second finds what the first left
		if err := d.Put(t.Context(), "run/x/a", func(io.Writer) error { return errors.New("own") }); err == nil {
			t.Error("put worked")
		}
		if names, err := os.ReadDir(folder); err != nil || len(names) != 0 {
			t.Errorf("left: %v, %v", names, err)
		}
	}
	if err := put(d, t.Context(), "run/a", "x"); err != nil {
		t.Fatal(err)
	}
	if err := d.Put(t.Context(), "other/a", func(io.Writer) error { return errors.New("own") }); err == nil {
		t.Error("put worked")
	}
	if names, _ := os.ReadDir(filepath.Join(folder, "out", "deep")); len(names) != 1 || names[0].Name() != "run" {
		t.Errorf("left: %v", names)
	}
}

// A folder holds nothing without its objects, as in a bucket; the Dir's own
// stays, and so does what holds anything else.
func TestRemoveTakesEmptyFolders(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for _, name := range []string{"a/b/c/one", "a/two", "three"} {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, nil, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	d := openDir(t, new(storage.Opener), root)
	for _, c := range []struct{ key, gone, left string }{
		{"a/b/c/one", "a/b", "a/two"}, {"a/b/c/one", "a/b", "a/two"}, {"a/two", "a", "three"}, {"three", "three", "."},
	} {
		if err := d.Remove(t.Context(), c.key); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(filepath.Join(root, c.gone)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("without %s: %s is there (%v)", c.key, c.gone, err)
		}
		if _, err := os.Stat(filepath.Join(root, c.left)); err != nil {
			t.Errorf("without %s: %v", c.key, err)
		}
	}
}

func TestLocalErrors(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("file", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var s storage.Opener
	if _, err := s.Open(t.Context(), "."); !errors.Is(err, storage.ErrName) {
		t.Errorf("open a folder: %v", err)
	}
	for _, name := range []string{"none", "none/x", "file/x"} {
		if _, err := s.Open(t.Context(), name); !storage.NotExist(err) {
			t.Errorf("open %s: %v", name, err)
		}
	}
	for _, name := range []string{"file", "file/x"} {
		if _, err := s.OpenDir(t.Context(), name); err == nil || storage.NotExist(err) {
			t.Errorf("open dir %s: %v", name, err)
		}
	}
}

func TestUnreadableFile(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may read everything")
	}
	name := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(name, nil, 0o000); err != nil {
		t.Fatal(err)
	}
	var s storage.Opener
	_, err := s.Open(t.Context(), name)
	if err == nil || !strings.HasSuffix(err.Error(), "permission denied") {
		t.Errorf("open: %v", err)
	}
}
