//go:build !linux

package storage

// renameNew has nothing to try where a link can't be made: there is no rename
// that refuses to replace.
func renameNew(_, _ string, linked error) error { return linked }
