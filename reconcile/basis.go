package reconcile

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"time"
)

// A Basis is what a fix of a finding rests on, beyond what the finding shows.
// Only findings of a kind that has a fix carry one.
type Basis struct {
	Records       []int    // the rows of the subscription, by their place in the ledger
	Rows          string   // hash of what they hold; empty where the ledger has none
	Targets       []string // the live instances that the finding is about
	Whole         bool     // they are all that is live in the package
	LinkedByPlace bool     // the package was linked by its place alone
	Order         []OrderLine
}

// Ordered is an active line that waits for a package to be created.
type OrderLine struct {
	ProductID string
	SiteID    string // empty or Floating: on none
	Cycle     Cycle
	Country   string
	Quantity  int
	Start     time.Time
}

// basis gives what every fix of the subscription rests on. Bad rows are no
// part of it: they shield.
func (m *matching) basis() *Basis {
	if m.rests == nil {
		m.rests = &Basis{Rows: RowsHash(m.Lines)}
		for i := range m.Lines {
			m.rests.Records = append(m.rests.Records, m.Lines[i].Record)
		}
	}
	b := *m.rests
	return &b
}

// RowsHash gives a hash of what the rows of a subscription hold, in the order of
// Compare; empty where there are none.
func RowsHash(lines []Line) string {
	if len(lines) == 0 {
		return ""
	}
	hash := sha256.New()
	for i := range lines {
		hash.Write(lines[i].content())
	}
	return hex.EncodeToString(hash.Sum(nil)[:16])
}

// content gives the line's cells as bytes, each behind its length. Where the
// row stands in the ledger is no part of them.
func (l *Line) content() []byte {
	var b []byte
	for _, cell := range [...]string{
		l.ExternalID, l.AccountID, string(l.Status), l.ProductID, string(l.Cycle), l.Country, l.SiteID,
		l.PackageID, l.InstanceID, l.UnitPrice.text(), l.Currency, l.Customer,
	} {
		b = append(binary.AppendUvarint(b, uint64(len(cell))), cell...)
	}
	for _, date := range [...]time.Time{l.Start, l.End, l.Updated} {
		b = binary.AppendVarint(b, date.Unix())
		b = binary.AppendVarint(b, int64(date.Nanosecond()))
	}
	b = binary.AppendVarint(b, int64(l.Quantity))
	return binary.BigEndian.AppendUint64(b, l.Carried.Hash)
}

func (p Price) text() string {
	if !p.Known {
		return ""
	}
	return p.Amount.String()
}

// order gives what a package of the active lines would hold.
func (m *matching) order() []OrderLine {
	var order []OrderLine
	for i := range m.Lines {
		if l := &m.Lines[i]; m.sub.phases[i] == PhaseActive {
			order = append(order, OrderLine{l.ProductID, l.SiteID, l.Cycle, l.Country, l.Quantity, l.Start})
		}
	}
	return order
}
