package storage_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/wixrecon/wixrecon/sources/storage"
)

// temporaries returns the temporary files in a folder.
func temporaries(t *testing.T, folder string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(folder, ".wixrecon-*.tmp"))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// A temporary file is seen and removed once its writer is gone, and never before.
func TestLeftovers(t *testing.T) {
	root := t.TempDir()
	var opener storage.Opener
	d, other := openDir(t, &opener, root), openDir(t, &opener, root)
	left := func() []storage.Entry {
		t.Helper()
		entries, err := other.Leftovers(t.Context(), func(folder string) bool { return folder == "journal" })
		if err != nil {
			t.Fatal(err)
		}
		return entries
	}
	err := d.Put(t.Context(), "run/a.csv", func(w io.Writer) error {
		if _, err := io.WriteString(w, "half"); err != nil {
			return err
		}
		if seen := left(); len(seen) != 0 {
			t.Errorf("the file of a running writer counts as left: %v", seen)
		}
		inUse := temporaries(t, filepath.Join(root, "run"))
		if len(inUse) != 1 {
			t.Fatalf("temporary files: %v", inUse)
		}
		if err := other.RemoveLeftover(t.Context(), "run/"+filepath.Base(inUse[0])); err == nil {
			t.Error("the file of a running writer was removed")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{"run", "crashed", "journal"} {
		name := filepath.Join(root, folder, ".wixrecon-X.tmp")
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o700), os.WriteFile(name, []byte("half"), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	seen := left()
	if len(seen) != 2 || seen[0].Key != "crashed/.wixrecon-X.tmp" || seen[0].Size != 4 || time.Since(seen[0].ModTime) > time.Hour {
		t.Fatalf("leftovers: %v", seen)
	}
	for _, e := range seen {
		if err := other.RemoveLeftover(t.Context(), e.Key); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(filepath.Join(root, "crashed")); !os.IsNotExist(err) {
		t.Errorf("the empty folder is still there: %v", err)
	}
	if content(t, filepath.Join(root, "run", "a.csv")) != "half" || len(left()) != 0 {
		t.Error("a finished file is gone, or a leftover remains")
	}
}

// Writers that are disturbed by a cleaner at any moment lose nothing.
func TestWritersBesideACleaner(t *testing.T) {
	root := t.TempDir()
	var opener storage.Opener
	d, other := openDir(t, &opener, root), openDir(t, &opener, root)
	done := make(chan error, 1)
	go func() {
		var err error
		for i := 0; i < 300 && err == nil; i++ {
			err = d.Create(t.Context(), filepath.Join("run", string(rune('a'+i%26)), time.Now().Format("150405.000000000")), text("x"))
		}
		done <- err
	}()
	for {
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
			return
		default:
		}
		entries, err := other.Leftovers(t.Context(), func(string) bool { return false })
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			_ = other.RemoveLeftover(t.Context(), e.Key)
		}
	}
}
