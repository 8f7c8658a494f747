package report

import (
	"bytes"
	"io"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/klauspost/compress/flate"
)

// randomText has repeated and unique pieces, as rows of a sheet have.
func randomText(rng *rand.Rand, size int) []byte {
	var text []byte
	for len(text) < size {
		text = strconv.AppendUint(append(text, `<c t="inlineStr"><is><t>`...), rng.Uint64N(1<<rng.Uint64N(60)), 16)
	}
	return text
}

// The same parts are deflated by one goroutine and by several, whose compressors
// were used before: the bytes are the same, and inflate to the parts.
func TestDeflaterDoesNotDependOnGoroutines(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	texts := [][]byte{randomText(rng, 3), randomText(rng, 3*chunkSize), nil, randomText(rng, chunkSize-1), randomText(rng, 100)}
	var first []byte
	for _, goroutines := range []int{1, 2, 5} {
		var out bytes.Buffer
		d, err := newDeflater(&out, goroutines)
		if err != nil {
			t.Fatal(err)
		}
		parts := make([]zipPart, len(texts))
		for i, text := range texts {
			for len(text) > 0 {
				n := min(len(text), 1000)
				if err := d.write(&parts[i], text[:n]); err != nil {
					t.Fatal(err)
				}
				text = text[n:]
			}
		}
		if err := d.flush(); err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = out.Bytes()
		}
		if !bytes.Equal(out.Bytes(), first) {
			t.Errorf("%d goroutines give other bytes than one", goroutines)
		}
		for i := range parts {
			if got := inflate(t, out.Bytes(), parts[i].sections); !bytes.Equal(got, texts[i]) {
				t.Errorf("%d goroutines: part %d: %d bytes, want %d", goroutines, i, len(got), len(texts[i]))
			}
		}
	}
}

func inflate(t *testing.T, spool []byte, sections []section) []byte {
	t.Helper()
	var deflated []byte
	for _, s := range sections {
		deflated = append(deflated, spool[s.start:s.start+s.size]...)
	}
	text, err := io.ReadAll(flate.NewReader(bytes.NewReader(append(deflated, endOfDeflate...))))
	if err != nil {
		t.Fatal(err)
	}
	return text
}
