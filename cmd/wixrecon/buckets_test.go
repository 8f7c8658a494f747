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

// The program as a process, with its ledger and its reports in buckets. The stores
// are real servers. If they are not built, the tests are skipped, and fail if CI is
// set.

const bucket = "ledgers"

// A bucketEnv is a test environment with a bucket.
type bucketEnv struct {
	*testEnv
	env []string // of the program
	at  func(path string) string
}

// bucketEnvs returns an environment for each store with buckets.
func bucketEnvs() map[string]func(*testing.T) *bucketEnv {
	return map[string]func(*testing.T) *bucketEnv{
		"s3": func(t *testing.T) *bucketEnv {
			address := startStore(t, servers.S3)
			s := &bucketEnv{testEnv: demoEnv(t), at: func(path string) string {
				return "s3://" + bucket + "/" + path + "?endpoint=http://" + address + "&use_path_style=true&region=us-east-1"
			}}
			s.env = s3Env(servers.AccessKey, servers.SecretKey)
			return s
		},
		"gs": func(t *testing.T) *bucketEnv {
			address := startStore(t, servers.GCS)
			s := &bucketEnv{testEnv: demoEnv(t), at: func(path string) string { return "gs://" + bucket + "/" + path }}
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
	s, err := start(context.WithoutCancel(t.Context()), t.TempDir(), bucket) // it is closed in the cleanup
	if errors.Is(err, servers.ErrNotBuilt) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s.Address
}

func demoEnv(t *testing.T) *testEnv {
	return newEnv(t, wixsim.GenerateDemo(demoAsOf()), nil)
}

// process runs the program as a process, with only this environment. By default a
// run without one needs no bucket, and is of the program without the race detector.
func (s *testEnv) process(t *testing.T, env []string, more ...string) *runResult {
	t.Helper()
	args := s.args(append([]string{"--max-bad-rows", "5 %"}, more...)...)
	program := args[0] // the test binary
	if env == nil && !longTests() {
		var err error
		program, err = builtProgram()
		must(t, err)
		t.Log("sampled: without the race detector; WIXRECON_LONG=1 runs with it")
	}
	var stdout, stderr bytes.Buffer
	c := exec.CommandContext(withDeadline(t), program, args[1:]...)
	c.Env = append([]string{"PATH=" + os.Getenv("PATH"), "WIX_API_KEY=" + s.key, "HOME=" + filepath.Dir(s.out)}, env...)
	c.Stdout, c.Stderr = &stdout, &stderr
	o := &runResult{out: s.out}
	var exit *exec.ExitError
	if err := c.Run(); errors.As(err, &exit) {
		o.code = exit.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	o.stdout, o.stderr = stdout.String(), stderr.String()
	return o
}

func (s *bucketEnv) process(t *testing.T, more ...string) *runResult {
	t.Helper()
	o := s.testEnv.process(t, s.env, append([]string{"--out", s.at("runs")}, more...)...)
	for _, secret := range []string{servers.SecretKey, s.key} {
		if strings.Contains(o.stdout+o.stderr, secret) {
			t.Errorf("a secret is shown:\n%s\n%s", o.stdout, o.stderr)
		}
	}
	return o
}

// store opens a folder of the bucket.
func (s *bucketEnv) store(t *testing.T, folder string) *storage.Dir {
	t.Helper()
	for _, variable := range s.env {
		name, value, _ := strings.Cut(variable, "=")
		t.Setenv(name, value)
	}
	d, err := newOpener().OpenDir(t.Context(), s.at(folder))
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
	for name, open := range bucketEnvs() {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			content := s.planted.LedgerCSV(0)
			exports, runs := s.store(t, "exports"), s.store(t, "runs")
			putFile(t, exports, "subs-2026-11-21.csv", content)
			putFile(t, exports, "subs-2026-11-21.csv.sha256", []byte(sha256Hex(content)+"  subs.csv\n"))
			ledger := s.at("exports/subs-{2006-01-02}.csv")
			s.process(t, "--ledger", ledger, "--run-id", "first").requireCode(t, exitOK)
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
					t.Errorf("%s has the hash %s, the summary has %s", f.Name, sum, f.SHA256)
				}
			}
			s.checkRunExists(t, ledger)
			s.checkReplay(t, runs, ledger)
		})
	}
}

