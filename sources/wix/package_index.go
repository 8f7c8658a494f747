package wix

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
)

// Which copy of a package counts: the one with the later updatedDate. Two copies
// with the same date and the same content are the same copy; with different
// content they are in conflict, which only a Get of the package can resolve.
//
// Content means the decoded fields: two responses that differ only in their
// order, or in a field that is unknown here, are the same.
//
// An index may contain ten million packages. It therefore stores neither ids nor
// packages, but 32 bytes each: 96 bits of a hash of the id, 64 of one of the
// content. A table of positions, which is at most three quarters full, adds 5 to
// 11 bytes. Entries are in chunks, so that nothing is copied when there are more.

// A packageIndex knows the packages that were read, and their current copies.
type packageIndex struct {
	slots    []uint32 // position + 1 of an entry, 0 for none; a power of two of them
	chunks   []*[chunkSize]entry
	size     int
	numbers  map[string]uint32 // account → names, packages
	names    []string
	packages []int // distinct packages by account
}

const (
	chunkSize  = 4096
	firstSlots = 1 << 10

	// Flags of an entry.
	sweepMask  = 0x07 // number of the last sweep that showed the package; 0: none
	chained    = 0x08 // shown by the chain of a sub-account, or by its batch
	inConflict = 0x10 // a conflict of this date was claimed
	flagBits   = 5
)

// An entry describes the current copy of a package.
type entry struct {
	updated int64 // in nanoseconds since 1970, as far as they can be counted
	content uint64
	id      [12]byte
	account uint32 // its number, above the flags
}

func (e *entry) number() uint32 { return e.account >> flagBits }

// An addResult is what a copy is to an index.
type addResult uint8

const (
	same        addResult = iota // as the current copy
	older                        // than the current copy
	first                        // copy of the package: it is now the current one
	newer                        // than the current copy, which it replaced
	conflicting                  // same date as the current copy, other content
)

func newPackageIndex() *packageIndex {
	return &packageIndex{slots: make([]uint32, firstSlots), numbers: make(map[string]uint32)}
}

// len returns the number of distinct packages.
func (x *packageIndex) len() int { return x.size }

// add compares a copy with the current one, and makes it the current one if it
// is the first or newer.
func (x *packageIndex) add(p *reconcile.Package) addResult {
	added := newEntry(p)
	current := x.find(p.ID)
	if current == nil {
		number := x.number(p.AccountID)
		added.account = number << flagBits
		x.packages[number]++
		x.insert(added)
		return first
	}
	switch {
	case added.updated > current.updated:
		x.replace(current, added, p.AccountID)
		return newer
	case added.updated < current.updated:
		return older
	case added.content != current.content:
		return conflicting
	}
	return same
}

// insert adds an entry, whose id is not in the index.
func (x *packageIndex) insert(e entry) {
	if (x.size+1)*4 > len(x.slots)*3 {
		x.grow()
	}
	if x.size == len(x.chunks)*chunkSize {
		x.chunks = append(x.chunks, new([chunkSize]entry))
	}
	x.slots[x.slot(e.id)] = uint32(x.size + 1)
	*x.at(x.size) = e
	x.size++
}

// grow doubles the table of positions.
func (x *packageIndex) grow() {
	x.slots = make([]uint32, 2*len(x.slots))
	for i := range x.size {
		x.slots[x.slot(x.at(i).id)] = uint32(i + 1)
	}
}

func (x *packageIndex) at(i int) *entry { return &x.chunks[i/chunkSize][i%chunkSize] }

// slot returns the slot of an id: the one that has it, or the empty one for it.
func (x *packageIndex) slot(id [12]byte) int {
	mask := len(x.slots) - 1
	for i := int(binary.BigEndian.Uint32(id[:])) & mask; ; i = (i + 1) & mask {
		if position := x.slots[i]; position == 0 || x.at(int(position-1)).id == id {
			return i
		}
	}
}

// resolve makes a copy the current one, in place of one with the same date.
func (x *packageIndex) resolve(p *reconcile.Package) {
	x.replace(x.find(p.ID), newEntry(p), p.AccountID)
}

