package join

import (
	"encoding/binary"
	"errors"
	"strings"
	"time"

	"github.com/govalues/decimal"

	"github.com/wixrecon/wixrecon/reconcile"
)

// A record that is sorted begins with a key whose bytes sort like its values: NUL
// bytes in key strings are escaped and each string has a terminator, so that no key
// is a prefix of another. The rest is packed tightly: a GUID in 16 bytes, a number
// as a varint.

var errCorrupt = errors.New("read temporary record: corrupt data")

// appendKey appends a string so that records sort by it.
func appendKey(b []byte, s string) []byte {
	if strings.IndexByte(s, 0) < 0 {
		return append(append(b, s...), 0, 1)
	}
	for i := range len(s) {
		b = append(b, s[i])
		if s[i] == 0 {
			b = append(b, 0xff)
		}
	}
	return append(b, 0, 1)
}

// appendString appends a string, a GUID in lower case as its 16 bytes.
func appendString(b []byte, s string) []byte {
	if packed, ok := reconcile.PackGUID(s); ok {
		return append(append(b, 0), packed[:]...)
	}
	b = binary.AppendUvarint(b, uint64(len(s))+1)
	return append(b, s...)
}

func appendInt(b []byte, n int64) []byte   { return binary.AppendVarint(b, n) }
func appendHash(b []byte, h uint64) []byte { return binary.BigEndian.AppendUint64(b, h) }

func appendBool(b []byte, v bool) []byte {
	if v {
		return append(b, 1)
	}
	return append(b, 0)
}

// appendTime appends a time to the nanosecond, in UTC.
func appendTime(b []byte, t time.Time) []byte {
	if t.IsZero() {
		return append(b, 0)
	}
	b = binary.AppendUvarint(b, uint64(t.Nanosecond())+1)
	return binary.AppendVarint(b, t.Unix())
}

// appendDecimal appends a decimal: its scale and its digits. Digits that do not fit
// into a varint are written as text.
func appendDecimal(b []byte, d decimal.Decimal) []byte {
	digits := int64(d.Coef())
	switch {
	case digits < 0:
		return appendString(append(b, decimalText), d.String())
	case d.IsNeg():
		digits = -digits
	}
	return appendInt(append(b, byte(d.Scale())), digits)
}

// decimalText is in the place of the scale.
const decimalText = 0xff

// A decoder reads records. After the first error everything reads as empty. What
// it returns refers to the text of the records, which is never changed.
type decoder struct {
	b     string
	err   error
	texts []string        // the numbered ones
	guids strings.Builder // that were unpacked: one allocation for some hundred of them
}

// reset begins another record.
func (d *decoder) reset(record string) { d.b, d.err = record, nil }

func (d *decoder) fail() { d.b, d.err = "", errCorrupt }

func (d *decoder) key() string {
	end := strings.Index(d.b, "\x00\x01")
	if end < 0 {
		d.fail()
		return ""
	}
	key := d.b[:end]
	if strings.IndexByte(key, 0) < 0 {
		d.b = d.b[end+2:]
		return key
	}
	return d.escapedKey()
}

func (d *decoder) escapedKey() string {
	var key []byte
	for i := 0; i+1 < len(d.b); i++ {
		switch {
		case d.b[i] != 0:
			key = append(key, d.b[i])
		case d.b[i+1] == 1:
			d.b = d.b[i+2:]
			return string(key)
		default:
			key = append(key, 0)
			i++
		}
	}
	d.fail()
	return ""
}

// uint reads what binary.AppendUvarint wrote.
func (d *decoder) uint() uint64 {
	var n uint64
	for i := range min(len(d.b), binary.MaxVarintLen64) {
		c := d.b[i]
		n |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			d.b = d.b[i+1:]
			return n
		}
	}
	d.fail()
	return 0
}

// int reads what binary.AppendVarint wrote.
func (d *decoder) int() int64 {
	n := d.uint()
	return int64(n>>1) ^ -int64(n&1)
}

func (d *decoder) bytes(n uint64) string {
	if uint64(len(d.b)) < n {
		d.fail()
		return ""
	}
	b := d.b[:n]
	d.b = d.b[n:]
	return b
}

func (d *decoder) byte() byte {
	if b := d.bytes(1); b != "" {
		return b[0]
	}
	return 0
}

func (d *decoder) bool() bool { return d.byte() == 1 }

func (d *decoder) hash() uint64 {
	if b := d.bytes(8); b != "" {
		return binary.BigEndian.Uint64([]byte(b))
	}
	return 0
}

func (d *decoder) string() string {
	n := d.uint()
	if n > 0 {
		return d.bytes(n - 1)
	}
	if packed := d.bytes(16); packed != "" {
		return d.guid(packed)
	}
	return ""
}

// guid unpacks a GUID.
func (d *decoder) guid(packed string) string {
	if d.guids.Cap()-d.guids.Len() < reconcile.LenGUID {
		d.guids = strings.Builder{}
		d.guids.Grow(16 << 10)
	}
	start := d.guids.Len()
	var text [reconcile.LenGUID]byte
	reconcile.UnpackGUID(&text, packed)
	d.guids.Write(text[:])
	return d.guids.String()[start:]
}

func (d *decoder) time() time.Time {
	n := d.uint()
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(d.int(), int64(n-1)).UTC()
}

func (d *decoder) decimal() decimal.Decimal {
	var v decimal.Decimal
	var err error
	if scale := d.byte(); scale == decimalText {
		v, err = decimal.Parse(d.string())
	} else {
		v, err = decimal.New(d.int(), int(scale))
	}
	if err != nil {
		d.fail()
	}
	return v
}

// count reads the number of items that follow, each of at least a byte.
func (d *decoder) count() int {
	n := d.int()
	if n < 0 || n > int64(len(d.b)) {
		d.fail()
		return 0
	}
	return int(n)
}
