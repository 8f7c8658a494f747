package storage

// A local file is written in five steps: a temporary file in the final folder,
// its content, sync, a link under the final name, sync of the folder. Unlike a
// rename, a link never replaces a file, and unlike an exclusive creation it
// leaves no empty file after a crash. Folders that were created for the file,
// and stay empty, are removed again. A file system without hard links may have a
// rename that refuses to replace, which is as good. One without either is
// refused: with a check before a plain rename, two writers could both believe
// that they were first.

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

const (
	temporaryPrefix = ".wixrecon-"
	temporarySuffix = ".tmp"
)

// Reports contain customers' data, so they are for their owner and group only.
const (
	fileMode   = 0o640
	folderMode = 0o750
)

func isTemporary(name string) bool {
	return strings.HasPrefix(name, temporaryPrefix) && strings.HasSuffix(name, temporarySuffix)
}

// A linkFunc gives a finished temporary file its final name.
type linkFunc func(temporary, final string) error

func (d *Dir) writeFile(ctx context.Context, key string, write func(io.Writer) error, create bool) error {
	link := os.Rename
	if create {
		link = linkNew
	}
	final := filepath.Join(d.location.path, filepath.FromSlash(key))
	f, err := d.createTemporary(filepath.Dir(final))
	if err != nil {
		d.removeCreatedFolders()
		return d.location.wrap("write", d.display(key), err)
	}
	err = d.runWriter(ctx, key, f, write)
	if err == nil {
		err = d.location.wrap("write", d.display(key), publish(f.File, final, link))
	}
	_ = f.Close()           // open only after an error
	_ = os.Remove(f.Name()) // the second name of the file, or an unfinished one
	_ = f.lock.Close()      // nothing was written through it
	if err == nil {
		err = d.location.wrap("write", d.display(key), d.syncNew(final, create))
	}
	if err != nil {
		d.removeCreatedFolders()
	}
	return err
}

// syncNew syncs the folders of a file with its final name. After an error nothing
// may look whole, so a file that was created is removed.
func (d *Dir) syncNew(final string, created bool) error {
	err := d.syncFolders(filepath.Dir(final))
	if err != nil && created {
		_ = os.Remove(final) // the error is returned in any case
	}
	return err
}

// publish syncs and closes the file and gives it its final name.
func publish(f *os.File, final string, link linkFunc) error {
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return link(f.Name(), final)
}

// linkNew is a linkFunc that never replaces a file. A network file system that
// lost the first response links again, and reports that the name exists: then it
// must be this very file.
func linkNew(temporary, final string) error {
	err := os.Link(temporary, final)
	switch {
	case err == nil || sameFile(temporary, final):
		return nil
	case errors.Is(err, fs.ErrExist) || errors.Is(err, fs.ErrNotExist):
		return err
	}
	return renameNew(temporary, final, err)
}

func sameFile(one, other string) bool {
	first, err := os.Lstat(one)
	if err != nil {
		return false
	}
	second, err := os.Lstat(other)
	return err == nil && os.SameFile(first, second)
}

// maxLocalTries is how often an operation is tried that other processes disturb.
const maxLocalTries = 100

// createTemporary creates a file in the folder, and the folder if needed. The
// lock keeps removeCreatedFolders from removing the folder in between. Another
// process may still do so while the folder is empty; then it is tried again.
func (d *Dir) createTemporary(folder string) (f *temporary, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for range maxLocalTries {
		if err = d.makeFolder(folder); err == nil {
			name := filepath.Join(folder, temporaryPrefix+rand.Text()+temporarySuffix)
			f, err = openTemporary(name)
		}
		if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, errInUse) {
			return f, err
		}
	}
	return nil, err
}

// A temporary is a file without its final name. Its lock has a handle of its own,
// so that it outlives the closing of the file: see leftover.go.
type temporary struct {
	*os.File
	lock *os.File
}

func openTemporary(name string) (*temporary, error) {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return nil, err
	}
	lock, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err == nil {
		err = lockFile(lock)
	}
	if err == nil {
		_, err = os.Lstat(name) // another process may have removed it before it was locked
	}
	if err != nil && !errors.Is(err, errNoLocks) {
		_ = os.Remove(name) // nobody has written to it
		_ = lock.Close()    // of nil, an error
		return nil, errors.Join(err, f.Close())
	}
	return &temporary{f, lock}, nil
}

func (d *Dir) makeFolder(folder string) error {
	var missing []string
	for at := folder; ; at = filepath.Dir(at) {
		if _, err := os.Stat(at); err == nil || !os.IsNotExist(err) {
			break
		}
		missing = append(missing, at)
	}
	for _, at := range slices.Backward(missing) {
		if err := os.Mkdir(at, folderMode); err == nil {
			d.createdFolders = append(d.createdFolders, at)
		} else if !os.IsExist(err) {
			return err
		}
	}
	return nil
}

// removeCreatedFolders removes the folders that Put created and that are empty.
func (d *Dir) removeCreatedFolders() {
	d.mu.Lock()
	defer d.mu.Unlock()
	kept := d.createdFolders[:0:0]
	for _, at := range slices.Backward(d.createdFolders) {
		if os.Remove(at) != nil { // not empty
			kept = append(kept, at)
		}
	}
	slices.Reverse(kept)
	d.createdFolders = kept
}

// removeEmptyFolders removes a folder below the Dir and its parents, up to the
// first that is not empty.
func (d *Dir) removeEmptyFolders(folder string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for ; folder != "."; folder = path.Dir(folder) {
		if os.Remove(filepath.Join(d.location.path, filepath.FromSlash(folder))) != nil { // not empty
			return
		}
	}
}

// syncFolders syncs the folder, so that the name survives a crash, and the
// parents of the folders that were created for it.
func (d *Dir) syncFolders(folder string) error {
	folders := []string{folder}
	d.mu.Lock()
	for _, created := range d.createdFolders {
		if created == folder || strings.HasPrefix(folder, created+string(filepath.Separator)) {
			folders = append(folders, filepath.Dir(created))
		}
	}
	d.mu.Unlock()
	var errs []error
	for _, at := range folders {
		errs = append(errs, syncFolder(at))
	}
	return errors.Join(errs...)
}

func syncFolder(folder string) error {
	f, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
