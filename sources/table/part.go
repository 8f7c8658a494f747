package table

// A part of a workbook is an XML file in the zip archive. It is read as a stream
// of tokens, in constant memory. Decompression bombs and huge tokens are
// refused. A part ends with the end of its root element: one that ends earlier
// is damaged, and never read as a shorter one.

import (
	"archive/zip"
	"bufio"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
)

// Limits to what a part may decompress to. Sheets compress about 20:1, bombs
// 1,000:1.
const (
	freeBytes = 64 << 20 // allowed at any ratio
	maxRatio  = 150
	maxToken  = 8 << 20
)

var (
	errBomb      = errors.New("it decompresses to far more than a sheet: it may be a decompression bomb")
	errToken     = errors.New("it has a value of more than 8 MiB")
	errTruncated = errors.New("it is truncated")
)

// part is one open part.
type part struct {
	name string
	in   *limitedReader
	xml  *xml.Decoder
	file io.Closer
}

func openPart(f *zip.File) (*part, error) {
	file, err := f.Open()
	if err != nil {
		return nil, partError(f.Name, err)
	}
	left := max(freeBytes, maxRatio*min(int64(f.CompressedSize64), 1<<40))
	p := &part{name: f.Name, in: &limitedReader{in: file, left: left}, file: file}
	p.xml = xml.NewDecoder(bufio.NewReaderSize(p.in, 64<<10))
	return p, nil
}

// token returns the next token; its bytes are valid until the one after it.
func (p *part) token() (xml.Token, error) {
	p.in.token = 0
	token, err := p.xml.RawToken()
	if err == nil {
		return token, nil
	}
	return nil, partError(p.name, err)
}

// partError never wraps io.EOF, which would end the rows.
func partError(part string, err error) error {
	switch {
	case errors.Is(err, errBomb), errors.Is(err, errToken):
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		err = errTruncated
	default:
		if syntax, ok := errors.AsType[*xml.SyntaxError](err); ok {
			return fmt.Errorf("read %q of the workbook: line %d is damaged", part, syntax.Line)
		}
		err = errors.New("it is damaged")
	}
	return fmt.Errorf("read %q of the workbook: %w", part, err)
}

// content appends the characters up to the end of the current element.
func (p *part) content(to []byte) ([]byte, error) {
	for depth := 1; ; {
		token, err := p.token()
		if err != nil {
			return to, err
		}
		switch t := token.(type) {
		case xml.StartElement:
			depth++
		case xml.EndElement:
			if depth--; depth == 0 {
				return to, nil
			}
		case xml.CharData:
			if depth == 1 {
				to = append(to, t...)
			}
		}
	}
}

// skip reads to the end of the current element.
func (p *part) skip() error {
	_, err := p.content(nil)
	return err
}

// finish reads the rest, so that the checksum of the archive is verified.
func (p *part) finish() error {
	for {
		_, err := p.xml.RawToken()
		p.in.token = 0
		if errors.Is(err, io.EOF) {
			return p.file.Close()
		}
		if err != nil {
			return errors.Join(partError(p.name, err), p.file.Close())
		}
	}
}

func attribute(e *xml.StartElement, local string) string {
	for i := range e.Attr {
		if e.Attr[i].Name.Local == local {
			return e.Attr[i].Value
		}
	}
	return ""
}

// limitedReader limits how much is decompressed, in all and for one token.
type limitedReader struct {
	in    io.Reader
	left  int64
	token int // bytes read since the last token
}

func (l *limitedReader) Read(b []byte) (int, error) {
	if l.token > maxToken {
		return 0, errToken
	}
	n, err := l.in.Read(b)
	l.token += n
	if l.left -= int64(n); l.left < 0 {
		return 0, errBomb
	}
	return n, err
}
