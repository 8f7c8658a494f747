package table

// What a text shows before its first row. A first line such as sep=; sets the
// delimiter. The first line end shows whether lines end in CR alone, as old
// programs for the Mac write them. The header is the first of the first 20 rows
// that the caller accepts, with the delimiter that gives it the most known
// columns, or else the most columns.

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// headerRows is how many rows, blank ones apart, may be the header.
const headerRows = 20

const delimiters = ",;\t|"

// dialect is how a text writes its table.
type dialect struct {
	sep       string // the first line, if it sets the delimiter
	cr        bool   // lines end in CR alone
	delimiter byte
	header    int // line of the header, from 1; 0 if there are no rows
}

// detectDialect inspects the first bytes of a text.
func detectDialect(head []byte, o *Options, limit int) (dialect, error) {
	d := dialect{sep: sepLine(head)}
	rest := head[len(d.sep):]
	d.cr = endsInCR(rest) || strings.HasSuffix(d.sep, "\r")
	if d.cr {
		rest, _ = io.ReadAll(&crReader{in: bytes.NewReader(rest)}) // never fails
	}
	candidates := delimiters
	if d.sep != "" {
		candidates = delimiterOf(d.sep)
		if !strings.Contains(delimiters, candidates) {
			return d, fmt.Errorf("line 1 sets the delimiter %q, which can't be read: export with comma, semicolon, tab or pipe", candidates)
		}
	}
	best := headerGuess{score: []int{-1}}
	for i := range len(candidates) {
		if g := guessHeader(rest, d.linesBefore(), candidates[i], o, limit); slices.Compare(g.score, best.score) > 0 {
			best, d.delimiter = g, candidates[i]
		}
	}
	d.header = cmp.Or(o.HeaderRow, best.line)
	return d, nil
}

// linesBefore returns how many lines come before the table.
func (d *dialect) linesBefore() int {
	if d.sep == "" {
		return 0
	}
	return 1
}

// sepLine returns the first line with its end, if it sets the delimiter.
func sepLine(head []byte) string {
	end := bytes.IndexAny(head, "\r\n")
	if end < 0 || end > 10 || delimiterOf(string(head[:end])) == "" {
		return ""
	}
	if head[end] == '\r' && end+1 < len(head) && head[end+1] == '\n' {
		end++
	}
	return string(head[:end+1])
}

// delimiterOf returns the delimiter that a line sets, or "".
func delimiterOf(line string) string {
	line = strings.Trim(line, "\"\r\n")
	if len(line) != len("sep=;") || !strings.EqualFold(line[:4], "sep=") {
		return ""
	}
	return line[4:]
}

// endsInCR reports whether the first line end outside of quotes is a CR alone.
func endsInCR(head []byte) bool {
	quoted := false
	for i, b := range head {
		switch {
		case b == '"':
			quoted = !quoted
		case quoted:
		case b == '\n':
			return false
		case b == '\r':
			return i+1 < len(head) && head[i+1] != '\n'
		}
	}
	return false
}

// headerGuess is the most likely header for one delimiter, and how likely it is.
type headerGuess struct {
	line  int
	score []int
}

func guessHeader(head []byte, linesBefore int, delimiter byte, o *Options, limit int) headerGuess {
	rows := newCSVRows(head, delimiter, limit)
	rows.lines.number = linesBefore
	best := headerGuess{score: []int{0}}
	for n := 0; n < headerRows || o.HeaderRow > 0; n++ {
		row, err := rows.next()
		if err != nil || o.HeaderRow > 0 && o.HeaderRow < row.Line {
			break // the reader of the rows meets it too
		}
		if o.HeaderRow > row.Line {
			continue
		}
		g := headerGuess{row.Line, headerScore(&row, o)}
		if slices.Compare(g.score, best.score) > 0 {
			best = g
		}
		if g.score[0] > 0 {
			break
		}
	}
	return best
}

// headerScore returns how likely a row is the header: that the caller accepts it,
// how many known names it has, and how many names.
func headerScore(row *Row, o *Options) []int {
	rank, filled := o.rank(row.Cells), 0
	if row.Problem != "" && o.Header != nil {
		rank = 0
	}
	for _, cell := range row.Cells {
		if !Blank(cell) {
			filled++
		}
	}
	return []int{rank, countKnown(row.Cells, o.Known), filled}
}

// rank returns how well a row fits as the header; 0 where it does not.
func (o *Options) rank(cells []string) int {
	if o.Header == nil {
		return 1
	}
	return o.Header(cells)
}

// countKnown counts the known names in a header, each once.
func countKnown(header []string, known func(folded string) bool) int {
	seen := make(map[string]bool)
	for _, name := range header {
		if folded := Fold(name); known != nil && known(folded) {
			seen[folded] = true
		}
	}
	return len(seen)
}

// crReader replaces line ends of CR by LF.
type crReader struct {
	in    io.Reader
	after bool // the last byte was a CR
}

func (c *crReader) Read(b []byte) (int, error) {
	n, err := c.in.Read(b)
	kept := b[:0]
	for _, char := range b[:n] {
		switch {
		case char == '\n' && c.after:
		case char == '\r':
			kept = append(kept, '\n')
		default:
			kept = append(kept, char)
		}
		c.after = char == '\r'
	}
	return len(kept), err
}

// readHeader reads up to the header, which begins on a line. It returns nil if the
// header is in a later batch.
func (c *csvRows) readHeader(line int) (header []string, err error) {
	for {
		row, err := c.next()
		switch {
		case errors.Is(err, errEnd):
			return nil, nil
		case err != nil:
			return nil, err
		case row.Line < line:
			continue
		case line > 0 && row.Line > line:
			return nil, noHeaderRow(line)
		case row.Problem != "":
			return nil, fmt.Errorf("line %d: header: %s", row.Line, row.Problem)
		}
		for _, cell := range row.Cells {
			header = append(header, ToUTF8(cell))
		}
		c.headerRecord = c.record
		c.record, c.width = 1, len(header)
		return header, nil
	}
}

// noHeaderRow returns the error for a row that is set and can't be the header; nil if
// none is set.
func noHeaderRow(number int) error {
	if number == 0 {
		return nil
	}
	return fmt.Errorf("row %d is blank or does not exist: set header_row to the row of the header", number)
}
