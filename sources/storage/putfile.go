package storage

// A local file is made in five steps: a temporary file in the folder it will
// stand in, its content, sync, link under the final name, sync of the folder.
// Folders that are made for it, and stay empty, go again. A file system without
// hard links may have a rename that refuses to replace, which is as good; one
// that has neither is refused, because a look before a plain rename lets two
// writers both believe that they were the first.

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const (
	temporaryPrefix = ".wixrecon-"
	temporarySuffix = ".tmp"
)

func isTemporary(name string) bool {
	return strings.HasPrefix(name, temporaryPrefix) && strings.HasSuffix(name, temporarySuffix)
}

func (d *Dir) putFile(ctx context.Context, key string, write func(io.Writer) error, name publisher) error {
	final := filepath.Join(d.place.path, filepath.FromSlash(key))
	f, err := d.temporary(filepath.Dir(final))
	if err != nil {
		d.prune()
		return d.place.fail("write", d.shown(key), err)
	}
	err = d.fill(ctx, key, f, write)
	if err == nil {
		err = d.place.fail("write", d.shown(key), name.publish(f, final))
	}
	_ = f.Close()           // after an error; publish has closed it otherwise
	_ = os.Remove(f.Name()) // the second name of the file, or what it got no further than
	if err != nil {
		d.prune()
		return err
	}
	return d.place.fail("write", d.shown(key), d.settle(filepath.Dir(final)))
}

// A publisher gives a finished file its name.
type publisher func(temporary, final string) error

// publish syncs and closes the file and gives it its name.
func (name publisher) publish(f *os.File, final string) error {
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return name(f.Name(), final)
}

// publishNew gives the name unless something has it. A network file system
// whose answer was lost links again, and is told that the name is taken: by this
// very file.
func publishNew(temporary, final string) error {
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

// publishOver gives the name, and takes it from what has it.
func publishOver(temporary, final string) error { return os.Rename(temporary, final) }

// tries is how often what another process disturbs is begun anew.
const tries = 100

// temporary makes a file in the folder, and the folder where it is not there.
// Both under one lock, so that prune can't take the folder away between them;
// where another process does, which it may while the folder is empty, once more.
func (d *Dir) temporary(folder string) (f *os.File, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for range tries {
		if err = d.makeFolder(folder); err == nil {
			name := filepath.Join(folder, temporaryPrefix+rand.Text()+temporarySuffix)
			f, err = os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return f, err
		}
	}
	return nil, err
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
		if err := os.Mkdir(at, 0o777); err == nil {
			d.made = append(d.made, at)
		} else if !os.IsExist(err) {
			return err
		}
	}
	return nil
}

// prune removes the folders that Put made and that hold nothing.
func (d *Dir) prune() {
	d.mu.Lock()
	defer d.mu.Unlock()
	kept := d.made[:0:0]
	for _, at := range slices.Backward(d.made) {
		if os.Remove(at) != nil { // it holds something
			kept = append(kept, at)
		}
	}
	slices.Reverse(kept)
	d.made = kept
}

// settle syncs the folder, so that the name outlives a crash, and where it or
// those above it were made, their parents.
func (d *Dir) settle(folder string) error {
	folders := []string{folder}
	d.mu.Lock()
	for _, made := range d.made {
		if made == folder || strings.HasPrefix(folder, made+string(filepath.Separator)) {
			folders = append(folders, filepath.Dir(made))
		}
	}
	d.mu.Unlock()
	var faults []error
	for _, at := range folders {
		faults = append(faults, syncFolder(at))
	}
	return errors.Join(faults...)
}

func syncFolder(folder string) error {
	f, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
