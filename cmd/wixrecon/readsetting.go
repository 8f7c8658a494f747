package main

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// maxSetting bounds a file that a setting names: the settings file, a list of
// sub-accounts, the API key. What is longer, or has no end, is something else.
const maxSetting = 16 << 20

// readSetting reads a file as os.ReadFile does, up to maxSetting bytes.
func readSetting(name string) (content []byte, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	content, err = io.ReadAll(io.LimitReader(f, maxSetting+1))
	if err == nil && len(content) > maxSetting {
		return nil, fmt.Errorf("it is longer than %d MiB", maxSetting>>20)
	}
	return content, err
}
