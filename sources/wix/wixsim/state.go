package wixsim

import (
	"cmp"
	"slices"
	"sort"
	"strings"
	"sync"
)

// The state of a server is an inventory of packages in one order, whole and by
// account. A package is never changed in place: a change puts a new one there,
// so that a page, once selected, needs no lock to be written.

// order compares two packages. Every order ends with the id, so that no two
// packages are equal and a position is one place.
type order func(p, q *Package) int

func newestFirst(p, q *Package) int {
	return cmp.Or(q.CreatedDate.Compare(p.CreatedDate), cmp.Compare(p.ID, q.ID))
}

// shuffled is an order by a hash of the id: a permutation that a seed settles.
func shuffled(seed uint64) order {
	return func(p, q *Package) int {
		return cmp.Or(cmp.Compare(rank(seed, p.ID), rank(seed, q.ID)), cmp.Compare(p.ID, q.ID))
	}
}

// rank is FNV-1a with its bits mixed at the end, because a last digit hardly
// moves the upper ones; written out, because a sort calls it often.
func rank(seed uint64, id string) uint64 {
	h := 14695981039346656037 ^ seed
	for i := range len(id) {
		h = (h ^ uint64(id[i])) * 1099511628211
	}
	h ^= h >> 32
	return h * 0x9e3779b97f4a7c15
}

type book struct {
	base order

	mu        sync.RWMutex
	byID      map[string]*Package
	all       []*Package
	byAccount map[string][]*Package
}

// newBook indexes the packages. Of two with one id the later in the slice stays.
func newBook(packages []Package, base order) *book {
	b := &book{base: base, byID: make(map[string]*Package, len(packages)), byAccount: map[string][]*Package{}}
	for i := range packages {
		b.byID[fold(packages[i].ID)] = &packages[i]
	}
	b.all = make([]*Package, 0, len(b.byID))
	for _, p := range b.byID {
		b.all = append(b.all, p)
	}
	slices.SortFunc(b.all, base)
	for _, p := range b.all {
		account := fold(p.AccountID)
		b.byAccount[account] = append(b.byAccount[account], p)
	}
	return b
}

// fold is the key of an id in the indexes.
func fold(id string) string { return strings.ToLower(id) }

func (b *book) get(id string) (*Package, bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	p, ok := b.byID[fold(id)]
	return p, ok
}

func (b *book) put(p *Package) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.drop(p.ID)
	account := fold(p.AccountID)
	b.byID[fold(p.ID)] = p
	b.all = insert(b.all, p, b.base)
	b.byAccount[account] = insert(b.byAccount[account], p, b.base)
}

func (b *book) remove(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.drop(id)
}

func (b *book) drop(id string) {
	p, ok := b.byID[fold(id)]
	if !ok {
		return
	}
	account := fold(p.AccountID)
	delete(b.byID, fold(id))
	b.all = without(b.all, p, b.base)
	b.byAccount[account] = without(b.byAccount[account], p, b.base)
}

func insert(list []*Package, p *Package, by order) []*Package {
	at, _ := slices.BinarySearchFunc(list, p, by)
	return slices.Insert(list, at, p)
}

func without(list []*Package, p *Package, by order) []*Package {
	if at, found := slices.BinarySearchFunc(list, p, by); found {
		return slices.Delete(list, at, at+1)
	}
	return list
}

// A selection says which packages a query is about, and in which order.
type selection struct {
	account string // folded; empty is every account
	match   func(*Package) bool
	by      order // nil is the order of the inventory
}

// after gives up to limit packages that come after a position, nil being the
// start, and whether more follow.
func (b *book) after(sel selection, position *Package, limit int) (page []*Package, more bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	list, by := b.candidates(sel)
	start := 0
	if position != nil {
		start = sort.Search(len(list), func(i int) bool { return by(list[i], position) > 0 })
	}
	for _, p := range list[start:] {
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

// at gives up to limit packages from an offset, and how many there are in all.
func (b *book) at(sel selection, offset, limit int) (page []*Package, total int) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	list, _ := b.candidates(sel)
	for _, p := range list {
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

// stranger gives the first package that belongs to another account.
func (b *book) stranger(account string) (*Package, bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	for _, p := range b.all {
		if fold(p.AccountID) != account {
			return p, true
		}
	}
	return nil, false
}

func (b *book) candidates(sel selection) ([]*Package, order) {
	list := b.all
	if sel.account != "" {
		list = b.byAccount[sel.account]
	}
	if sel.by == nil {
		return list, b.base
	}
	list = slices.Clone(list)
	slices.SortFunc(list, sel.by)
	return list, sel.by
}
