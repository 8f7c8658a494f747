package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFaultsOfTheFile(t *testing.T) {
	tests := map[string]struct {
		yaml string
		want []string
	}{
		"unknown key":             {"ledgr: x", []string{`f.yaml:1: unknown key "ledgr": did you mean "ledger"?`}},
		"unknown key of its case": {"# first\n\nMax-Bad_Rowz: 1", []string{`f.yaml:3: unknown key "Max-Bad_Rowz": did you mean "max_bad_rows"?`}},
		"a number as key":         {"1: x", []string{`f.yaml:1: unknown key "1": did you mean "tz"?`}},
		"a merge key":             {"<<: {rate: 1}", []string{`f.yaml:1: unknown key "<<": did you mean "tz"?`}},
		"twice":                   {"rate: 1\nlog: json\nrate: 2", []string{`f.yaml:3: key "rate" stands twice, first in line 1`}},
		"twice, spelt apart":      {"run_id: a\nrun-id: b", []string{`f.yaml:2: key "run-id" stands twice, first in line 1`}},
		"every one of them": {"a1: x\nrate: [1]\nrate: 3\nb1: x", []string{
			`f.yaml:1: unknown key "a1": did you mean "tz"?`,
			`f.yaml:2: key "rate": want a single value, found sequence`,
			`f.yaml:3: key "rate" stands twice, first in line 2`,
			`f.yaml:4: unknown key "b1": did you mean "tz"?`}},
		"a mapping as value":     {"rate: {a: 1}", []string{`f.yaml:1: key "rate": want a single value, found mapping`}},
		"a mapping in a list":    {"reports: [{a: 1}]", []string{`f.yaml:1: key "reports": want a single value, found mapping`}},
		"no value":               {"rate:\nlog: json", []string{`f.yaml:1: key "rate": has no value: leave the key out for the default`}},
		"null in a list":         {"reports: [~]", []string{`f.yaml:1: key "reports": has no value: leave the key out for the default`}},
		"a boolean for text":     {"ledger: true", []string{`f.yaml:1: key "ledger": want text, not true or false`}},
		"an alias":               {"log: &a json\noutput: *a", []string{`f.yaml:1: key "log": want a single value, found anchor`, `f.yaml:2: key "output": want a single value, found alias`}},
		"a sequence":             {"- rate", []string{"f.yaml: want keys and values (key: value), one a line"}},
		"plain text":             {"rate", []string{"f.yaml: want keys and values (key: value), one a line"}},
		"several documents":      {"rate: 1\n---\nlog: json", []string{"f.yaml: want one document, not several"}},
		"fix":                    {"FIX: cancel", []string{`f.yaml:1: key "FIX" is refused: ` + fixReason}},
		"config":                 {"config: other.yaml", []string{`f.yaml:1: key "config" is refused: a settings file can't name another one`}},
		"a value that is judged": {"log: json\nrate: 1.5", []string{`--rate: "1.5": want a number of requests a minute, or off (from f.yaml:2)`}},
		"two lines in one value": {"ledger: |\n  a\n  b", []string{`--ledger: "a\nb": want a value without control characters (from f.yaml:1)`}},
	}
	for name, tt := range tests {
		flags := map[string]string{"account-id": parent, "config": "f.yaml"}
		if !strings.Contains(tt.yaml, "ledger:") {
			flags["ledger"] = "book.csv"
		}
		_, err := Load(flags, keyed(), files(map[string]string{"f.yaml": tt.yaml}))
		got := lines(err)
		if name == "a boolean for text" {
			got = got[:1] // then the ledger is missing, of course
		}
		if d := cmp.Diff(tt.want, got); d != "" {
			t.Errorf("%s: -want +got:\n%s", name, d)
		}
	}
}

func TestGoodFiles(t *testing.T) {
	for name, yaml := range map[string]string{
		"empty": "", "comments": "# nothing\n", "a marker": "---\nrate: 7\n", "crlf": "rate: 7\r\nlog: json\r\n",
		"bom": "\uFEFFrate: 7\n", "flow": "{rate: 7, log: json}", "quoted": "\"rate\": '7'", "octal": "rate: 7 # not o7",
		"a bool": "detailed_exitcode: true", "a literal": "ledger: |\n  book.csv\n",
	} {
		c := mustLoad(t, least(map[string]string{"config": "f.yaml"}), keyed(), map[string]string{"f.yaml": yaml})
		if want := map[bool]int{true: 7, false: 180}[strings.Contains(yaml, "7")]; c.Rate != want {
			t.Errorf("%s: rate %d, want %d", name, c.Rate, want)
		}
	}
}

func TestBrokenYAMLShowsNothingOfTheFile(t *testing.T) {
	for _, yaml := range []string{
		"rate: 1\napi_key: \"" + theKey, "api_key: [" + theKey, "api_key: '" + theKey + "\n  x: y", "\t" + theKey + ": x",
		"api_key: " + theKey + ": x", "api_key: *" + theKey, theKey, "api_key: %" + theKey, "api_key: @" + theKey, "a: !" + theKey,
	} {
		_, err := Load(least(map[string]string{"config": "f.yaml"}), keyed("WIX_API_KEY=other"), files(map[string]string{"f.yaml": yaml}))
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
		c, err := Load(least(map[string]string{"config": "f.yaml"}), keyed(), files(map[string]string{"f.yaml": yaml}))
		if (c == nil) == (err == nil) {
			t.Errorf("config %v with error %v", c, err)
		}
	})
}
