package wix

import (
	"math"
	"slices"
	"time"
)

// How a batch is split by createdDate while it is read. Pages come newest first,
// so a part that has been read down to some date has everything before that date
// left. Another part begins in the middle of what is left and reads on from
// there; the first one stops when it reaches that date. The bounds of the two are
// the same moment, included in the newer part and excluded from the older one,
// and the newest and the oldest part have no outer bound, so that nothing is
// between them or outside of them.
//
// A part may only stop early if all its packages came newest first. Otherwise it
// is read to its end, and is not split.
//
// How much is left is estimated from the total, and from the packages in a second
// that a part has shown. An estimate that is wrong costs a request. A part is
// split if six pages are left in it, and one request in fifty may be used for
// splitting and counting. The total must be known: it alone proves that no package was between
// two windows, for example because it has no date.

const (
	splitEvery = 50 // pages
	splitFrom  = 6  // pages
)

// A part is a slice of a batch: all of it, or a window.
type part struct {
	batch    *batch
	from, to time.Time // the window; it may end early, at a later from
	newer    *part     // from which it was split; nil for none
	failed   bool      // once
	pages    int
	packages int
	newest   time.Time
	oldest   time.Time // of the last package
	rate     float64   // packages in a second of creation; 0: not known
	mixed    bool      // packages did not come newest first
	trimmed  bool      // it ends at from, where another part has begun
}

func (t *part) usesIn() bool { return len(t.batch.accounts) > 1 }

func (t *part) slice() Slice {
	return Slice{Accounts: t.batch.accounts, From: t.from, To: t.to}
}

// observe notes what a page showed.
func (t *part) observe(page *Page) {
	if page.First {
		t.pages, t.packages, t.newest, t.oldest, t.mixed = 0, 0, time.Time{}, time.Time{}, false
	}
	t.pages++
	t.packages += len(page.Packages)
	for i := range page.Packages {
		created := page.Packages[i].Package.Created
		if t.newest.IsZero() {
			t.newest, t.oldest = created, created
		}
		t.mixed = t.mixed || created.IsZero() || created.After(t.oldest)
		t.oldest = created
	}
	if span := t.newest.Sub(t.oldest).Seconds(); span > 0 {
		t.rate = float64(t.packages) / span
	}
}

// ended reports whether the part has reached the part that was split from it.
func (t *part) ended() bool { return t.trimmed && !t.mixed && t.oldest.Before(t.from) }

// position returns the date down to which the part is read; zero if it is not
// known.
func (t *part) position() time.Time {
	if t.pages > 0 {
		return t.oldest
	}
	return t.to
}

// canSplit reports whether batches may be split.
func (p *planner) canSplit() bool {
	return !p.plain && p.total >= 0 && p.learned.CreatedDate != Unsupported
}

// split returns a part that takes half of what is left in the running part with
// most of it; nil if there is nothing to split.
func (p *planner) split() *part {
	probing := !p.windowed && slices.ContainsFunc(p.running, func(t *part) bool { return t.newer != nil })
	if !p.canSplit() || probing || p.splits >= p.affordable() {
		return nil
	}
	var largest *part
	most := 0.0
	for _, t := range p.running {
		if left := p.left(t); left >= max(most, float64(p.minLeft)) && p.splittable(t) {
			largest, most = t, left
		}
	}
	if largest == nil {
		return nil
	}
	at, ok := largest.middle(most)
	if !ok {
		return nil
	}
	p.splits++
	b := largest.batch
	b.open, b.windowed = b.open+1, true
	older := &part{batch: b, from: largest.from, to: at, newer: largest, rate: largest.rate}
	if p.windowed {
		largest.trim(at)
	}
	return older
}

// affordable returns how many splits there may be. Two counts, a page that a part
// reads before it is known that another one reads it too, and the last pages of
// batches, which are half full, are paid first.
func (p *planner) affordable() int { return p.total/p.perSplit - 3 - p.batches/2 }

// splittable reports whether it is known how the packages of a part are spread.
func (p *planner) splittable(t *part) bool {
	return !t.mixed && !t.batch.dropped && !t.batch.plain && t.rate > 0 && (t.pages > 0 || t.newer != nil)
}

// trim ends a part where another one has begun.
func (t *part) trim(at time.Time) { t.from, t.trimmed = at, true }

// middle returns the date in the middle of what is left in a part.
func (t *part) middle(left float64) (time.Time, bool) {
	seconds := left / 2 / t.rate
	if seconds > math.MaxInt32 {
		return time.Time{}, false
	}
	at := t.position().Add(-time.Duration(seconds * float64(time.Second))).Truncate(time.Second)
	return at, at.Before(t.position()) && (t.from.IsZero() || at.After(t.from))
}

// left estimates how many packages a part still has.
func (p *planner) left(t *part) float64 {
	if !t.from.IsZero() {
		return t.bounded()
	}
	rest, open := float64(p.total-p.read), 0
	for _, other := range p.running {
		if other.from.IsZero() {
			open++
			continue
		}
		rest -= other.bounded()
	}
	return rest / float64(max(open, 1))
}

// bounded estimates how many packages a part with a from still has.
func (t *part) bounded() float64 {
	if t.position().IsZero() {
		return 0
	}
	return max(0, t.rate*t.position().Sub(t.from).Seconds())
}
