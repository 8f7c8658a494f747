package tempfile_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/wixrecon/wixrecon/internal/tempfile"
)

func TestCreateLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	f, err := tempfile.Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString("text"); err != nil {
		t.Fatal(err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		t.Errorf("%v, %v", entries, err)
	}
	if _, err := tempfile.Create(filepath.Join(dir, "missing")); err == nil {
		t.Error("a folder that does not exist is no error")
	}
}
