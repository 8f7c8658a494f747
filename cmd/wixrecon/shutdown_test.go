package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/wixrecon/wixrecon/cmd/internal/job"
	"github.com/wixrecon/wixrecon/sources/wix/wixsim"
)

// Changes that Wix applies after the connection is closed, and processes that are
// terminated.

// delayedCancels makes Wix close the connection of a cancel, and apply it when the
// test says so.
func delayedCancels() *wixsim.Options {
	return &wixsim.Options{Changes: wixsim.ChangeOptions{
		EffectDelay: time.Hour, // until the test applies it
		OnChange: func(_ int, c wixsim.Change) wixsim.Fault {
			if c.Kind == wixsim.CancelPackage {
				return wixsim.DelayedEffect
			}
			return ""
		},
	}}
}

// A cancel that Wix applies long after it closed the connection is sent only once,
// whatever runs follow.
func delayedCancel(t *testing.T, base *fixProcess) {
	m, err := base.fresh(delayedCancels())
	must(t, err)
	plan, err := m.planFile(planRun)
	must(t, err)
	apply := []string{"apply", plan, "--yes", "--settle", "1h"}
	for range 2 {
		_, err = m.runExpecting([]int{job.ExitUnfixed}, apply...)
		must(t, err, m.checkSentOnce())
	}
	_, err = m.runExpecting([]int{job.ExitOK, job.ExitUnfixed}, "run", "--fix", fixes, "--run-id", fixRun, "--settle", "1h")
	must(t, err, m.checkSentOnce())
	m.checkUnsettled(t)
	m.wix.ApplyDelayed()
	_, err = m.runExpecting([]int{job.ExitOK}, apply...)
	must(t, err, m.checkAllFixed())
	_, err = m.runExpecting([]int{job.ExitRefused}, apply...)
	must(t, err, m.checkAllFixed())
}

// The same if the sender is killed at that moment, so that the time of sending is
// unknown.
func delayedCancelOfKilledSender(t *testing.T, base *fixProcess) {
	m, err := base.fresh(delayedCancels())
	must(t, err)
	isCancel := func(_ int, r *http.Request) bool {
		return r.Method == http.MethodDelete && strings.HasSuffix(r.URL.Path, packageID(3))
	}
	c, err := m.runAndKill(&interceptor{match: isCancel, after: true, dropAnswer: true, kill: true}, applyPlan)
	must(t, err, m.releaseLease())
	if c.code != -1 {
		t.Fatalf("it was not killed: %s", c)
	}
	c, err = m.apply(new(interceptor), planRun, "--settle", "1h") // long enough for a slow machine
	must(t, err, c.requireCode(job.ExitUnfixed))
	if n := m.sendCounts()[expectedChanges()[4].request()]; n != 1 {
		t.Errorf("the cancel was sent %d times", n)
	}
	m.wix.ApplyDelayed()
	must(t, m.applyUntilDone(planRun), m.checkAllFixed())
}

// checkSentOnce returns an error unless every expected change was sent once.
func (m *fixProcess) checkSentOnce() error {
	sends := m.sendCounts()
	for _, r := range expectedChanges() {
		if sends[r.request()] != 1 {
			return fmt.Errorf("%s was sent %d times", r.request(), sends[r.request()])
		}
	}
	return nil
}

// checkUnsettled checks that the run did not plan the package of an unsettled
// change.
func (m *fixProcess) checkUnsettled(t *testing.T) {
	t.Helper()
	objects, err := m.store.objects()
	must(t, err)
	if plan := objects[fixRun+"/plan.json"]; len(plan) == 0 || bytes.Contains(plan, []byte(`"package_id": "`+packageID(3))) {
		t.Errorf("the package that is not settled is planned:\n%s", plan)
	}
	rows, err := csv.NewReader(bytes.NewReader(objects[fixRun+"/findings.csv"])).ReadAll()
	must(t, err)
	found := false
	for _, row := range rows[1:] {
		cells := make(map[string]string)
		for i, column := range rows[0] {
			cells[column] = row[i]
		}
		found = found || cells["package_id"] == packageID(3)
		if cells["package_id"] == packageID(3) && (cells["outcome"] != "not_allowed" || cells["reason"] != "unsettled") {
			t.Errorf("outcome %q, reason %q", cells["outcome"], cells["reason"])
		}
	}
	if !found {
		t.Error("the package that is not settled is not reported")
	}
}

// A blockingWix blocks assigns until they are released.
type blockingWix struct {
	arrived chan struct{}
	release chan struct{}
	hangs   bool // no responses after the first assign
}

