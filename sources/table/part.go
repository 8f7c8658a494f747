package table

// A part of a workbook is XML in a zip archive. It is read as a stream of
// tokens, in memory that does not grow with it. What unpacks to far more than
// any sheet does is refused, and so is a single token beyond all measure. The
// end of a part is the end of its root element: a part that ends before is
// damaged, and never a short one.

import (
	"archive/zip"
	"bufio"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
)

// What a part may unpack to. Sheets shrink to a twentieth; 1,000 times less is
// what a bomb does.
const (
	freeBytes = 64 << 20 // whatever the ratio
	maxRatio  = 150
	maxToken  = 8 << 20
)

var (
	errBomb  = errors.New("unpacks to so much more than it holds that it is no sheet")
	errToken = errors.New("holds a value of more than 8 MiB")
	errTorn  = errors.New("ends in the middle: it is damaged, or not whole")
)

// part is one part on its way.
type part struct {
	name string
	in   *measured
	xml  *xml.Decoder
	file io.Closer
}

func openPart(f *zip.File) (*part, error) {
	file, err := f.Open()
	if err != nil {
		return nil, damaged(f.Name, err)
	}
	left := max(freeBytes, maxRatio*min(int64(f.CompressedSize64), 1<<40))
	p := &part{name: f.Name, in: &measured{in: file, left: left}, file: file}
	p.xml = xml.NewDecoder(bufio.NewReaderSize(p.in, 64<<10))
	return p, nil
}

// token gives the next token; its bytes are valid until the one after it.
func (p *part) token() (xml.Token, error) {
	p.in.token = 0
	token, err := p.xml.RawToken()
	if err == nil {
		return token, nil
	}
	return nil, damaged(p.name, err)
}

func damaged(part string, err error) error {
	switch {
	case errors.Is(err, errBomb), errors.Is(err, errToken):
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		err = errTorn
	default:
		if fault, ok := errors.AsType[*xml.SyntaxError](err); ok {
			return fmt.Errorf("read %q of the workbook: line %d is damaged", part, fault.Line)
		}
		err = errors.New("it is damaged")
	}
	return fmt.Errorf("read %q of the workbook: %w", part, err)
}

// content gives the characters up to the end of the element that was begun.
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

// skip passes over the element that was begun.
func (p *part) skip() error {
	_, err := p.content(nil)
	return err
}

// finish reads what is left, so that the archive's own checksum is held.
func (p *part) finish() error {
	for {
		_, err := p.xml.RawToken()
		p.in.token = 0
		if errors.Is(err, io.EOF) {
			return p.file.Close()
		}
		if err != nil {
			return errors.Join(damaged(p.name, err), p.file.Close())
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

// measured bounds what is unpacked, over all and since the last token.
type measured struct {
	in    io.Reader
	left  int64
	token int
}

func (m *measured) Read(b []byte) (int, error) {
	if m.token > maxToken {
		return 0, errToken
	}
	n, err := m.in.Read(b)
	m.token += n
	if m.left -= int64(n); m.left < 0 {
		return 0, errBomb
	}
	return n, err
}
