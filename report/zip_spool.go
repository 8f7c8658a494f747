package report

import (
	"archive/zip"
	"bufio"
	"cmp"
	"encoding/xml"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"slices"

	"github.com/klauspost/compress/flate"
)

// contentTypes is the name of the part that lists the others.
const contentTypes = "[Content_Types].xml"

// A zipSpool is an excelize.ZipWriter that stores the deflated parts of a workbook
// on disk and writes them ordered by name afterwards. excelize writes parts in
// the order of a Go map and lists content types in a random order, so only this
// makes equal workbooks equal bytes. No workbook is ever in memory.
//
// Close does not write the archive, because excelize calls it after an error too;
// writeTo does.
type zipSpool struct {
	file  *os.File
	buf   *bufio.Writer
	flate *flate.Writer
	parts []*zipPart
}

// A zipPart is one deflated part, and the writer for it while it is the last.
type zipPart struct {
	spool *zipSpool
	name  string
	crc   hash.Hash32
	raw   int64 // bytes before deflation
	start int64 // offset in the spool
	end   int64
}

// newZipSpool opens a spool in dir; empty is the system's temporary folder.
func newZipSpool(dir string) (*zipSpool, error) {
	file, err := os.CreateTemp(dir, "wixrecon-xlsx-")
	if err != nil {
		return nil, fmt.Errorf("open spool for a workbook: %w", err)
	}
	if err := os.Remove(file.Name()); err != nil { // without a name it is gone with the process
		return nil, errors.Join(fmt.Errorf("unlink spool for a workbook: %w", err), file.Close())
	}
	z := &zipSpool{file: file, buf: bufio.NewWriterSize(file, 1<<16)}
	z.flate, err = flate.NewWriter(z.buf, 6)
	return z, err
}

func (z *zipSpool) Create(name string) (io.Writer, error) {
	start, err := z.finishPart()
	if err != nil {
		return nil, err
	}
	part := &zipPart{spool: z, name: name, crc: crc32.NewIEEE(), start: start}
	z.parts = append(z.parts, part)
	z.flate.Reset(z.buf)
	if name == contentTypes {
		return typeSorter{part}, nil
	}
	return part, nil
}

func (*zipSpool) AddFS(fs.FS) error { return fmt.Errorf("add a folder to a workbook: not supported") }

func (z *zipSpool) Close() error {
	_, err := z.finishPart()
	return err
}

func (p *zipPart) Write(b []byte) (int, error) {
	_, _ = p.crc.Write(b) // never an error
	p.raw += int64(len(b))
	return p.spool.flate.Write(b)
}

// finishPart ends the last part and returns the offset of the next one.
func (z *zipSpool) finishPart() (int64, error) {
	if len(z.parts) == 0 {
		return 0, nil
	}
	last := z.parts[len(z.parts)-1]
	if last.end > 0 {
		return last.end, nil
	}
	if err := z.flate.Close(); err != nil {
		return 0, err
	}
	if err := z.buf.Flush(); err != nil {
		return 0, err
	}
	var err error
	last.end, err = z.file.Seek(0, io.SeekCurrent)
	return last.end, err
}

// writeTo writes the archive, its parts ordered by name.
func (z *zipSpool) writeTo(w io.Writer) error {
	slices.SortFunc(z.parts, func(a, b *zipPart) int { return cmp.Compare(a.name, b.name) })
	archive := zip.NewWriter(w)
	for _, p := range z.parts {
		out, err := archive.CreateRaw(&zip.FileHeader{
			Name: p.name, Method: zip.Deflate, CRC32: p.crc.Sum32(),
			CompressedSize64: uint64(p.end - p.start), UncompressedSize64: uint64(p.raw),
		})
		if err != nil {
			return err
		}
		if _, err := io.Copy(out, io.NewSectionReader(z.file, p.start, p.end-p.start)); err != nil {
			return err
		}
	}
	return archive.Close()
}

// remove closes the spool, which has no name on disk any more.
func (z *zipSpool) remove() error { return z.file.Close() }

// A typeSorter sorts the list of content types. excelize writes every part but
// sheets with a single Write.
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
