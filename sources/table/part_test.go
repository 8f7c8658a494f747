package table

import (
	"bufio"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

// endless gives the same byte for ever.
type endless byte

func (e endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(e)
	}
	return len(b), nil
}

func TestAValueBeyondMeasureIsRefused(t *testing.T) {
	m := &measured{in: endless('x'), left: 1 << 40}
	n, err := io.Copy(io.Discard, m)
	if !errors.Is(err, errToken) || n > 2*maxToken {
		t.Errorf("%d bytes, %v", n, err)
	}
}

func TestABombIsRefused(t *testing.T) {
	for in, want := range map[string]string{
		"<a>" + strings.Repeat("<b/>", 500): "unpacks to so much more than it holds",
		"<a>" + strings.Repeat("b", 2000):   "unpacks to so much more than it holds",
		"<a><b></a>":                        "ends in the middle",
	} {
		m := &measured{in: strings.NewReader(in), left: 1000}
		p := &part{name: "xl/sheet.xml", in: m, xml: xml.NewDecoder(bufio.NewReaderSize(m, 16)), file: io.NopCloser(nil)}
		var err error
		for err == nil {
			_, err = p.token()
		}
		if !strings.Contains(err.Error(), want) || errors.Is(err, io.EOF) || !strings.HasPrefix(err.Error(), `read "xl/sheet.xml" of the workbook: `) {
			t.Errorf("%.20q: %v, want %q", in, err, want)
		}
	}
	if errors.Is(damaged("x", io.ErrUnexpectedEOF), io.ErrUnexpectedEOF) {
		t.Error("the end of a part passes for the end of the rows")
	}
}
