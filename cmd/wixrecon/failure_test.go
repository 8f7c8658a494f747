package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/wixrecon/wixrecon/cmd/internal/job"
	"github.com/wixrecon/wixrecon/sources/wix/wixsim"
)

// A run that fails or is interrupted leaves no folder, no partial report and no
// result, only the reason on standard error.

func tinyInventory() *wixsim.SampleData {
	return wixsim.Generate(wixsim.SampleOptions{Seed: 3, Accounts: 3, Packages: 60})
}

// answerAll returns a handler with one response to all requests.
func answerAll(status int, body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	})
}

func TestRefusedRunLeavesNothing(t *testing.T) {
	t.Parallel()
	for _, refusal := range []struct {
		name   string
		status int
	}{
		{"401", http.StatusUnauthorized},
		{"403", http.StatusForbidden},
	} {
		s := envWithHandler(t, tinyInventory(), answerAll(refusal.status, `{"message":"go away"}`))
		s.audit(t.Context()).requireFailed(t, job.ExitFailed, "status "+refusal.name+": go away")
	}
	wrong := newEnv(t, tinyInventory(), nil)
	wrong.key = "IST.not-the-key"
	wrong.audit(t.Context()).requireFailed(t, job.ExitFailed, "status 401: UNAUTHENTICATED")
}

// The key may be revoked while the inventory is read.
func TestRunWithRevokedKeyLeavesNothing(t *testing.T) {
	t.Parallel()
	planted := tinyInventory()
	inner, n := wixsim.New(planted.Inventory, nil), 0
	s := envWithHandler(t, planted, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n++; n > 1 { // after the count
			r.Header.Set("Authorization", "withdrawn")
		}
		inner.ServeHTTP(w, r)
	}))
	s.audit(t.Context(), "--concurrency", "1").requireFailed(t, job.ExitFailed, "status 401")
}

func TestRunWithoutServerLeavesNothing(t *testing.T) {
	t.Parallel()
	s := envWithHandler(t, tinyInventory(), answerAll(http.StatusOK, ""))
	gone := httptest.NewServer(nil)
	gone.Close()
	s.url = gone.URL
	s.audit(t.Context()).requireFailed(t, job.ExitFailed, "connection refused")
}

func TestInterruptedRunLeavesNothing(t *testing.T) {
	t.Parallel()
	for _, at := range []int{1, 2, 3} { // the count, a page, the last count
		ctx, stop := context.WithCancel(t.Context())
		s := newEnv(t, tinyInventory(), &wixsim.Options{OnRequest: func(n int) {
			if n == at {
				stop()
			}
		}})
		s.audit(ctx, "--concurrency", "1").requireFailed(t, job.ExitFailed, "interrupted")
		stop()
	}
}

// stopOnLog cancels a run when a text is logged, like a signal at that moment.
type stopOnLog struct {
	*lockedStderr
	text string
	stop context.CancelFunc
}

func (s stopOnLog) Write(line []byte) (int, error) {
	if strings.Contains(string(line), s.text) {
		s.stop()
	}
	return s.lockedStderr.Write(line)
}

// A run that is interrupted while it writes has no summary, without which it does
// not count as a run. Reports that were finished are complete, the others are
// missing.
func TestInterruptedRunLeavesNoPartialReport(t *testing.T) {
	t.Parallel()
	planted := tinyInventory()
	whole := newEnv(t, planted, nil).audit(t.Context(), "--concurrency", "1")
	whole.requireCode(t, exitOK)
	reports := []string{"packages.jsonl.zst", "findings.csv", "packages.csv", "report.xlsx"}
	for i, name := range reports {
		s := newEnv(t, planted, nil)
		ctx, stop := context.WithCancel(t.Context())
		log := stopOnLog{newLockedStderr(), "writing " + name, stop}
		var stdout strings.Builder
		code := (&program{env: []string{"WIX_API_KEY=" + s.key}, stdout: &stdout, stderr: log}).run(ctx, s.args("--concurrency", "1"))
		log.unlock()
		o := &runResult{code: code, stdout: stdout.String(), stderr: log.lockedStderr.text.String(), out: s.out}
		o.requireCode(t, job.ExitFailed)
		if o.stdout != "" || !strings.Contains(o.stderr, "interrupted") {
			t.Errorf("%s: stdout %q, stderr:\n%s", name, o.stdout, o.stderr)
		}
		if i == 0 {
			o.checkNoOut(t)
			continue
		}
		checkWholeFiles(t, o, whole, reports[:i])
	}
}

// checkWholeFiles checks that exactly these reports were written, with the same
// content as in a run that was not interrupted.
func checkWholeFiles(t *testing.T, got, want *runResult, reports []string) {
	t.Helper()
	entries, err := os.ReadDir(got.file(""))
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != len(reports) {
		t.Errorf("files %v, want %v", entries, reports)
	}
	for _, name := range reports {
		if a, b := got.read(t, name), want.read(t, name); string(a) != string(b) {
			t.Errorf("%s has %d bytes, and %d in a run that was not stopped", name, len(a), len(b))
		}
	}
}
