package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/wixrecon/wixrecon/cmd/internal/job"
	"github.com/wixrecon/wixrecon/reconcile"
)

// How a command ends where its outputs are lost or its settings are wrong, and what
// it leaves.

// program runs the built program on a full disk, a closed pipe and the like.
func (s *testEnv) program(t *testing.T, prepare func(*exec.Cmd), more ...string) (code int, stdout, stderr string) {
	t.Helper()
	program, err := builtProgram()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(withDeadline(t), program, s.args(more...)[1:]...)
	c.Env = []string{"WIX_API_KEY=" + s.key, "PATH=" + os.Getenv("PATH"), "TMPDIR=" + t.TempDir()}
	var out, log bytes.Buffer
	c.Stdout, c.Stderr = &out, &log
	prepare(c)
	if err := c.Run(); err != nil && c.ProcessState == nil {
		t.Fatal(err)
	}
	return c.ProcessState.ExitCode(), out.String(), log.String()
}

func fullDevice(t *testing.T) *os.File {
	t.Helper()
	f, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// closedPipe returns a pipe that nobody reads.
func closedPipe(t *testing.T) *os.File {
	t.Helper()
	r, w, err := os.Pipe()
	if err = errors.Join(err, r.Close()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	return w
}

// The exit code of a result that could not be printed is in the summary too, and
// the loss of the log changes nothing.
func TestLostOutputs(t *testing.T) {
	t.Parallel()
	for name, lost := range map[string]*os.File{"full": fullDevice(t), "closed": closedPipe(t)} {
		for _, what := range []string{"result", "log"} {
			s := newEnv(t, tinyInventory(), nil)
			code, _, stderr := s.program(t, func(c *exec.Cmd) {
				if what == "result" {
					c.Stdout = lost
				} else {
					c.Stderr = lost
				}
			})
			want := map[string]int{"result": job.ExitFailed, "log": job.ExitOK}[what]
			var sum reconcile.Summary
			text, err := os.ReadFile(filepath.Join(s.out, auditRunID, "summary.json"))
			if err = errors.Join(err, json.Unmarshal(text, &sum)); err != nil || code != want || sum.ExitCode != code {
				t.Errorf("%s is %s: exit code %d, in the summary %d, %v; want %d\n%s", what, name, code, sum.ExitCode, err, want, stderr)
			}
			if what == "result" && !strings.Contains(stderr, "print the result") {
				t.Errorf("%s is %s: %s", what, name, stderr)
			}
		}
	}
}

// Every failed run leaves a record, which the list of runs shows.
func TestFailureIsRecorded(t *testing.T) {
	t.Parallel()
	s := newEnv(t, tinyInventory(), nil)
	s.key = "IST.not-the-key"
	for range 2 { // the second finds the first one's record
		s.audit(t.Context()).requireCode(t, job.ExitFailed)
	}
	s.audit(t.Context(), "--rate", "fast").requireCode(t, job.ExitUsage)
	records, err := filepath.Glob(filepath.Join(s.out, "failures", "*.json"))
	if err != nil || len(records) != 3 {
		t.Fatalf("records: %q, %v", records, err)
	}
	var f reconcile.Failure
	text, err := os.ReadFile(filepath.Join(s.out, "failures", auditRunID+".json"))
	if err = errors.Join(err, json.Unmarshal(text, &f)); err != nil {
		t.Fatal(err)
	}
	if f.Command != "run" || f.RunID != auditRunID || f.ExitCode != job.ExitFailed || f.Scope.AccountID != s.planted.Parent ||
		!strings.Contains(f.Error, "status 401") || time.Since(f.Time) > time.Hour {
		t.Errorf("record: %+v", f)
	}
	list := s.call(t.Context(), []string{"wixrecon", "runs", "--out", s.out})
	if list.code != job.ExitOK || strings.Count(list.stdout, "run failed (exit code 1)") != 2 || !strings.Contains(list.stdout, "run failed (exit code 2)") {
		t.Errorf("runs: exit code %d\n%s%s", list.code, list.stdout, list.stderr)
	}
}

// The last line of a log in JSON is JSON, and so is the result, whatever is wrong.
func TestFatalErrorAsJSON(t *testing.T) {
	t.Parallel()
	s := newEnv(t, tinyInventory(), nil)
	for name, args := range map[string][]string{
		"an unknown flag":    {"--nonsense"},
		"a wrong value":      {"--rate", "fast"},
		"a missing ledger":   {"--ledger", filepath.Join(t.TempDir(), "gone.csv")},
		"an unknown command": nil,
	} {
		call := s.args(append([]string{"--log=json", "--output", "json"}, args...)...)
		if args == nil {
			call = []string{"wixrecon", "rnu", "--log", "json", "--output=json"}
		}
		o := s.call(t.Context(), call, "WIX_API_KEY="+s.key)
		for line := range strings.Lines(o.stderr) {
			var entry struct {
				Level    string
				ExitCode int `json:"exit_code"`
			}
			if err := json.Unmarshal([]byte(line), &entry); err != nil || entry.Level == "ERROR" && entry.ExitCode != job.ExitUsage {
				t.Errorf("%s: %s: %v", name, line, err)
			}
		}
		var result struct {
			Error    string
			ExitCode int `json:"exit_code"`
		}
		if err := json.Unmarshal([]byte(o.stdout), &result); err != nil || result.ExitCode != job.ExitUsage || o.code != job.ExitUsage || result.Error == "" {
			t.Errorf("%s: exit code %d, result %s, %v", name, o.code, o.stdout, err)
		}
	}
}

// A server that sends more than it announced makes net/http print the rest.
func TestLibrariesDoNotPrintTheKey(t *testing.T) {
	t.Parallel()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go echoKey(c)
		}
	}()
	s := newEnv(t, tinyInventory(), nil)
	s.url = "http://" + listener.Addr().String()
	code, stdout, stderr := s.program(t, func(*exec.Cmd) {}, "--log", "json")
	if code == job.ExitOK || strings.Contains(stdout+stderr, s.key) {
		t.Errorf("exit code %d\n%s%s", code, stdout, stderr)
	}
	for line := range strings.Lines(stderr) {
		if !json.Valid([]byte(line)) {
			t.Errorf("not JSON: %s", line)
		}
	}
}

