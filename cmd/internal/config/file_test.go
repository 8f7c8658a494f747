package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFileErrors(t *testing.T) {
	tests := map[string]struct {
		yaml string
		want []string
	}{
		"unknown key":               {"ledgr: x", []string{`f.yaml:1: unknown key "ledgr": did you mean "ledger"?`}},
		"unknown key in other case": {"# first\n\nMax-Bad_Rowz: 1", []string{`f.yaml:3: unknown key "Max-Bad_Rowz": did you mean "max_bad_rows"?`}},
		"a number as key":           {"1: x", []string{`f.yaml:1: unknown key "1": did you mean "tz"?`}},
		"a merge key":               {"<<: {rate: 1}", []string{`f.yaml:1: unknown key "<<": did you mean "tz"?`}},
		"duplicate":                 {"rate: 1\nlog: json\nrate: 2", []string{`f.yaml:3: duplicate key "rate", first in line 1`}},
		"duplicate with dashes":     {"run_id: a\nrun-id: b", []string{`f.yaml:2: duplicate key "run-id", first in line 1`}},
		"all errors": {"a1: x\nrate: [1]\nrate: 3\nb1: x", []string{
			`f.yaml:1: unknown key "a1": did you mean "tz"?`,
			`f.yaml:2: key "rate": expected a single value, found sequence`,
			`f.yaml:3: duplicate key "rate", first in line 2`,
			`f.yaml:4: unknown key "b1": did you mean "tz"?`}},
		"a mapping as value":     {"rate: {a: 1}", []string{`f.yaml:1: key "rate": expected a single value, found mapping`}},
		"a mapping in a list":    {"reports: [{a: 1}]", []string{`f.yaml:1: key "reports": expected a single value, found mapping`}},
		"no value":               {"rate:\nlog: json", []string{`f.yaml:1: key "rate": no value: remove the key for the default`}},
		"null in a list":         {"reports: [~]", []string{`f.yaml:1: key "reports": no value: remove the key for the default`}},
		"a boolean for text":     {"ledger: true", []string{`f.yaml:1: key "ledger": expected text, not true or false`}},
		"an alias":               {"log: &a json\noutput: *a", []string{`f.yaml:1: key "log": expected a single value, found anchor`, `f.yaml:2: key "output": expected a single value, found alias`}},
		"a sequence":             {"- rate", []string{"f.yaml: expected keys and values (key: value), one a line"}},
		"plain text":             {"rate", []string{"f.yaml: expected keys and values (key: value), one a line"}},
		"several documents":      {"rate: 1\n---\nlog: json", []string{"f.yaml: expected one document, not several"}},
		"fix":                    {"FIX: cancel", []string{`f.yaml:1: key "FIX" is refused: ` + fixReason}},
		"config":                 {"config: other.yaml", []string{`f.yaml:1: key "config" is refused: a settings file can't name another one`}},
		"an invalid value":       {"log: json\nrate: 1.5", []string{`--rate: "1.5": expected a number of requests a minute, or off (from f.yaml:2)`}},
		"two lines in one value": {"ledger: |\n  a\n  b", []string{`--ledger: "a\nb": expected a value without control characters (from f.yaml:1)`}},
	}
	for name, tt := range tests {
		flags := map[string]string{"account-id": parent, "config": "f.yaml"}
		if !strings.Contains(tt.yaml, "ledger:") {
			flags["ledger"] = "ledger.csv"
		}
		_, err := Load(flags, withKey(), files(map[string]string{"f.yaml": tt.yaml}))
		got := lines(err)
		if name == "a boolean for text" {
			got = got[:1] // the ledger is missing too
		}
		if d := cmp.Diff(tt.want, got); d != "" {
			t.Errorf("%s: -want +got:\n%s", name, d)
		}
	}
}

func TestValidFiles(t *testing.T) {
	for name, yaml := range map[string]string{
		"empty": "", "comments": "# nothing\n", "a marker": "---\nrate: 7\n", "crlf": "rate: 7\r\nlog: json\r\n",
		"bom": "\uFEFFrate: 7\n", "flow": "{rate: 7, log: json}", "quoted": "\"rate\": '7'", "octal": "rate: 7 # not o7",
		"a bool": "detailed_exitcode: true", "a literal": "ledger: |\n  ledger.csv\n",
	} {
		c := mustLoad(t, requiredFlags(map[string]string{"config": "f.yaml"}), withKey(), map[string]string{"f.yaml": yaml})
		if want := map[bool]int{true: 7, false: 180}[strings.Contains(yaml, "7")]; c.Rate != want {
			t.Errorf("%s: rate %d, want %d", name, c.Rate, want)
		}
	}
}

func TestSyntaxErrorsQuoteNothing(t *testing.T) {
	for _, yaml := range []string{
		"rate: 1\napi_key: \"" + theKey, "api_key: [" + theKey, "api_key: '" + theKey + "\n  x: y", "\t" + theKey + ": x",
		"api_key: " + theKey + ": x", "api_key: *" + theKey, theKey, "api_key: %" + theKey, "api_key: @" + theKey, "a: !" + theKey,
	} {
		_, err := Load(requiredFlags(map[string]string{"config": "f.yaml"}), withKey("WIX_API_KEY=other"), files(map[string]string{"f.yaml": yaml}))
		if err == nil || strings.Contains(err.Error(), theKey) || !strings.Contains(err.Error(), "f.yaml") {
			t.Errorf("%q: got %v", yaml, err)
		}
	}
}

func TestNearest(t *testing.T) {
	var names []string
	for _, s := range Settings() {
		names = append(names, s.Name)
	}
	for name, want := range map[string]string{
		"acount_id": "account-id", "ACCOUNTS": "accounts", "concurency": "concurrency", "max_bad": "max-bad-rows",
		"asof": "as-of", "inflight": "in-flight", "report": "reports", "outptu": "output", "detailed-exit-code": "detailed-exitcode",
		"baseurl": "base-url", "snapshots": "snapshot",
	} {
		if got := Nearest(name, names); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}

func FuzzFile(f *testing.F) {
	f.Add("rate: 1\nlog: [a, b]\n")
	f.Add("a: &x {b: *x}\n<<: *x\n? y\n: z\n")
	f.Add("--- !!map\nledger: !!str 5\n...\n%YAML 1.2\n")
	f.Fuzz(func(t *testing.T, yaml string) {
		c, err := Load(requiredFlags(map[string]string{"config": "f.yaml"}), withKey(), files(map[string]string{"f.yaml": yaml}))
		if (c == nil) == (err == nil) {
			t.Errorf("config %v with error %v", c, err)
		}
	})
}
