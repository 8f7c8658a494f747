package config

import (
	"errors"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/govalues/decimal"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix/guard"
	"github.com/wixrecon/wixrecon/sources/ledger"
	"github.com/wixrecon/wixrecon/sources/wix"
)

const (
	parent = "0b6c1f0e-6a57-4b7b-9c1d-3f5a2e8d4c10"
	subA   = "5d3c7a52-0d3e-4f7c-8a43-5f1f6f4f7a01"
	subB   = "5d3c7a52-0d3e-4f7c-8a43-5f1f6f4f7a02"
	theKey = "a-key-that-must-not-be-shown"
)

// files reads from a map; other files do not exist.
func files(content map[string]string) func(string) ([]byte, error) {
	return func(name string) ([]byte, error) {
		if text, ok := content[name]; ok {
			return []byte(text), nil
		}
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
}

// requiredFlags returns the flags that every config needs, with changes.
func requiredFlags(changes map[string]string) map[string]string {
	flags := map[string]string{"account-id": parent, "ledger": "ledger.csv"}
	maps.Copy(flags, changes)
	return flags
}

func withKey(env ...string) []string { return append(env, "WIX_API_KEY="+theKey) }

func mustLoad(t *testing.T, flags map[string]string, env []string, content map[string]string) *Config {
	t.Helper()
	c, err := Load(flags, env, files(content))
	if err != nil {
		t.Fatalf("load: %v", err)
	}
	return c
}

// isSecret reports whether a secret is that text.
func isSecret(s wix.Secret, text string) bool { return s.Redact(text) == redacted }

// diff compares the values of configs, including the key.
func diff(want, got *Config) string {
	return cmp.Diff(want, got,
		cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Effective" }, cmp.Ignore()),
		cmp.Comparer(func(a, b wix.Secret) bool { return isSecret(a, theKey) == isSecret(b, theKey) }),
		cmp.Comparer(func(a, b decimal.Decimal) bool { return a == b }),
		cmp.Comparer(func(a, b ledger.DateFormat) bool { return a == b }),
		cmp.Comparer(func(a, b *time.Location) bool { return a.String() == b.String() }),
		cmp.Comparer(func(a, b url.URL) bool { return a.String() == b.String() }))
}

func TestDefaults(t *testing.T) {
	want := &Config{
		AccountID: parent, APIKey: wix.NewSecret(theKey), BaseURL: &url.URL{Scheme: "https", Host: "www.wixapis.com"},
		Ledger: "ledger.csv", Out: "./wixrecon-runs", Concurrency: 8, Rate: 180, MaxDuration: 12 * time.Hour, Memory: 256 << 20, Location: time.UTC,
		InFlight: 48 * time.Hour, MaxBadRows: decimal.One,
		Reports: []string{"findings", "packages", "xlsx", "snapshot"},
		Log:     "text", Progress: "auto", Output: "text",
		Guards: guard.Guards{MaxLedgerAge: guard.Age{Max: 36 * time.Hour}, MaxShrink: guard.Percent{Max: decimal.MustNew(5, 0)}},
		Limits: guard.Limits{
			Fixes: guard.Limit{Max: 100}, Cancels: guard.Limit{Max: 10}, CancelPercent: guard.Percent{Max: decimal.MustNew(1, 0)},
			CancelsPerAccount: guard.Limit{Max: 3}, CancelCost: guard.CostLimit{Off: true}, Surge: guard.Limit{Max: 3},
		},
		MinSightings: 2, SightingGap: 20 * time.Hour,
		Settle: 5 * time.Minute, PlanLife: 24 * time.Hour,
		Unattended: Unattended{NotifyOn: "always", Cron: "0 2 * * *"},
	}
	if d := diff(want, mustLoad(t, requiredFlags(nil), withKey(), nil)); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

func TestExampleFile(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	want := &Config{
		AccountID: parent, APIKey: wix.NewSecret(theKey), KeyFile: "/run/secrets/wix-api-key", BaseURL: &url.URL{Scheme: "https", Host: "www.wixapis.com"},
		Ledger: "s3://sample/subscriptions.csv.gz?region=eu-central-1", Out: "s3://sample/wixrecon",
		Accounts: []string{subA, subB}, Concurrency: 4, Rate: 120, MaxDuration: 12 * time.Hour, Memory: 256 << 20, Location: berlin,
		AsOf: time.Date(2026, 11, 21, 0, 0, 0, 0, berlin), InFlight: 48 * time.Hour,
		MaxBadRows: decimal.MustParse("0.5"), Decimal: "comma", Encoding: "windows-1252", Sheet: "Abos",
		DateFormats: []ledger.DateFormat{format(t, "DD.MM.YYYY"), format(t, "D.M.YY")},
		Columns: []ledger.ColumnMap{
			{Column: "external_id", Headers: []string{"Vertragsnummer"}, From: "testdata/wixrecon.yaml:54"},
			{Column: "account_id", Headers: []string{"Wix-Konto", "Konto"}, From: "testdata/wixrecon.yaml:55"},
		},
		Statuses: []ledger.StatusWord{
			{Word: "aktiv", Status: reconcile.Active, From: "testdata/wixrecon.yaml:57"},
			{Word: "gekündigt", Status: reconcile.Canceled, From: "testdata/wixrecon.yaml:58"},
		},
		Reports: []string{"findings", "xlsx"},
		RunID:   "nightly-1", Log: "json", Progress: "off", Output: "markdown", DetailedExitcode: true,
		Exceptions: "s3://sample/exceptions.csv", Prices: "prices.csv",
		Guards: guard.Guards{MaxLedgerAge: guard.Age{Off: true}, MaxShrink: guard.Percent{Max: decimal.MustParse("2.5")}},
		Limits: guard.Limits{
			Fixes: guard.Limit{Off: true}, Cancels: guard.Limit{Max: 0}, CancelPercent: guard.Percent{Max: decimal.MustParse("0.5")},
			CancelsPerAccount: guard.Limit{Max: 5}, CancelCost: guard.CostLimit{Max: decimal.MustParse("499.50"), Currency: "EUR"}, Surge: guard.Limit{Max: 3},
		},
		MinSightings: 3, SightingGap: 12 * time.Hour, Canaries: []string{"sub-1, of two", "sub-2"}, UnlistedAccounts: true,
		Settle: 10 * time.Minute, PlanLife: 48 * time.Hour,
		Unattended: Unattended{NotifyOn: "always", Cron: "0 2 * * *"},
	}
	read := func(name string) ([]byte, error) {
		if name == "/run/secrets/wix-api-key" {
			return []byte(theKey + "\n"), nil
		}
		return os.ReadFile(name)
	}
	got, err := Load(map[string]string{"config": "testdata/wixrecon.yaml"}, nil, read)
	if err != nil {
		t.Fatal(err)
	}
	if d := diff(want, got); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

func format(t *testing.T, text string) ledger.DateFormat {
	t.Helper()
	f, err := ledger.ParseDateFormat(text)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// samples has, for every setting, two valid values, of which the first is not the
// default, and how to read the value from a Config.
var samples = map[string]struct {
	first, second string
	get           func(*Config) string
}{
	"account-id": {subA, subB, func(c *Config) string { return c.AccountID }},
	"api-key-file": {"first", "second", func(c *Config) string {
		for _, text := range []string{"first", "second"} {
			if isSecret(c.APIKey, text) {
				return text
			}
		}
		return ""
	}},
	"base-url":                 {"https://first", "https://second", func(c *Config) string { return c.BaseURL.String() }},
	"ledger":                   {"first", "second", func(c *Config) string { return c.Ledger }},
	"out":                      {"first", "second", func(c *Config) string { return c.Out }},
	"accounts":                 {subA, subB, func(c *Config) string { return strings.Join(c.Accounts, ",") }},
	"snapshot":                 {"first", "second", func(c *Config) string { return c.Snapshot }},
	"concurrency":              {"1", "256", func(c *Config) string { return decimal.MustNew(int64(c.Concurrency), 0).String() }},
	"rate":                     {"1", "77", func(c *Config) string { return decimal.MustNew(int64(c.Rate), 0).String() }},
	"memory":                   {"16MiB", "512MiB", func(c *Config) string { return strconv.FormatInt(c.Memory>>20, 10) + "MiB" }},
	"temp-dir":                 {"first", "second", func(c *Config) string { return c.TempDir }},
	"max-duration":             {"1h0m0s", "2h0m0s", func(c *Config) string { return c.MaxDuration.String() }},
	"tz":                       {"Asia/Kathmandu", "America/New_York", func(c *Config) string { return c.Location.String() }},
	"as-of":                    {"2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", func(c *Config) string { return c.AsOf.Format(time.RFC3339) }},
	"in-flight":                {"1h0m0s", "2h0m0s", func(c *Config) string { return c.InFlight.String() }},
	"max-bad-rows":             {"2", "3.5", func(c *Config) string { return c.MaxBadRows.String() }},
	"ledger-rows":              {"17", "18", func(c *Config) string { return strconv.Itoa(c.LedgerRows) }},
	"decimal":                  {"point", "comma", func(c *Config) string { return c.Decimal }},
	"encoding":                 {"windows-1252", "shift_jis", func(c *Config) string { return c.Encoding }},
	"sheet":                    {"first", "second", func(c *Config) string { return c.Sheet }},
	"header-row":               {"3", "4", func(c *Config) string { return strconv.Itoa(c.HeaderRow) }},
	"date-format":              {"DD.MM.YYYY", "01/02/06", func(c *Config) string { return c.DateFormats[0].String() }},
	"exceptions":               {"first", "second", func(c *Config) string { return c.Exceptions }},
	"prices":                   {"first", "second", func(c *Config) string { return c.Prices }},
	"max-fixes":                {"0", "off", func(c *Config) string { return limitText(c.Limits.Fixes) }},
	"max-cancels":              {"off", "7", func(c *Config) string { return limitText(c.Limits.Cancels) }},
	"max-cancel-percent":       {"0 %", "2.5 %", func(c *Config) string { return c.Limits.CancelPercent.String() }},
	"max-cancels-per-account":  {"0", "9", func(c *Config) string { return limitText(c.Limits.CancelsPerAccount) }},
	"max-cancel-cost":          {"500 EUR", "1 USD", func(c *Config) string { return c.Limits.CancelCost.String() }},
	"min-sightings":            {"1", "3", func(c *Config) string { return strconv.Itoa(c.MinSightings) }},
	"surge":                    {"2", "off", func(c *Config) string { return limitText(c.Limits.Surge) }},
	"sighting-gap":             {"1h0m0s", "2h0m0s", func(c *Config) string { return c.SightingGap.String() }},
	"max-ledger-age":           {"1h", "48h", func(c *Config) string { return c.Guards.MaxLedgerAge.String() }},
	"max-shrink":               {"0 %", "10 %", func(c *Config) string { return c.Guards.MaxShrink.String() }},
	"canary":                   {"first", "second", func(c *Config) string { return strings.Join(c.Canaries, ",") }},
	"cancel-unlisted-accounts": {"true", "false", func(c *Config) string { return strconv.FormatBool(c.UnlistedAccounts) }},
	"settle":                   {"1s", "2s", func(c *Config) string { return c.Settle.String() }},
	"plan-life":                {"1h0m0s", "2h0m0s", func(c *Config) string { return c.PlanLife.String() }},
	"reports":                  {"findings", "xlsx", func(c *Config) string { return strings.Join(c.Reports, ",") }},
	"run-id":                   {"first", "second", func(c *Config) string { return c.RunID }},
	"log":                      {"json", "text", func(c *Config) string { return c.Log }},
	"progress":                 {"on", "off", func(c *Config) string { return c.Progress }},
	"output":                   {"json", "markdown", func(c *Config) string { return c.Output }},
	"ping":                     {"https://first", "http://127.0.0.1/second", func(c *Config) string { return c.Unattended.Ping }},
	"notify":                   {"https://first", "https://second", func(c *Config) string { return strings.Join(c.Unattended.Notify, ",") }},
	"notify-on":                {"new", "problem", func(c *Config) string { return c.Unattended.NotifyOn }},
	"notify-details":           {"true", "false", func(c *Config) string { return strconv.FormatBool(c.Unattended.Details) }},
	"metrics-file":             {"first", "second", func(c *Config) string { return c.Unattended.MetricsFile }},
	"metrics-push":             {"https://first", "https://second", func(c *Config) string { return c.Unattended.MetricsPush }},
	"cron":                     {"0 1 * * *", "0 3 * * *", func(c *Config) string { return c.Unattended.Cron }},
	"jitter":                   {"1m0s", "2m0s", func(c *Config) string { return c.Unattended.Jitter.String() }},
	"listen":                   {"first", "second", func(c *Config) string { return c.Unattended.Listen }},
	"detailed-exitcode": {"true", "false", func(c *Config) string {
		if c.DetailedExitcode {
			return "true"
		}
		return "false"
	}},
}

func limitText(l guard.Limit) string {
	if l.Off {
		return "off"
	}
	return strconv.Itoa(l.Max)
}

// TestEverySettingFromEverySource loads each setting from the flag, each of its
// variables and both spellings of its key, alone and over a lower source.
func TestEverySettingFromEverySource(t *testing.T) {
	for _, s := range Settings() {
		sample, ok := samples[s.Name]
		if !ok {
			if s.Name != "config" {
				t.Errorf("setting %s is not tested", s.Name)
			}
			continue
		}
		content := map[string]string{"first": "first", "second": "second"}
		key := s.Key()
		yaml := func(key, text string) map[string]string {
			c := maps.Clone(content)
			c["f.yaml"] = key + ": " + text + "\n"
			return c
		}
		check := func(source, want string, flags map[string]string, env []string, content map[string]string) {
			t.Helper()
			base := map[string]string{"account-id": parent, "ledger": "ledger.csv"}
			delete(base, s.Name)
			maps.Copy(base, flags)
			if s.Name != "api-key-file" {
				env = withKey(env...)
			}
			if got := sample.get(mustLoad(t, base, env, content)); got != want {
				t.Errorf("%s from %s: got %q, want %q", s.Name, source, got, want)
			}
		}
		check("flag", sample.first, map[string]string{s.Name: sample.first}, nil, content)
		for _, name := range s.Env {
			check(name, sample.first, nil, []string{name + "=" + sample.first}, content)
			check("flag over "+name, sample.second, map[string]string{s.Name: sample.second}, []string{name + "=" + sample.first}, content)
		}
		file := map[string]string{"config": "f.yaml"}
		check("file", sample.first, file, nil, yaml(key, sample.first))
		check("file with dashes", sample.first, file, nil, yaml(s.Name, sample.first))
		check("environment over file", sample.second, file, []string{s.Env[0] + "=" + sample.second}, yaml(key, sample.first))
		check("file where the variable is empty", sample.first, file, []string{s.Env[0] + "="}, yaml(key, sample.first))
		check("flag over file", sample.second, map[string]string{"config": "f.yaml", s.Name: sample.second}, nil, yaml(key, sample.first))
		check("WIXRECON_CONFIG", sample.first, nil, []string{"WIXRECON_CONFIG=f.yaml"}, yaml(key, sample.first))
	}
}

func TestAllErrorsAreReported(t *testing.T) {
	content := map[string]string{"f.yaml": "tz: Mars/Olympus\nacounts: x\nfix: cancel\nlog: xml\n"}
	flags := map[string]string{"config": "f.yaml", "concurrency": "0", "base-url": "http://example.com", "nonsense": ""}
	_, err := Load(flags, []string{"WIXRECON_RATE=fast", "WIXRECON_FIX=cancel"}, files(content))
	want := []string{
		`unknown flag --nonsense: did you mean --config?`,
		`WIXRECON_FIX is refused: --fix can be set on the command line only, so that an audit can't be turned into cancels remotely`,
		`f.yaml:2: unknown key "acounts": did you mean "accounts"?`,
		`f.yaml:3: key "fix" is refused: --fix can be set on the command line only, so that an audit can't be turned into cancels remotely`,
		`--account-id: missing: set the GUID of the parent account (also in WIX_ACCOUNT_ID); it may be left out with --snapshot`,
		`--api-key-file: missing: set the file that contains the API key, or the key itself in WIX_API_KEY`,
		`--base-url: "http://example.com": expected https: http is for loopback hosts only, because it would expose the API key (from the command line)`,
		`--ledger: missing: set the path or URL of the subscription ledger`,
		`--concurrency: "0": expected a number of requests in flight, 1 to 256 (from the command line)`,
		`--rate: "fast": expected a number of requests a minute, or off (from WIXRECON_RATE)`,
		`--tz: "Mars/Olympus": expected an IANA time zone such as UTC or Europe/Berlin (from f.yaml:1)`,
		`--log: "xml": expected text or json (from f.yaml:4)`,
	}
	if d := cmp.Diff(want, lines(err)); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

func lines(err error) []string {
	if err == nil {
		return nil
	}
	return strings.Split(err.Error(), "\n")
}

// Kubernetes and Docker set variables for a service called wixrecon.
func TestUnknownVariablesAreIgnored(t *testing.T) {
	env := withKey("WIXRECON_SERVICE_HOST=10.0.0.1", "WIXRECON_SERVICE_PORT=80", "WIXRECON_PORT=tcp://10.0.0.1:80",
		"WIXRECON_PORT_80_TCP_ADDR=10.0.0.1", "WIXRECON_LGO=", "WIXRECONLOG=x", "nonsense", "=C:=C:")
	mustLoad(t, requiredFlags(nil), env, nil)
}

func TestMistypedVariables(t *testing.T) {
	for variable, near := range map[string]string{
		"WIXRECON_LEGDER=x": "LEDGER", "WIXRECON_MAX_CANCEL=1": "MAX_CANCELS", "WIXRECON_MAXFIXES=1": "MAX_FIXES", "WIXRECON_PORT=80": "OUT",
	} {
		for _, names := range [][]string{nil, {"config", "out"}} { // a command that needs few settings too
			_, err := LoadSome(names, requiredFlags(nil), withKey(variable), files(nil))
			name, _, _ := strings.Cut(variable, "=")
			if want := "unknown variable " + name + ": did you mean WIXRECON_" + near + "?"; err == nil || err.Error() != want {
				t.Errorf("%s: %v, want %q", variable, err, want)
			}
		}
	}
}

// The formats are known also where other settings are wrong.
func TestFormats(t *testing.T) {
	tests := []struct {
		flags     map[string]string
		env       []string
		file      string
		log, outp string
	}{
		{nil, nil, "", LogText, OutputText},
		{map[string]string{"log": "json"}, []string{"WIXRECON_OUTPUT=markdown"}, "", LogJSON, OutputMarkdown},
		{map[string]string{"log": "xml"}, []string{"WIXRECON_OUTPUT=xml"}, "", LogText, OutputText},
		{map[string]string{"config": "f.yaml", "log": "text"}, nil, "log: json\noutput: json\nlegder: x\n", LogText, OutputJSON},
		{map[string]string{"config": "gone"}, []string{"WIXRECON_LOG=json", "WIXRECON_FIX=cancel"}, "", LogJSON, OutputText},
	}
	for _, tt := range tests {
		if log, output := Formats(tt.flags, tt.env, files(map[string]string{"f.yaml": tt.file})); log != tt.log || output != tt.outp {
			t.Errorf("%v, %v, %q: %s and %s, want %s and %s", tt.flags, tt.env, tt.file, log, output, tt.log, tt.outp)
		}
	}
}

func TestLastVariableCounts(t *testing.T) {
	c := mustLoad(t, requiredFlags(nil), withKey("WIXRECON_RATE=1", "WIXRECON_RATE=2"), nil)
	if c.Rate != 2 {
		t.Errorf("rate %d, want 2", c.Rate)
	}
}

func TestAccountVariablesMustAgree(t *testing.T) {
	flags := map[string]string{"ledger": "ledger.csv"}
	same := withKey("WIXRECON_ACCOUNT_ID="+parent, "WIX_ACCOUNT_ID="+strings.ToUpper(parent))
	mustLoad(t, flags, same, nil)
	other := withKey("WIXRECON_ACCOUNT_ID="+parent, "WIX_ACCOUNT_ID="+subA)
	_, err := Load(flags, other, files(nil))
	if d := cmp.Diff([]string{"--account-id: WIXRECON_ACCOUNT_ID and WIX_ACCOUNT_ID differ"}, lines(err)); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	mustLoad(t, requiredFlags(nil), other, nil) // the flag takes precedence
}

func TestSnapshotNeedsNoAccountAndNoKey(t *testing.T) {
	c := mustLoad(t, map[string]string{"ledger": "b", "snapshot": "p.jsonl", "api-key-file": "not-there", "as-of": "2026-11-21"}, nil, nil)
	if c.AccountID != "" || !c.APIKey.IsZero() || c.Snapshot != "p.jsonl" || c.AsOf.IsZero() {
		t.Errorf("got %+v", c)
	}
}

// A command that needs only some settings is not affected by errors in the
// others, but an invalid file is still an error.
func TestLoadSome(t *testing.T) {
	names := []string{"config", "out", "output"}
	env := []string{"WIXRECON_OUT=exported", "WIXRECON_RATE=fast", "WIX_ACCOUNT_ID=x", "WIXRECON_ACCOUNT_ID=y"}
	read := files(map[string]string{"good": "rate: fast\nout: filed\noutput: json\n", "bad": "oot: filed\n"})
	c, err := LoadSome(names, map[string]string{"config": "good"}, env, read)
	if err != nil || c.Out != "exported" || c.Output != OutputJSON || len(c.Effective) != len(names) {
		t.Errorf("got %+v, %v", c, err)
	}
	if _, err := LoadSome(names, map[string]string{"config": "bad"}, nil, read); err == nil || !strings.Contains(err.Error(), `unknown key "oot"`) {
		t.Errorf("an unknown key: %v", err)
	}
	if _, err := LoadSome(names, map[string]string{"output": "loud"}, nil, read); err == nil || !strings.Contains(err.Error(), "--output") {
		t.Errorf("a setting that is needed: %v", err)
	}
}

func TestMissingFiles(t *testing.T) {
	for _, setting := range []string{"config", "api-key-file", "accounts"} {
		_, err := Load(requiredFlags(map[string]string{setting: "not-there"}), nil, files(nil))
		if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "--"+setting+`: read "not-there": file does not exist`) {
			t.Errorf("%s: got %v", setting, err)
		}
	}
}
