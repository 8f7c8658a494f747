package ledger

import (
	"time"

	"github.com/govalues/decimal"

	"github.com/wixrecon/wixrecon/reconcile"
)

// Most columns have few different cells. What was read of a cell is kept, so that
// the next row with it needs no parsing. Only cells without an error are kept, up to
// a limit. A nil memo keeps nothing.
type memo[V any] map[string]V

const maxMemo = 4096

func (m memo[V]) add(cell string, value V) {
	if m != nil && len(m) < maxMemo {
		m[cell] = value
	}
}

// memos are the memos of one goroutine. Cells of a text only are kept: those of a
// sheet mean what their kind says.
type memos struct {
	dates    memo[time.Time] // of four-digit years
	prices   memo[amount]
	products memo[string]
	cycles   memo[reconcile.Cycle]
}

// amount is a price and the currency signs beside it.
type amount struct {
	decimal.Decimal
	signs []string
}

func newMemos() memos {
	return memos{make(memo[time.Time]), make(memo[amount]), make(memo[string]), make(memo[reconcile.Cycle])}
}
