package main

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// maxSetting is the maximum size of a file named by a setting: the settings file, a
// list of sub-accounts, the API key. Anything longer is not such a file.
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
		return nil, fmt.Errorf("it is larger than %d MiB", maxSetting>>20)
	}
	return content, err
}
