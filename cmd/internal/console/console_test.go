package console_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/wixrecon/wixrecon/cmd/internal/console"
)

func TestOutputIsHarmless(t *testing.T) {
	for text, want := range map[string]string{
		"plain ü 日本 👩‍💻\n\tx":             "plain ü 日本 👩‍💻\n\tx",
		"\x1b[2J\x1b]0;title\a\rCOMPLETE": `\x1b[2J\x1b]0;title\x07\x0dCOMPLETE`,
		"c1 \u009b2J \u0085":              `c1 \x9b2J \x85`,
		"bidi \u202egnp.exe":              `bidi \u202egnp.exe`,
		"line\u2028separator\x7f":         `line\u2028separator\x7f`,
		"not UTF-8 \xff\x9b":              "not UTF-8 \ufffd\ufffd",
	} {
		for _, size := range []int{1, 3, len(text)} { // of a write, which may end inside a character
			var out bytes.Buffer
			o := console.NewOutput(&out)
			for rest := text; rest != ""; rest = rest[min(size, len(rest)):] {
				if _, err := o.Write([]byte(rest[:min(size, len(rest))])); err != nil {
					t.Fatal(err)
				}
			}
			if got := out.String(); got != want && (size > 1 || utf8.ValidString(text)) {
				t.Errorf("%q in writes of %d bytes: %q, want %q", text, size, got, want)
			}
		}
	}
}

func TestJSONStaysTheSame(t *testing.T) {
	text := "a\x1b[2J\u009b\u202e\u007fü👩‍💻"
	encoded, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	o := console.NewOutput(&out)
	o.SetJSON()
	if _, err := o.Write(encoded); err != nil {
		t.Fatal(err)
	}
	var got string
	if err := json.Unmarshal(out.Bytes(), &got); err != nil || got != text {
		t.Errorf("%s: %q, %v", out.String(), got, err)
	}
	if strings.ContainsAny(out.String(), "\u009b\u202e\u007f") {
		t.Errorf("%q contains control characters", out.String())
	}
}

func TestSecretsAreRemoved(t *testing.T) {
	var out bytes.Buffer
	o := console.NewOutput(&out)
	o.Redact(func(s string) string { return strings.ReplaceAll(s, "secret", "…") })
	if _, err := o.Write([]byte("a secret\n")); err != nil || out.String() != "a …\n" || !o.Written() {
		t.Errorf("%q, %v", out.String(), err)
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space") }

func TestLossyNeverFails(t *testing.T) {
	if n, err := console.Lossy(fullDisk{}).Write([]byte("log")); n != 3 || err != nil {
		t.Error(n, err)
	}
	if _, err := console.NewOutput(fullDisk{}).Write([]byte("result")); err == nil {
		t.Error("the loss of a result is no error")
	}
}

func TestLogForPeople(t *testing.T) {
	var out bytes.Buffer
	log := console.NewLog(console.People, &out)
	log.Info("reading the ledger", "name", "subs.csv")
	log.Warn("a key file\nothers can read", "file", "a b")
	log.With("run", 7).Error("it failed")
	log.Debug("nobody asked")
	const want = "reading the ledger  name=subs.csv\nWARN   a key file; others can read  file=\"a b\"\nERROR  it failed  run=7\n"
	if got := out.String(); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
