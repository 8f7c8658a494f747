package storage_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/wixrecon/wixrecon/sources/storage"
)

func TestRedact(t *testing.T) {
	for name, want := range map[string]string{
		"data/a?b=c.csv":                             "data/a?b=c.csv",
		"a@b/k?c=d.csv":                              "a@b/k?c=d.csv",
		"s3:/u:t0p@b/k?endpoint=x":                   "…@b/k?endpoint=…",
		"s3:u:t0p@b/k":                               "…@b/k",
		"s3//u:t0p@b/k":                              "…@b/k",
		"s3:/b/k?token=t0p":                          "s3:/b/k?token=…",
		"gs:/b/k":                                    "gs:/b/k",
		"a\x1b[2J\nCOMPLETE\u202e\xff.csv":           `a\x1b[2J\nCOMPLETE\u202e�.csv`,
		"s3://b/k.csv":                               "s3://b/k.csv",
		"s3://b/a@b.csv":                             "s3://b/a@b.csv",
		"s3://key:secret@b/k.csv":                    "s3://b/k.csv",
		"s3://key:sec/ret@b/k.csv":                   "s3://b/k.csv",
		"s3://b/k?endpoint=http://h:1&token=t0p":     "s3://b/k?endpoint=…&token=…",
		"s3://b/k?a=b#t0p":                           "s3://b/k?a=…",
		"s3://b/k?t0psecret":                         "s3://b/k?…",
		"https://u:p@h:80/100%/k?sig=x":              "https://h:80/100%/k?sig=…",
		"s3://b/k?endpoint=http://u:p@h:9/x?y=z&q=1": "s3://b/k?endpoint=…&q=…",
	} {
		if got := storage.Redact(name); got != want {
			t.Errorf("Redact(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestSibling(t *testing.T) {
	for name, want := range map[string]string{
		"packages.jsonl.zst":                  "summary.json",
		"runs/a?b/packages.jsonl.zst":         "runs/a?b/summary.json",
		"s3://b/packages.jsonl.zst?region=eu": "s3://b/summary.json?region=eu",
		"s3://b/a%20b/p.zst":                  "s3://b/a%20b/summary.json",
		"file:///x/p.zst":                     "file:///x/summary.json",
	} {
		if got := storage.Sibling(name, "summary.json"); got != want {
			t.Errorf("Sibling(%q) = %q, want %q", name, got, want)
		}
	}
}

func FuzzRedact(f *testing.F) {
	f.Add("b", "k.csv")
	f.Add("b:80", "x/y")
	f.Fuzz(func(t *testing.T, host, path string) {
		if strings.ContainsAny(host+path, "?") {
			t.Skip()
		}
		name := "s3://u:SECRET@" + host + "/" + path + "?token=SECRET&SECRET"
		if got := storage.Redact(name); strings.Contains(got, "SECRET") {
			t.Errorf("Redact(%q) = %q", name, got)
		}
	})
}

func TestUnusableNames(t *testing.T) {
	for name, want := range map[string]string{
		"":                       "is not a path",
		"s3://b/100%.csv?k=t0p":  "%25",
		"s3:/u:t0p@b/k?k=t0p":    "expected s3://bucket/key",
		"s3:bucket/k?k=t0p":      "expected s3://bucket/key",
		"gs//bucket/k?k=t0p":     "expected gs://bucket/key",
		"s3://b/a#b.csv":         "%23",
		"file://host/x":          "file:///path",
		"file:///x?mode=t0p":     `unknown parameter "mode"`,
		"azblob://b/k?sas=t0p":   "azblob:// is not built in",
		"s3:///k":                "names no bucket",
		"s3://bucket":            "names a folder",
		"s3://bucket/x/":         "names a folder",
		"mem://bucket?k=t0p":     "names a folder",
		"s3://u:t0p@b:x/y?k=t0p": "is not a URL",
	} {
		var opener storage.Opener
		_, err := opener.Open(t.Context(), name)
		if !errors.Is(err, storage.ErrName) {
			t.Errorf("Open(%q): %v, want ErrName", name, err)
			continue
		}
		if text := err.Error(); !strings.Contains(text, want) || strings.Contains(text, "t0p") {
			t.Errorf("Open(%q): %v, want %q and no secret", name, err, want)
		}
	}
}

func TestDriverErrorsAreRedacted(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"s3://user:t0psecret@bucket/k?unknown_parameter=t0psecret",
		"s3://bucket/k?ssetype=t0psecret",
		"s3://bucket/k?region=us-east-1&endpoint=http://u:t0psecret@127.0.0.1:1/t0p%20secret&use_path_style=true",
	} {
		var opener storage.Opener
		_, err := opener.Open(t.Context(), name)
		if err == nil {
			t.Fatalf("Open(%q) did not fail", name)
		}
		for _, secret := range []string{"t0p", "us-east-1"} {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("Open(%q): %v", name, err)
			}
		}
	}
}
