package reconcile

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"time"
)

// A Basis is what the fix of a finding depends on, beyond the finding itself.
// Only findings whose kind has a fix carry one.
type Basis struct {
	Records       []int       // record numbers of the subscription's rows, the first maxRecords of them
	RowsHash      string      // of the rows' content; empty where the ledger has none
	Targets       []string    // ids of the live instances that the finding is about
	WholePackage  bool        // the targets are all live instances of the package
	LinkedByPlace bool        // the package was linked by account, product and site only
	PossibleMatch string      // external id of an orphan, or of a subscription, that it could be; empty: none
	ShieldedBy    int         // record of the bad row that shields it; 0: none does
	Order         []OrderLine // what a missing package must contain
}

// An OrderLine is an active ledger line for which a package must be created.
type OrderLine struct {
	ProductID string
	SiteID    string // empty or Floating: no site
	Cycle     Cycle
	Country   string
	Quantity  int
	Start     time.Time
}

// maxRecords bounds the record numbers of a basis. A subscription may have thousands
// of rows, and thousands of findings with a basis each.
const maxRecords = 1000

// newBasis returns the basis that all fixes of the subscription share. Bad rows
// are not part of it: they shield instead.
func (m *matcher) newBasis() *Basis {
	if m.fixBasis == nil {
		m.fixBasis = &Basis{RowsHash: RowsHash(m.Lines)}
		for i := range min(len(m.Lines), maxRecords) {
			m.fixBasis.Records = append(m.fixBasis.Records, m.Lines[i].Record)
		}
	}
	b := *m.fixBasis
	return &b
}

// RowsHash returns a hash of the content of a subscription's rows, which must be
// in the order of Compare. It is empty where there are none.
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

// content returns the line's cells as bytes, each with its length in front. The
// record number is left out, so that moving a row does not change the hash.
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

// orderLines returns what a package for the active lines must contain.
func (m *matcher) orderLines() []OrderLine {
	var order []OrderLine
	for i := range m.Lines {
		if l := &m.Lines[i]; m.sub.phases[i] == PhaseActive {
			order = append(order, OrderLine{l.ProductID, l.SiteID, l.Cycle, l.Country, l.Quantity, l.Start})
		}
	}
	return order
}
