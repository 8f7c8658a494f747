package config

import (
	"net/url"
	"time"
	_ "time/tzdata" // an image without time zones must know --tz all the same

	"github.com/govalues/decimal"

	"github.com/wixrecon/wixrecon/reconcile/fix"
	"github.com/wixrecon/wixrecon/sources/ledger"
	"github.com/wixrecon/wixrecon/sources/wix"
)

// Config is what a run was asked to do, checked.
type Config struct {
	AccountID        string     // the parent account, lower case; may be empty with Snapshot
	APIKey           wix.Secret // empty with Snapshot, which needs none
	BaseURL          *url.URL   // without a slash at its end, user info, query and fragment
	Ledger           string     // path or URL, as typed
	LedgerRows       int        // how many rows the ledger must have; 0 means that nobody said
	Out              string     // folder or bucket URL, as typed
	Accounts         []string   // sub-accounts to look at: lower case, sorted, each once; empty means all
	Snapshot         string     // read in place of the API; empty means the API
	Concurrency      int        // requests in flight, at least 1
	Rate             int        // requests a minute; 0 means no limit
	Location         *time.Location
	AsOf             time.Time // zero means the start of the run
	InFlight         time.Duration
	MaxBadRows       decimal.Decimal // percent of the rows, 0 to 100
	Decimal          string          // DecimalPoint, DecimalComma, or empty: the convention of the ledger's dialect
	Encoding         string          // of the ledger; empty: UTF-8, or what its byte order mark says
	DateFormats      []ledger.DateFormat
	Sheet            string              // of the ledger; empty: the first that is shown
	Columns          []ledger.ColumnMap  // of the ledger, where they are not the contract's
	Statuses         []ledger.StatusWord // of the ledger, where they are not the contract's
	Reports          []string            // of the Report… constants, in their order
	RunID            string              // empty means that one is made
	Log              string              // LogText or LogJSON
	Progress         string              // ProgressAuto, ProgressOn or ProgressOff
	Output           string              // OutputText, OutputJSON or OutputMarkdown
	DetailedExitcode bool                // drift that remains has an exit code of its own

	Exceptions string // path or URL, as typed; empty means none
	Prices     string // path or URL, as typed; empty means none

	Guards           fix.Guards
	Limits           fix.Limits
	MinSightings     int
	SightingGap      time.Duration
	Canaries         []string // external or package ids
	UnlistedAccounts bool     // orphans may be canceled in sub-accounts that the ledger does not name
	Settle           time.Duration
	PlanLife         time.Duration

	Effective []EffectiveSetting // every setting as it holds, in the order of the table
}

// A Given is a setting as it holds, fit to be shown.
type EffectiveSetting struct {
	Name   string
	Value  string // without secrets
	Source string // a variable, a line of the file, the command line or the default
}

// ByDefault is the source of a setting that was not given.
const ByDefault = "the default"

// The number conventions of a ledger.
const (
	DecimalPoint = "point"
	DecimalComma = "comma"
)

// The reports that can be chosen.
const (
	ReportFindings = "findings"
	ReportPackages = "packages"
	ReportXLSX     = "xlsx"
	ReportHTML     = "html"
	ReportSnapshot = "snapshot"
)

// The forms of the log.
const (
	LogText = "text"
	LogJSON = "json"
)

// When progress is shown: by default where somebody looks on.
const (
	ProgressAuto = "auto"
	ProgressOn   = "on"
	ProgressOff  = "off"
)

// The forms of the result on standard output.
const (
	OutputText     = "text"
	OutputJSON     = "json"
	OutputMarkdown = "markdown"
)

// Wants reports whether a report was asked for.
func (c *Config) HasReport(report string) bool {
	for _, r := range c.Reports {
		if r == report {
			return true
		}
	}
	return false
}
