package config

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/wixrecon/wixrecon/reconcile/fix/guard"
	"github.com/wixrecon/wixrecon/sources/ledger"
	"github.com/wixrecon/wixrecon/sources/table"
)

// A Setting is one row of the table from which flags, variables, keys of the file
// and help are made.
type Setting struct {
	Name       string   // of the flag, without dashes
	Group      string   // in the help
	Env        []string // its variables; where several are set they must agree
	Default    string
	Usage      string   // one line of help, without the default
	Bool       bool     // true or false; the flag has no value
	List       bool     // the file may have a sequence instead of a comma list
	Repeatable bool     // the flag may be repeated, each with one item of the list
	NoFile     bool     // not allowed in the file
	Secret     bool     // its value is never shown
	Choices    []string // the valid values, where these are few; of a list, its valid items

	set setter
}

// Key returns the key in the YAML file. The name with dashes is valid too.
func (s *Setting) Key() string { return strings.ReplaceAll(s.Name, "-", "_") }

// Settings returns the table, in the order of the help and of the errors. A
// setting comes after those that it depends on: as-of after tz.
func Settings() []Setting {
	settings := slices.Concat(
		grouped(GroupSources, sourceSettings()), grouped(GroupComparison, comparisonSettings()),
		grouped(GroupFixes, fixSettings()), grouped(GroupOutput, outputSettings()),
		grouped(GroupUnattended, unattendedSettings()), grouped(GroupUnattended, scheduleSettings()),
	)
	for i := range settings {
		s := &settings[i]
		s.Env = append([]string{variablePrefix + strings.ToUpper(s.Key())}, s.Env...)
	}
	return settings
}

// variablePrefix is what the variable of each setting begins with.
const variablePrefix = "WIXRECON_"

// The groups of settings in the help, which orders them by name.
const (
	GroupSources    = "Accounts, ledger and archive"
	GroupComparison = "Comparison"
	GroupFixes      = "Guards and limits"
	GroupOutput     = "Output"
	GroupUnattended = "Unattended"
)

func grouped(group string, settings []Setting) []Setting {
	for i := range settings {
		settings[i].Group = group
	}
	return settings
}

// sourceSettings are what is read, and where runs are stored.
func sourceSettings() []Setting {
	return []Setting{
		{Name: "config", NoFile: true, set: setConfig,
			Usage: "YAML `file` with settings; flags and environment take precedence"},
		{Name: "account-id", Env: []string{"WIX_ACCOUNT_ID"}, set: setAccountID,
			Usage: "the parent (reseller) account, a `GUID`; may be left out with --snapshot"},
		{Name: keyFile, set: setKey,
			Usage: "`file` that contains the API key, instead of " + keyVariable},
		{Name: "base-url", Default: "https://www.wixapis.com", set: setBaseURL,
			Usage: "`URL` of the API; https, unless the host is loopback"},
		{Name: "ledger", set: setLedger,
			Usage: "the subscription ledger: `path` or URL; {2006-01-02} is the date, * the newest match, a / at the end a folder of parts"},
		{Name: "ledger-rows", set: unlessEmpty(setNumber(func(c *Config) *int { return &c.LedgerRows }, 1, math.MaxInt, "the number of rows without the header, at least 1")),
			Usage: "control total: the `number` of rows that the ledger must have"},
		{Name: "out", Default: "./wixrecon-runs", set: setOut,
			Usage: "where runs are stored: `folder` or bucket URL"},
		{Name: "accounts", List: true, set: setAccounts,
			Usage: "sub-accounts to compare: a comma `list` of GUIDs, or a file with one a line; all by default"},
		{Name: "snapshot", set: setText(func(c *Config) *string { return &c.Snapshot }),
			Usage: "packages.jsonl[.gz|.zst] `file` of an earlier run, read instead of the API"},
		{Name: "concurrency", Default: "8", set: setNumber(func(c *Config) *int { return &c.Concurrency }, 1, maxConcurrency, "a number of requests in flight, 1 to 256"),
			Usage: "`number` of requests in flight, 1 to 256"},
		{Name: "rate", Default: "180", set: setRate,
			Usage: "`number` of requests a minute in all, or off"},
		{Name: "memory", Default: "256MiB", set: setMemory,
			Usage: "`size` of what is held in memory while comparing, a target: the rest goes to --temp-dir"},
		{Name: "temp-dir", set: setText(func(c *Config) *string { return &c.TempDir }),
			Usage: "`folder` for what does not fit in memory; the system's by default"},
		{Name: "max-duration", Default: "12h", set: setDuration(func(c *Config) *time.Duration { return &c.MaxDuration }, time.Second, year, "1 second to 366 days"),
			Usage: "after this `time` nothing more is read, and the run ends with what was read: 12h, 1d"},
	}
}