// checkRunExists checks that the folder of a run is not overwritten.
func (s *bucketEnv) checkRunExists(t *testing.T, ledger string) {
	t.Helper()
	o := s.process(t, "--ledger", ledger, "--run-id", "first")
	o.requireFailed(t, job.ExitUsage, "a run with this id already exists")
}

// checkReplay checks that a replay of the snapshot in the bucket gives the same
// findings.
func (s *bucketEnv) checkReplay(t *testing.T, runs *storage.Dir, ledger string) {
	t.Helper()
	asked := len(s.server.Requests())
	s.process(t, "--ledger", ledger, "--run-id", "again", "--snapshot", s.at("runs/first/packages.jsonl.zst")).requireCode(t, exitOK)
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

func TestUnusableBuckets(t *testing.T) {
	none := []string{"AWS_EC2_METADATA_DISABLED=true", "AWS_CONFIG_FILE=/nowhere", "AWS_SHARED_CREDENTIALS_FILE=/nowhere"}
	for name, open := range bucketEnvs() {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			elsewhere := strings.Replace(s.at("x"), "//"+bucket, "//elsewhere", 1)
			s.process(t, "--ledger", elsewhere).requireFailed(t, job.ExitUsage, "there is no such bucket")
			s.process(t, "--out", elsewhere).requireFailed(t, job.ExitUsage, "there is no such bucket")
			s.process(t, "--ledger", s.at("none.csv")).requireFailed(t, job.ExitUsage, "it does not exist")
			s.process(t, "--ledger", s.at("none-*.csv")).requireFailed(t, job.ExitUsage, "nothing matches")
			s.process(t, "--ledger", s.at("none/")).requireFailed(t, job.ExitUsage, "contains no ledger files")
			if name == "s3" {
				s.env = s3Env(servers.AccessKey, "t0p-other")
				s.process(t).requireFailed(t, job.ExitFailed, "access is denied (403")
				s.env = none
				s.process(t).requireFailed(t, job.ExitFailed, "there are no credentials")
				return
			}
			s.env = []string{"GOOGLE_APPLICATION_CREDENTIALS=/nowhere"}
			s.process(t).requireFailed(t, job.ExitFailed, "no credentials can be read from /nowhere")
		})
	}
}

// A folder of parts gives the same findings as one file with the same rows.
func TestLedgerInParts(t *testing.T) {
	s := demoEnv(t)
	s.process(t, nil).requireCode(t, exitOK)
	whole := (&runResult{out: s.out}).read(t, "findings.csv")
	folder := filepath.Join(filepath.Dir(s.out), "parts")
	rows := strings.SplitAfter(strings.TrimSpace(string(s.planted.LedgerCSV(0))), "\n")
	header, rows := rows[0], rows[1:]
	writeFiles(t, folder, map[string]string{
		"part-0.csv": header + strings.Join(rows[:10], ""), "part-1.csv": header + strings.Join(rows[10:50], ""),
		"part-2.csv": header + strings.Join(rows[50:], ""), "_SUCCESS": "", ".part-3.csv.crc": "x",
	})
	s.ledger = folder + "/"
	o := s.process(t, nil, "--run-id", "parts", "--ledger-rows", "162")
	o.requireCode(t, exitOK)
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
	o.requireFailed(t, job.ExitFailed, `part-2.csv: its header differs from that of `+folder+`/part-0.csv`)
}

// withoutRecords removes the record numbers, which start again in each part.
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
	s := demoEnv(t)
	s.process(t, nil, "--ledger-rows", "161").requireFailed(t, job.ExitFailed, "it has 162 rows, but --ledger-rows is 161")
	s.process(t, nil, "--ledger-rows", "0").requireFailed(t, job.ExitUsage, "at least 1")
	sum := s.ledger + ".sha256"
	for content, message := range map[string]string{
		strings.Repeat("0", 64): sum + " has 0000", "nothing": "it is not a checksum", "": "it is empty",
	} {
		writeFiles(t, filepath.Dir(sum), map[string]string{filepath.Base(sum): content})
		s.process(t, nil).requireFailed(t, job.ExitFailed, message)
	}
	if n := len(s.server.Requests()); n != 0 {
		t.Errorf("Wix was asked %d times for a ledger that is not believed", n)
	}
}
