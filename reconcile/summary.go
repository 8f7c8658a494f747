package reconcile

import "time"

// SchemaVersion is the version of every file that a later run reads back.
const SchemaVersion = 1

// A Summary describes a run. It is the content of summary.json and the head of
// every report.
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
	Objections    []string  `json:"objections,omitempty"` // of the input guards: why the run is not accepted
	AsOf          time.Time `json:"as_of"`
	Started       time.Time `json:"started"`
	Finished      time.Time `json:"finished"`
	Scope         Scope     `json:"scope"`

	Findings Tally      `json:"findings"`
	Ledger   LedgerSide `json:"ledger"`
	Wix      WixSide    `json:"wix"`
	Coverage Coverage   `json:"coverage"`
	// AccountsFailed is the number of sub-accounts that could not be read.
	AccountsFailed int `json:"accounts_failed"`
	// Phases are the durations of the stages, in their order.
	Phases []RunPhase `json:"phases,omitempty"`

	Requests Requests `json:"requests"`
	Inputs   []File   `json:"inputs"`
	Lists    []File   `json:"lists,omitempty"` // exceptions and prices
	Reports  []File   `json:"reports"`
	Warnings []string `json:"warnings"`

	// LedgerVersion is the identity of the ledger that was read, by its content.
	LedgerVersion string `json:"ledger_version,omitempty"`

	// Fixes are the results of the fixes; nil where none were requested.
	Fixes *FixSummary `json:"fixes,omitempty"`

	// Exceptions are the uses of each row of the exceptions, in their order.
	Exceptions []ExceptionUse `json:"exceptions,omitempty"`

	// Changes compares with earlier runs of the scope; nil where there are none,
	// and in runs that are not live.
	Changes *Changes `json:"changes,omitempty"`

	// Acceptance is set where a person accepted the run. The file itself never has
	// it, because the file does not change after the run.
	Acceptance *Acceptance `json:"acceptance,omitempty"`

	// SnapshotContent is the SHA-256 of the packages as they were read or
	// replayed, one per line, uncompressed.
	SnapshotContent string `json:"snapshot_content_sha256,omitempty"`
}

// The commands that store a run.
const (
	CommandRun   = "run"
	CommandPlan  = "plan"
	CommandApply = "apply" // it does not read the inventory
)

// A FixSummary is the result of the fixes that a run was asked for.
type FixSummary struct {
	Requested []string       `json:"asked"` // the kinds of fixes, in the order in which they are applied
	PlanID    string         `json:"plan_id"`
	Outcomes  map[string]int `json:"outcomes"`             // findings of these kinds by outcome, every outcome named
	Actions   map[string]int `json:"actions"`              // planned actions by outcome; "planned" where they wait for review
	Refusals  []FixRefusal   `json:"refusals"`             // why nothing was sent; empty where nothing blocked it
	HeldBack  []HeldBack     `json:"held_back,omitempty"`  // by limits, for later runs
	LeaseLost bool           `json:"lease_lost,omitempty"` // while the plan was sent: another run may have continued it
	Earlier   map[string]int `json:"earlier,omitempty"`    // open changes of earlier runs, by outcome
}

// A FixRefusal is one reason why a plan was not sent.
type FixRefusal struct {
	Limit string `json:"limit"`           // the limit or guard
	Value string `json:"value,omitempty"` // of the limit
	Need  string `json:"need,omitempty"`
	Flag  string `json:"flag,omitempty"` // the one flag that raises it
	Text  string `json:"text"`           // for people, without the flag

	Largest []AccountShare `json:"largest,omitempty"` // the sub-accounts that need most of it
}

// HeldBack is what a limit left to later runs.
type HeldBack struct {
	Limit     string `json:"limit"`
	Flag      string `json:"flag"` // that raises it
	Actions   int    `json:"actions"`
	Instances int    `json:"instances"`
}

// An AccountShare is a sub-account's share of the instances.
type AccountShare struct {
	AccountID string `json:"account_id"`
	Instances int    `json:"instances"`
}

// LedgerSide counts what was read from the ledger.
type LedgerSide struct {
	Rows          int            `json:"rows"`
	BadRows       int            `json:"bad_rows"`
	ActiveRows    int            `json:"active_rows"`
	Subscriptions int            `json:"subscriptions"`
	Classes       map[string]int `json:"classes"` // rows by class; their sum is Rows
}

// WixSide counts what was read from Wix.
type WixSide struct {
	Accounts      int            `json:"accounts"` // with at least one package
	Packages      int            `json:"packages"`
	LivePackages  int            `json:"live_packages"`
	MatchedPairs  int            `json:"matched_pairs"`
	Instances     int            `json:"instances"`
	LiveInstances int            `json:"live_instances"`
	Classes       map[string]int `json:"classes"` // packages by class; their sum is Packages
}

// Requests counts the requests to Wix.
type Requests struct {
	Query     int64 `json:"query"` // first tries
	Get       int64 `json:"get"`   // first tries
	Change    int64 `json:"change,omitempty"`
	Retries   int64 `json:"retries"`
	Throttled int64 `json:"throttled"` // answers of 429
	Failed    int64 `json:"failed"`    // given up after all tries
	Bytes     int64 `json:"bytes"`     // read from answers

	Answers  []AnswerCount `json:"answers,omitempty"` // by call and status, sorted
	RateWait float64       `json:"rate_wait_seconds"` // that requests waited for --rate, added up
}

// An AnswerCount is how many requests of one call had one status.
type AnswerCount struct {
	Call   string `json:"call"`   // query, get or change
	Status string `json:"status"` // of HTTP, or "none" where there was no usable answer
	Count  int64  `json:"count"`
}

// A RunPhase is the duration of one stage of a run.
type RunPhase struct {
	Name    string  `json:"name"` // of the RunPhase… constants
	Seconds float64 `json:"seconds"`
}

// The phases of a run.
const (
	RunPhaseLedger    = "ledger"    // reading it
	RunPhaseWix       = "wix"       // reading the inventory
	RunPhaseReconcile = "reconcile" // comparing both
	RunPhaseFix       = "fix"       // planning and sending
	RunPhaseReport    = "report"    // writing the reports
)

// A File is an input or a report.
type File struct {
	Name     string    `json:"name"` // without secrets
	Bytes    int64     `json:"bytes"`
	SHA256   string    `json:"sha256"`
	Modified time.Time `json:"modified,omitzero"`
}

// A ClassifiedPackage is a package of the inventory with its class.
type ClassifiedPackage struct {
	Package
	Class Class
}
