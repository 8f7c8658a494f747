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

// settingFiles are the settings files that were read, by name. Each is read once,
// because it may be a pipe.
type settingFiles map[string][]byte

// read reads a file as os.ReadFile does, up to maxSetting bytes.
func (s settingFiles) read(name string) ([]byte, error) {
	if content, ok := s[name]; ok {
		return content, nil
	}
	content, err := readSetting(name)
	if err == nil {
		s[name] = content
	}
	return content, err
}

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
