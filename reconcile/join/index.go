package join

import (
	"encoding/binary"
	"strings"
)

// An index has the records of a part, or of a slice of it, by group.
type index struct {
	text    string
	entries []entry
	groups  []groupEntry
	slots   []int32 // a hash table: the number of a group, counted from 1
}

// An entry is a record.
type entry struct {
	body, end int   // offsets in the text, after the head
	next      int32 // the next entry of the group; -1: none
	kind      byte
	alone     bool
}

// A groupEntry is a group.
type groupEntry struct {
	hash        uint64
	externalID  string
	first, last int32 // entries
	rows        int   // good or bad
	packages    int
}

// A head is the beginning of a record.
type head struct {
	hash       uint64
	kind       byte
	alone      bool
	externalID string
}

func (d *decoder) head() head {
	hash, kind := d.hash(), d.byte()
	return head{hash, kind &^ recordAlone, kind&recordAlone != 0, d.string()}
}

// build indexes records, each with its length in front. It leaves out the packages
// that are superseded copies.
func (x *index) build(text string, superseded map[int64]bool) error {
	x.text, x.entries, x.groups = text, x.entries[:0], x.groups[:0]
	clear(x.slots)
	var d decoder
	for at := 0; at < len(text); {
		d.reset(text[at:])
		n := d.uint()
		if d.err != nil || n > uint64(len(d.b)) {
			return errCorrupt
		}
		at = len(text) - len(d.b) + int(n)
		d.b = d.b[:n]
		h := d.head()
		e := entry{body: at - len(d.b), end: at, next: -1, kind: h.kind, alone: h.alone}
		if h.kind == recordPackage && len(superseded) > 0 && superseded[d.int()] {
			continue
		}
		if d.err != nil {
			return d.err
		}
		x.add(h, e)
	}
	return nil
}

// add adds an entry to its group.
func (x *index) add(h head, e entry) {
	number := int32(len(x.entries))
	x.entries = append(x.entries, e)
	g := x.find(h)
	if g == nil {
		x.groups = append(x.groups, groupEntry{hash: h.hash, externalID: h.externalID, first: number, last: number})
		g = &x.groups[len(x.groups)-1]
		x.insert()
	} else {
		x.entries[g.last].next = number
		g.last = number
	}
	if h.kind == recordPackage {
		g.packages++
	} else {
		g.rows++
	}
}

// find returns the group of a record; nil where this is the first one.
func (x *index) find(h head) *groupEntry {
	if h.alone || len(x.slots) == 0 {
		return nil
	}
	for slot := x.slot(h.hash); x.slots[slot] != 0; slot = x.after(slot) {
		g := &x.groups[x.slots[slot]-1]
		if g.hash == h.hash && g.externalID == h.externalID && !x.entries[g.first].alone {
			return g
		}
	}
	return nil
}

// slot returns the first slot of a hash. The hashes of a part begin with the same
// bits, so that the last ones are used.
func (x *index) slot(hash uint64) int { return int(hash & uint64(len(x.slots)-1)) }

func (x *index) after(slot int) int { return (slot + 1) & (len(x.slots) - 1) }

// insert adds the last group to the hash table, which is at most half full.
func (x *index) insert() {
	if 2*len(x.groups) <= len(x.slots) {
		x.put(len(x.groups))
		return
	}
	x.slots = make([]int32, max(64, 2*len(x.slots)))
	for i := range x.groups {
		x.put(i + 1)
	}
}

func (x *index) put(number int) {
	slot := x.slot(x.groups[number-1].hash)
	for x.slots[slot] != 0 {
		slot = x.after(slot)
	}
	x.slots[slot] = int32(number)
}

// text returns the records of a slice of a part that are not in the crowds. There
// are 1<<bits slices of a part.
func (s *store) text(part int, slice, bits int, crowds map[string]bool) (string, error) {
	var text strings.Builder
	if bits == 0 && len(crowds) == 0 {
		text.Grow(s.size(part))
		err := s.eachBlock(part, func(records []byte) error {
			text.Write(records)
			return nil
		})
		return text.String(), err
	}
	var length [binary.MaxVarintLen32]byte
	var d decoder
	err := s.each(part, func(record []byte) error {
		if sliceOf(recordHash(record), bits) != slice {
			return nil
		}
		if len(crowds) > 0 {
			d.reset(string(record))
			if h := d.head(); !h.alone && crowds[h.externalID] {
				return nil
			}
		}
		text.Write(binary.AppendUvarint(length[:0], uint64(len(record))))
		text.Write(record)
		return nil
	})
	return text.String(), err
}

// sliceOf returns the slice of its part in which a hash is.
func sliceOf(hash uint64, bits int) int { return int(hash << partBits >> (64 - bits)) }
