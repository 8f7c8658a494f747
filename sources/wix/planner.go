package wix

import (
	"cmp"
	"slices"
)

// Which slices of an inventory are read, and in which order. The planner decides
// from what is known and has no effects: the reader reads the parts that it
// returns, and reports what they showed (outcome.go).
//
// Sub-accounts are read in batches by accountId $in, as long as the server takes
// them, so that pages are full. While workers are idle, a batch that still has
// many pages is split by createdDate (split.go).
//
// The first request that needs a filter is a probe: nothing else uses the filter
// until a page has obeyed it. A filter that is refused, or that answers a package
// that it excludes, is not used again, and what it was to read is planned again.
// An $in that is refused is tried with two accounts, then with shorter lists.
//
// A batch that fails otherwise is read again in halves, down to single
// sub-accounts, which are read by accountId $eq: coverage is by sub-account.
// Only a total or a sweep proves a batch. Where neither does, replan has all
// sub-accounts read by accountId $eq.

const maxIn = 5000 // accounts in an $in; 200 KB

// shorterIn are the lengths that are tried after a refused one.
var shorterIn = [...]int{1000, 200, 100, 50, 20, 10, 5}

// How an account was read.
const (
	byChain = "chain" // its own chain
	byBatch = "batch" // with others, or in windows
	bySweep = "sweep" // of the whole inventory
)

// A planner plans the reading of sub-accounts.
type planner struct {
	learned Learned
	workers int
	total   int  // packages of the inventory; -1 if there is no total
	plain   bool // only accountId $eq is used

	perSplit int // packages for each split
	minLeft  int // packages of a part that is split

	queue   []group
	again   []*part // to be read once more
	running []*part

	acceptedIn int  // the longest $in that was obeyed
	refusedIn  int  // the length of the first $in that was refused; 0: none
	windowed   bool // a filter on createdDate was obeyed
	batches    int  // so far
	splits     int  // so far
	read       int  // packages shown so far, with repetitions

	done     map[string]string // account → how it was read
	failures map[string]error  // account → why it was not
}

// A group is sub-accounts that are to be read in one batch or more.
type group struct {
	accounts []string
	size     int   // of a batch; 0: not decided, because $in is not proven
	plain    bool  // by accountId $eq
	pair     *pair // of a pair whose batch failed
}

// A pair counts two sub-accounts of which a batch was refused, and that are now
// read one by one. If both can be read, the refusal was about the filter.
type pair struct{ left int }

// A batch is sub-accounts that are read together, in one part or more.
type batch struct {
	accounts []string
	pair     *pair
	plain    bool
	windowed bool // it has been split
	open     int  // parts that are not read to their end
	dropped  bool // given up: its accounts are planned again
}

// newPlanner returns a planner of the accounts, which are sorted. A total of -1
// means that the server has none; without batches only accountId $eq is used.
func newPlanner(accounts []string, learned Learned, workers, total int, batches bool) *planner {
	p := &planner{
		learned: learned, workers: workers, total: total, plain: !batches,
		perSplit: splitEvery * pageLimit, minLeft: splitFrom * pageLimit,
		done: make(map[string]string), failures: make(map[string]error),
	}
	if len(accounts) > 0 {
		p.queue = []group{{accounts: accounts}}
	}
	return p
}

// next returns the next part to read; nil if there is none now. It is the last
// one if the planner is idle.
func (p *planner) next() *part {
	var t *part
	switch {
	case len(p.queue) > 0:
		t = p.nextBatch()
	case len(p.again) > 0:
		t, p.again = p.again[0], p.again[1:]
	default:
		t = p.split()
	}
	if t != nil {
		p.running = append(p.running, t)
	}
	return t
}

// idle reports whether everything is read.
func (p *planner) idle() bool { return len(p.running)+len(p.again)+len(p.queue) == 0 }

// nextBatch returns the part of a new batch; nil while $in is probed.
func (p *planner) nextBatch() *part {
	g := &p.queue[0]
	if g.size == 0 && p.acceptedIn > 0 {
		g.size = p.batchSize(g)
	}
	n := min(cmp.Or(g.size, p.batchSize(g)), len(g.accounts), p.longestIn())
	if g.plain {
		n = 1
	}
	if n > 1 && p.acceptedIn == 0 && slices.ContainsFunc(p.running, (*part).usesIn) {
		return nil
	}
	p.batches++
	b := &batch{accounts: g.accounts[:n:n], pair: g.pair, plain: g.plain || p.plain, open: 1}
	if g.accounts = g.accounts[n:]; len(g.accounts) == 0 {
		p.queue = p.queue[1:]
	}
	return &part{batch: b}
}

// longestIn returns how many accounts a batch may have.
func (p *planner) longestIn() int {
	if p.plain || p.learned.AccountIn == Unsupported {
		return 1
	}
	return cmp.Or(p.learned.MaxIn, maxIn)
}

// batchSize returns the size of the batches of a group: as few as possible, and
// equal. Where batches can't be split, there are enough of them for all workers.
func (p *planner) batchSize(g *group) int {
	batches := ceilDiv(len(g.accounts), p.longestIn())
	if !p.canSplit() {
		batches = max(batches, p.parallel())
	}
	return ceilDiv(len(g.accounts), batches)
}

// parallel returns how many batches there should be at least: two for each
// worker, but at most one request in fifty may be the page that each adds.
func (p *planner) parallel() int {
	if p.total < 0 {
		return p.workers
	}
	return max(1, min(2*p.workers, p.total/p.perSplit))
}

// replan has all sub-accounts that no chain of their own has read, read by one.
// It reports whether there are any.
func (p *planner) replan() bool {
	p.plain = true
	p.dropBatches(func(b *batch) bool { return !b.plain })
	var accounts []string
	for account, by := range p.done {
		if by != byChain {
			accounts = append(accounts, account)
			delete(p.done, account)
		}
	}
	if len(accounts) > 0 {
		slices.Sort(accounts)
		p.queue = append(p.queue, group{accounts: accounts})
	}
	return len(p.queue) > 0
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }
