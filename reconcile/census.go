package reconcile

// Class is how a ledger row or a package ended. Each has exactly one class, and
// the census proves it: the counts must add up on both sides.
type Class uint8

// The classes.
const (
	Matched Class = iota
	LedgerOnly
	WixOnly
	Ambiguous
	Duplicate
	Conflict
	Invalid
	ClassUnknown
	Settled // nothing live and nothing active
	classes // their number
)

// Classes returns all classes in their order.
func Classes() []Class {
	all := make([]Class, classes)
	for i := range all {
		all[i] = Class(i)
	}
	return all
}

func (c Class) String() string {
	return [...]string{"matched", "ledger_only", "wix_only", "ambiguous", "duplicate",
		"conflict", "invalid", "unknown", "settled"}[c]
}

// Census counts ledger rows and packages by class.
type Census struct {
	Rows     [classes]int
	Packages [classes]int
}

// Totals returns the number of rows and of packages.
func (c *Census) Totals() (rows, packages int) {
	for i := range classes {
		rows += c.Rows[i]
		packages += c.Packages[i]
	}
	return rows, packages
}

// Add adds the counts of another census.
func (c *Census) Add(d *Census) {
	for i := range classes {
		c.Rows[i] += d.Rows[i]
		c.Packages[i] += d.Packages[i]
	}
}
