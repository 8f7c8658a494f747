package join

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"time"

	"github.com/govalues/decimal"
	"github.com/wixrecon/wixrecon/reconcile"
)

// A record begins with a key whose bytes sort like its values: NUL bytes in key
// strings are escaped and each string has a terminator, so that no key is a
// prefix of another. The rest is packed tightly: a GUID in 16 bytes, a number as
// a varint.

var errCorrupt = errors.New("read temporary record: corrupt data")

// appendKey appends a string so that records sort by it.
func appendKey(b []byte, s string) []byte {
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
	if packed, ok := packGUID(s); ok {
		return append(append(b, 0), packed[:]...)
	}
	b = binary.AppendUvarint(b, uint64(len(s))+1)
	return append(b, s...)
}

func packGUID(s string) (packed [16]byte, ok bool) {
	if len(s) != 36 || !reconcile.IsGUID(s) {
		return packed, false
	}
	var digits [32]byte
	n := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c == '-':
		case 'A' <= c && c <= 'F': // only lower case is restored exactly
			return packed, false
		default:
			digits[n] = c
			n++
		}
	}
	_, err := hex.Decode(packed[:], digits[:])
	return packed, err == nil
}

func unpackGUID(packed []byte) string {
	var s [36]byte
	hex.Encode(s[:8], packed[:4])
	hex.Encode(s[9:13], packed[4:6])
	hex.Encode(s[14:18], packed[6:8])
	hex.Encode(s[19:23], packed[8:10])
	hex.Encode(s[24:], packed[10:])
	s[8], s[13], s[18], s[23] = '-', '-', '-', '-'
	return string(s[:])
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

func appendDecimal(b []byte, d decimal.Decimal) []byte { return appendString(b, d.String()) }

// A decoder reads records. After the first error everything reads as empty.
type decoder struct {
	b   []byte
	err error
}

func (d *decoder) fail() { d.b, d.err = nil, errCorrupt }

func (d *decoder) key() string {
	end := bytes.Index(d.b, []byte{0, 1})
	if end < 0 {
		d.fail()
		return ""
	}
	key := d.b[:end]
	if bytes.IndexByte(key, 0) < 0 {
		d.b = d.b[end+2:]
		return string(key)
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

func (d *decoder) uint() uint64 {
	v, n := binary.Uvarint(d.b)
	if n <= 0 {
		d.fail()
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *decoder) int() int64 {
	v, n := binary.Varint(d.b)
	if n <= 0 {
		d.fail()
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *decoder) bytes(n uint64) []byte {
	if uint64(len(d.b)) < n {
		d.fail()
		return nil
	}
	b := d.b[:n]
	d.b = d.b[n:]
	return b
}

func (d *decoder) byte() byte {
	if b := d.bytes(1); b != nil {
		return b[0]
	}
	return 0
}

func (d *decoder) bool() bool { return d.byte() == 1 }

func (d *decoder) hash() uint64 {
	if b := d.bytes(8); b != nil {
		return binary.BigEndian.Uint64(b)
	}
	return 0
}

func (d *decoder) string() string {
	n := d.uint()
	if n > 0 {
		return string(d.bytes(n - 1))
	}
	if packed := d.bytes(16); packed != nil {
		return unpackGUID(packed)
	}
	return ""
}

func (d *decoder) time() time.Time {
	n := d.uint()
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(d.int(), int64(n-1)).UTC()
}

func (d *decoder) decimal() decimal.Decimal {
	v, err := decimal.Parse(d.string())
	if err != nil {
		d.fail()
	}
	return v
}
