package table

import (
	"fmt"
	"strings"
	"testing"
)

// rowsOf returns the rows of a text as texts, and the error.
func rowsOf(text string, size int) (rows []string, err error) {
	r, err := Open(strings.NewReader(text), &Options{Limit: 1 << 10, batchSize: size})
	if err != nil {
		return nil, err
	}
	for row, err := range r.Rows() {
		if err != nil {
			return rows, err
		}
		rows = append(rows, fmt.Sprintf("%s %q %v %q", row.Position(), row.Cells, row.Invalid, row.Problem))
	}
	return rows, nil
}

// Batches of any size give the same rows and the same error as a text that is one.
func FuzzBatches(f *testing.F) {
	for _, text := range []string{
		"a,b\n1,2\n\n\r\n3,\"x\ny\"\n", "a,b\n1,\"2\"\"\n\",3\n4\n5,6", "a\n\"b\"c\nd\n", "a,b\n1,b\"c,\"d\n2\",e\n", "a,b\r1,2\r",
		"a\n\"" + strings.Repeat("x\n", 600), "a\n" + strings.Repeat("x", 1100) + "\nb\n", "sep=;\na;b\n1;2;;\n1;2;3\n1", "\n\na,b\n\"1\",\x00\n", "a,b\n\"\"\r\n\"\",\"\"\n\"1\"",
	} {
		f.Add(text, 5)
	}
	f.Fuzz(func(t *testing.T, text string, size int) {
		if size < 1 || size > 100 || len(text) > 5000 {
			return
		}
		whole, wholeErr := rowsOf(text, 1<<16)
		rows, err := rowsOf(text, size)
		if fmt.Sprint(wholeErr) != fmt.Sprint(err) || strings.Join(whole, "\n") != strings.Join(rows, "\n") {
			t.Errorf("batches of %d bytes:\n%v %v\nwhole:\n%v %v", size, rows, err, whole, wholeErr)
		}
	})
}