// echoKey answers a request, and sends its key once more behind the answer.
func echoKey(c net.Conn) {
	defer func() { _ = c.Close() }()
	in := bufio.NewReader(c)
	for {
		key := ""
		for {
			line, err := in.ReadString('\n')
			if err != nil {
				return
			}
			if line == "\r\n" {
				break
			}
			if name, value, _ := strings.Cut(line, ": "); strings.EqualFold(name, "Authorization") {
				key = strings.TrimSpace(value)
			}
		}
		const body = `{"message":"no"}`
		fmt.Fprintf(c, "HTTP/1.1 401 no\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s%s\r\n", len(body), body, key)
	}
}

// Names and headers can't control a terminal, and can't forge a line.
func TestInputsCanNotControlATerminal(t *testing.T) {
	t.Parallel()
	s := newEnv(t, tinyInventory(), nil)
	const evil = "\x1b[2J\x1b]0;owned\a\u009b31m\u202e"
	text, err := os.ReadFile(s.ledger)
	if err != nil {
		t.Fatal(err)
	}
	header, rows, _ := strings.Cut(string(text), "\n")
	s.ledger = filepath.Join(t.TempDir(), "evil"+evil+"\nCOMPLETE: all is well.csv")
	if err := os.WriteFile(s.ledger, []byte(header+`,"x`+evil+"\nCOMPLETE\"\n"+strings.ReplaceAll(rows, "\n", ",y\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"text", "json", "markdown"} {
		for _, command := range []string{"run", "check"} {
			args := s.args("--output", format, "--log", map[string]string{"text": "text", "json": "json", "markdown": "text"}[format], "--run-id", format)
			args[1] = command
			o := s.call(t.Context(), args, "WIX_API_KEY="+s.key)
			printed := o.stdout + o.stderr
			if strings.ContainsAny(printed, "\x1b\a\u009b\u202e") || strings.Contains(printed, "\nCOMPLETE: all is well") {
				t.Errorf("%s as %s: exit code %d, %q", command, format, o.code, printed)
			}
		}
	}
}
