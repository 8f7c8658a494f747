package storage_test

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/wixrecon/wixrecon/sources/storage"
)

// Create leaves it to the store to refuse, and it does.
func TestCreate(t *testing.T) {
	for _, k := range kinds()[:4] { // those without a server of their own
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			d := openDir(t, new(storage.Opener), k.open(t)("create"))
			for _, content := range []string{"first", "second"} {
				if err := d.Create(t.Context(), "r/a", text(content)); storage.Exist(err) != (content == "second") {
					t.Errorf("%s: %v", content, err)
				}
			}
			if got, err := d.Read(t.Context(), "r/a"); string(got) != "first" || err != nil {
				t.Errorf("%q, %v", got, err)
			}
			if err := d.Create(t.Context(), "../a", text("x")); err == nil || storage.Exist(err) {
				t.Errorf("a key that is none: %v", err)
			}
		})
	}
}

// Several processes write into a folder, and take away what they wrote and the
// folder with it: none is disturbed by the others, and who lists sees all that
// stays.
func TestFolderThatOthersUse(t *testing.T) {
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
				if there, err := d.List(t.Context(), "", ""); err != nil || there[len(there)-1].Key != "stays" {
					t.Errorf("list: %v, %v", there, err)
				}
				if err := d.Remove(t.Context(), key); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if _, err := os.Stat(filepath.Join(folder, "lock")); !os.IsNotExist(err) {
		t.Errorf("the folder stays: %v", err)
	}
}
