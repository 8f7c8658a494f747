package config

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/govalues/decimal"
)

// load returns the config of one flag and the required ones, or the error.
func load(setting, text string) (*Config, string) {
	c, err := Load(requiredFlags(map[string]string{setting: text}), withKey(), files(nil))
	if err != nil {
		return nil, err.Error()
	}
	return c, ""
}

func TestInvalidValues(t *testing.T) {
	tests := map[string][]string{
		"account-id":   {"", "x", parent + "0", "{" + parent + "}", parent[1:]},
		"base-url":     {"", "www.wixapis.com", "ftp://x", "https://", "https://u:p@x", "https://x?q=1", "https://x?", "https://x#f", "http://x", "http://127.0.0.1.nip.io", "http://localhost.example.com", "http://128.0.0.1", "https:x", "https://[::1", "user:word@host", "https://x:port"},
		"ledger":       {"", "a\x00b", "a\nb"},
		"out":          {""},
		"concurrency":  {"", "0", "-1", "257", "8.0", "eight", "0x8", "99999999999999999999"},
		"rate":         {"", "0", "-1", "none", "OFF", "180/min", "1000001", "1e3"},
		"memory":       {"", "0", "15MiB", "256", "256M", "-1GiB", "1.5GiB", "256mib", "99999999999GiB", "MiB"},
		"max-duration": {"", "0", "999ms", "-1h", "367d", "off"},
		"tz":           {"", "Local", "local", "Europe/Berln", "../etc/passwd", "/etc/localtime", "CEST+1"},
		"as-of":        {"yesterday", "2026-02-30", "2026-11-21T02:00", "2026-11-21 02:00:00Z", "21.11.2026", "0001-01-01T00:00:00Z", "1899-12-31"},
		"in-flight":    {"", "2", "-1h", "-1d", "367d", "d", "1.5d", "2d-1h", "2d+1h", "2dd", "9999999d", "1h2d", "2 d", "99999999999h"},
		"max-bad-rows": {"", "%", "-1", "100.01", "1 %%", "% 1", "1e1", "0,5 %", "NaN", "1..2", "+1",
			"one", "101", "1 percent", strings.Repeat("9", 60)},
		"decimal":           {".", ",", "Point", "dot"},
		"reports":           {"", ",", "html", "findings,html", "pdf", "findings,,xlsx", "all,findings", "ALL"},
		"run-id":            {".", "..", "-a", "_a", ".a", "a/b", "a b", "ä", "a\n", strings.Repeat("a", 101), "latest.json", "LOCK", "Stop", "journal", "close-2026-10", "Accepted"},
		"log":               {"", "xml", "JSON"},
		"progress":          {"", "yes", "true"},
		"output":            {"", "csv"},
		"detailed-exitcode": {"", "yes", "2"},
		"accounts":          {",", "x,y", parent + ",x", "x"},
	}
	for setting, values := range tests {
		for _, text := range values {
			c, problem := load(setting, text)
			trimmed := strings.TrimSpace(text)
			if trimmed != text && c != nil {
				continue // the trailing blank is removed
			}
			if !strings.HasPrefix(problem, "--"+setting+": ") {
				t.Errorf("--%s %q: got %v, error %q", setting, text, c, problem)
			}
		}
	}
}

func TestEveryErrorIsOneLine(t *testing.T) {
	_, problem := load("ledger", "a\nb")
	if problem != `--ledger: "a\nb": expected a value without control characters (from the command line)` {
		t.Error(problem)
	}
}

func TestValidValues(t *testing.T) {
	berlin := "2026-11-21T00:00:00+01:00"
	tests := []struct {
		setting, text, want string
		get                 func(*Config) string
	}{
		{"account-id", strings.ToUpper(parent), parent, func(c *Config) string { return c.AccountID }},
		{"base-url", "http://localhost:8080/", "http://localhost:8080", func(c *Config) string { return c.BaseURL.String() }},
		{"base-url", "http://127.9.9.9", "http://127.9.9.9", func(c *Config) string { return c.BaseURL.String() }},
		{"base-url", "http://[::1]:1", "http://[::1]:1", func(c *Config) string { return c.BaseURL.String() }},
		{"base-url", "https://proxy.example.com/wix/", "https://proxy.example.com/wix", func(c *Config) string { return c.BaseURL.String() }},
		{"ledger", " a b.csv ", "a b.csv", func(c *Config) string { return c.Ledger }},
		{"as-of", "2026-11-21T00:00:00+01:00", berlin, func(c *Config) string { return c.AsOf.Format(time.RFC3339) }},
		{"as-of", "", "true", func(c *Config) string { return map[bool]string{true: "true"}[c.AsOf.IsZero()] }},
		{"in-flight", "2d", "48h0m0s", func(c *Config) string { return c.InFlight.String() }},
		{"in-flight", "1d12h30m", "36h30m0s", func(c *Config) string { return c.InFlight.String() }},
		{"in-flight", "0", "0s", func(c *Config) string { return c.InFlight.String() }},
		{"in-flight", "366d", "8784h0m0s", func(c *Config) string { return c.InFlight.String() }},
		{"reports", "xlsx, findings,xlsx", "findings,xlsx", func(c *Config) string { return strings.Join(c.Reports, ",") }},
		{"run-id", "20261121T020000Z-1a2b", "20261121T020000Z-1a2b", func(c *Config) string { return c.RunID }},
	}
	for _, tt := range tests {
		c, problem := load(tt.setting, tt.text)
		if problem != "" {
			t.Errorf("--%s %q: %s", tt.setting, tt.text, problem)
		} else if got := tt.get(c); got != tt.want {
			t.Errorf("--%s %q: got %q, want %q", tt.setting, tt.text, got, tt.want)
		}
	}
}

