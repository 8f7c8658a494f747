package config

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/govalues/decimal"
)

// load gives the config of one flag beside those that are needed, or its fault.
func load(setting, text string) (*Config, string) {
	c, err := Load(least(map[string]string{setting: text}), keyed(), files(nil))
	if err != nil {
		return nil, err.Error()
	}
	return c, ""
}

func TestRefusedValues(t *testing.T) {
	tests := map[string][]string{
		"account-id":  {"", "x", parent + "0", "{" + parent + "}", parent[1:]},
		"base-url":    {"", "www.wixapis.com", "ftp://x", "https://", "https://u:p@x", "https://x?q=1", "https://x?", "https://x#f", "http://x", "http://127.0.0.1.nip.io", "http://localhost.example.com", "http://128.0.0.1", "https:x", "https://[::1", "user:word@host", "https://x:port"},
		"ledger":      {"", "a\x00b", "a\nb"},
		"out":         {""},
		"concurrency": {"", "0", "-1", "257", "8.0", "eight", "0x8", "99999999999999999999"},
		"rate":        {"", "0", "-1", "none", "OFF", "180/min", "1000001", "1e3"},
		"tz":          {"", "Local", "local", "Europe/Berln", "../etc/passwd", "/etc/localtime", "CEST+1"},
		"as-of":       {"yesterday", "2026-02-30", "2026-11-21T02:00", "2026-11-21 02:00:00Z", "21.11.2026", "0001-01-01T00:00:00Z", "1899-12-31"},
		"in-flight":   {"", "2", "-1h", "-1d", "367d", "d", "1.5d", "2d-1h", "2d+1h", "2dd", "9999999d", "1h2d", "2 d", "99999999999h"},
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
			c, fault := load(setting, text)
			trimmed := strings.TrimSpace(text)
			if trimmed != text && c != nil {
				continue // a blank at the end is no part of the value
			}
			if !strings.HasPrefix(fault, "--"+setting+": ") {
				t.Errorf("--%s %q: got %v, fault %q", setting, text, c, fault)
			}
		}
	}
}

func TestEveryFaultIsOneLine(t *testing.T) {
	_, fault := load("ledger", "a\nb")
	if fault != `--ledger: "a\nb": want a value without control characters (from the command line)` {
		t.Error(fault)
	}
}

func TestGoodValues(t *testing.T) {
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
		c, fault := load(tt.setting, tt.text)
		if fault != "" {
			t.Errorf("--%s %q: %s", tt.setting, tt.text, fault)
		} else if got := tt.get(c); got != tt.want {
			t.Errorf("--%s %q: got %q, want %q", tt.setting, tt.text, got, tt.want)
		}
	}
}

func TestRateOff(t *testing.T) {
	if c, fault := load("rate", "off"); fault != "" || c.Rate != 0 {
		t.Errorf("got %v, fault %q", c, fault)
	}
}

func TestMaxBadRowsIsExact(t *testing.T) {
	for text, want := range map[string]string{
		"1 %": "1", "1%": "1", "0.5 %": "0.5", "0": "0", "100": "100", "100.0%": "100.0", "0.000000000001": "0.000000000001",
		"1\u00a0%": "1",
	} {
		c, fault := load("max-bad-rows", text)
		if fault != "" || c.MaxBadRows != decimal.MustParse(want) {
			t.Errorf("%q: got %v, want %s, fault %q", text, c, want, fault)
		}
	}
}

func TestADateIsMidnightInTheZone(t *testing.T) {
	c := mustLoad(t, least(map[string]string{"tz": "Asia/Kathmandu", "as-of": "2026-11-21"}), keyed(), nil)
	if want := time.Date(2026, 11, 20, 18, 15, 0, 0, time.UTC); !c.AsOf.Equal(want) {
		t.Errorf("got %s, want %s", c.AsOf, want)
	}
}

func TestAccounts(t *testing.T) {
	content := map[string]string{
		"list.txt":  "\uFEFF# the two of them\r\n" + strings.ToUpper(subB) + " # second\r\n\r\n" + subA + "," + subB + "\r\n",
		"bad.txt":   subA + "\nx\n" + subB + ", y\n",
		"one.txt":   "nope",
		"empty.txt": "# nobody\n\n",
		"f.yaml":    "accounts: [x]\n",
	}
	tests := []struct {
		text  string
		want  []string
		fault []string
	}{
		{text: "", fault: []string{`--accounts: "": want at least one GUID, or leave it out for all (from the command line)`}},
		{text: subB + " , " + strings.ToUpper(subA) + "," + subB, want: []string{subA, subB}},
		{text: "list.txt", want: []string{subA, subB}},
		{text: "bad.txt", fault: []string{
			`--accounts: "x": want a GUID (from bad.txt:2)`, `--accounts: "y": want a GUID (from bad.txt:3)`}},
		{text: "one.txt", fault: []string{`--accounts: "nope": want a GUID (from one.txt)`}},
		{text: "empty.txt", fault: []string{`--accounts: want at least one GUID (from empty.txt)`}},
		{text: subA + ",x/y.z", fault: []string{`--accounts: "x/y.z": want a GUID (from the command line)`}},
		{text: ",", fault: []string{`--accounts: want at least one GUID (from the command line)`}},
		{text: "dir/a,b.txt", fault: []string{
			`--accounts: read "dir/a,b.txt": file does not exist (from the command line): want a file, or GUIDs separated by commas`}},
	}
	for _, tt := range tests {
		c, err := Load(least(map[string]string{"accounts": tt.text}), keyed(), files(content))
		if d := cmp.Diff(tt.fault, lines(err)); d != "" {
			t.Errorf("%q: faults -want +got:\n%s", tt.text, d)
		}
		if err == nil && !slices.Equal(c.Accounts, tt.want) {
			t.Errorf("%q: got %v, want %v", tt.text, c.Accounts, tt.want)
		}
	}
	_, err := Load(least(map[string]string{"config": "f.yaml"}), keyed(), files(content))
	if d := cmp.Diff([]string{`--accounts: "x": want a GUID (from f.yaml:1)`}, lines(err)); d != "" {
		t.Errorf("a sequence is never a file: -want +got:\n%s", d)
	}
}

func TestFaultsOfAWrongFileAreBounded(t *testing.T) {
	content := map[string]string{"book.csv": strings.Repeat("not-a-guid\n", 1000)}
	_, err := Load(least(map[string]string{"accounts": "book.csv"}), keyed(), files(content))
	got := lines(err)
	if len(got) != maxFaults+1 || got[maxFaults] != "--accounts: and 950 more like these" {
		t.Errorf("%d faults, the last %q", len(got), got[len(got)-1])
	}
	content = map[string]string{"f.yaml": strings.Repeat("key: 1\n", 1000), "book.csv": strings.Repeat("a,b\n", 1<<15)}
	_, err = Load(least(map[string]string{"config": "f.yaml"}), keyed(), files(content))
	if got := lines(err); len(got) != maxFaults+1 || got[maxFaults] != "and 950 more like these" {
		t.Errorf("%d faults, the last %q", len(got), got[len(got)-1])
	}
	_, err = Load(least(map[string]string{"config": "book.csv"}), keyed(), files(content))
	want := []string{"book.csv: is larger than settings are (64 KiB): is it the right file?"}
	if d := cmp.Diff(want, lines(err)); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}
