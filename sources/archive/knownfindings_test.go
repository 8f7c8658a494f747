package archive

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wixrecon/wixrecon/reconcile"
)

func sampleFindings() reconcile.KnownFindings {
	at := time.Date(2026, 11, 21, 2, 0, 0, 123, time.UTC)
	return reconcile.KnownFindings{
		{1}: {FirstSeen: at, Since: at, LastSeen: at},
		{2}: {AccountID: "a", FirstSeen: at, Since: at.Add(time.Hour), LastSeen: at.Add(2 * time.Hour), Counted: at.Add(time.Hour),
			Sightings: 3, Fingerprint: 1<<64 - 1, Reopened: 2},
		{9}: {AccountID: "<b>", FirstSeen: at, Since: at, LastSeen: at, Resolved: at.Add(time.Hour)},
	}
}

func lines(t testing.TB, m reconcile.KnownFindings) string {
	t.Helper()
	var b bytes.Buffer
	if err := writeKnownLines(&b, "run", "scope", m); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestKnownFindingsRoundTrip(t *testing.T) {
	for _, want := range []reconcile.KnownFindings{{}, sampleFindings()} {
		var first, second bytes.Buffer
		for _, b := range []*bytes.Buffer{&first, &second} {
			if err := writeKnownFindings(b, "run", "scope", want); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(first.Bytes(), second.Bytes()) {
			t.Error("the same findings have different bytes")
		}
		got, err := decompressKnownFindings(&first, "scope")
		if d := cmp.Diff(want, got); err != nil || d != "" {
			t.Errorf("%v: -want +got:\n%s", err, d)
		}
	}
}

func TestCorruptKnownFindings(t *testing.T) {
	good := lines(t, sampleFindings())
	head, rest, _ := strings.Cut(good, "\n")
	first, _, _ := strings.Cut(rest, "\n")
	for name, c := range map[string]struct{ text, want string }{
		"empty":           {"", "it is empty"},
		"no JSON":         {"x\n", "line 1: "},
		"another scope":   {strings.Replace(good, `"scope"`, `"other"`, 1), `it belongs to scope "other"`},
		"newer":           {strings.Replace(good, `"schema_version":1`, `"schema_version":2`, 1), "schema version 2"},
		"no version":      {strings.Replace(good, `"schema_version":1`, `"schema_version":0`, 1), "no schema version"},
		"truncated":       {head + "\n" + first + "\n", "it has 1 findings, but its first line states 3"},
		"truncated line":  {good[:len(good)-9], "line 4: "},
		"twice":           {head + "\n" + strings.Repeat(first+"\n", 3), "line 3: finding 01000000000000000000 is repeated"},
		"no id":           {strings.Replace(good, `"id":"01`, `"id":"`, 1), "line 2: "},
		"never seen":      {head + "\n" + `{"id":"01000000000000000000"}`, "line 2: finding 01000000000000000000 contradicts itself"},
		"negative":        {strings.Replace(good, `"sightings":3`, `"sightings":-3`, 1), "line 3: finding 02"},
		"a line too long": {head + "\n" + strings.Repeat(" ", maxKnownLine+1), "token too long"},
	} {
		if m, err := readKnownFindings(strings.NewReader(c.text), "scope"); err == nil || !strings.Contains(err.Error(), c.want) || m != nil {
			t.Errorf("%s: got %v, %v", name, m, err)
		}
	}
	more := strings.Replace(good, `"findings":3`, `"findings":3,"later":[1]`, 1)
	if m, err := readKnownFindings(strings.NewReader(strings.Replace(more, `"reopened":2`, `"reopened":2,"more":{}`, 1)), "scope"); err != nil || len(m) != 3 {
		t.Errorf("unknown fields: %d findings, %v", len(m), err)
	}
}

// What can be read is the same after it was written again.
func FuzzKnownFindings(f *testing.F) {
	f.Add(lines(f, sampleFindings()))
	f.Add(lines(f, nil))
	f.Add(`{"schema_version":1,"scope_id":"scope","findings":1}` + "\n" + `{"id":"01000000000000000000","first_seen":"2026-11-21T02:00:00+01:00"}`)
	f.Fuzz(func(t *testing.T, text string) {
		first, err := readKnownFindings(strings.NewReader(text), "scope")
		if err != nil {
			return
		}
		second, err := readKnownFindings(strings.NewReader(lines(t, first)), "scope")
		if d := cmp.Diff(first, second); err != nil || d != "" {
			t.Errorf("%v: -first +second:\n%s", err, d)
		}
	})
}