func TestRateOff(t *testing.T) {
	if c, problem := load("rate", "off"); problem != "" || c.Rate != 0 {
		t.Errorf("got %v, error %q", c, problem)
	}
}

func TestMaxBadRowsIsExact(t *testing.T) {
	for text, want := range map[string]string{
		"1 %": "1", "1%": "1", "0.5 %": "0.5", "0": "0", "100": "100", "100.0%": "100.0", "0.000000000001": "0.000000000001",
		"1\u00a0%": "1",
	} {
		c, problem := load("max-bad-rows", text)
		if problem != "" || c.MaxBadRows != decimal.MustParse(want) {
			t.Errorf("%q: got %v, want %s, error %q", text, c, want, problem)
		}
	}
}

func TestAsOfDateIsMidnightInTheZone(t *testing.T) {
	c := mustLoad(t, requiredFlags(map[string]string{"tz": "Asia/Kathmandu", "as-of": "2026-11-21"}), withKey(), nil)
	if want := time.Date(2026, 11, 20, 18, 15, 0, 0, time.UTC); !c.AsOf.Equal(want) {
		t.Errorf("got %s, want %s", c.AsOf, want)
	}
}

func TestAccounts(t *testing.T) {
	content := map[string]string{
		"list.txt":  "\uFEFF# the two of them\r\n" + strings.ToUpper(subB) + " # second\r\n\r\n" + subA + "," + subB + "\r\n",
		"bad.txt":   subA + "\nx\n" + subB + ", y\n",
		"one.txt":   "nope",
		"empty.txt": "# none\n\n",
		"f.yaml":    "accounts: [x]\n",
	}
	tests := []struct {
		text string
		want []string
		errs []string
	}{
		{text: "", errs: []string{`--accounts: "": expected at least one GUID; leave it out for all accounts (from the command line)`}},
		{text: subB + " , " + strings.ToUpper(subA) + "," + subB, want: []string{subA, subB}},
		{text: "list.txt", want: []string{subA, subB}},
		{text: "bad.txt", errs: []string{
			`--accounts: "x": expected a GUID (from bad.txt:2)`, `--accounts: "y": expected a GUID (from bad.txt:3)`}},
		{text: "one.txt", errs: []string{`--accounts: "nope": expected a GUID (from one.txt)`}},
		{text: "empty.txt", errs: []string{`--accounts: expected at least one GUID (from empty.txt)`}},
		{text: subA + ",x/y.z", errs: []string{`--accounts: "x/y.z": expected a GUID (from the command line)`}},
		{text: ",", errs: []string{`--accounts: expected at least one GUID (from the command line)`}},
		{text: "dir/a,b.txt", errs: []string{
			`--accounts: read "dir/a,b.txt": file does not exist (from the command line): expected a file, or GUIDs separated by commas`}},
	}
	for _, tt := range tests {
		c, err := Load(requiredFlags(map[string]string{"accounts": tt.text}), withKey(), files(content))
		if d := cmp.Diff(tt.errs, lines(err)); d != "" {
			t.Errorf("%q: errors -want +got:\n%s", tt.text, d)
		}
		if err == nil && !slices.Equal(c.Accounts, tt.want) {
			t.Errorf("%q: got %v, want %v", tt.text, c.Accounts, tt.want)
		}
	}
	_, err := Load(requiredFlags(map[string]string{"config": "f.yaml"}), withKey(), files(content))
	if d := cmp.Diff([]string{`--accounts: "x": expected a GUID (from f.yaml:1)`}, lines(err)); d != "" {
		t.Errorf("a sequence is never a file: -want +got:\n%s", d)
	}
}

func TestErrorsOfAWrongFileAreLimited(t *testing.T) {
	content := map[string]string{"ledger.csv": strings.Repeat("not-a-guid\n", 1000)}
	_, err := Load(requiredFlags(map[string]string{"accounts": "ledger.csv"}), withKey(), files(content))
	got := lines(err)
	if len(got) != maxErrors+1 || got[maxErrors] != "--accounts: and 950 more like these" {
		t.Errorf("%d errors, the last %q", len(got), got[len(got)-1])
	}
	content = map[string]string{"f.yaml": strings.Repeat("key: 1\n", 1000), "ledger.csv": strings.Repeat("a,b\n", 1<<15)}
	_, err = Load(requiredFlags(map[string]string{"config": "f.yaml"}), withKey(), files(content))
	if got := lines(err); len(got) != maxErrors+1 || got[maxErrors] != "and 950 more like these" {
		t.Errorf("%d errors, the last %q", len(got), got[len(got)-1])
	}
	_, err = Load(requiredFlags(map[string]string{"config": "ledger.csv"}), withKey(), files(content))
	want := []string{"ledger.csv: larger than a settings file (64 KiB): is it the right file?"}
	if d := cmp.Diff(want, lines(err)); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}
