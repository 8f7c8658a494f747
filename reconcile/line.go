package reconcile

import (
	"cmp"
	"time"

	"github.com/govalues/decimal"
)

// LineStatus is what the ledger says of a line, after the status map.
type LineStatus string

// The statuses of a ledger line.
const (
	Active   LineStatus = "active"
	Pending  LineStatus = "pending"
	Canceled LineStatus = "canceled"
)

// Floating is the site_id of a line that must not be on any site.
const Floating = "none"

// MaxQuantity is the largest quantity of a line, and of instances a package.
const MaxQuantity = 1000

// A Line is one valid row of the ledger: one line of a subscription, which is
// Quantity equal product instances. Ids are trimmed, GUIDs in lower case, and
// an empty field is a cell that was not filled: it is not compared.
type Line struct {
	ExternalID string
	AccountID  string
	Status     LineStatus
	ProductID  string
	Cycle      Cycle
	Country    string // upper case
	SiteID     string // a GUID, Floating, or empty
	Quantity   int    // 1 to MaxQuantity; 1 where InstanceID is filled
	PackageID  string
	InstanceID string
	Start      time.Time // from
	End        time.Time // until, exclusive
	Updated    time.Time
	UnitPrice  Price  // for one a cycle
	Currency   string // upper case, as the ledger writes it
	Customer   string

	Record  int     // number of the record in the ledger, the header being 1
	Carried Carried // the other cells of the row
}

// A Price is a decimal that may be unknown.
type Price struct {
	Amount decimal.Decimal
	Known  bool
}

// Carried stands for the cells that a row carries into the reports: reconcile
// orders by what they hold and never looks at them.
type Carried struct {
	Hash uint64 // of the cells, in column order; 0 where there are none
	At   int64  // where join keeps them; no part of the line's value
}

// A BadRow is a row of the ledger that can't be read. The ids that could be
// read are there all the same, because they shield what they name.
type BadRow struct {
	ExternalID string // empty where it can't be read
	AccountID  string // empty where it can't be read
	PackageID  string
	InstanceID string
	Column     string // the first cell at fault, by its contract name; empty where the row as a whole is
	Value      string // that cell
	Problem    string // what is wrong with the row, for people
	Cells      uint64 // hash of all cells
	Customer   string

	Record  int
	Carried Carried
}

// Phase says where a line stands at the as-of.
type Phase uint8

// The phases of a line, in the order in which lines choose instances.
const (
	PhaseActive Phase = iota
	PhaseUpcoming
	PhaseEnded
)

// Phase gives the phase of the line at asOf: ended when its end is reached, or
// when it is canceled with no end or a past one; else upcoming when it is
// pending or starts later; else active.
func (l *Line) Phase(asOf time.Time) Phase {
	reached := !l.End.IsZero() && !l.End.After(asOf)
	switch {
	case reached, l.Status == Canceled && l.End.IsZero():
		return PhaseEnded
	case l.Status == Pending, l.Start.After(asOf):
		return PhaseUpcoming
	}
	return PhaseActive
}

// EndedByDate reports whether an ended line rests on its end date alone,
// because its status does not say canceled.
func (l *Line) EndedByDate() bool { return l.Status != Canceled }

// Compare orders lines by their own cells, in the order of the contract's
// columns, and only last by their place in the ledger: lines that differ in
// Record alone are equal for every decision.
func (l *Line) Compare(m *Line) int {
	return cmp.Or(
		cmp.Compare(l.ExternalID, m.ExternalID),
		cmp.Compare(l.AccountID, m.AccountID),
		cmp.Compare(l.Status, m.Status),
		cmp.Compare(l.ProductID, m.ProductID),
		cmp.Compare(l.Cycle, m.Cycle),
		cmp.Compare(l.Country, m.Country),
		cmp.Compare(l.SiteID, m.SiteID),
		cmp.Compare(l.Quantity, m.Quantity),
		cmp.Compare(l.PackageID, m.PackageID),
		cmp.Compare(l.InstanceID, m.InstanceID),
		l.Start.Compare(m.Start),
		l.End.Compare(m.End),
		l.Updated.Compare(m.Updated),
		l.UnitPrice.compare(m.UnitPrice),
		cmp.Compare(l.Currency, m.Currency),
		cmp.Compare(l.Customer, m.Customer),
		cmp.Compare(l.Carried.Hash, m.Carried.Hash),
		cmp.Compare(l.Record, m.Record),
	)
}

func (p Price) compare(q Price) int {
	if p.Known != q.Known {
		if q.Known {
			return -1
		}
		return 1
	}
	return cmp.Or(p.Amount.Cmp(q.Amount), cmp.Compare(p.Amount.Scale(), q.Amount.Scale()))
}
