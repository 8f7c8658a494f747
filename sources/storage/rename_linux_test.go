package storage

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"
)

// Exactly one writer wins on a file system without hard links too.
func TestRenameNew(t *testing.T) {
	folder := t.TempDir()
	final := filepath.Join(folder, "claim")
	linked := &os.LinkError{Op: "link", Err: unix.EPERM}
	var won atomic.Int32
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			temporary := filepath.Join(folder, temporaryPrefix+string(rune('a'+i))+temporarySuffix)
			if err := os.WriteFile(temporary, nil, 0o600); err != nil {
				t.Error(err)
			}
			switch err := renameNew(temporary, final, linked); {
			case err == nil:
				won.Add(1)
			case errors.Is(err, linked):
				t.Error("this file system can't rename without replacing")
			case !errors.Is(err, fs.ErrExist):
				t.Error(err)
			}
		})
	}
	all.Wait()
	if won.Load() != 1 {
		t.Errorf("%d writers won", won.Load())
	}
}

func TestFileSystemWithoutLinksAndRename(t *testing.T) {
	linked := &os.LinkError{Op: "link", Old: "a", New: "b", Err: unix.EOPNOTSUPP}
	if err := renameNew(filepath.Join(t.TempDir(), "none"), "b", linked); !errors.Is(err, linked) {
		t.Errorf("rename of a missing file: %v", err)
	}
	err := (&location{}).wrap("write", "out/a", linked)
	if want := "write out/a: the file system has no hard links"; err == nil || err.Error()[:len(want)] != want {
		t.Errorf("%v, want %q", err, want)
	}
}
