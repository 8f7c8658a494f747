package job

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/wixrecon/wixrecon/sources/wix"
)

// The bar writes on progress and at no other time, so that it can share a writer
// with the log.
func TestBarWritesOnlyOnProgress(t *testing.T) {
	var out bytes.Buffer
	m := NewMeter(&out, &out, true)
	stop := m.start(nil)
	for packages := range 3 {
		m.update(wix.Progress{Accounts: 3, Done: packages, Packages: packages, Total: 3})
	}
	if _, err := m.Write([]byte("a line of the log\n")); err != nil {
		t.Fatal(err)
	}
	written := out.Len()
	time.Sleep(300 * time.Millisecond) // some ticks of a bar that moves by itself
	if out.Len() != written {
		t.Errorf("the bar wrote by itself: %q", out.String()[written:])
	}
	stop()
	if !strings.Contains(out.String(), "a line of the log\n") {
		t.Errorf("the line is not whole: %q", out.String())
	}
}
