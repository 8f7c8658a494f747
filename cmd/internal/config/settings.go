package config

import (
	"slices"
	"strings"
	"time"

	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// A Setting is one row of the table that flags, environment, file and help are
// made from.
type Setting struct {
	Name    string   // of the flag, without dashes
	Env     []string // its variables; where several are set they must agree
	Default string
	Usage   string   // one line of help, without the default
	Switch  bool     // true or false; the flag takes no value
	List    bool     // the file may give a sequence in place of a comma list
	Repeat  bool     // the flag may stand several times, each with one item of the list
	NoFile  bool     // it can't stand in the file
	Words   []string // all that it may be, where these are few; an item of it, where it is a list

	set func(*loader, value) error
}

// Key gives the setting's key in the YAML file. The dashes of the flag are
// understood there too.
func (s *Setting) Key() string { return strings.ReplaceAll(s.Name, "-", "_") }

func variable(name string) string {
	return "WIXRECON_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
}

// Settings gives the table, in the order of the help and of the faults. A
// setting that another one rests on stands before it: tz before as-of.
func Settings() []Setting {
	table := slices.Concat(readingSettings(), fixingSettings(), tellingSettings())
	for i := range table {
		table[i].Env = append([]string{variable(table[i].Name)}, table[i].Env...)
	}
	return table
}

// readingSettings say what is read and how it is judged.
func readingSettings() []Setting {
	return []Setting{
		{Name: "config", NoFile: true, set: keep,
			Usage: "YAML `file` with settings; flags and environment beat it"},
		{Name: "account-id", Env: []string{"WIX_ACCOUNT_ID"}, set: setAccountID,
			Usage: "the parent (reseller) account, a `GUID`; may be left out with --snapshot"},
		{Name: keyFile, set: setKey,
			Usage: "`file` that holds the API key, in place of " + keyVariable},
		{Name: "base-url", Default: "https://www.wixapis.com", set: setBaseURL,
			Usage: "`URL` of the API; https, unless the host is loopback"},
		{Name: "ledger", set: setLedger,
			Usage: "the subscription ledger: `path` or URL; {2006-01-02} is the date, * the newest, a / at the end a folder of parts"},
		{Name: "ledger-rows", set: setLedgerRows,
			Usage: "control total: the `number` of rows that the ledger must have"},
		{Name: "out", Default: "./wixrecon-runs", set: setOut,
			Usage: "where runs are kept: `folder` or bucket URL"},
		{Name: "accounts", List: true, set: setAccounts,
			Usage: "sub-accounts to look at: a comma `list` of GUIDs, or a file with one a line; all by default"},
		{Name: "snapshot", set: setSnapshot,
			Usage: "packages.jsonl[.gz|.zst] `file` of an earlier run, read in place of the API"},
		{Name: "concurrency", Default: "8", set: setConcurrency,
			Usage: "`number` of requests in flight, 1 to 256"},
		{Name: "rate", Default: "180", set: setRate,
			Usage: "`number` of requests a minute over all workers, or off"},
		{Name: "tz", Default: "UTC", set: setLocation,
			Usage: "IANA time `zone` of dates without one"},
		{Name: "as-of", set: setAsOf,
			Usage: "the `moment` the run speaks for: RFC 3339, or a date (midnight in --tz); now by default"},
		{Name: "in-flight", Default: "48h", set: setInFlight,
			Usage: "what changed within this `time` is shown, and not counted: 48h, 2d, 1d12h"},
		{Name: "max-bad-rows", Default: "1 %", set: setMaxBadRows,
			Usage: "`percent` of the ledger's rows that may be unreadable, 0 to 100"},
		{Name: "exceptions", set: keepPlace(func(c *Config) *string { return &c.Exceptions }),
			Usage: "`path` or URL of the exceptions: findings that are silenced until a date"},
		{Name: "prices", set: keepPlace(func(c *Config) *string { return &c.Prices }),
			Usage: "`path` or URL of what Wix bills for each product and cycle"},
		{Name: "decimal", Words: []string{DecimalPoint, DecimalComma},
			set: choice("point or comma, or nothing", func(c *Config) *string { return &c.Decimal },
				"", DecimalPoint, DecimalComma),
			Usage: "decimal `sign` of the ledger, point or comma; told by its delimiter by default"},
		{Name: "encoding", set: setEncoding,
			Usage: "`name` of the ledger's encoding, such as windows-1252; UTF-8, or what its byte order mark says, by default"},
		{Name: "date-format", List: true, set: setDateFormat,
			Usage: "`format` of the ledger's dates besides ISO 8601: DD.MM.YYYY, M/D/YYYY, or a Go layout; or a comma list"},
		{Name: "sheet", set: setSheet,
			Usage: "`name` of the sheet, where the ledger is a workbook; the first that is shown by default"},
	}
}

// fixingSettings are the guards, which are weighed in every run, and what holds
// fixes back.
func fixingSettings() []Setting {
	return []Setting{
		{Name: "max-fixes", Default: "100", set: setLimit(func(c *Config) *fix.Limit { return &c.Limits.Fixes }),
			Usage: "`number` of instances that may be changed in 24 hours, or off"},
		{Name: "max-cancels", Default: "10", set: setLimit(func(c *Config) *fix.Limit { return &c.Limits.Cancels }),
			Usage: "`number` of instances that may be taken away in 24 hours, or off"},
		{Name: "max-cancel-percent", Default: "1", set: setPercent(func(c *Config) *fix.Percent { return &c.Limits.CancelPercent }),
			Usage: "`percent` of the live instances that may be taken away in 24 hours, or off"},
		{Name: "max-cancels-per-account", Default: "3", set: setLimit(func(c *Config) *fix.Limit { return &c.Limits.CancelsPerAccount }),
			Usage: "`number` of instances of one sub-account that may be taken away in 24 hours, or off"},
		{Name: "max-cancel-cost", Default: "off", set: setMaxCancelCost,
			Usage: "`amount` a month, such as 500 EUR, that may be taken away in 24 hours, or off; needs --prices"},
		{Name: "min-sightings", Default: "2", set: setMinSightings,
			Usage: "`number` of accepted runs that must say the same before something is taken away"},
		{Name: "sighting-gap", Default: "20h", set: setDuration(func(c *Config) *time.Duration { return &c.SightingGap }, 0, maxInFlight),
			Usage: "least `time` between two of these runs"},
		{Name: "max-ledger-age", Default: "36h", set: setMaxLedgerAge,
			Usage: "greatest `age` of the ledger, or off"},
		{Name: "max-shrink", Default: "5", set: setPercent(func(c *Config) *fix.Percent { return &c.Guards.MaxShrink }),
			Usage: "`percent` by which ledger and book may be smaller than in earlier runs, or off"},
		{Name: "canary", List: true, Repeat: true, set: setCanaries,
			Usage: "external or package `id` that must be there on both sides; may be given several times"},
		{Name: "cancel-unlisted-accounts", Default: "false", Switch: true,
			set:   setSwitch(func(c *Config) *bool { return &c.UnlistedAccounts }),
			Usage: "orphans in sub-accounts that no ledger row names may be canceled too"},
		{Name: "settle", Default: "5m", set: setDuration(func(c *Config) *time.Duration { return &c.Settle }, time.Millisecond, day),
			Usage: "`time` for which a request without an answer may still have an effect"},
		{Name: "plan-life", Default: "24h", set: setDuration(func(c *Config) *time.Duration { return &c.PlanLife }, time.Second, 31*day),
			Usage: "`time` for which a plan may be applied"},
	}
}

// tellingSettings say what is told, where and how.
func tellingSettings() []Setting {
	return []Setting{
		{Name: "reports", Default: "all", List: true, Words: append([]string{"all"}, reportNames()...), set: setReports,
			Usage: "all, or a comma `list` of " + strings.Join(reportNames(), ", ") + "; summary.json always"},
		{Name: "run-id", set: setRunID,
			Usage: "`name` of the run and of its folder; made by default"},
		{Name: "log", Default: LogText, Words: []string{LogText, LogJSON},
			set:   choice("text or json", func(c *Config) *string { return &c.Log }, LogText, LogJSON),
			Usage: "`form` of the log on standard error: text or json"},
		{Name: "progress", Default: ProgressAuto, Words: []string{ProgressAuto, ProgressOn, ProgressOff},
			set: choice("auto, on or off", func(c *Config) *string { return &c.Progress },
				ProgressAuto, ProgressOn, ProgressOff),
			Usage: "`when` to show progress on standard error: auto, on or off"},
		{Name: "output", Default: OutputText, Words: []string{OutputText, OutputJSON, OutputMarkdown},
			set: choice("text, json or markdown", func(c *Config) *string { return &c.Output },
				OutputText, OutputJSON, OutputMarkdown),
			Usage: "`form` of the result on standard output: text, json or markdown"},
		{Name: "detailed-exitcode", Default: "false", Switch: true,
			set:   setSwitch(func(c *Config) *bool { return &c.DetailedExitcode }),
			Usage: "exit with 3 where the run is complete and open findings remain"},
	}
}
