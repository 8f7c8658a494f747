package storage_test

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/wixrecon/wixrecon/sources/storage"
)

// now is the time of which the date is filled in.
func now() time.Time { return time.Date(2026, 11, 21, 2, 0, 0, 0, time.UTC) }

func find(t *testing.T, s *storage.Opener, name string) (*storage.Source, error) {
	t.Helper()
	source, err := s.Find(t.Context(), name, now())
	if err == nil {
		t.Cleanup(func() {
			if err := source.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	return source, err
}

func found(t *testing.T, s *storage.Opener, name string) *storage.Source {
	t.Helper()
	source, err := find(t, s, name)
	if err != nil {
		t.Fatal(err)
	}
	return source
}

// contents returns the content of all parts of a source.
func contents(t *testing.T, source *storage.Source) []string {
	t.Helper()
	var all []string
	for i := range source.Parts {
		r, err := source.Open(t.Context(), i)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		if err != nil || r.Name != source.Parts[i].Name {
			t.Errorf("read %s: %v (a part called %s)", r.Name, err, source.Parts[i].Name)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		all = append(all, string(got))
	}
	return all
}

func fill(t *testing.T, d *storage.Dir, keys ...string) {
	t.Helper()
	for _, key := range keys {
		if err := put(d, t.Context(), key, key); err != nil {
			t.Fatal(err)
		}
	}
}

func newest(t *testing.T, s *storage.Opener, at func(string) string) {
	d := openDir(t, s, at("newest"))
	fill(t, d, "2026-11-21/subs.csv", "one-a.csv", "one-a.csv.sha256", ".one-b.csv", "_one-c.csv", "two-1.csv", "two-2.csv")
	for name, want := range map[string]string{
		"newest/{2006-01-02}/subs.csv": "2026-11-21/subs.csv",
		"newest/*/s*bs.csv":            "2026-11-21/subs.csv",
		"newest/{2006}*/*":             "2026-11-21/subs.csv",
		"newest/one-*":                 "one-a.csv",
		"newest/*one*":                 "one-a.csv",
		"newest/.one*":                 ".one-b.csv",
		"newest/one-*.sha256":          "one-a.csv.sha256",
		"newest/two-1.csv":             "two-1.csv",
	} {
		source := found(t, s, at(name))
		if got := contents(t, source); len(got) != 1 || got[0] != want {
			t.Errorf("%s: %q, want %s", name, got, want)
		}
		if err := source.Unchanged(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := find(t, s, at("newest/two-*.csv"))
	if err == nil || storage.NotExist(err) || !strings.Contains(err.Error(), "two-1.csv") || !strings.Contains(err.Error(), "two-2.csv") {
		t.Errorf("two matches within an hour: %v", err)
	}
	for _, name := range []string{"newest/none*", "nowhere/*", "newest/*/none*/x"} {
		if _, err := find(t, s, at(name)); !storage.NotExist(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func parts(t *testing.T, s *storage.Opener, at func(string) string) {
	d := openDir(t, s, at("parts"))
	fill(t, d, "a/part-2.csv", "a/part-10.csv", "a/part-1 ü%.csv", "a/_SUCCESS", "a/.crc", "a/part-2.csv.sha256", "a/_old/part-0.csv", "b/x/y")
	source := found(t, s, at("parts/a/"))
	want := []string{"a/part-1 ü%.csv", "a/part-10.csv", "a/part-2.csv"}
	if diff := cmp.Diff(want, contents(t, source)); diff != "" {
		t.Error(diff)
	}
	if err := source.Unchanged(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := find(t, s, at("parts/none/")); !storage.NotExist(err) {
		t.Errorf("an empty folder: %v", err)
	}
	if _, err := find(t, s, at("parts/b/")); err == nil || storage.NotExist(err) || !strings.Contains(err.Error(), "b/x/") {
		t.Errorf("a folder in a folder of parts: %v", err)
	}
}

func partsChange(t *testing.T, s *storage.Opener, at func(string) string) {
	d := openDir(t, s, at("moving"))
	fill(t, d, "a/1", "a/3")
	source := found(t, s, at("moving/a/"))
	fill(t, d, "a/_SUCCESS")
	if err := source.Unchanged(t.Context()); err != nil {
		t.Errorf("a marker was added: %v", err)
	}
	fill(t, d, "a/2")
	if err := source.Unchanged(t.Context()); err == nil || !strings.Contains(err.Error(), "a/2") {
		t.Errorf("a part was added: %v", err)
	}
	source = found(t, s, at("moving/a/"))
	if err := d.Replace(t.Context(), "a/3", text("longer")); err != nil {
		t.Fatal(err)
	}
	if err := source.Unchanged(t.Context()); err == nil || !strings.Contains(err.Error(), "a/3") {
		t.Errorf("a part was rewritten: %v", err)
	}
}

func checksum(t *testing.T, s *storage.Opener, at func(string) string) {
	d := openDir(t, s, at("sums"))
	sum := strings.Repeat("0aB1", 16)
	for key, content := range map[string]string{
		"a.csv": "x", "a.csv.sha256": sum + "  somewhere/else.csv\n", "b.csv": "x",
		"c.csv": "x", "c.csv.sha256": "no digits", "p/1": "x", "p/2": "x", "p/2.sha256": sum,
	} {
		if err := put(d, t.Context(), key, content); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name string
		part int
		want string
	}{{"a.csv", 0, sum}, {"a*.csv", 0, sum}, {"b.csv", 0, ""}, {"p/", 0, ""}, {"p/", 1, sum}} {
		got, from, err := found(t, s, at("sums/"+c.name)).Checksum(t.Context(), c.part)
		if err != nil || got != strings.ToLower(c.want) || (from == "") != (c.want == "") {
			t.Errorf("%s: %q from %q, %v", c.name, got, from, err)
		}
	}
	_, _, err := found(t, s, at("sums/c.csv")).Checksum(t.Context(), 0)
	if err == nil || !strings.Contains(err.Error(), "c.csv.sha256") || !strings.Contains(err.Error(), "64 hexadecimal digits") {
		t.Errorf("not a checksum: %v", err)
	}
}

// The newest match by the store's clock is read; less than an hour to the next is
// refused.
func TestNewestByTheStoresClock(t *testing.T) {
	t.Parallel()
	clock := gofakes3.FixedTimeSource(now())
	backend := s3mem.New(s3mem.WithTimeSource(clock))
	if err := backend.CreateBucket(bucket); err != nil {
		t.Fatal(err)
	}
	at := s3Names(bucket, serve(t, gofakes3.New(backend, gofakes3.WithTimeSource(clock), gofakes3.WithTimeSkewLimit(0)).Server()))
	var s storage.Opener
	d := openDir(t, &s, at(""))
	fill(t, d, "z.csv")
	clock.Advance(time.Hour)
	fill(t, d, "a.csv")
	if source := found(t, &s, at("*.csv")); len(source.Parts) != 1 || contents(t, source)[0] != "a.csv" {
		t.Errorf("newest: %+v", source.Parts)
	}
	clock.Advance(time.Hour - time.Second)
	fill(t, d, "m.csv")
	if _, err := find(t, &s, at("*.csv")); err == nil || !strings.Contains(err.Error(), "m.csv") || !strings.Contains(err.Error(), "a.csv") {
		t.Errorf("within an hour: %v", err)
	}
}

func TestNewestFile(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, age := range map[string]time.Duration{"old.csv": 3 * time.Hour, "new.csv": time.Hour, "other.txt": 0} {
		if err := os.WriteFile(name, []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(name, time.Time{}, now().Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	var s storage.Opener
	for _, name := range []string{"*.csv", "./*.csv", filepath.Join(".", "*w.csv")} {
		if got := contents(t, found(t, &s, name)); got[0] != "new.csv" {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestUnusablePatterns(t *testing.T) {
	var s storage.Opener
	for name, want := range map[string]string{
		"a{b.csv":                "{b.csv is not a date",
		"a{}.csv":                "{} is not a date",
		"s3://b/{prod}.csv?k=t0": "%7B",
		"a*/":                    "use only one of them",
		"s3://b/100%*?k=t0":      "%25",
	} {
		_, err := find(t, &s, name)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "t0") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A listing leaves out a file called .attrs, and a pipe would block for ever.
func TestFilesThatAreNoParts(t *testing.T) {
	for name, make := range map[string]func(string) error{
		"b.csv.attrs":  func(name string) error { return os.WriteFile(name, nil, 0o600) },
		"b__0x41.csv":  func(name string) error { return os.WriteFile(name, nil, 0o600) },
		"b\x1b[2J.csv": func(name string) error { return os.WriteFile(name, nil, 0o600) },
		"pipe.csv":     func(name string) error { return syscall.Mkfifo(name, 0o600) },
	} {
		t.Chdir(t.TempDir())
		var s storage.Opener
		fill(t, openDir(t, &s, "subs"), "a.csv")
		if err := make(filepath.Join("subs", name)); err != nil {
			t.Fatal(err)
		}
		for _, pattern := range []string{"subs/", "subs/*", "*/*"} {
			_, err := find(t, &s, pattern)
			if err == nil || !strings.Contains(err.Error(), "rename or remove it") || strings.Contains(err.Error(), "\x1b") {
				t.Errorf("%s beside a part, read as %s: %v", name, pattern, err)
			}
		}
		if source := found(t, &s, "subs/a*"); source.Name != "subs/a.csv" {
			t.Errorf("a pattern that %s does not match: %s", name, source.Name)
		}
	}
}

// A pipe where a checksum is expected is an error, and not waited for.
func TestPipeAsChecksum(t *testing.T) {
	t.Chdir(t.TempDir())
	var s storage.Opener
	fill(t, openDir(t, &s, "subs"), "a.csv")
	if err := syscall.Mkfifo("subs/a.csv.sha256", 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"subs/", "subs/a.csv"} {
		if _, _, err := found(t, &s, name).Checksum(t.Context(), 0); err == nil || !strings.Contains(err.Error(), "not a regular file") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
