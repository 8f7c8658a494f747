package reconcile

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"time"
)

// A Finding is one difference between the ledger and Wix: one row of
// findings.csv.
type Finding struct {
	Kind        Kind
	State       State
	AccountID   string // the package's, else the ledger's
	ExternalID  string // the ledger's, else Wix's
	PackageID   string // empty only where there is no package
	InstanceID  string // empty where the finding is about a package or a line
	Field       string // the column of LedgerValue and WixValue
	LedgerValue string
	WixValue    string
	Fix         string // the fix of the kind; empty where it has none
	Outcome     string
	Reason      string // why it is not fixed; what connects ambiguous ones; for a bad row, what is wrong
	Group       string // the same for all findings of one ambiguity or one set of duplicates; else empty
	FirstSeen   time.Time
	Direction   Direction
	Monthly     Money
	Customer    string
	Record      int    // ledger_line; 0 where there is no ledger row
	Exception   int    // position of its exception in the list, from 1; 0 where there is none
	Cells       uint64 // hash of the cells of a bad row
	Carried     Carried
	Basis       *Basis // of its fix; nil where the kind has none
}

// Severity returns the severity of the kind, or high for a bad row that shields
// more than its own ids.
func (f *Finding) Severity() Severity {
	if f.Kind == InvalidLedgerRow && shieldsMore(f.ExternalID) {
		return High
	}
	return f.Kind.Severity()
}

// FindingColumns returns the columns of findings.csv in front of the carried
// ones, in order. A carried column must not have one of these names.
func FindingColumns() []string {
	return []string{
		"kind", "severity", "state", "account_id", "external_id", "package_id", "instance_id", "field",
		"ledger_value", "wix_value", "fix", "outcome", "reason", "first_seen", "age_days", "direction",
		"monthly_amount", "currency", "customer", "ledger_line", "finding_id",
	}
}

// Reported is a finding as the reports show it.
type Reported struct {
	Finding
	ID    string   // finding_id
	Cells []string // the carried cells of its ledger row, in the order of the header; nil where it has no row
}

// A FindingID identifies a finding from run to run.
type FindingID [10]byte

// ID returns the id of the finding: a hash of the parent account, kind, external
// id, package, instance, field and, for a bad row, its cells.
func (f *Finding) ID(parent string) FindingID {
	var text []byte
	for _, part := range []string{parent, f.Kind.String(), f.ExternalID, f.PackageID, f.InstanceID, f.Field} {
		text = append(binary.AppendUvarint(text, uint64(len(part))), part...)
	}
	if f.Kind == InvalidLedgerRow {
		text = binary.BigEndian.AppendUint64(text, f.Cells)
	}
	hash := sha256.Sum256(text)
	return FindingID(hash[:10])
}

func (id FindingID) String() string { return hex.EncodeToString(id[:]) }

// ParseFindingID parses an id as String writes it.
func ParseFindingID(text string) (FindingID, error) {
	var id FindingID
	if len(text) == 2*len(id) {
		if _, err := hex.Decode(id[:], []byte(text)); err == nil {
			return id, nil
		}
	}
	return FindingID{}, fmt.Errorf("%q is not a finding id", text)
}

// Compare orders findings as the reports do: severity, kind, account, external
// id, package, instance, field. Ties are broken by the rest of the finding.
func (f *Finding) Compare(g *Finding) int {
	return cmp.Or(
		cmp.Compare(f.Severity(), g.Severity()),
		cmp.Compare(f.Kind, g.Kind),
		cmp.Compare(f.AccountID, g.AccountID),
		cmp.Compare(f.ExternalID, g.ExternalID),
		cmp.Compare(f.PackageID, g.PackageID),
		cmp.Compare(f.InstanceID, g.InstanceID),
		cmp.Compare(f.Field, g.Field),
		cmp.Compare(f.LedgerValue, g.LedgerValue),
		cmp.Compare(f.WixValue, g.WixValue),
		cmp.Compare(f.Reason, g.Reason),
		cmp.Compare(f.Customer, g.Customer),
		cmp.Compare(f.Cells, g.Cells),
		cmp.Compare(f.Carried.Hash, g.Carried.Hash),
		cmp.Compare(f.Record, g.Record),
	)
}
