package reconcile

// Kind is a kind of finding.
type Kind uint8

// The kinds, in the order of the reports within one severity.
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

// Severity is how urgent a kind is.
type Severity uint8

// The severities, most urgent first.
const (
	High Severity = iota
	Medium
	Low
)

func (s Severity) String() string { return [...]string{"high", "medium", "low"}[s] }

// kindTable holds the fixed properties of each kind.
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

// The reasons against a fix that matching finds; further ones come from the plan.
const (
	ReasonEndedByDate = "ended_by_date"
	ReasonAmbiguous   = "ambiguous"
	ReasonShielded    = "shielded"

	ReasonPossibleMatch = "possible_match" // followed by the other's id: fixed only after a review
	ReasonKeep          = "keep"           // of duplicates, the one that serves the subscription best
	ReasonExtra         = "extra"          // any other of them
)

// Kinds returns all kinds in their order.
func Kinds() []Kind {
	all := make([]Kind, kinds)
	for i := range all {
		all[i] = Kind(i)
	}
	return all
}

func (k Kind) String() string { return kindTable[k].name }

// Severity returns the severity of the kind.
func (k Kind) Severity() Severity { return kindTable[k].severity }

// State is whether a finding counts; only open ones do.
type State uint8

// The states. The first that applies is the state of a finding.
const (
	Unknown State = iota
	Excepted
	InFlight
	Open
	states // their number
)

// States returns all states in their order.
func States() []State { return []State{Unknown, Excepted, InFlight, Open} }

func (s State) String() string {
	return [...]string{"unknown", "excepted", "in_flight", "open"}[s]
}

// Direction is which way the money of a finding is lost.
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
