package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/wixrecon/wixrecon/cmd/internal/job"
	"github.com/wixrecon/wixrecon/internal/servers"
	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/storage"
	"github.com/wixrecon/wixrecon/sources/wix/wixsim"
)

// The whole program, as a process of its own, with its ledger in a bucket and
// its reports in one. The stores are real servers; one that the machine lacks is
// a test that was left out, and where CI is set a failure.

const bucket = "books"

// A stage is a store with a Wix beside it.
type stage struct {
	*world
	env []string // of the program
	at  func(path string) string
}

// stages are the stores that have buckets.
func stages() map[string]func(*testing.T) *stage {
	return map[string]func(*testing.T) *stage{
		"s3": func(t *testing.T) *stage {
			address := startStore(t, servers.S3)
			s := &stage{world: demoWorld(t), at: func(path string) string {
				return "s3://" + bucket + "/" + path + "?endpoint=http://" + address + "&use_path_style=true&region=us-east-1"
			}}
			s.env = s3Env(servers.AccessKey, servers.SecretKey)
			return s
		},
		"gs": func(t *testing.T) *stage {
			address := startStore(t, servers.GCS)
			s := &stage{world: demoWorld(t), at: func(path string) string { return "gs://" + bucket + "/" + path }}
			s.env = []string{"STORAGE_EMULATOR_HOST=" + address}
			return s
		},
	}
}

func s3Env(key, secret string) []string {
	return []string{"AWS_ACCESS_KEY_ID=" + key, "AWS_SECRET_ACCESS_KEY=" + secret, "AWS_EC2_METADATA_DISABLED=true",
		"AWS_CONFIG_FILE=/nowhere", "AWS_SHARED_CREDENTIALS_FILE=/nowhere"}
}

func startStore(t *testing.T, start func(context.Context, string, ...string) (*servers.Store, error)) (address string) {
	t.Helper()
	s, err := start(context.WithoutCancel(t.Context()), t.TempDir(), bucket) // it ends in the clean-up
	if errors.Is(err, servers.ErrNotBuilt) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s.Address
}

func demoWorld(t *testing.T) *world {
	return newWorld(t, wixsim.GenerateDemo(demoAsOf()), nil)
}

