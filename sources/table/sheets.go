package table

// Of a workbook the one sheet is read that has the header, whether it is hidden or
// not. Where several have it, the user must choose: rows of the others would be
// missing, and nobody would notice. AllSheets reads each of them, one after another;
// their headers must be equal.

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// AllSheets is the setting that reads every sheet that has the header.
const AllSheets = "*"

// maxSheets is how many sheets are searched for the header.
const maxSheets = 256

// sheetReader reads the rows of one or more sheets.
type sheetReader struct {
	workbook *workbook
	limit    int
	sheets   []sheetHeader // the current one, and those after it
	several  bool
	width    int // cells of the header
	rows     *sheetRows
	closed   bool
}

// sheetHeader is a sheet and its header, or the row that is most likely to be it.
type sheetHeader struct {
	sheetPart
	row   int // 0 if the sheet has no rows
	cells []string
	score []int
}

func openSheets(in io.Reader, o *Options, limit int) (*Reader, error) {
	w, err := openWorkbook(in, o.TempDir)
	if err != nil {
		return nil, err
	}
	s := &sheetReader{workbook: w, limit: limit}
	r, err := s.open(o)
	if err != nil {
		_ = s.close() // the first error matters
		return nil, err
	}
	return r, nil
}

func (s *sheetReader) open(o *Options) (*Reader, error) {
	if err := s.workbook.readStrings(); err != nil {
		return nil, err
	}
	found, err := s.findHeaders(o)
	if err != nil {
		return nil, err
	}
	if s.sheets, err = s.workbook.choose(found, o); err != nil {
		return nil, err
	}
	first := &s.sheets[0]
	r := &Reader{Header: first.cells, HeaderLine: first.row, first: s, sheets: s}
	for i := range s.sheets {
		if !sameHeader(first.cells, s.sheets[i].cells) {
			return nil, fmt.Errorf("the header of sheet %q differs from that of %q: make them equal, or set sheet to one of them", s.sheets[i].name, first.name)
		}
		r.Sheets = append(r.Sheets, s.sheets[i].name)
	}
	for _, sheet := range s.workbook.sheets {
		if !slices.Contains(r.Sheets, sheet.name) {
			r.Others = append(r.Others, sheet.name)
		}
	}
	s.several, s.width = len(s.sheets) > 1, len(first.cells)
	return r, s.begin()
}

// findHeaders returns the sheets that may be read, each with its header.
func (s *sheetReader) findHeaders(o *Options) ([]sheetHeader, error) {
	var found []sheetHeader
	all := s.workbook.cells()
	if named := o.Sheet != "" && o.Sheet != AllSheets; named {
		all = slices.DeleteFunc(all, func(p sheetPart) bool { return !p.isNamed(o.Sheet) })
	} else if len(all) > maxSheets {
		return nil, fmt.Errorf("the workbook has %d sheets: %s", len(all), s.workbook.chooseSheet())
	}
	for i := range all {
		h, err := s.findHeader(&all[i], o)
		if err != nil {
			return nil, fmt.Errorf("sheet %q: %w", all[i].name, err)
		}
		found = append(found, h)
	}
	return found, nil
}

func (s *sheetRef) isNamed(name string) bool {
	return strings.EqualFold(strings.TrimSpace(s.name), strings.TrimSpace(name))
}

// findHeader reads the first rows of a sheet.
func (s *sheetReader) findHeader(sheet *sheetPart, o *Options) (h sheetHeader, err error) {
	h = sheetHeader{sheetPart: *sheet, score: []int{-1}}
	rows, err := s.workbook.openRows(sheet, s.limit)
	if err != nil {
		return h, err
	}
	defer func() { err = errors.Join(err, rows.close()) }()
	for n := 0; n < headerRows || o.HeaderRow > 0; n++ {
		row, err := rows.next()
		if errors.Is(err, errEnd) {
			break
		}
		if err != nil {
			return h, err
		}
		if o.HeaderRow > 0 && o.HeaderRow < row.Line {
			break
		}
		if o.HeaderRow > row.Line {
			continue
		}
		if score := headerScore(&row, o); slices.Compare(score, h.score) > 0 {
			h.row, h.cells, h.score = row.Line, slices.Clone(row.Cells), score
		}
		if h.score[0] > 0 {
			break
		}
	}
	return h, nil
}

