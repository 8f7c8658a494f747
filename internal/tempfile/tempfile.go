// Package tempfile creates temporary files that leave nothing behind.
package tempfile

import (
	"errors"
	"fmt"
	"os"
)

// Create creates a temporary file and removes its name, so that it disappears
// with the process, however that ends. An empty dir means the system's folder.
func Create(dir string) (*os.File, error) {
	f, err := os.CreateTemp(dir, "wixrecon-*")
	if err != nil {
		return nil, fmt.Errorf("create temporary file: %w", err)
	}
	if err := os.Remove(f.Name()); err != nil {
		return nil, errors.Join(fmt.Errorf("unlink temporary file: %w", err), f.Close())
	}
	return f, nil
}
