//go:build !linux

package storage

// renameNew returns linkErr: there is no rename that refuses to replace.
func renameNew(_, _ string, linkErr error) error { return linkErr }
