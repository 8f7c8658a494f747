package join

import (
	"encoding/binary"
	"strings"
	"sync"
)

// A few texts are in nearly all records: accounts, products, statuses, cycles,
// countries, currencies. They are numbered as they come, and records have the
// numbers: a seventh of the bytes, and nothing to allocate when they are read. The
// table is bounded; what comes later is in the records as it is.

const maxTexts = 1 << 16

// maxText is the longest text that gets a number.
const maxText = 64

// texts are the numbered texts of a table.
type texts struct {
	mu      sync.Mutex
	numbers map[string]uint32
	all     []string
}

// number returns the number of a text; false where there are too many.
func (t *texts) number(text string) (uint32, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n, known := t.numbers[text]
	if !known {
		if len(t.all) == maxTexts {
			return 0, false
		}
		text = strings.Clone(text) // it may be a part of something large
		n = uint32(len(t.all))
		t.numbers[text] = n
		t.all = append(t.all, text)
	}
	return n, true
}

// An encoder packs records, for one goroutine.
type encoder struct {
	texts *texts
	known map[string]uint32 // numbers that were asked for before: they need no lock
}

func newEncoder(t *texts) *encoder { return &encoder{texts: t, known: make(map[string]uint32)} }

// appendText appends the number of a text, or the text.
func (e *encoder) appendText(b []byte, text string) []byte {
	n, known := e.known[text]
	if !known && len(text) <= maxText {
		if n, known = e.texts.number(text); known {
			e.known[strings.Clone(text)] = n
		}
	}
	if known {
		return binary.AppendUvarint(b, uint64(n)+1)
	}
	return appendString(append(b, 0), text)
}

// text reads what appendText wrote.
func (d *decoder) text() string {
	n := d.uint()
	if n == 0 {
		return d.string()
	}
	if n > uint64(len(d.texts)) {
		d.fail()
		return ""
	}
	return d.texts[n-1]
}
