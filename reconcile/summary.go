package reconcile

import (
	"time"

	"github.com/govalues/decimal"
)

// SchemaVersion is the version of every file that a later run reads back.
const SchemaVersion = 1

// A Summary is what a run says of itself: the content of summary.json, and
// what the head of every report shows.
type Summary struct {
	SchemaVersion int       `json:"schema_version"`
	Command       string    `json:"command"` // Command…
	RunID         string    `json:"run_id"`
	Version       string    `json:"version"`
	ExitCode      int       `json:"exit_code"`
	Complete      bool      `json:"complete"`
	Replay        bool      `json:"replay"` // read from a snapshot, not from the API
	Live          bool      `json:"live"`   // read from the API, for the moment of its start
	Accepted      bool      `json:"accepted"`
	Objections    []string  `json:"objections,omitempty"` // of guards on the inputs: why it is not accepted
	AsOf          time.Time `json:"as_of"`
	Started       time.Time `json:"started"`
	Finished      time.Time `json:"finished"`
	Scope         Scope     `json:"scope"`

	Findings Tally      `json:"findings"`
	Ledger   LedgerSide `json:"ledger"`
	Wix      WixSide    `json:"wix"`
	Coverage Coverage   `json:"coverage"`
	Requests Requests   `json:"requests"`
	Inputs   []File     `json:"inputs"`
	Lists    []File     `json:"lists,omitempty"` // exceptions and prices
	Reports  []File     `json:"reports"`
	Warnings []string   `json:"warnings"`

	// LedgerVersion is the identity of the ledger that was read, by its content.
	LedgerVersion string `json:"ledger_version,omitempty"`

	// Fixes says what became of what was to be fixed; nil where nothing was.
	Fixes *FixSummary `json:"fixes,omitempty"`

	// Exceptions says what became of each row of the exceptions, in their order.
	Exceptions []ExceptionUse `json:"exceptions,omitempty"`

	// Changes is against what earlier runs of the scope knew; nil where there
	// are none, and in runs that are not live.
	Changes *Changes `json:"changes,omitempty"`

	// Acceptance is how the run was accepted by hand. It is never in the file,
	// which nothing changes after the run.
	Acceptance *Acceptance `json:"acceptance,omitempty"`

	// SnapshotContent is the SHA-256 of the packages as they were read or
	// replayed, a line each, before they are compressed.
	SnapshotContent string `json:"snapshot_content_sha256,omitempty"`
}

// The commands that leave a run behind.
const (
	CommandRun   = "run"
	CommandPlan  = "plan"
	CommandApply = "apply" // it reads no book
)

// A FixSummary says what became of what a run was asked to fix.
type FixSummary struct {
	Asked     []string       `json:"asked"` // the kinds of fixes, in the order in which they are carried out
	PlanID    string         `json:"plan_id"`
	Outcomes  map[string]int `json:"outcomes"`             // findings of these kinds by outcome, every outcome named
	Actions   map[string]int `json:"actions"`              // planned actions by outcome; "planned" where they were to be reviewed, not sent
	Refusals  []FixRefusal   `json:"refusals"`             // why nothing was sent; none: nothing stood against it
	LeaseLost bool           `json:"lease_lost,omitempty"` // while the plan was sent: another run may have gone on with it
	Earlier   map[string]int `json:"earlier,omitempty"`    // changes of earlier runs that were open, by what became of them
}

// A FixRefusal is one reason for which a plan was not sent.
type FixRefusal struct {
	Limit string `json:"limit"`           // name of the limit or guard
	Value string `json:"value,omitempty"` // of the limit
	Need  string `json:"need,omitempty"`
	Flag  string `json:"flag,omitempty"` // the one flag that raises it
	Text  string `json:"text"`           // for people, without the flag

	Largest []AccountShare `json:"largest,omitempty"` // the sub-accounts that need most of it
}

// An AccountShare is a sub-account with its instances.
type AccountShare struct {
	AccountID string `json:"account_id"`
	Instances int    `json:"instances"`
}

// LedgerSide counts the ledger.
type LedgerSide struct {
	Rows          int            `json:"rows"`
	BadRows       int            `json:"bad_rows"`
	ActiveRows    int            `json:"active_rows"`
	Subscriptions int            `json:"subscriptions"`
	Classes       map[string]int `json:"classes"` // rows by class; they sum up to Rows
}

// WixSide counts what was read from Wix.
type WixSide struct {
	Accounts      int            `json:"accounts"` // with at least one package
	Packages      int            `json:"packages"`
	LivePackages  int            `json:"live_packages"`
	MatchedPairs  int            `json:"matched_pairs"`
	Instances     int            `json:"instances"`
	LiveInstances int            `json:"live_instances"`
	Classes       map[string]int `json:"classes"` // packages by class; they sum up to Packages
}

// Requests counts what was sent to Wix.
type Requests struct {
	Query     int64 `json:"query"` // first tries
	Get       int64 `json:"get"`   // first tries
	Change    int64 `json:"change,omitempty"`
	Retries   int64 `json:"retries"`
	Throttled int64 `json:"throttled"` // answers of 429
	Failed    int64 `json:"failed"`    // given up after all tries
	Bytes     int64 `json:"bytes"`     // read from answers
}

// A File is an input or a report.
type File struct {
	Name     string    `json:"name"` // without secrets
	Bytes    int64     `json:"bytes"`
	SHA256   string    `json:"sha256"`
	Modified time.Time `json:"modified,omitzero"`
}

// A Tally counts findings by kind and state, and adds up their money.
type Tally struct {
	Total int                       `json:"total"`
	Kinds map[string]map[string]int `json:"kinds"` // kind → state → findings, every kind and state named
	Money []MoneyTotal              `json:"money"` // of open findings, by direction and currency
}

// MoneyTotal adds up the open findings of one direction and currency.
type MoneyTotal struct {
	Direction string          `json:"direction"`
	Currency  string          `json:"currency"` // empty where the price is unknown
	Monthly   decimal.Decimal `json:"monthly"`
	Findings  int             `json:"findings"`
	OneTime   int             `json:"one_time"` // of them paid once, 0 a month
	Unpriced  int             `json:"unpriced"` // of them without a known price
}

// NewTally gives a tally that names every kind and state with 0.
func NewTally() Tally {
	t := Tally{Kinds: make(map[string]map[string]int, kinds)}
	for _, k := range Kinds() {
		t.Kinds[k.String()] = make(map[string]int, states)
		for _, s := range States() {
			t.Kinds[k.String()][s.String()] = 0
		}
	}
	return t
}

// State counts the findings of one state over all kinds.
func (t *Tally) State(s State) int {
	n := 0
	for _, byState := range t.Kinds {
		n += byState[s.String()]
	}
	return n
}

// Reported is a finding as the reports show it.
type Reported struct {
	Finding
	ID    string   // finding_id
	Cells []string // the carried cells of its ledger row, in the order of the header; nil where it has no row
}

// Stock is a package of the inventory, with the class it ended in.
type ClassifiedPackage struct {
	Package
	Class Class
}