// choose returns the sheets to be read.
func (w *workbook) choose(found []sheetHeader, o *Options) ([]sheetHeader, error) {
	if o.Sheet != "" && o.Sheet != AllSheets {
		return w.chooseNamed(found, o)
	}
	var best []sheetHeader // those that fit, and fit best
	for _, h := range found {
		switch rank := h.score[0]; {
		case h.row == 0 || rank <= 0 || len(best) > 0 && rank < best[0].score[0]:
		case len(best) > 0 && rank == best[0].score[0]:
			best = append(best, h)
		default:
			best = []sheetHeader{h}
		}
	}
	if o.Header == nil || len(best) == 0 {
		return w.guess(found, o)
	}
	if len(best) > 1 && o.Sheet != AllSheets {
		return nil, fmt.Errorf("several sheets have the header: %s. Set sheet to one of them, or sheet: %q to read all", sheetNames(best), AllSheets)
	}
	return best, nil
}

func (w *workbook) chooseNamed(found []sheetHeader, o *Options) ([]sheetHeader, error) {
	listed := slices.ContainsFunc(w.sheets, func(s sheetRef) bool { return s.isNamed(o.Sheet) })
	switch {
	case !listed:
		return nil, fmt.Errorf("the workbook has no sheet %q: %s", o.Sheet, w.chooseSheet())
	case len(found) == 0:
		return nil, fmt.Errorf("the sheet %q has no cells: %s", o.Sheet, w.chooseSheet())
	case found[0].row == 0 && o.HeaderRow > 0:
		return nil, fmt.Errorf("sheet %q: %w", found[0].name, noHeaderRow(o.HeaderRow))
	case found[0].row == 0:
		return nil, fmt.Errorf("sheet %q: %w: %s", found[0].name, ErrEmpty, w.chooseSheet())
	}
	return found[:1], nil
}

// guess returns the visible sheet that is most likely the table, though none has
// its header.
func (w *workbook) guess(found []sheetHeader, o *Options) ([]sheetHeader, error) {
	var best *sheetHeader
	for i := range found {
		h := &found[i]
		if !h.hidden && h.row > 0 && (best == nil || o.Header != nil && slices.Compare(h.score, best.score) > 0) {
			best = h
		}
	}
	switch {
	case best != nil:
		return []sheetHeader{*best}, nil
	case o.HeaderRow > 0 && len(found) > 0:
		return nil, noHeaderRow(o.HeaderRow)
	case slices.ContainsFunc(found, func(h sheetHeader) bool { return !h.hidden }):
		return nil, fmt.Errorf("%w: %s", ErrEmpty, w.chooseSheet())
	}
	return nil, errors.New("the workbook has no visible sheet: " + w.chooseSheet())
}

func sheetNames(sheets []sheetHeader) string {
	const most = 20
	var names []string
	for i := range sheets {
		if i == most {
			names = append(names, fmt.Sprintf("and %d more", len(sheets)-most))
			break
		}
		names = append(names, sheets[i].String())
	}
	return strings.Join(names, ", ")
}

func sameHeader(a, b []string) bool {
	for i := range max(len(a), len(b)) {
		if i >= len(a) && !Blank(b[i]) || i >= len(b) && !Blank(a[i]) {
			return false
		}
		if i < len(a) && i < len(b) && Fold(a[i]) != Fold(b[i]) {
			return false
		}
	}
	return true
}

// begin opens the current sheet, and reads its header.
func (s *sheetReader) begin() error {
	sheet := &s.sheets[0]
	merges, err := s.workbook.readMerges(&sheet.sheetPart)
	if err != nil {
		return err
	}
	if s.rows, err = s.workbook.openRows(&sheet.sheetPart, s.limit); err != nil {
		return err
	}
	for s.rows.number < sheet.row {
		if _, err := s.rows.next(); err != nil {
			return err
		}
	}
	s.rows.merges, s.rows.header, s.rows.width = merges, sheet.row, s.width
	if s.several {
		s.rows.name = sheet.name
	}
	return nil
}

func (s *sheetReader) next() (Row, error) {
	for !s.closed {
		row, err := s.rows.next()
		if !errors.Is(err, errEnd) {
			return row, err
		}
		if s.sheets = s.sheets[1:]; len(s.sheets) == 0 {
			break
		}
		if err := s.begin(); err != nil {
			return Row{}, err
		}
	}
	return Row{}, errEnd
}

func (s *sheetReader) close() error {
	if s.closed {
		return nil
	}
	s.closed = true
	if s.rows != nil {
		return errors.Join(s.rows.close(), s.workbook.close())
	}
	return s.workbook.close()
}
