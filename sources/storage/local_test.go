package storage_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/wixrecon/wixrecon/sources/storage"
)

func TestLocalNamesAreLiteral(t *testing.T) {
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

func TestPutUsesTheLiteralName(t *testing.T) {
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

func TestFailedPutLeavesNothing(t *testing.T) {
	folder := t.TempDir()
	var s storage.Opener
	d, err := s.OpenDir(t.Context(), filepath.Join(folder, "out", "deep"))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second would find what the first left
		if err := d.Put(t.Context(), "run/x/a", func(io.Writer) error { return errors.New("failed") }); err == nil {
			t.Error("put did not fail")
		}
		if names, err := os.ReadDir(folder); err != nil || len(names) != 0 {
			t.Errorf("left: %v, %v", names, err)
		}
	}
	if err := put(d, t.Context(), "run/a", "x"); err != nil {
		t.Fatal(err)
	}
	if err := d.Put(t.Context(), "other/a", func(io.Writer) error { return errors.New("failed") }); err == nil {
		t.Error("put did not fail")
	}
	if names, _ := os.ReadDir(filepath.Join(folder, "out", "deep")); len(names) != 1 || names[0].Name() != "run" {
		t.Errorf("left: %v", names)
	}
}

// A folder without objects is removed, as in a bucket. The Dir's own folder and
// folders that are not empty stay.
func TestRemoveRemovesEmptyFolders(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for _, name := range []string{"a/b/c/one", "a/two", "three"} {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, nil, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	d := openDir(t, new(storage.Opener), root)
	for _, c := range []struct{ key, removed, kept string }{
		{"a/b/c/one", "a/b", "a/two"}, {"a/b/c/one", "a/b", "a/two"}, {"a/two", "a", "three"}, {"three", "three", "."},
	} {
		if err := d.Remove(t.Context(), c.key); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(filepath.Join(root, c.removed)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("after removing %s: %s exists (%v)", c.key, c.removed, err)
		}
		if _, err := os.Stat(filepath.Join(root, c.kept)); err != nil {
			t.Errorf("after removing %s: %v", c.key, err)
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
		t.Skip("root can read everything")
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

// Several processes create and remove files, and with them the folder. None
// fails because of the others, and listings always show the files that remain.
func TestConcurrentUseOfAFolder(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	stays := openDir(t, new(storage.Opener), folder)
	if err := put(stays, t.Context(), "stays", "x"); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for i := range 4 {
		d := openDir(t, new(storage.Opener), folder)
		all.Go(func() {
			for n := range 50 {
				key := fmt.Sprintf("lock/%d-%d", i, n)
				if err := d.Create(t.Context(), key, text("x")); err != nil {
					t.Error(err)
				}
				if all, err := d.List(t.Context(), "", ""); err != nil || all[len(all)-1].Key != "stays" {
					t.Errorf("list: %v, %v", all, err)
				}
				if err := d.Remove(t.Context(), key); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if _, err := os.Stat(filepath.Join(folder, "lock")); !os.IsNotExist(err) {
		t.Errorf("the empty folder was not removed: %v", err)
	}
}

// A subfolder that can't be read is an error: a listing without it would look as
// if it were empty.
func TestListAllOfAnUnreadableFolder(t *testing.T) {
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
		t.Skip("this user can read everything")
	}
	d := openDir(t, new(storage.Opener), folder)
	if all, err := d.ListAll(t.Context(), "a"); err == nil {
		t.Errorf("listed %v", all)
	}
}

// Reports are for their owner and group only, whatever the umask allows.
func TestModesOfFiles(t *testing.T) {
	root := t.TempDir()
	d := openDir(t, &storage.Opener{}, root)
	fill(t, d, "run/findings.csv")
	for name, want := range map[string]fs.FileMode{"run": 0o750, "run/findings.csv": 0o640} {
		info, err := os.Stat(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got&^want != 0 {
			t.Errorf("%s has mode %o, want at most %o", name, got, want)
		}
	}
}
