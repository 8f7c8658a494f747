package wix

import (
	"errors"
	"net/http"
	"slices"
)

// What the planner makes of what a part showed.

// showed notes a page of a part, which is valid. It reports whether the part has
// ended before its last page.
func (p *planner) showed(t *part, page *Page) (ended bool) {
	p.read += len(page.Packages)
	t.observe(page)
	switch {
	case t.batch.dropped:
		p.remove(t)
		return true
	case t.usesIn():
		p.acceptIn(len(t.batch.accounts))
	}
	if t.newer != nil && !p.windowed && !p.acceptWindow(t, len(page.Packages)) {
		return true
	}
	if t.ended() {
		p.finished(t)
		return true
	}
	return false
}

// acceptIn notes that an $in of so many accounts was obeyed. If a longer one was
// refused, the length between the two is found by trying.
func (p *planner) acceptIn(accounts int) {
	p.learned.AccountIn = Supported
	p.acceptedIn = max(p.acceptedIn, accounts)
	if p.learned.MaxIn == 2 && p.refusedIn > 2 {
		p.learned.MaxIn, p.refusedIn = shorter(p.refusedIn), 0
	}
}

// acceptWindow decides about the first page of the first window. It is not needed
// if its newer part has been read to the end meanwhile. An empty page proves
// nothing, so the filter is not used, and the newer part is read to its end.
func (p *planner) acceptWindow(t *part, packages int) bool {
	switch {
	case packages == 0:
		p.learned.CreatedDate = Unsupported
	case !slices.Contains(p.running, t.newer):
	default:
		p.windowed, p.learned.CreatedDate = true, Supported
		t.newer.trim(t.to)
		return true
	}
	p.finished(t)
	return false
}

// finished notes that a part was read to its end.
func (p *planner) finished(t *part) {
	p.remove(t)
	p.completed(t.batch)
}

// completed notes that one part of a batch less is open.
func (p *planner) completed(b *batch) {
	if b.open--; b.open > 0 || b.dropped {
		return
	}
	by := byBatch
	if len(b.accounts) == 1 && !b.windowed {
		by = byChain
	}
	for _, account := range b.accounts {
		p.done[account] = by
		delete(p.failures, account)
	}
	if b.pair != nil {
		if b.pair.left--; b.pair.left == 0 && p.acceptedIn == 0 {
			p.distrust(accountIn)
		}
	}
}

// failed notes that a part could not be read.
func (p *planner) failed(t *part, err error) {
	p.remove(t)
	var mismatch *filterError
	switch {
	case t.batch.dropped:
	case disobeys(err):
		errors.As(err, &mismatch)
		p.drop(t.batch)
		p.distrust(mismatch.filter)
	case t.pages == 0 && refused(err) && t.newer != nil && !p.windowed:
		p.rejectWindow(t)
	case t.pages == 0 && refused(err) && len(t.batch.accounts) > max(1, p.acceptedIn):
		p.rejectIn(t.batch)
	case retryable(err) && !t.failed:
		t.failed = true
		p.again = append(p.again, t)
	default:
		p.isolate(t.batch, err)
	}
}

// refused reports whether a server may have refused the filter of a query.
func refused(err error) bool {
	switch statusOf(err) {
	case http.StatusBadRequest, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusRequestEntityTooLarge,
		http.StatusRequestURITooLong, http.StatusUnprocessableEntity, http.StatusNotImplemented:
		return true
	}
	return false
}

// distrust gives up a filter, and plans again what it was to read.
func (p *planner) distrust(filter filterName) {
	if filter == createdDate {
		p.learned.CreatedDate, p.windowed = Unsupported, false
		p.dropBatches(func(b *batch) bool { return b.windowed })
		return
	}
	p.learned.AccountIn, p.acceptedIn = Unsupported, 0
	p.dropBatches(func(b *batch) bool { return len(b.accounts) > 1 })
}

// rejectWindow gives up filters on createdDate after the first one was refused.
// The newer part reads the window too. If it has just begun, its batch is
// planned again in smaller ones, which can be read side by side.
func (p *planner) rejectWindow(t *part) {
	p.learned.CreatedDate = Unsupported
	b := t.batch
	p.completed(b)
	if b.open > 0 && len(b.accounts) > 1 && t.newer.packages <= p.total/splitEvery {
		p.drop(b)
	}
}

// rejectIn notes that an $in was refused, and plans its accounts again.
func (p *planner) rejectIn(b *batch) {
	n := len(b.accounts)
	switch {
	case p.acceptedIn > 0:
		p.learned.MaxIn = max(shorter(n), p.acceptedIn)
	case n > 2:
		p.learned.MaxIn, p.refusedIn = 2, n
	default:
		p.learned.AccountIn, p.learned.MaxIn = Unsupported, 0
	}
	p.drop(b)
}

// shorter returns the next length of an $in to try.
func shorter(n int) int {
	for _, length := range shorterIn {
		if length < n {
			return length
		}
	}
	return 2
}

// isolate reads a batch that failed in halves, or gives up its only account.
func (p *planner) isolate(b *batch, err error) {
	n := len(b.accounts)
	p.dropParts(b)
	switch {
	case n > 2:
		p.queue = append(p.queue, group{accounts: b.accounts[:n/2], size: n}, group{accounts: b.accounts[n/2:], size: n})
	case n == 2:
		two := &pair{left: 2}
		for i := range b.accounts {
			p.queue = append(p.queue, group{accounts: b.accounts[i : i+1], plain: true, pair: two})
		}
	case b.windowed:
		p.queue = append(p.queue, group{accounts: b.accounts, plain: true})
	default:
		p.failures[b.accounts[0]] = err
	}
}

// dropBatches drops the unfinished batches that match.
func (p *planner) dropBatches(match func(*batch) bool) {
	for _, t := range slices.Concat(p.running, p.again) {
		if !t.batch.dropped && match(t.batch) {
			p.drop(t.batch)
		}
	}
}

// drop plans the accounts of a batch again.
func (p *planner) drop(b *batch) {
	p.dropParts(b)
	p.queue = append(p.queue, group{accounts: b.accounts, plain: b.plain})
}

// dropParts gives a batch up. Its running parts end with their next page.
func (p *planner) dropParts(b *batch) {
	b.dropped = true
	p.again = slices.DeleteFunc(p.again, func(t *part) bool { return t.batch == b })
}

func (p *planner) remove(t *part) {
	p.running = slices.DeleteFunc(p.running, func(other *part) bool { return other == t })
}
