package wix

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
)

// Which copy of a package counts. The later updatedDate wins; of equal dates,
// equal content is the same copy. Equal dates and different content is a
// conflict, which only the package itself can settle.
//
// Content is what is decoded: two answers that write a package in another
// order, or with a field that is not known here, do not differ.
//
// A million packages are in an index at a time, so that it keeps no id and no
// package, but some 90 bytes for each; the entries lie outside of the map,
// whose empty places would double them.

// An index knows the packages that were seen.
type index struct {
	places   map[fingerprint]uint32 // id → its place in entries
	entries  []entry
	numbers  map[string]uint32 // account → its place in names and counts
	names    []string
	packages []int // distinct packages by account
}

type entry struct {
	seconds int64 // of updatedDate
	content uint64
	nanos   int32
	account uint32
	sweep   uint8 // number of the last sweep that showed it; 0: none
	chained bool  // shown by the chain of a sub-account
	asked   bool  // a conflict was, or is being, settled
}

// A standing is what a copy is to an index.
type standing uint8

const (
	same       standing = iota // the copy that is known
	older                      // superseded
	fresh                      // the first copy
	newer                      // supersedes the copy before
	conflicted                 // of equal date and different content
)

func newIndex() *index {
	return &index{places: make(map[fingerprint]uint32), numbers: make(map[string]uint32)}
}

// weigh says what a copy is; where it is fresh or newer, it is taken in.
func (x *index) weigh(p *reconcile.Package) standing {
	now := entryOf(p)
	old := x.entry(p.ID)
	if old == nil {
		now.account = x.number(p.AccountID)
		x.packages[now.account]++
		x.places[fingerprintOf(p.ID)] = uint32(len(x.entries))
		x.entries = append(x.entries, now)
		return fresh
	}
	switch later := cmp.Or(cmp.Compare(now.seconds, old.seconds), cmp.Compare(now.nanos, old.nanos)); {
	case later > 0:
		x.replace(old, now, p.AccountID)
		return newer
	case later < 0:
		return older
	case now.content != old.content:
		return conflicted
	}
	return same
}

// settle takes in a copy in place of one of equal date.
func (x *index) settle(p *reconcile.Package) { x.replace(x.entry(p.ID), entryOf(p), p.AccountID) }

// ask reports whether a conflict about a known package is still to be settled,
// and notes that it is.
func (x *index) ask(id string) bool {
	e := x.entry(id)
	asked := e.asked
	e.asked = true
	return !asked
}

// mark notes who showed a known package: sweep number n, or for 0 a chain.
func (x *index) mark(id string, sweep uint8) {
	e := x.entry(id)
	if sweep == 0 {
		e.chained = true
		return
	}
	e.sweep = sweep
}

// lacks counts the packages that chains showed and the sweep did not.
func (x *index) lacks(sweep uint8) int {
	n := 0
	for i := range x.entries {
		if e := &x.entries[i]; e.chained && e.sweep != sweep {
			n++
		}
	}
	return n
}

// account gives the account of the copy of a known package that counts.
func (x *index) account(id string) string { return x.names[x.entry(id).account] }

// accounts gives the distinct packages by account.
func (x *index) accounts() map[string]int {
	all := make(map[string]int, len(x.names))
	for i, name := range x.names {
		all[name] = x.packages[i]
	}
	return all
}

// entry gives what is known of a package, nil where it was not seen.
func (x *index) entry(id string) *entry {
	place, known := x.places[fingerprintOf(id)]
	if !known {
		return nil
	}
	return &x.entries[place]
}

// replace keeps of the old copy only who showed it; a question is asked once
// for a date.
func (x *index) replace(old *entry, now entry, account string) {
	now.account = x.number(account)
	now.sweep, now.chained = old.sweep, old.chained
	now.asked = old.asked && now.seconds == old.seconds && now.nanos == old.nanos
	x.packages[old.account]--
	x.packages[now.account]++
	*old = now
}

// number gives the place of an account.
func (x *index) number(account string) uint32 {
	number, known := x.numbers[account]
	if !known {
		number = uint32(len(x.names))
		x.numbers[account] = number
		x.names, x.packages = append(x.names, account), append(x.packages, 0)
	}
	return number
}

func entryOf(p *reconcile.Package) entry {
	return entry{seconds: p.Updated.Unix(), nanos: int32(p.Updated.Nanosecond()), content: contentOf(p)}
}

// contentOf hashes all that a package says.
func contentOf(p *reconcile.Package) uint64 {
	b := make([]byte, 0, 512)
	b = appendTexts(b, p.ID, p.AccountID, p.ExternalID)
	b = appendTimes(b, p.Created, p.Updated)
	for i := range p.Instances {
		in := &p.Instances[i]
		b = appendTexts(b, in.ID, in.ProductID, in.SiteID, string(in.Status), string(in.Cycle),
			in.Country, in.Failure, in.Discount, in.References)
		b = appendTimes(b, in.Expires, in.Created, in.Updated)
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
