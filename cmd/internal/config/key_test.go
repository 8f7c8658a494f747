package config

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"github.com/wixrecon/wixrecon/sources/wix"
)

// reveals reports whether the key can be read from a text.
func reveals(text string) bool {
	for _, form := range []string{theKey, base64.StdEncoding.EncodeToString([]byte(theKey)), url.QueryEscape(theKey), fmt.Sprintf("%x", theKey), fmt.Sprintf("%d", []byte(theKey))} {
		if strings.Contains(text, form) {
			return true
		}
	}
	return false
}

func TestKeyIsNeverPrinted(t *testing.T) {
	c := mustLoad(t, requiredFlags(nil), withKey(), nil)
	hidden := struct{ c *Config }{c}
	nested := struct{ s wix.Secret }{c.APIKey}
	for _, v := range []any{c, *c, c.APIKey, &c.APIKey, hidden, &hidden, nested, []wix.Secret{c.APIKey}, map[string]wix.Secret{"k": c.APIKey}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%p", "%T"} {
			if got := fmt.Sprintf(verb, v); reveals(got) {
				t.Errorf("%s of %T: %s", verb, v, got)
			}
		}
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		if got := fmt.Sprintf(verb, c.APIKey); got != redacted {
			t.Errorf("%s: %s", verb, got)
		}
	}
	if fmt.Errorf("get: %w", fmt.Errorf("key %v", c.APIKey)).Error() != "get: key (redacted)" {
		t.Error("an error shows the key")
	}
}

func TestKeyIsNeverEncoded(t *testing.T) {
	c := mustLoad(t, requiredFlags(nil), withKey(), nil)
	encoders := map[string]func(io.Writer) error{
		"json":      func(w io.Writer) error { return json.NewEncoder(w).Encode(c) },
		"xml":       func(w io.Writer) error { return xml.NewEncoder(w).Encode(c.APIKey) },
		"yaml":      func(w io.Writer) error { return yaml.NewEncoder(w).Encode(map[string]any{"k": c.APIKey}) },
		"slog text": func(w io.Writer) error { return logTo(slog.NewTextHandler(w, nil), c) },
		"slog json": func(w io.Writer) error { return logTo(slog.NewJSONHandler(w, nil), c) },
	}
	for name, encode := range encoders {
		var out bytes.Buffer
		if err := encode(&out); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if reveals(out.String()) || !strings.Contains(out.String(), redacted) {
			t.Errorf("%s: %s", name, out.String())
		}
	}
}

func logTo(h slog.Handler, c *Config) error {
	slog.New(h).Info("start", "key", c.APIKey, "config", c, "pointer", &c.APIKey)
	return nil
}

func TestKeyFile(t *testing.T) {
	content := map[string]string{
		"good": "\uFEFF " + theKey + "\r\n\n", "empty": "", "blank": " \n\t\r\n", "lines": theKey + "\n" + theKey,
		"quoted": `"` + theKey + `"`, "half": theKey + "'",
		"nul": theKey + "\x00", "bearer": "Bearer " + theKey, "letter": theKey + "ä", "latin": theKey + "\xe4",
	}
	tests := map[string]string{
		"good": "", "empty": "the API key is empty (from empty)", "blank": "the API key is empty (from blank)",
		"lines":  "the API key is more than one line (from lines)",
		"nul":    "the API key contains a blank, a control character or a letter outside of ASCII: set the key alone (from nul)",
		"bearer": "the API key contains a blank, a control character or a letter outside of ASCII: set the key alone (from bearer)",
		"quoted": "the API key is in quotes: remove them (docker --env-file and some secret stores keep them) (from quoted)",
		"half":   "the API key is in quotes: remove them (docker --env-file and some secret stores keep them) (from half)",
		"letter": "the API key contains a blank, a control character or a letter outside of ASCII: set the key alone (from letter)",
		"latin":  "the API key contains a blank, a control character or a letter outside of ASCII: set the key alone (from latin)",
		"gone":   `read "gone": file does not exist (from WIXRECON_API_KEY_FILE)`,
	}
	for name, problem := range tests {
		var want []string
		if problem != "" {
			want = []string{"--api-key-file: " + problem}
		}
		c, err := Load(requiredFlags(nil), []string{"WIXRECON_API_KEY_FILE=" + name}, files(content))
		if d := cmp.Diff(want, lines(err)); d != "" {
			t.Errorf("%s: -want +got:\n%s", name, d)
		}
		if err == nil && !isSecret(c.APIKey, theKey) {
			t.Errorf("%s: another key", name)
		}
	}
}

func TestNoErrorShowsTheKey(t *testing.T) {
	content := map[string]string{"key": theKey, "f.yaml": "api_key: " + theKey + "\napi-key-file: key\n", "two": theKey + "\n" + theKey}
	tests := map[string]struct {
		flags map[string]string
		env   []string
		want  string
	}{
		"in the file":             {map[string]string{"config": "f.yaml"}, nil, `f.yaml:1: key "api_key" is refused`},
		"in a wrong variable":     {nil, withKey("WIXRECON_API_KEY=" + theKey), "WIXRECON_API_KEY is not read"},
		"in both":                 {map[string]string{"api-key-file": "key"}, withKey(), "WIX_API_KEY is set too"},
		"for another setting":     {map[string]string{"run-id": theKey + "!"}, withKey(), `"(redacted)!"`},
		"as the name of its file": {map[string]string{"api-key-file": "IST." + theKey}, nil, `read "(redacted)"`},
		"as the ledger":           {map[string]string{"ledger": "sample/" + theKey + ".csv"}, withKey(), "--ledger: it contains the API key"},
		"in a file, as --out":     {map[string]string{"out": theKey, "api-key-file": "key"}, nil, "--out: it contains the API key"},
		"as the snapshot":         {map[string]string{"snapshot": theKey}, withKey(), "--snapshot: it contains the API key"},
		"as a parent":             {map[string]string{"account-id": "IST." + theKey}, withKey(), `"(redacted)": expected a GUID`},
		"in the URL":              {map[string]string{"base-url": "https://u:" + theKey + "@host/"}, withKey("WIX_API_KEY=x-y"), `"https://host/": expected a URL without user info`},
		"in a broken URL":         {map[string]string{"base-url": "https://u:" + theKey + " @host/"}, withKey("WIX_API_KEY=x-y"), `"https://host/": expected an https URL`},
		"without a scheme":        {map[string]string{"base-url": "u:" + theKey + "@host"}, withKey("WIX_API_KEY=x-y"), `"…@host": expected an https URL`},
		"in the fragment":         {map[string]string{"base-url": "https://host/#" + theKey}, withKey("WIX_API_KEY=x-y"), `"https://host/": expected a URL without query and fragment`},
		"in the query":            {map[string]string{"base-url": "https://host/?k=" + theKey}, withKey("WIX_API_KEY=x-y"), `"https://host/?k=…": expected a URL without query`},
		"in the name of a list":   {map[string]string{"accounts": "s3://u:" + theKey + "@b/k?s=" + theKey}, withKey("WIX_API_KEY=x-y"), `read "s3://b/k?s=…": file does not exist`},
		"several lines":           {map[string]string{"api-key-file": "two"}, nil, "the API key is more than one line (from two)"},
	}
	for name, tt := range tests {
		c, err := Load(requiredFlags(tt.flags), tt.env, files(content))
		if err == nil || reveals(err.Error()) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: config %v, error %v, want %q in it", name, c, err, tt.want)
		}
	}
}
