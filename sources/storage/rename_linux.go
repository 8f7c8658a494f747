package storage

import (
	"errors"
	"io/fs"

	"golang.org/x/sys/unix"
)

// renameNew renames a file atomically, unless the final name exists. linkErr is
// the error of the link that was tried before.
func renameNew(temporary, final string, linkErr error) error {
	err := unix.Renameat2(unix.AT_FDCWD, temporary, unix.AT_FDCWD, final, unix.RENAME_NOREPLACE)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	return linkErr
}
