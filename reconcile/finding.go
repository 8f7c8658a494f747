package reconcile

import (
	"crypto/sha256"
	"encoding/binary"
	"time"

	"github.com/govalues/decimal"
)

// Kind is a kind of drift.
type Kind uint8

// The kinds, in the order of the contract's table, which is the order of the
// reports within one severity.
const (
	MissingPackage Kind = iota
	OrphanPackage
	UnidentifiedPackage
	UnlinkedPackage
	AmbiguousMatch
	CanceledInLedger
	CanceledAtWix
	FailedInstance
	StuckInstance
	ExpiredInstance
	UnrecognisedStatus
	DuplicatePackage
	AccountMismatch
	ProductMismatch
	BillingCycleMismatch
	CountryMismatch
	SiteMismatch
	MissingInstance
	ExtraInstance
	LedgerConflict
	InvalidLedgerRow
	kinds // their number
)

// Severity says how much a kind matters.
type Severity uint8

// The severities, most pressing first.
const (
	High Severity = iota
	Medium
	Low
)

func (s Severity) String() string { return [...]string{"high", "medium", "low"}[s] }

// kindTable says what is known of each kind by itself.
var kindTable = [kinds]struct {
	name      string
	severity  Severity
	direction Direction
	fix       string
}{
	MissingPackage:       {"missing_package", High, AtRisk, FixCreate},
	OrphanPackage:        {"orphan_package", High, Leak, FixCancel},
	UnidentifiedPackage:  {"unidentified_package", High, Leak, ""},
	UnlinkedPackage:      {"unlinked_package", Medium, NoDirection, FixExternalID},
	AmbiguousMatch:       {"ambiguous_match", Medium, NoDirection, ""},
	CanceledInLedger:     {"canceled_in_ledger", High, Leak, FixCancel},
	CanceledAtWix:        {"canceled_at_wix", High, AtRisk, ""},
	FailedInstance:       {"failed_instance", High, AtRisk, ""},
	StuckInstance:        {"stuck_instance", Medium, NoDirection, ""},
	ExpiredInstance:      {"expired_instance", High, AtRisk, ""},
	UnrecognisedStatus:   {"unrecognised_status", Medium, NoDirection, ""},
	DuplicatePackage:     {"duplicate_package", High, Leak, ""},
	AccountMismatch:      {"account_mismatch", High, NoDirection, ""},
	ProductMismatch:      {"product_mismatch", Medium, Difference, FixAdjust},
	BillingCycleMismatch: {"billing_cycle_mismatch", Medium, Difference, FixAdjust},
	CountryMismatch:      {"country_mismatch", Low, NoDirection, ""},
	SiteMismatch:         {"site_mismatch", Medium, NoDirection, FixAssign},
	MissingInstance:      {"missing_instance", High, AtRisk, ""},
	ExtraInstance:        {"extra_instance", High, Leak, FixCancel},
	LedgerConflict:       {"ledger_conflict", High, NoDirection, ""},
	InvalidLedgerRow:     {"invalid_ledger_row", Low, NoDirection, ""},
}

// The fixes that --fix can name.
const (
	FixExternalID = "external-id"
	FixAssign     = "assign"
	FixUnassign   = "unassign"
	FixAdjust     = "adjust"
	FixCreate     = "create"
	FixCancel     = "cancel"
)

// The reasons why a finding is not fixed that matching itself knows.
const (
	ReasonEndedByDate = "ended_by_date"
	ReasonAmbiguous   = "ambiguous"
	ReasonShielded    = "shielded"
)

// Kinds gives all kinds in their order.
func Kinds() []Kind {
	all := make([]Kind, kinds)
	for i := range all {
		all[i] = Kind(i)
	}
	return all
}

func (k Kind) String() string { return kindTable[k].name }

// Severity gives the severity of the kind.
func (k Kind) Severity() Severity { return kindTable[k].severity }

// State says whether a finding counts.
type State uint8

// The states; the first that holds is a finding's.
const (
	Unknown State = iota
	Excepted
	InFlight
	Open
	states // their number
)

// States gives all states in their order.
func States() []State { return []State{Unknown, Excepted, InFlight, Open} }

func (s State) String() string {
	return [...]string{"unknown", "excepted", "in_flight", "open"}[s]
}

// Direction says whose money a finding is about.
type Direction uint8

// The directions.
const (
	NoDirection Direction = iota
	Leak                  // Wix bills, the customer does not pay
	AtRisk                // the customer pays, nothing is delivered
	Difference            // Wix bills another amount
)

func (d Direction) String() string {
	return [...]string{"none", "leak", "at_risk", "difference"}[d]
}

// Money is an amount a month in one currency. Known is false where a price is
// not known; the amount is then nothing.
type Money struct {
	Amount   decimal.Decimal
	Currency string
	Known    bool
	OneTime  bool // a price that is paid once: 0 a month
}

// A Finding is a remark on a row or a package: one row of findings.csv.
type Finding struct {
	Kind        Kind
	State       State
	AccountID   string // the package's, else the ledger's
	ExternalID  string // the ledger's, else Wix's
	PackageID   string // empty only where there is no package
	InstanceID  string // empty where the finding is about a package or a line
	Field       string // the column that LedgerValue and WixValue are of
	LedgerValue string
	WixValue    string
	Fix         string // the fix that the kind has, empty where it has none
	Outcome     string
	Reason      string // why it is not fixed; for a bad row, what is wrong
	FirstSeen   time.Time
	Direction   Direction
	Monthly     Money
	Customer    string
	Record      int    // ledger_line; 0 where there is no ledger row
	Exception   int    // place of its exception in their list, from 1; 0 where there is none
	Cells       uint64 // of a bad row
	Carried     Carried
	Basis       *Basis // of its fix; nil where the kind has none
}

// ID gives the stable id of the finding: a hash of the parent account, kind,
// external id, package, instance, field and, for a bad row, its cells.
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
