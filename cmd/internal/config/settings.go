package config

import "strings"

// A Setting is one row of the table that flags, environment, file and help are
// made from.
type Setting struct {
	Name    string   // of the flag, without dashes
	Env     []string // its variables; where several are set they must agree
	Default string
	Usage   string   // one line of help, without the default
	Switch  bool     // true or false; the flag takes no value
	List    bool     // the file may give a sequence in place of a comma list
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
	table := append(readingSettings(), tellingSettings()...)
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
		{Name: "detailed-exitcode", Default: "false", Switch: true, set: setDetailedExitcode,
			Usage: "exit with 3 where the run is complete and open findings remain"},
	}
}
