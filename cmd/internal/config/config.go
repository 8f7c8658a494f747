package config

import (
	"net/url"
	"slices"
	"time"
	_ "time/tzdata" // --tz must work in an image without time zones

	"github.com/govalues/decimal"

	"github.com/wixrecon/wixrecon/reconcile/fix/guard"
	"github.com/wixrecon/wixrecon/sources/ledger"
	"github.com/wixrecon/wixrecon/sources/wix"
)

// Config is the checked settings of a run.
type Config struct {
	AccountID        string     // the parent account, lower case; may be empty with Snapshot
	APIKey           wix.Secret // empty with Snapshot, which needs none
	KeyFile          string     // of the key; empty where it is in the environment, or not needed
	BaseURL          *url.URL   // without trailing slash, user info, query and fragment
	Ledger           string     // path or URL, as typed
	LedgerRows       int        // how many rows the ledger must have; 0 means any
	Out              string     // folder or bucket URL, as typed
	Accounts         []string   // sub-accounts to compare: lower case, sorted, distinct; empty means all
	Snapshot         string     // read instead of the API; empty means the API
	Concurrency      int        // requests in flight, at least 1
	Rate             int        // requests a minute; 0 means no limit
	Memory           int64      // bytes: a target for what is held while comparing
	TempDir          string     // for what does not fit in memory; empty: the system's folder
	MaxDuration      time.Duration
	Location         *time.Location
	AsOf             time.Time // zero means the start of the run
	InFlight         time.Duration
	MaxBadRows       decimal.Decimal // percent of the rows, 0 to 100
	Decimal          string          // ledger.Point, ledger.Comma, or empty: detected
	Encoding         string          // of the ledger; empty: UTF-8, or by its byte order mark
	DateFormats      []ledger.DateFormat
	Sheet            string               // of the ledger; empty: the one that has the header
	HeaderRow        int                  // of the ledger; 0: the first that has the required columns
	Columns          []ledger.ColumnMap   // of the ledger, where they are not the contract's
	Statuses         []ledger.StatusWord  // of the ledger, where they are not the contract's
	Cycles           []ledger.CycleWord   // of the ledger, where they are not the contract's
	Empty            []ledger.EmptyWords  // of the ledger: words that mean nothing
	Ignored          []ledger.IgnoredRows // of the ledger: rows that are no subscriptions
	Reports          []string             // of the Report… constants, in their order
	RunID            string               // empty means that one is made
	Log              string               // LogText or LogJSON
	Progress         string               // ProgressAuto, ProgressOn or ProgressOff
	Output           string               // OutputText, OutputJSON or OutputMarkdown
	DetailedExitcode bool                 // remaining drift has its own exit code

	Exceptions string // path or URL, as typed; empty means none
	Prices     string // path or URL, as typed; empty means none

	Guards           guard.Guards
	Limits           guard.Limits
	MinSightings     int
	SightingGap      time.Duration
	Canaries         []string // external or package ids
	UnlistedAccounts bool     // orphans may be canceled in sub-accounts that the ledger does not name
	Settle           time.Duration
	PlanLife         time.Duration

	Unattended Unattended

	Effective []EffectiveSetting // every setting, in the order of the table
}

// An EffectiveSetting is the value of a setting that is used.
type EffectiveSetting struct {
	Name   string
	Value  string // without secrets
	Source string // a variable, a line of the file, SourceFlag or SourceDefault
}

// The sources of a setting that have fixed names.
const (
	SourceDefault = "the default"
	SourceFlag    = "the command line"
)

// The reports that can be chosen.
const (
	ReportFindings = "findings"
	ReportPackages = "packages"
	ReportXLSX     = "xlsx"
	ReportSnapshot = "snapshot"
)

// The formats of the log.
const (
	LogText = "text"
	LogJSON = "json"
)

// When progress is shown: with auto, on a terminal.
const (
	ProgressAuto = "auto"
	ProgressOn   = "on"
	ProgressOff  = "off"
)

// The formats of the result on standard output.
const (
	OutputText     = "text"
	OutputJSON     = "json"
	OutputMarkdown = "markdown"
)

// HasReport reports whether a report was chosen.
func (c *Config) HasReport(report string) bool { return slices.Contains(c.Reports, report) }

// LedgerOptions returns how the ledger is to be read; its errors name the ledger.
func (c *Config) LedgerOptions(name string) *ledger.Options {
	return &ledger.Options{
		Name: name, TempDir: c.TempDir, Location: c.Location, Decimal: c.Decimal,
		MaxBadRows: decimal.NullDecimal{Decimal: c.MaxBadRows, Valid: true},
		Columns:    c.Columns, Statuses: c.Statuses, Cycles: c.Cycles, Empty: c.Empty, Ignored: c.Ignored,
		Dates: c.DateFormats, Encoding: c.Encoding, Sheet: c.Sheet, HeaderRow: c.HeaderRow,
	}
}
