package wixsim

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// An order compares two packages. It ends with the id, so that no two packages
// are equal.
type order func(p, q *Package) int

func newestFirst(p, q *Package) int {
	return cmp.Or(q.CreatedDate.Compare(p.CreatedDate), cmp.Compare(p.ID, q.ID))
}

// shuffled orders by a hash of the id: a permutation that depends on the seed.
// The bits are reversed, because a last digit hardly changes the upper ones.
func shuffled(seed uint64) order {
	rank := func(p *Package) uint64 { return bits.Reverse64(hash(strconv.FormatUint(seed, 10), p.ID)) }
	return func(p, q *Package) int {
		return cmp.Or(cmp.Compare(rank(p), rank(q)), cmp.Compare(p.ID, q.ID))
	}
}

func hash(texts ...string) uint64 {
	h := fnv.New64a()
	for _, text := range texts {
		_, _ = io.WriteString(h, text) // it never fails
	}
	return h.Sum64()
}

// An inventory stores packages in one order, as a whole and by account. A
// package is never changed in place, so that a selected page needs no lock.
type inventory struct {
	by order

	mu        sync.RWMutex
	byID      map[string]*Package
	all       []*Package
	byAccount map[string][]*Package
}

// newInventory indexes the packages. Of two with one id the later remains.
func newInventory(packages []Package, by order) *inventory {
	v := &inventory{by: by, byID: make(map[string]*Package, len(packages)), byAccount: map[string][]*Package{}}
	for i := range packages {
		v.byID[fold(packages[i].ID)] = &packages[i]
	}
	v.all = make([]*Package, 0, len(v.byID))
	for _, p := range v.byID {
		v.all = append(v.all, p)
	}
	slices.SortFunc(v.all, by)
	for _, p := range v.all {
		account := fold(p.AccountID)
		v.byAccount[account] = append(v.byAccount[account], p)
	}
	return v
}

func (v *inventory) get(id string) (*Package, bool) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	p, ok := v.byID[fold(id)]
	return p, ok
}

func (v *inventory) put(p *Package) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.drop(p.ID)
	account := fold(p.AccountID)
	v.byID[fold(p.ID)] = p
	v.all = v.insert(v.all, p)
	v.byAccount[account] = v.insert(v.byAccount[account], p)
}

func (v *inventory) remove(id string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.drop(id)
}

func (v *inventory) drop(id string) {
	p, ok := v.byID[fold(id)]
	if !ok {
		return
	}
	same := func(q *Package) bool { return q == p }
	account := fold(p.AccountID)
	delete(v.byID, fold(id))
	v.all = slices.DeleteFunc(v.all, same)
	v.byAccount[account] = slices.DeleteFunc(v.byAccount[account], same)
}

func (v *inventory) insert(list []*Package, p *Package) []*Package {
	at, _ := slices.BinarySearchFunc(list, p, v.by)
	return slices.Insert(list, at, p)
}

// A selection is the packages that a query is about.
type selection struct {
	account string // folded; empty is every account
	match   func(*Package) bool
	by      order // nil is the inventory's
}

// candidates returns the packages of the selection's account, in its order.
func (v *inventory) candidates(sel selection) []*Package {
	list := v.all
	if sel.account != "" {
		list = v.byAccount[sel.account]
	}
	if sel.by != nil {
		list = slices.SortedFunc(slices.Values(list), sel.by)
	}
	return list
}

// after returns up to limit packages after a position, nil being the start, and
// whether there are more.
func (v *inventory) after(sel selection, position *Package, limit int) (page []*Package, more bool) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	list := v.candidates(sel)
	if position != nil {
		by := v.by
		if sel.by != nil {
			by = sel.by
		}
		at, found := slices.BinarySearchFunc(list, position, by)
		if found {
			at++
		}
		list = list[at:]
	}
	for _, p := range list {
		if !sel.match(p) {
			continue
		}
		if len(page) == limit {
			return page, true
		}
		page = append(page, p)
	}
	return page, false
}

// from returns up to limit packages from an offset, and how many there are in all.
func (v *inventory) from(sel selection, offset, limit int) (page []*Package, total int) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	for _, p := range v.candidates(sel) {
		if !sel.match(p) {
			continue
		}
		if total >= offset && len(page) < limit {
			page = append(page, p)
		}
		total++
	}
	return page, total
}

// find returns the first instance that matches, as its package and index; a nil
// package where none does.
func (v *inventory) find(match func(*Instance) bool) (*Package, int) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	for _, p := range v.all {
		for i := range p.ProductInstances {
			if match(&p.ProductInstances[i]) {
				return p, i
			}
		}
	}
	return nil, 0
}

// findInstance returns the package of an instance, and the instance's index.
func (v *inventory) findInstance(id string) (*Package, int) {
	return v.find(func(in *Instance) bool { return fold(in.InstanceID) == fold(id) })
}

// An inventory in a file is JSON lines: one package a line, as the API writes
// it. Unknown fields are refused, because a misspelt one would change what is
// rehearsed.

const (
	maxLine        = 4 << 20 // bytes; 1000 instances need less than 1 MiB
	maxFaultyLines = 20      // that are reported
)

// ReadInventory reads an inventory. The error names up to 20 invalid lines;
// blank lines are skipped.
func ReadInventory(r io.Reader) ([]Package, error) {
	var (
		packages []Package
		faults   []error
		seen     = map[string]int{}
		lines    = bufio.NewScanner(r)
	)
	lines.Buffer(nil, maxLine)
	for n := 1; lines.Scan() && len(faults) < maxFaultyLines; n++ {
		text := bytes.TrimSpace(lines.Bytes())
		if len(text) == 0 {
			continue
		}
		p, err := readPackage(text, seen)
		if err != nil {
			faults = append(faults, fmt.Errorf("read inventory: line %d: %w", n, err))
			continue
		}
		seen[p.ID] = n
		packages = append(packages, p)
	}
	if err := lines.Err(); err != nil {
		faults = append(faults, fmt.Errorf("read inventory: %w", err))
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return packages, nil
}

func readPackage(text []byte, seen map[string]int) (Package, error) {
	var p Package
	if !json.Valid(text) {
		return p, errors.New("not JSON")
	}
	if err := decodeStrictly(text, &p); err != nil {
		return p, errors.New(strings.TrimPrefix(err.Error(), "json: "))
	}
	switch line, twice := seen[p.ID]; {
	case !isGUID(p.ID):
		return p, fmt.Errorf("id %q is not a GUID", p.ID)
	case !isGUID(p.AccountID):
		return p, fmt.Errorf("package %s: accountId %q is not a GUID", p.ID, p.AccountID)
	case len(p.ProductInstances) == 0:
		return p, fmt.Errorf("package %s: it has no productInstances", p.ID)
	case twice:
		return p, fmt.Errorf("package %s is on line %d already", p.ID, line)
	}
	return p, nil
}

// decodeStrictly reads exactly one JSON value, and refuses unknown fields.
func decodeStrictly(text []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is more than one JSON value")
	}
	return nil
}
