package join

import (
	"encoding/binary"
	"math/bits"
	"sync"
)

// Records are dealt, not sorted: a store has some hundred parts, and a hash decides
// in which of them a record is. Records of one hash are in one part, in no
// particular order. A part is small, so that it can be read whole and indexed in
// memory, and different goroutines can work on different parts. That takes a third
// of the time of an external sort, which compares each record with some twenty
// others and copies it twice.

const (
	partBits = 8
	parts    = 1 << partBits
)

// partOf returns the part of a hash.
func partOf(hash uint64) int { return int(hash >> (64 - partBits)) }

// hashOf returns a hash of a text. It is the same in each run, so that a run can
// be repeated exactly. It mixes eight bytes at a time, which takes a quarter of
// the time of FNV.
func hashOf(text string) uint64 {
	const first, second = 0x9e3779b97f4a7c15, 0xd6e8feb86659fd93
	h := uint64(len(text)) ^ first
	for len(text) >= 8 {
		h = mix(h^binary.LittleEndian.Uint64([]byte(text[:8])), second)
		text = text[8:]
	}
	var tail uint64
	for i := range len(text) {
		tail = tail<<8 | uint64(text[i])
	}
	return mix(mix(h^tail, second), first)
}

func mix(a, b uint64) uint64 {
	high, low := bits.Mul64(a, b)
	return high ^ low ^ a
}

// A store has the records of one sort.
type store struct {
	overflow  *overflow
	blockSize int

	mu    sync.Mutex
	parts [parts][]block
}

// A block is a piece of a part, of whole records, in memory or in the file.
type block struct {
	memory []byte // nil: in the file
	off    int64
	size   int
}

// A dealer adds records to a store, for one goroutine.
type dealer struct {
	store *store
	open  [parts][]byte
}

// add adds a copy of a record.
func (d *dealer) add(hash uint64, record []byte) error {
	part := partOf(hash)
	b := d.open[part]
	if need := len(record) + binary.MaxVarintLen32; cap(b)-len(b) < need {
		var err error
		if b, err = d.store.exchange(part, b, need); err != nil {
			return err
		}
	}
	d.open[part] = append(binary.AppendUvarint(b, uint64(len(record))), record...)
	return nil
}

// close passes on what is left. The dealer must not be used after it.
func (d *dealer) close() error {
	for part, b := range d.open {
		d.open[part] = nil
		if _, err := d.store.put(part, b); err != nil {
			return err
		}
	}
	return nil
}

// exchange takes a full block and returns an empty one with the room that is
// needed. Blocks grow with their part, so that a store of a few records is small.
func (s *store) exchange(part int, full []byte, need int) ([]byte, error) {
	reusable, err := s.put(part, full)
	if err != nil {
		return nil, err
	}
	if cap(reusable) >= need {
		return reusable[:0], nil
	}
	const smallest = 512
	return make([]byte, 0, max(need, smallest, min(2*cap(full), s.blockSize))), nil
}

// put adds a block to a part, and returns its memory if that is free again.
func (s *store) put(part int, b []byte) (reusable []byte, err error) {
	if len(b) == 0 {
		return b, nil
	}
	added := block{size: len(b)}
	if s.overflow.keep(cap(b)) {
		added.memory = b
	} else if added.off, err = s.overflow.write(b); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.parts[part] = append(s.parts[part], added)
	if added.memory == nil && cap(b) == s.blockSize {
		return b, nil
	}
	return nil, nil
}

// size returns the bytes of a part.
func (s *store) size(part int) int {
	n := 0
	for i := range s.parts[part] {
		n += s.parts[part][i].size
	}
	return n
}

// eachBlock calls do for the blocks of a part. A block is valid during the call.
func (s *store) eachBlock(part int, do func(records []byte) error) error {
	var buffer []byte
	for _, b := range s.parts[part] {
		records := b.memory
		if records == nil {
			if cap(buffer) < b.size {
				buffer = make([]byte, max(b.size, s.blockSize))
			}
			records = buffer[:b.size]
			if err := s.overflow.read(records, b.off); err != nil {
				return err
			}
		}
		if err := do(records); err != nil {
			return err
		}
	}
	return nil
}

// each calls do for the records of a part. A record is valid during the call.
func (s *store) each(part int, do func(record []byte) error) error {
	return s.eachBlock(part, func(records []byte) error {
		for len(records) > 0 {
			n, head := binary.Uvarint(records)
			if head <= 0 || uint64(len(records)-head) < n {
				return errCorrupt
			}
			if err := do(records[head : head+int(n)]); err != nil {
				return err
			}
			records = records[head+int(n):]
		}
		return nil
	})
}

// release frees the memory of a part that is not needed any more.
func (s *store) release(part int) {
	for _, b := range s.parts[part] {
		s.overflow.room.Add(int64(cap(b.memory)))
	}
	s.parts[part] = nil
}

// recordHash returns the hash of a group's record.
func recordHash(record []byte) uint64 { return binary.BigEndian.Uint64(record) }
