//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package storage

import "os"

func lockFile(*os.File) error { return errNoLocks }