// claimConflict reports whether a conflict about a known package is not claimed
// yet, and claims it.
func (x *packageIndex) claimConflict(id string) bool {
	e := x.find(id)
	claimed := e.account&inConflict != 0
	e.account |= inConflict
	return !claimed
}

// markSeen notes that a sweep, or for number 0 a chain, showed a known package.
func (x *packageIndex) markSeen(id string, sweep uint8) {
	e := x.find(id)
	if sweep == 0 {
		e.account |= chained
		return
	}
	e.account = e.account&^sweepMask | uint32(sweep&sweepMask)
}

// missingFrom counts the packages that chains showed and the sweep did not.
func (x *packageIndex) missingFrom(sweep uint8) int {
	n := 0
	for i := range x.size {
		if e := x.at(i); e.account&chained != 0 && e.account&sweepMask != uint32(sweep) {
			n++
		}
	}
	return n
}

// accountOf returns the account of the current copy of a known package.
func (x *packageIndex) accountOf(id string) string { return x.names[x.find(id).number()] }

// perAccount returns the number of distinct packages of each account.
func (x *packageIndex) perAccount() map[string]int {
	all := make(map[string]int, len(x.names))
	for i, name := range x.names {
		all[name] = x.packages[i]
	}
	return all
}

// find returns the entry of a package, nil if it was not read.
func (x *packageIndex) find(id string) *entry {
	position := x.slots[x.slot(shortHash(id))]
	if position == 0 {
		return nil
	}
	return x.at(int(position - 1))
}

// replace keeps of the current entry what showed the package, and the claim of
// a conflict if the date stays the same.
func (x *packageIndex) replace(current *entry, added entry, account string) {
	number, flags := x.number(account), current.account&(sweepMask|chained|inConflict)
	if added.updated != current.updated {
		flags &^= inConflict
	}
	x.packages[current.number()]--
	x.packages[number]++
	added.account = number<<flagBits | flags
	*current = added
}

// number returns the number of an account, a new one if it has none.
func (x *packageIndex) number(account string) uint32 {
	number, known := x.numbers[account]
	if !known {
		number = uint32(len(x.names))
		x.numbers[account] = number
		x.names, x.packages = append(x.names, account), append(x.packages, 0)
	}
	return number
}

func newEntry(p *reconcile.Package) entry {
	return entry{id: shortHash(p.ID), updated: nanoseconds(p.Updated), content: contentHash(p)}
}

// nanoseconds returns a time as nanoseconds since 1970. Times that can't be counted
// so are the first or the last one.
func nanoseconds(t time.Time) int64 {
	const limit = 9_200_000_000 // seconds; 290 years
	switch seconds := t.Unix(); {
	case seconds < -limit:
		return math.MinInt64
	case seconds > limit:
		return math.MaxInt64
	}
	return t.UnixNano()
}

// shortHash represents the id of a package in an index.
func shortHash(id string) [12]byte {
	h := hashID(id)
	return [12]byte(h[:12])
}

// contentHash covers all fields of a package.
func contentHash(p *reconcile.Package) uint64 {
	b := make([]byte, 0, 512)
	b = appendTexts(b, p.ID, p.AccountID, p.ExternalID)
	b = appendTimes(b, p.Created, p.Updated)
	for i := range p.Instances {
		in := &p.Instances[i]
		b = appendTexts(b, in.ID, in.ProductID, in.SiteID, string(in.Status), string(in.Cycle),
			in.Country, in.Failure, in.Discount, in.References)
		b = appendTimes(b, in.Expires, in.Created, in.Updated)
	}
	if p.UnreadableID {
		b = append(b, 1)
	}
	sum := sha256.Sum256(b)
	return binary.BigEndian.Uint64(sum[:8])
}

func appendTexts(b []byte, texts ...string) []byte {
	for _, text := range texts {
		b = binary.AppendUvarint(b, uint64(len(text)))
		b = append(b, text...)
	}
	return b
}

func appendTimes(b []byte, times ...time.Time) []byte {
	for _, t := range times {
		b = binary.AppendVarint(b, t.Unix())
		b = binary.AppendVarint(b, int64(t.Nanosecond()))
	}
	return b
}

// An idHash represents the id of a package.
type idHash [16]byte

func hashID(id string) idHash {
	sum := sha256.Sum256([]byte(id))
	return idHash(sum[:16])
}
