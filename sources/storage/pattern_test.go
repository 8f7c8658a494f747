package storage

import (
	"path"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestExpandDate(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 21, 23, 30, 0, 0, time.UTC)
	for _, c := range []struct{ name, utc, inBerlin string }{
		{"subs.csv", "subs.csv", "subs.csv"},
		{"subs-{2006-01-02}.csv.gz", "subs-2026-11-21.csv.gz", "subs-2026-11-22.csv.gz"},
		{"{2006}/{01}/subs_{20060102T1504}.csv", "2026/11/subs_20261121T2330.csv", "2026/11/subs_20261122T0030.csv"},
		{"{2006/01/02}/", "2026/11/21/", "2026/11/22/"},
		{"s3://data/subs-{2006-01-02}.csv?endpoint={x}", "s3://data/subs-2026-11-21.csv?endpoint={x}", "s3://data/subs-2026-11-22.csv?endpoint={x}"},
		{"s3://data/a%7B2006%7D.csv", "s3://data/a%7B2006%7D.csv", "s3://data/a%7B2006%7D.csv"},
	} {
		if got, err := ExpandDate(c.name, at); err != nil || got != c.utc {
			t.Errorf("ExpandDate(%q): %q, %v; want %q", c.name, got, err, c.utc)
		}
		if got, err := ExpandDate(c.name, at.In(berlin)); err != nil || got != c.inBerlin {
			t.Errorf("ExpandDate(%q) in Berlin: %q, %v; want %q", c.name, got, err, c.inBerlin)
		}
	}
}

func TestParseGlob(t *testing.T) {
	for name, want := range map[string]string{
		"*.csv":                    ". : *.csv",
		"a/*.csv":                  "a/ : *.csv",
		"/*":                       "/ : *",
		"a/b*/c*.csv":              "a/ : b*/c*.csv",
		"a?b/x*":                   "a?b/ : x*",
		"s3://b/*.csv":             "s3://b/ : *.csv",
		"s3://b/a/x%2A*.csv?k=*":   `s3://b/a/?k=* : x\**.csv`,
		"file:///x/y%20*":          "file:///x/ : y *",
		`a/[1]?\b*`:                `a/ : \[1]\?\\b*`,
		"gs://b/a%20b/subs-*.csv#": "gs://b/a%20b/# : subs-*.csv",
	} {
		g, ok, err := parseGlob(name)
		if got := g.folder + " : " + g.pattern; err != nil || !ok || got != want {
			t.Errorf("parseGlob(%q): %+v, %t, %v; want %q", name, g, ok, err, want)
		}
	}
	for _, name := range []string{"a.csv", "s3://b/a%2A.csv", "s3://b/a?k=*", "mem://*"} {
		if _, ok, err := parseGlob(name); ok || err != nil {
			t.Errorf("parseGlob(%q): ok %t, %v", name, ok, err)
		}
	}
}

// The matching agrees with a regular expression.
func FuzzGlobMatches(f *testing.F) {
	f.Add("a*b", "axb")
	f.Add("*/s*bs*.csv", "2026/subs-1.csv")
	f.Add("**a*a", "aa")
	f.Add(`[a]?\*`, `[a]?\x`)
	f.Fuzz(func(t *testing.T, pattern, key string) {
		quoted := strings.Split(pattern, "*")
		for i, part := range quoted {
			quoted[i] = regexp.QuoteMeta(part)
		}
		oracle, err := regexp.Compile(`(?s)\A` + strings.Join(quoted, "[^/]*") + `\z`)
		if err != nil || !utf8.ValidString(pattern+key) {
			t.Skip(err)
		}
		g, ok, err := parseGlob(pattern)
		if err != nil || !ok || strings.Contains(g.folder, "://") || g.folder != "." || isIgnored(path.Base(key)) {
			t.Skip(err)
		}
		if got := g.matches(key); got != oracle.MatchString(key) {
			t.Errorf("%q matches %q: %t", pattern, key, got)
		}
	})
}

func FuzzExpandDate(f *testing.F) {
	f.Add("subs-{2006-01-02}.csv")
	f.Add("s3://b/{2006}/*?endpoint=http://h")
	f.Fuzz(func(t *testing.T, name string) {
		at := time.Date(2026, 11, 21, 2, 0, 0, 0, time.UTC)
		dated, err := ExpandDate(name, at)
		start, end := pathBounds(name)
		switch {
		case err != nil:
			return
		case !strings.Contains(name[start:end], "{") && dated != name:
			t.Errorf("ExpandDate(%q) = %q without a date in it", name, dated)
		}
		if !strings.HasPrefix(dated, name[:start]) || !strings.HasSuffix(dated, name[end:]) {
			t.Errorf("ExpandDate(%q) = %q: more than the path changed", name, dated)
		}
		g, ok, err := parseGlob(dated)
		if ok && err == nil && !strings.Contains(g.pattern, "*") {
			t.Errorf("parseGlob(%q) = %+v", dated, g)
		}
	})
}

func TestParseChecksum(t *testing.T) {
	sum, other := strings.Repeat("0a", 32), strings.Repeat("ff", 32)
	for text, want := range map[string]string{
		sum:                                      sum,
		"\ufeff" + strings.ToUpper(sum) + "\r\n": sum,
		sum + "  a.csv\n":                        sum,
		sum + " *x/other.csv\n":                  sum,
		`\` + sum + "  two\\nlines\n":            sum,
		other + "  b.csv\n" + sum + "  x/a.csv":  sum,
		"":                                       "it is empty",
		"\n":                                     "it is empty",
		sum[:62]:                                 "64 hexadecimal digits",
		"a.csv " + sum:                           "64 hexadecimal digits",
		sum + "\n" + other:                       "2 lines, and 0 of them name a.csv",
		sum + " a.csv\n" + other + " a.csv":      "2 lines, and 2 of them name a.csv",
	} {
		got, err := parseChecksum(text, "a.csv")
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func FuzzParseChecksum(f *testing.F) {
	f.Add(strings.Repeat("0a", 32)+"  a.csv", "a.csv")
	f.Fuzz(func(t *testing.T, text, base string) {
		sum, err := parseChecksum(text, base)
		if (err == nil) != (len(sum) == 64) || !strings.Contains(strings.ToLower(text), sum) {
			t.Errorf("%q: %q, %v", text, sum, err)
		}
	})
}