// comparisonSettings are how the sources are read and compared.
func comparisonSettings() []Setting {
	return []Setting{
		{Name: "tz", Default: "UTC", set: setLocation,
			Usage: "IANA time `zone` of dates without one"},
		{Name: "as-of", set: unlessEmpty(setAsOf),
			Usage: "`date` or time for which the run compares: RFC 3339, or a date (midnight in --tz); now by default"},
		{Name: "in-flight", Default: "48h", set: setDuration(func(c *Config) *time.Duration { return &c.InFlight }, 0, year, "0 to 366 days"), // more would hide drift permanently
			Usage: "changes within this `time` are reported, but not counted as open: 48h, 2d, 1d12h"},
		{Name: "max-bad-rows", Default: "1 %", set: setMaxBadRows,
			Usage: "`percent` of the ledger's rows that may be invalid, 0 to 100"},
		{Name: "exceptions", set: setText(func(c *Config) *string { return &c.Exceptions }),
			Usage: "`path` or URL of the exceptions: findings that are silenced until a date"},
		{Name: "prices", set: setText(func(c *Config) *string { return &c.Prices }),
			Usage: "`path` or URL of what Wix bills for each product and cycle"},
		{Name: "decimal", Choices: []string{ledger.Point, ledger.Comma},
			set: setChoice("point or comma, or nothing", func(c *Config) *string { return &c.Decimal },
				"", ledger.Point, ledger.Comma),
			Usage: "decimal `sign` of the ledger, point or comma; by default comma where the delimiter is a semicolon, else point"},
		{Name: "encoding", set: unlessEmpty(setEncoding),
			Usage: "`name` of the ledger's encoding, such as windows-1252; by default UTF-8, or by its byte order mark"},
		{Name: "date-format", List: true, set: setDateFormat,
			Usage: "`format` of the ledger's dates besides ISO 8601: DD.MM.YYYY, M/D/YYYY, or a Go layout; or a comma list"},
		{Name: "sheet", set: setText(func(c *Config) *string { return &c.Sheet }),
			Usage: "`name` of the sheet, where the ledger is a workbook, or * for all that have the header; by default the one that has it"},
		{Name: "header-row", set: unlessEmpty(setNumber(func(c *Config) *int { return &c.HeaderRow }, 1, 1<<20, "the row of the ledger's header, at least 1")),
			Usage: "`number` of the row that is the ledger's header; by default the first of the first 20 rows that has the required columns"},
	}
}

