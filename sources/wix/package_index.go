package wix

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
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
// An index may contain a million packages. It therefore stores neither ids nor
// packages, but some 90 bytes each, and keeps the entries outside of the map,
// whose empty slots would double them.

// A packageIndex knows the packages that were read, and their current copies.
type packageIndex struct {
	positions map[idHash]uint32 // → entries
	entries   []entry
	numbers   map[string]uint32 // account → names, packages
	names     []string
	packages  []int // distinct packages by account
}

// An entry describes the current copy of a package.
type entry struct {
	seconds  int64 // of updatedDate
	content  uint64
	nanos    int32
	account  uint32
	sweep    uint8 // number of the last sweep that showed the package; 0: none
	chained  bool  // shown by the chain of a sub-account
	conflict bool  // a conflict of this date was claimed
}

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
	return &packageIndex{positions: make(map[idHash]uint32), numbers: make(map[string]uint32)}
}

// len returns the number of distinct packages.
func (x *packageIndex) len() int { return len(x.entries) }

// add compares a copy with the current one, and makes it the current one if it
// is the first or newer.
func (x *packageIndex) add(p *reconcile.Package) addResult {
	added := newEntry(p)
	current := x.find(p.ID)
	if current == nil {
		added.account = x.number(p.AccountID)
		x.packages[added.account]++
		x.positions[hashID(p.ID)] = uint32(len(x.entries))
		x.entries = append(x.entries, added)
		return first
	}
	switch later := cmp.Or(cmp.Compare(added.seconds, current.seconds), cmp.Compare(added.nanos, current.nanos)); {
	case later > 0:
		x.replace(current, added, p.AccountID)
		return newer
	case later < 0:
		return older
	case added.content != current.content:
		return conflicting
	}
	return same
}

// resolve makes a copy the current one, in place of one with the same date.
func (x *packageIndex) resolve(p *reconcile.Package) {
	x.replace(x.find(p.ID), newEntry(p), p.AccountID)
}

// claimConflict reports whether a conflict about a known package is not claimed
// yet, and claims it.
func (x *packageIndex) claimConflict(id string) bool {
	e := x.find(id)
	claimed := e.conflict
	e.conflict = true
	return !claimed
}

// markSeen notes that a sweep, or for number 0 a chain, showed a known package.
func (x *packageIndex) markSeen(id string, sweep uint8) {
	e := x.find(id)
	if sweep == 0 {
		e.chained = true
		return
	}
	e.sweep = sweep
}

// missingFrom counts the packages that chains showed and the sweep did not.
func (x *packageIndex) missingFrom(sweep uint8) int {
	n := 0
	for i := range x.entries {
		if e := &x.entries[i]; e.chained && e.sweep != sweep {
			n++
		}
	}
	return n
}

// accountOf returns the account of the current copy of a known package.
func (x *packageIndex) accountOf(id string) string { return x.names[x.find(id).account] }

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
	position, known := x.positions[hashID(id)]
	if !known {
		return nil
	}
	return &x.entries[position]
}

// replace keeps of the current entry what showed the package, and the claim of
// a conflict if the date stays the same.
func (x *packageIndex) replace(current *entry, added entry, account string) {
	added.account = x.number(account)
	added.sweep, added.chained = current.sweep, current.chained
	added.conflict = current.conflict && added.seconds == current.seconds && added.nanos == current.nanos
	x.packages[current.account]--
	x.packages[added.account]++
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
	return entry{seconds: p.Updated.Unix(), nanos: int32(p.Updated.Nanosecond()), content: contentHash(p)}
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
