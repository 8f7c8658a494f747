package table

import (
	"bufio"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

// endless returns the same byte forever.
type endless byte

func (e endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(e)
	}
	return len(b), nil
}

func TestHugeValueIsRefused(t *testing.T) {
	l := &limitedReader{in: endless('x'), left: 1 << 40}
	n, err := io.Copy(io.Discard, l)
	if !errors.Is(err, errToken) || n > 2*maxToken {
		t.Errorf("%d bytes, %v", n, err)
	}
}

func TestDecompressionBombIsRefused(t *testing.T) {
	for in, want := range map[string]string{
		"<a>" + strings.Repeat("<b/>", 500): "decompresses to far more than a sheet",
		"<a>" + strings.Repeat("b", 2000):   "decompresses to far more than a sheet",
		"<a><b></a>":                        "it is truncated",
	} {
		l := &limitedReader{in: strings.NewReader(in), left: 1000}
		p := &part{name: "xl/sheet.xml", in: l, xml: xml.NewDecoder(bufio.NewReaderSize(l, 16)), file: io.NopCloser(nil)}
		var err error
		for err == nil {
			_, err = p.token()
		}
		if !strings.Contains(err.Error(), want) || errors.Is(err, io.EOF) || !strings.HasPrefix(err.Error(), `read "xl/sheet.xml" of the workbook: `) {
			t.Errorf("%.20q: %v, want %q", in, err, want)
		}
	}
	if errors.Is(partError("x", io.ErrUnexpectedEOF), io.ErrUnexpectedEOF) {
		t.Error("a truncated part could end the rows without an error")
	}
}
