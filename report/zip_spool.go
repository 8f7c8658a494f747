package report

import (
	"archive/zip"
	"bytes"
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"io/fs"
	"runtime"
	"slices"

	"github.com/wixrecon/wixrecon/internal/tempfile"
)

// contentTypes is the name of the part that lists the others.
const contentTypes = "[Content_Types].xml"

// noRows is how excelize writes a sheet to which it was given no rows.
const noRows = "<sheetData></sheetData>"

// A zipSpool is an excelize.ZipWriter that stores the deflated parts of a workbook
// on disk and writes them ordered by name afterwards. excelize writes parts in
// the order of a Go map and lists content types in a random order, so only this
// makes equal workbooks equal bytes. No workbook is ever in memory, and no text on
// disk that is not deflated.
//
// The rows of a sheet are not excelize's: they are written before the sheet is
// known, and take the place of noRows in it.
//
// Close does not write the archive, because excelize calls it after an error too;
// writeTo does.
type zipSpool struct {
	file     spoolFile
	deflater *deflater
	parts    []*zipPart
	rows     map[string]*zipPart // by the name of the part that they belong to
}

// A spoolFile is a temporary file.
type spoolFile interface {
	io.WriteCloser
	io.ReaderAt
}

// A zipPart is a part, or the rows of one, as sections in their order.
type zipPart struct {
	spool    *zipSpool
	name     string
	sections []section
}

// openSpool opens a temporary file in dir; empty is the system's folder.
func openSpool(dir string) (spoolFile, error) { return tempfile.Create(dir) }

func newZipSpool(file spoolFile) (*zipSpool, error) {
	d, err := newDeflater(file, runtime.GOMAXPROCS(0))
	return &zipSpool{file: file, deflater: d, rows: map[string]*zipPart{}}, err
}

// newRows returns the rows of the sheet that will be written under that name.
func (z *zipSpool) newRows(name string) *zipPart {
	z.rows[name] = &zipPart{spool: z, name: name}
	return z.rows[name]
}

func (z *zipSpool) Create(name string) (io.Writer, error) {
	part := &zipPart{spool: z, name: name}
	z.parts = append(z.parts, part)
	switch rows := z.rows[name]; {
	case name == contentTypes:
		return typeSorter{part}, nil
	case rows != nil:
		delete(z.rows, name)
		return rowInserter{part, rows}, nil
	}
	return part, nil
}

func (*zipSpool) AddFS(fs.FS) error { return fmt.Errorf("add a folder to a workbook: not supported") }

func (*zipSpool) Close() error { return nil }

func (p *zipPart) Write(b []byte) (int, error) {
	if err := p.spool.deflater.write(p, b); err != nil {
		return 0, err
	}
	return len(b), nil
}

// writeTo writes the archive, its parts ordered by name.
func (z *zipSpool) writeTo(w io.Writer) error {
	if err := z.deflater.flush(); err != nil {
		return err
	}
	for name := range z.rows {
		return fmt.Errorf("insert rows: the workbook has no part %s", name)
	}
	slices.SortFunc(z.parts, func(a, b *zipPart) int { return cmp.Compare(a.name, b.name) })
	archive := zip.NewWriter(w)
	for _, p := range z.parts {
		out, err := archive.CreateRaw(p.header())
		if err != nil {
			return err
		}
		if err := p.copyTo(out); err != nil {
			return err
		}
	}
	return archive.Close()
}

func (p *zipPart) header() *zip.FileHeader {
	h := &zip.FileHeader{Name: p.name, Method: zip.Deflate, CompressedSize64: uint64(len(endOfDeflate))}
	for _, s := range p.sections {
		h.CRC32 = joinCRC(h.CRC32, s.crc, s.raw)
		h.UncompressedSize64 += uint64(s.raw)
		h.CompressedSize64 += uint64(s.size)
	}
	return h
}

func (p *zipPart) copyTo(out io.Writer) error {
	for _, s := range p.sections {
		if _, err := io.Copy(out, io.NewSectionReader(p.spool.file, s.start, s.size)); err != nil {
			return err
		}
	}
	_, err := io.WriteString(out, endOfDeflate)
	return err
}

// stop waits for what is being deflated. Without it, an error would leave
// goroutines behind.
func (z *zipSpool) stop() { _ = z.deflater.flush() }

// A rowInserter puts the rows into a sheet. excelize writes a part with a single
// Write.
type rowInserter struct{ to, rows *zipPart }

func (r rowInserter) Write(b []byte) (int, error) {
	before, after, ok := bytes.Cut(b, []byte(noRows))
	if !ok {
		return 0, fmt.Errorf("insert rows: %s has no place for them", r.to.name)
	}
	if _, err := r.to.Write(before); err != nil {
		return 0, err
	}
	if err := r.to.spool.deflater.flush(); err != nil {
		return 0, err
	}
	r.to.sections = append(r.to.sections, r.rows.sections...)
	if _, err := r.to.Write(after); err != nil {
		return 0, err
	}
	return len(b), nil
}

// A typeSorter sorts the list of content types, which excelize writes with a
// single Write.
type typeSorter struct{ to io.Writer }

type typeList struct {
	XMLName  xml.Name   `xml:"http://schemas.openxmlformats.org/package/2006/content-types Types"`
	Default  []typeItem `xml:"Default"`
	Override []typeItem `xml:"Override"`
}

type typeItem struct {
	Extension   string `xml:"Extension,attr,omitempty"`
	PartName    string `xml:"PartName,attr,omitempty"`
	ContentType string `xml:"ContentType,attr"`
}

func (s typeSorter) Write(b []byte) (int, error) {
	var list typeList
	if err := xml.Unmarshal(b, &list); err != nil {
		return 0, fmt.Errorf("read content types of a workbook: %w", err)
	}
	for _, items := range [][]typeItem{list.Default, list.Override} {
		slices.SortFunc(items, func(a, b typeItem) int {
			return cmp.Or(cmp.Compare(a.Extension, b.Extension), cmp.Compare(a.PartName, b.PartName))
		})
	}
	sorted, err := xml.Marshal(list)
	if err != nil {
		return 0, fmt.Errorf("write content types of a workbook: %w", err)
	}
	if _, err := s.to.Write(append([]byte(xml.Header), sorted...)); err != nil {
		return 0, err
	}
	return len(b), nil
}
