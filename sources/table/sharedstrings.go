package table

// Most texts of a workbook are in one list, the shared strings, and cells refer
// to them by index. A large ledger has millions, so those beyond a limit are kept
// in a temporary file with a page cache: cells refer to texts in about the order
// of the list.

import (
	"bufio"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"os"
	"strconv"
	"unicode/utf8"

	"github.com/wixrecon/wixrecon/internal/tempfile"
)

const (
	stringsInMemory = 16 << 20 // bytes
	maxStrings      = 32 << 20 // more than a sheet with 30 columns of text has
	pageSize        = 64 << 10
	pages           = 256
)

// stringStore keeps texts by index: the first in memory, the rest in a file.
type stringStore struct {
	tempDir  string
	inMemory int     // bytes kept in memory
	ends     []int64 // end offset of each text, counted through memory and then file
	memory   []byte
	file     *os.File // nil as long as memory is enough
	out      *bufio.Writer
	cache    [pages]page
}

type page struct {
	number int64 // from 1; 0 is an unused page
	text   []byte
}

// add appends a text. flush is called after the last, and before get.
func (s *stringStore) add(text []byte) error {
	if len(s.ends) == maxStrings {
		return errors.New("the workbook has too many shared strings")
	}
	if s.file == nil && len(s.memory)+len(text) <= s.inMemory {
		s.memory = append(s.memory, text...)
		s.ends = append(s.ends, int64(len(s.memory)))
		return nil
	}
	if s.file == nil {
		var err error
		if s.file, err = tempfile.Create(s.tempDir); err != nil {
			return err
		}
		s.out = bufio.NewWriterSize(s.file, 1<<18)
	}
	s.ends = append(s.ends, s.start(len(s.ends))+int64(len(text)))
	_, err := s.out.Write(text)
	return err
}

func (s *stringStore) start(i int) int64 {
	if i == 0 {
		return 0
	}
	return s.ends[i-1]
}

// get returns the text with an index.
func (s *stringStore) get(i int) (string, error) {
	if i < 0 || i >= len(s.ends) {
		return "", fmt.Errorf("the workbook has no shared string %d: it is damaged", i)
	}
	from, to := s.start(i), s.ends[i]
	if to <= int64(len(s.memory)) {
		return string(s.memory[from:to]), nil
	}
	text := make([]byte, 0, to-from)
	for from, to := from-int64(len(s.memory)), to-int64(len(s.memory)); from < to; {
		p, err := s.page(from / pageSize)
		if err != nil {
			return "", err
		}
		piece := p[from%pageSize:]
		piece = piece[:min(int64(len(piece)), to-from)]
		text, from = append(text, piece...), from+int64(len(piece))
	}
	return string(text), nil
}

func (s *stringStore) page(number int64) ([]byte, error) {
	p := &s.cache[number%pages]
	if p.number == number+1 {
		return p.text, nil
	}
	if p.text == nil {
		p.text = make([]byte, pageSize)
	}
	p.number = 0
	size := min(pageSize, s.ends[len(s.ends)-1]-int64(len(s.memory))-number*pageSize)
	p.text = p.text[:size]
	if _, err := s.file.ReadAt(p.text, number*pageSize); err != nil {
		return nil, fmt.Errorf("read temporary file: %s", err.Error()) // never wraps io.EOF, which would end the rows
	}
	p.number = number + 1
	return p.text, nil
}

// flush writes what add has buffered.
func (s *stringStore) flush() error {
	if s.out == nil {
		return nil
	}
	return s.out.Flush()
}

func (s *stringStore) close() error {
	if s.file == nil {
		return nil
	}
	return s.file.Close()
}

// readStrings reads the shared strings of the workbook, if it has any.
func (w *workbook) readStrings() error {
	w.strings = &stringStore{inMemory: stringsInMemory, tempDir: w.tempDir}
	var text []byte
	err := w.eachElement(w.relatedTo(w.main).byType("/sharedstrings"), func(p *part, e *xml.StartElement) (bool, error) {
		if e.Name.Local != "si" {
			return false, nil
		}
		var err error
		if text, err = p.richText(text[:0]); err != nil {
			return true, err
		}
		return true, w.strings.add(unescape(text))
	})
	return errors.Join(err, w.strings.flush())
}

// richText appends the text of all runs of the current element, without its
// phonetic annotations (rPh).
func (p *part) richText(to []byte) ([]byte, error) {
	for depth := 1; depth > 0; {
		token, err := p.token()
		if err != nil {
			return to, err
		}
		e, starts := token.(xml.StartElement)
		_, ends := token.(xml.EndElement)
		switch {
		case starts && e.Name.Local == "t":
			to, err = p.content(to)
		case starts && e.Name.Local == "rPh":
			err = p.skip()
		case starts:
			depth++
		case ends:
			depth--
		}
		if err != nil {
			return to, err
		}
	}
	return to, nil
}

// unescape decodes the control characters that XML can't contain and that a
// workbook writes as _x000D_.
func unescape(text []byte) []byte {
	if !bytes.Contains(text, []byte("_x")) {
		return text
	}
	var out []byte
	for i := 0; i < len(text); i++ {
		if char, ok := decodeEscape(text[i:]); ok {
			out = utf8.AppendRune(out, char)
			i += len("_x000D_") - 1
			continue
		}
		out = append(out, text[i])
	}
	return out
}

func decodeEscape(text []byte) (rune, bool) {
	if len(text) < len("_x000D_") || text[0] != '_' || text[1] != 'x' || text[6] != '_' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(text[2:6]), 16, 16)
	return rune(n), err == nil && utf8.ValidRune(rune(n))
}