func newBlockingWix(hangs bool) *blockingWix {
	return &blockingWix{arrived: make(chan struct{}, 100), release: make(chan struct{}), hangs: hangs}
}

func (h *blockingWix) options() *wixsim.Options {
	var once sync.Once
	hang := make(chan struct{})
	return &wixsim.Options{
		OnRequest: func(int) {
			select {
			case <-hang:
				<-h.release
			default:
			}
		},
		Changes: wixsim.ChangeOptions{OnChange: func(_ int, c wixsim.Change) wixsim.Fault {
			if c.Kind != wixsim.Assign {
				return ""
			}
			h.arrived <- struct{}{}
			if !h.hangs {
				<-h.release
				return ""
			}
			once.Do(func() { time.AfterFunc(time.Second, func() { close(hang) }) }) // let the other two assigns arrive
			select {
			case <-h.release:
				return ""
			default:
				return wixsim.Hang
			}
		}},
	}
}

// On SIGTERM the program starts nothing new, finishes the requests in progress if
// Wix responds, and exits within 25 s. The rest can be continued.
func terminated(t *testing.T, base *fixProcess) {
	if !longTests() {
		t.Log("sampled: 2 of 4 cases; WIXRECON_LONG=1 runs all")
	}
	parts := make(map[string]func(*testing.T))
	for name, command := range map[string][]string{planRun: nil, fixRun: {"run", "--fix", fixes, "--run-id", fixRun}} {
		for _, hangs := range []bool{false, true} {
			if hangs != (command == nil) && !longTests() {
				continue // the sample has each command and each behavior once
			}
			parts[fmt.Sprintf("%s, and Wix hangs %t", name, hangs)] = func(t *testing.T) {
				h := newBlockingWix(hangs)
				m, err := base.fresh(h.options())
				must(t, err)
				shortLeased := m.program
				m.program = "wixrecon"
				sent := m.terminate(t, h, m.applyCommand(t, command))
				m.program = shortLeased
				m.checkFinished(t, sent, hangs)
				must(t, m.applyUntilDone(name), m.checkAllFixed())
			}
		}
	}
	inParts(t, parts)
}

// applyCommand returns the command, by default one that applies the plan.
func (m *fixProcess) applyCommand(t *testing.T, command []string) []string {
	t.Helper()
	if command != nil {
		return command
	}
	plan, err := m.planFile(planRun)
	must(t, err)
	return []string{"apply", plan, "--yes"}
}

// terminate sends SIGTERM to a process while three assigns are in progress, and
// returns how many changes had been sent.
func (m *fixProcess) terminate(t *testing.T, h *blockingWix, command []string) (sent int) {
	t.Helper()
	c, err := m.start(new(interceptor), command...)
	must(t, err)
	for range 3 {
		select {
		case <-h.arrived:
		case <-c.done:
			t.Fatalf("it ended: %s", c.stderr.String())
		}
	}
	sent = len(m.wix.Changes())
	must(t, c.process.Process.Signal(syscall.SIGTERM))
	signaled := time.Now()
	late := time.AfterFunc(25*time.Second, func() { _ = c.process.Process.Kill() })
	if !h.hangs {
		time.Sleep(time.Second)
		close(h.release)
	}
	<-c.done
	if h.hangs {
		close(h.release)
	}
	c.wait()
	if !late.Stop() {
		t.Errorf("it had not ended after 25 s:\n%s", c.stderr.String())
	}
	t.Logf("ended after %v", time.Since(signaled).Round(time.Millisecond))
	must(t, c.requireCode(job.ExitUnfixed))
	return sent
}

// checkFinished checks that nothing was sent later, and that the journal has the
// requests in progress.
func (m *fixProcess) checkFinished(t *testing.T, sent int, hung bool) {
	t.Helper()
	if now := len(m.wix.Changes()); now != sent {
		t.Errorf("%d changes were sent after SIGTERM", now-sent)
	}
	claims, err := m.journal()
	must(t, err)
	open := 0
	for _, n := range claims {
		if n.end == nil {
			open++
		}
	}
	want := 0
	if hung {
		want = 3
	}
	if len(claims) != sent || open != want {
		t.Errorf("%d claims, %d open, want %d, %d", len(claims), open, sent, want)
	}
	objects, err := m.store.objects()
	must(t, err)
	released := 0
	for key := range objects {
		if strings.HasPrefix(key, "lock/released-") {
			released++
		}
	}
	if released != 1 {
		t.Errorf("%d leases were given back", released)
	}
}
