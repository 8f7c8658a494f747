package reconcile

import (
	"cmp"
	"time"

	"github.com/govalues/decimal"
)

// LineStatus is the status of a ledger line, after the status map.
type LineStatus string

// The statuses of a ledger line.
const (
	Active   LineStatus = "active"
	Pending  LineStatus = "pending"
	Canceled LineStatus = "canceled"
)

// Floating is the site_id of a line that must not be on any site.
const Floating = "none"

// MaxQuantity is the maximum quantity of a line, and of instances in a package.
const MaxQuantity = 1000

// A Line is one valid row of the ledger: one line of a subscription, for Quantity
// equal product instances. Ids are trimmed and GUIDs are in lower case. An empty
// field is a cell that was not filled and is not compared.
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
	UnitPrice  Price  // of one instance, per cycle
	Currency   string // upper case, as the ledger writes it
	Customer   string

	Record  int     // number of the record in the ledger; the header is 1
	Carried Carried // the other cells of the row
}

// A Price is a decimal that may be unknown.
type Price struct {
	Amount decimal.Decimal
	Known  bool
}

// Carried refers to the cells that a row carries into the reports. Only their
// hash takes part in ordering; this package never reads them.
type Carried struct {
	Hash   uint64 // of the cells, in column order; 0 where there are none
	Offset int64  // where package join stores them; not part of the line's value
}

// A BadRow is a row of the ledger that can't be read. It keeps the ids that could
// be read, because they shield what they name.
type BadRow struct {
	ExternalID string // empty where it can't be read
	AccountID  string // empty where it can't be read
	PackageID  string
	InstanceID string
	Column     string // contract name of the first invalid cell; empty where the row as a whole is invalid
	Value      string // of that cell
	Problem    string // what is wrong with the row, for people
	Cells      uint64 // hash of all cells
	Customer   string

	Record  int
	Carried Carried
}

// Phase is where a line is in its life at the as-of time.
type Phase uint8

// The phases of a line, in the order in which lines choose instances.
const (
	PhaseActive Phase = iota
	PhaseUpcoming
	PhaseEnded
)

// Phase returns the phase of the line at asOf: ended if its end is reached or it
// is canceled without an end; else upcoming if it is pending or starts later;
// else active.
func (l *Line) Phase(asOf time.Time) Phase {
	endReached := !l.End.IsZero() && !l.End.After(asOf)
	switch {
	case endReached, l.Status == Canceled && l.End.IsZero():
		return PhaseEnded
	case l.Status == Pending, l.Start.After(asOf):
		return PhaseUpcoming
	}
	return PhaseActive
}

// EndedByDate reports whether an ended line ended only by its end date, because
// its status is not canceled.
func (l *Line) EndedByDate() bool { return l.Status != Canceled }

// Compare orders lines by their cells, in the order of the contract's columns, and
// last by record number. Lines that differ only in Record are equal for every
// decision.
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
