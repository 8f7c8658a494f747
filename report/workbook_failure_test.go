package report

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
)

var errFull = errors.New("no space left on device")

// A failingFile is a temporary file in memory, of which one call fails.
type failingFile struct {
	bytes.Buffer
	calls *int // before the one that fails
}

func (f *failingFile) fails() bool {
	*f.calls--
	return *f.calls == -1
}

func (f *failingFile) Write(b []byte) (int, error) {
	if f.fails() {
		return 0, errFull
	}
	return f.Buffer.Write(b)
}

func (f *failingFile) ReadAt(b []byte, at int64) (int, error) {
	if f.fails() {
		return 0, errFull
	}
	return bytes.NewReader(f.Bytes()).ReadAt(b, at)
}

func (f *failingFile) Close() error {
	if f.fails() {
		return errFull
	}
	return nil
}

// Each write, read and close of the temporary file fails in turn, and each write
// of the report: an error, whatever the call, and no panic.
func TestWorkbookWithAFailingFile(t *testing.T) {
	for name, run := range map[string]func(calls *int) error{
		"temporary file": func(calls *int) error {
			b := fixedData(30, 20)
			b.openSpool = func(string) (spoolFile, error) { return &failingFile{calls: calls}, nil }
			return Workbook(io.Discard, b)
		},
		"report": func(calls *int) error { return Workbook(&failingFile{calls: calls}, fixedData(30, 20)) },
	} {
		for n := 0; ; n++ {
			calls := n
			err := run(&calls)
			if calls >= 0 {
				if err != nil || n < 5 {
					t.Errorf("%s: %d calls, then %v", name, n, err)
				}
				break
			}
			if !errors.Is(err, errFull) || !strings.HasPrefix(err.Error(), "write workbook: ") {
				t.Errorf("%s: call %d failed, error %v", name, n, err)
			}
		}
	}
}

// A ledger may have more columns than the format.
func TestWorkbookShowsAsManyColumnsAsItCan(t *testing.T) {
	b := sampleData(2, 0)
	b.Carried = make([]string, 17_000)
	for i := range b.Carried {
		b.Carried[i] = "c"
	}
	f, _ := workbookOf(t, b)
	if shown := ShownColumns(17_000); cellOf(t, f, "Findings", "XFD1") != "c" || shown+len(strings.Split(contractColumns, ",")) != 16_384 {
		t.Errorf("%d columns are shown, the last one is %q", shown, cellOf(t, f, "Findings", "XFD1"))
	}
}