// fixSettings are the guards, which are evaluated in every run, and the limits
// of fixes.
func fixSettings() []Setting {
	return []Setting{
		{Name: "max-fixes", Default: "100", set: setLimit(func(c *Config) *guard.Limit { return &c.Limits.Fixes }),
			Usage: "`number` of instances that may be changed in 20 hours, or off"},
		{Name: "max-cancels", Default: "10", set: setLimit(func(c *Config) *guard.Limit { return &c.Limits.Cancels }),
			Usage: "`number` of instances that may be canceled or unassigned in 20 hours, or off"},
		{Name: "max-cancel-percent", Default: "1", set: setPercent(func(c *Config) *guard.Percent { return &c.Limits.CancelPercent }),
			Usage: "`percent` of the live instances that may be canceled or unassigned in 20 hours, or off"},
		{Name: "max-cancels-per-account", Default: "3", set: setLimit(func(c *Config) *guard.Limit { return &c.Limits.CancelsPerAccount }),
			Usage: "`number` of instances of one sub-account that may be canceled or unassigned in 20 hours, or off"},
		{Name: "max-cancel-cost", Default: "off", set: setMaxCancelCost,
			Usage: "`amount` a month, such as 500 EUR, that may be canceled or unassigned in 20 hours, or off; needs --prices"},
		{Name: "surge", Default: "3", set: setSurge,
			Usage: "`multiple` of a limit up to which a run spreads fixes over several nights; where more is needed it sends nothing; or off"},
		{Name: "min-sightings", Default: "2", set: setNumber(func(c *Config) *int { return &c.MinSightings }, 1, 366, "a number of runs, 1 to 366"),
			Usage: "`number` of accepted runs that must report the same before anything is canceled or unassigned"},
		{Name: "sighting-gap", Default: "20h", set: setDuration(func(c *Config) *time.Duration { return &c.SightingGap }, 0, year, "0 to 366 days"),
			Usage: "minimum `time` between two of these runs"},
		{Name: "max-ledger-age", Default: "36h", set: setMaxLedgerAge,
			Usage: "maximum `age` of the ledger, or off"},
		{Name: "max-shrink", Default: "5", set: setPercent(func(c *Config) *guard.Percent { return &c.Guards.MaxShrink }),
			Usage: "`percent` by which ledger and inventory may be smaller than in earlier runs, or off"},
		{Name: "canary", List: true, Repeatable: true, set: setCanaries,
			Usage: "external or package `id` that must exist on both sides; may be repeated"},
		{Name: "cancel-unlisted-accounts", Default: "false", Bool: true,
			set:   setBool(func(c *Config) *bool { return &c.UnlistedAccounts }),
			Usage: "orphans in sub-accounts that no ledger row names may be canceled too"},
		{Name: "settle", Default: "5m", set: setDuration(func(c *Config) *time.Duration { return &c.Settle }, time.Millisecond, day, "1 millisecond to 24 hours"),
			Usage: "`time` for which a request without an answer may still have an effect"},
		{Name: "plan-life", Default: "24h", set: setDuration(func(c *Config) *time.Duration { return &c.PlanLife }, time.Second, 31*day, "1 second to 31 days"),
			Usage: "`time` for which a plan may be applied"},
	}
}

// outputSettings are what is written, where and in which format.
func outputSettings() []Setting {
	return []Setting{
		{Name: "reports", Default: "all", List: true, Choices: append([]string{"all"}, reportNames()...), set: setReports,
			Usage: "all, or a comma `list` of " + strings.Join(reportNames(), ", ") + "; summary.json always"},
		{Name: "run-id", set: unlessEmpty(setRunID),
			Usage: "`name` of the run and of its folder; made by default"},
		{Name: "log", Default: LogText, Choices: []string{LogText, LogJSON},
			set:   setChoice("text or json", func(c *Config) *string { return &c.Log }, LogText, LogJSON),
			Usage: "`format` of the log on standard error: text or json"},
		{Name: "progress", Default: ProgressAuto, Choices: []string{ProgressAuto, ProgressOn, ProgressOff},
			set: setChoice("auto, on or off", func(c *Config) *string { return &c.Progress },
				ProgressAuto, ProgressOn, ProgressOff),
			Usage: "`when` to show progress on standard error: auto, on or off"},
		{Name: "output", Default: OutputText, Choices: []string{OutputText, OutputJSON, OutputMarkdown},
			set: setChoice("text, json or markdown", func(c *Config) *string { return &c.Output },
				OutputText, OutputJSON, OutputMarkdown),
			Usage: "`format` of the result on standard output: text, json or markdown"},
		{Name: "detailed-exitcode", Default: "false", Bool: true,
			set:   setBool(func(c *Config) *bool { return &c.DetailedExitcode }),
			Usage: "exit with 3 where the run is complete and open findings remain"},
	}
}

// Nearest returns the known name with the smallest edit distance, the first of
// equal ones. Case, and - or _, make no difference; the start of a name counts as
// one edit from it.
func Nearest(name string, known []string) string {
	best, least := "", -1
	for _, candidate := range known {
		d := edits(canonical(name), canonical(candidate))
		if least < 0 || d < least {
			best, least = candidate, d
		}
	}
	return best
}

func canonical(name string) string {
	return strings.ToLower(strings.ReplaceAll(name, "_", "-"))
}

func edits(name, candidate string) int {
	const minStart = 3 // shorter starts fit too many names
	if len(name) >= minStart && strings.HasPrefix(candidate, name) {
		return min(1, len(candidate)-len(name))
	}
	return table.Distance(name, candidate)
}