// process runs the program in a process of its own, with that environment and
// no other.
func (s *world) process(t *testing.T, env []string, more ...string) *outcome {
	t.Helper()
	args := s.args(append([]string{"--max-bad-rows", "5 %"}, more...)...)
	var stdout, stderr bytes.Buffer
	c := exec.CommandContext(generous(t), args[0], args[1:]...)
	c.Env = append([]string{"PATH=" + os.Getenv("PATH"), "WIX_API_KEY=" + s.key, "HOME=" + filepath.Dir(s.out)}, env...)
	c.Stdout, c.Stderr = &stdout, &stderr
	o := &outcome{out: s.out}
	var exit *exec.ExitError
	if err := c.Run(); errors.As(err, &exit) {
		o.code = exit.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	o.stdout, o.stderr = stdout.String(), stderr.String()
	return o
}

func (s *stage) process(t *testing.T, more ...string) *outcome {
	t.Helper()
	o := s.world.process(t, s.env, append([]string{"--out", s.at("runs")}, more...)...)
	for _, secret := range []string{servers.SecretKey, s.key} {
		if strings.Contains(o.stdout+o.stderr, secret) {
			t.Errorf("a secret is shown:\n%s\n%s", o.stdout, o.stderr)
		}
	}
	return o
}

// store gives a folder of the bucket, as the test's own hand sees it.
func (s *stage) store(t *testing.T, folder string) *storage.Dir {
	t.Helper()
	for _, variable := range s.env {
		name, value, _ := strings.Cut(variable, "=")
		t.Setenv(name, value)
	}
	d, err := newPlaces().OpenDir(t.Context(), s.at(folder))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

func sha256Hex(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

func putFile(t *testing.T, d *storage.Dir, key string, content []byte) {
	t.Helper()
	err := d.Put(t.Context(), key, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func getFile(t *testing.T, d *storage.Dir, key string) []byte {
	t.Helper()
	content, err := d.Read(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func TestAuditFromBucketToBucket(t *testing.T) {
	for name, open := range stages() {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			content := s.planted.LedgerCSV(0)
			books, runs := s.store(t, "exports"), s.store(t, "runs")
			putFile(t, books, "subs-2026-11-21.csv", content)
			putFile(t, books, "subs-2026-11-21.csv.sha256", []byte(sha256Hex(content)+"  subs.csv\n"))
			ledger := s.at("exports/subs-{2006-01-02}.csv")
			s.process(t, "--ledger", ledger, "--run-id", "first").wants(t, completeRun)
			first := summaryIn(t, runs, "first")
			if first.Scope.Ledger != storage.Redact(ledger) || len(first.Inputs) != 1 {
				t.Fatalf("scope %q, inputs %+v", first.Scope.Ledger, first.Inputs)
			}
			in := first.Inputs[0]
			if !strings.Contains(in.Name, "/subs-2026-11-21.csv") || in.Bytes != int64(len(content)) || in.SHA256 != sha256Hex(content) || in.Modified.IsZero() {
				t.Errorf("input %+v", in)
			}
			for _, f := range first.Reports {
				if sum := sha256Hex(getFile(t, runs, "first/"+f.Name)); sum != f.SHA256 {
					t.Errorf("%s has the hash %s, the summary says %s", f.Name, sum, f.SHA256)
				}
			}
			s.wantsTaken(t, ledger)
			s.wantsReplay(t, runs, ledger)
		})
	}
}

// wantsTaken holds that the folder of a run is not written again.
func (s *stage) wantsTaken(t *testing.T, ledger string) {
	t.Helper()
	o := s.process(t, "--ledger", ledger, "--run-id", "first")
	o.wantsNothing(t, job.ExitUsage, "a run with this id already exists")
}

// wantsReplay holds that the snapshot in the bucket gives the same findings.
func (s *stage) wantsReplay(t *testing.T, runs *storage.Dir, ledger string) {
	t.Helper()
	asked := len(s.server.Requests())
	s.process(t, "--ledger", ledger, "--run-id", "again", "--snapshot", s.at("runs/first/packages.jsonl.zst")).wants(t, completeRun)
	if !bytes.Equal(getFile(t, runs, "again/findings.csv"), getFile(t, runs, "first/findings.csv")) {
		t.Error("the replay has other findings")
	}
	if len(s.server.Requests()) != asked {
		t.Error("the replay asked Wix")
	}
}

func summaryIn(t *testing.T, runs *storage.Dir, id string) *reconcile.Summary {
	t.Helper()
	var s reconcile.Summary
	if err := json.Unmarshal(getFile(t, runs, id+"/summary.json"), &s); err != nil {
		t.Fatal(err)
	}
	return &s
}

func TestBucketsThatCannotBeUsed(t *testing.T) {
	none := []string{"AWS_EC2_METADATA_DISABLED=true", "AWS_CONFIG_FILE=/nowhere", "AWS_SHARED_CREDENTIALS_FILE=/nowhere"}
	for name, open := range stages() {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			elsewhere := strings.Replace(s.at("x"), "//"+bucket, "//elsewhere", 1)
			s.process(t, "--ledger", elsewhere).wantsNothing(t, job.ExitUsage, "there is no such bucket")
			s.process(t, "--out", elsewhere).wantsNothing(t, job.ExitUsage, "there is no such bucket")
			s.process(t, "--ledger", s.at("none.csv")).wantsNothing(t, job.ExitUsage, "it does not exist")
			s.process(t, "--ledger", s.at("none-*.csv")).wantsNothing(t, job.ExitUsage, "nothing matches")
			s.process(t, "--ledger", s.at("none/")).wantsNothing(t, job.ExitUsage, "contains no ledger files")
			if name == "s3" {
				s.env = s3Env(servers.AccessKey, "t0p-other")
				s.process(t).wantsNothing(t, job.ExitFailed, "access is denied (403")
				s.env = none
				s.process(t).wantsNothing(t, job.ExitFailed, "there are no credentials")
				return
			}
			s.env = []string{"GOOGLE_APPLICATION_CREDENTIALS=/nowhere"}
			s.process(t).wantsNothing(t, job.ExitFailed, "no credentials can be read from /nowhere")
		})
	}
}

// A folder of parts says what one file says, whose rows they are.
func TestLedgerInParts(t *testing.T) {
	s := demoWorld(t)
	s.process(t, nil).wants(t, completeRun)
	whole := (&outcome{out: s.out}).read(t, "findings.csv")
	folder := filepath.Join(filepath.Dir(s.out), "parts")
	rows := strings.SplitAfter(strings.TrimSpace(string(s.planted.LedgerCSV(0))), "\n")
	header, rows := rows[0], rows[1:]
	writeFiles(t, folder, map[string]string{
		"part-0.csv": header + strings.Join(rows[:10], ""), "part-1.csv": header + strings.Join(rows[10:50], ""),
		"part-2.csv": header + strings.Join(rows[50:], ""), "_SUCCESS": "", ".part-3.csv.crc": "x",
	})
	s.ledger = folder + "/"
	o := s.process(t, nil, "--run-id", "parts", "--ledger-rows", "162")
	o.wants(t, completeRun)
	parts, err := os.ReadFile(filepath.Join(s.out, "parts", "findings.csv"))
	if err != nil || !bytes.Equal(withoutRecords(parts), withoutRecords(whole)) {
		t.Errorf("the parts have other findings (%v)", err)
	}
	var summary reconcile.Summary
	content, err := os.ReadFile(filepath.Join(s.out, "parts", "summary.json"))
	if err = errors.Join(err, json.Unmarshal(content, &summary)); err != nil || len(summary.Inputs) != 3 {
		t.Fatalf("%v, inputs %+v", err, summary.Inputs)
	}
	if summary.Scope.Ledger != s.ledger || summary.Inputs[1].Name != folder+"/part-1.csv" {
		t.Errorf("scope %q, input %+v", summary.Scope.Ledger, summary.Inputs[1])
	}
	writeFiles(t, folder, map[string]string{"part-2.csv": strings.Replace(header, "\n", ",extra\n", 1)})
	s.out = filepath.Join(filepath.Dir(s.out), "other")
	o = s.process(t, nil)
	o.wantsNothing(t, job.ExitFailed, `part-2.csv: its header differs from that of `+folder+`/part-0.csv`)
}

// withoutRecords blanks the numbers, which count within a part.
func withoutRecords(findings []byte) []byte {
	return regexp.MustCompile(`,\d*,([0-9a-f]{16,})`).ReplaceAll(findings, []byte(",,$1"))
}

func writeFiles(t *testing.T, folder string, files map[string]string) {
	t.Helper()
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestControlTotals(t *testing.T) {
	s := demoWorld(t)
	s.process(t, nil, "--ledger-rows", "161").wantsNothing(t, job.ExitFailed, "it has 162 rows, but --ledger-rows is 161")
	s.process(t, nil, "--ledger-rows", "0").wantsNothing(t, job.ExitUsage, "at least 1")
	sum := s.ledger + ".sha256"
	for content, says := range map[string]string{
		strings.Repeat("0", 64): sum + " says 0000", "nothing": "it is not a checksum", "": "it is empty",
	} {
		writeFiles(t, filepath.Dir(sum), map[string]string{filepath.Base(sum): content})
		s.process(t, nil).wantsNothing(t, job.ExitFailed, says)
	}
	if n := len(s.server.Requests()); n != 0 {
		t.Errorf("Wix was asked %d times for a ledger that is not believed", n)
	}
}
