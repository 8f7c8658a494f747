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

// A run that can say nothing, or that is told to stop, leaves nothing behind:
// no folder, no half of a report, no result, and the reason on standard error.

func tinyBook() *wixsim.SampleData {
	return wixsim.Generate(wixsim.SampleOptions{Seed: 3, Accounts: 3, Packages: 60})
}

// answering gives every request one answer.
func answering(status int, body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	})
}

func TestNothingIsLeftOfARunThatIsRefused(t *testing.T) {
	t.Parallel()
	for _, refusal := range []struct {
		name   string
		status int
	}{
		{"401", http.StatusUnauthorized},
		{"403", http.StatusForbidden},
	} {
		s := worldOf(t, tinyBook(), answering(refusal.status, `{"message":"go away"}`))
		s.audit(t.Context()).wantsNothing(t, job.ExitFailed, "status "+refusal.name+": go away")
	}
	wrong := newWorld(t, tinyBook(), nil)
	wrong.key = "IST.not-the-key"
	wrong.audit(t.Context()).wantsNothing(t, job.ExitFailed, "status 401: UNAUTHENTICATED")
}

// The key may be withdrawn while the inventory is read.
func TestNothingIsLeftOfARunWhoseKeyIsWithdrawn(t *testing.T) {
	t.Parallel()
	planted := tinyBook()
	inner, n := wixsim.New(planted.Inventory, nil), 0
	s := worldOf(t, planted, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n++; n > 3 {
			r.Header.Set("Authorization", "withdrawn")
		}
		inner.ServeHTTP(w, r)
	}))
	s.audit(t.Context(), "--concurrency", "1").wantsNothing(t, job.ExitFailed, "status 401")
}

func TestNothingIsLeftWithoutAServer(t *testing.T) {
	t.Parallel()
	s := worldOf(t, tinyBook(), answering(http.StatusOK, ""))
	gone := httptest.NewServer(nil)
	gone.Close()
	s.url = gone.URL
	s.audit(t.Context()).wantsNothing(t, job.ExitFailed, "connection refused")
}

func TestNothingIsLeftOfARunThatIsStopped(t *testing.T) {
	t.Parallel()
	for _, at := range []int{1, 2, 4} { // the count, the first page, a page in the middle
		ctx, stop := context.WithCancel(t.Context())
		s := newWorld(t, tinyBook(), &wixsim.Options{OnRequest: func(n int) {
			if n == at {
				stop()
			}
		}})
		s.audit(ctx, "--concurrency", "1").wantsNothing(t, job.ExitFailed, "interrupted")
		stop()
	}
}

// stopping ends a run when its log says a text, as a signal at that moment would.
type stopping struct {
	*turn
	says string
	stop context.CancelFunc
}

func (s stopping) Write(line []byte) (int, error) {
	if strings.Contains(string(line), s.says) {
		s.stop()
	}
	return s.turn.Write(line)
}

// A run that is stopped while it writes has no summary, which is what makes a
// run one; the reports that were done are whole, the others are not there.
func TestNoHalfOfAReportIsLeft(t *testing.T) {
	t.Parallel()
	planted := tinyBook()
	whole := newWorld(t, planted, nil).audit(t.Context(), "--concurrency", "1")
	whole.wants(t, completeRun)
	reports := []string{"packages.jsonl.zst", "findings.csv", "packages.csv", "report.xlsx"}
	for i, name := range reports {
		s := newWorld(t, planted, nil)
		ctx, stop := context.WithCancel(t.Context())
		log := stopping{newTurn(), "writing " + name, stop}
		var stdout strings.Builder
		code := (&program{env: []string{"WIX_API_KEY=" + s.key}, stdout: &stdout, stderr: log}).run(ctx, s.args("--concurrency", "1"))
		log.done()
		o := &outcome{code: code, stdout: stdout.String(), stderr: log.text.String(), out: s.out}
		o.wants(t, job.ExitFailed)
		if o.stdout != "" || !strings.Contains(o.stderr, "interrupted") {
			t.Errorf("%s: stdout %q, stderr:\n%s", name, o.stdout, o.stderr)
		}
		if i == 0 {
			o.wantsNoOut(t)
			continue
		}
		wantsWholeFiles(t, o, whole, reports[:i])
	}
}

// wantsWholeFiles holds that just these reports were written, and each as a
// run that was not stopped writes it.
func wantsWholeFiles(t *testing.T, got, want *outcome, reports []string) {
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
