package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/wixrecon/wixrecon/cmd/internal/job"
	"github.com/wixrecon/wixrecon/sources/wix/wixsim"
)

// What Wix does after it has hung up, and what a process does that is told to
// stop.

// lateCancels let Wix drop the connection of a cancel, and make it when it is
// told to.
func lateCancels() *wixsim.Options {
	return &wixsim.Options{Changes: wixsim.ChangeOptions{
		EffectDelay: time.Hour, // Land does not wait
		OnChange: func(_ int, c wixsim.Change) wixsim.Fault {
			if c.Kind == wixsim.CancelPackage {
				return wixsim.DelayedEffect
			}
			return ""
		},
	}}
}

// A cancel that Wix makes long after it dropped the connection is sent once,
// whoever comes by in the meantime.
func cancelThatLandsLater(t *testing.T) {
	m := newFixing(t, mustHeap(t), lateCancels())
	must(t, m.audited(), m.planned())
	plan, err := m.planFile(planRun)
	must(t, err)
	apply := []string{"apply", plan, "--yes", "--settle", "1h"}
	for range 2 {
		_, err = m.wants([]int{job.ExitUnfixed}, apply...)
		must(t, err, m.sentOnce())
	}
	_, err = m.wants([]int{job.ExitOK, job.ExitUnfixed}, "run", "--fix", fixes, "--run-id", fixRun, "--settle", "1h")
	must(t, err, m.sentOnce())
	m.wantsUnsettled(t)
	m.wix.ApplyDelayed()
	_, err = m.wants([]int{job.ExitOK}, apply...)
	must(t, err, m.fixed())
	_, err = m.wants([]int{job.ExitRefused}, apply...)
	must(t, err, m.fixed())
}

// The same where the process that sent it is killed at that very moment, so that
// nobody noted when it was sent.
func cancelThatLandsAfterItsSenderDied(t *testing.T) {
	m := newFixing(t, mustHeap(t), lateCancels())
	must(t, m.audited(), m.planned())
	isCancel := func(_ int, r *http.Request) bool {
		return r.Method == http.MethodDelete && strings.HasSuffix(r.URL.Path, packageID(3))
	}
	c, err := m.killed(&tap{at: isCancel, after: true, cut: true, kill: true}, applyPlan)
	must(t, err, m.release())
	if c.code != -1 {
		t.Fatalf("it was not killed: %s", c)
	}
	c, err = m.apply(new(tap), planRun, "--settle", "1h") // however slow the machine is
	must(t, err, c.wants(job.ExitUnfixed))
	if n := m.sends()[remedies()[4].sent()]; n != 1 {
		t.Errorf("the cancel was sent %d times", n)
	}
	m.wix.ApplyDelayed()
	must(t, m.goOn(planRun), m.fixed())
}

// sentOnce gives an error unless every remedy was sent once.
func (m *fixing) sentOnce() error {
	sends := m.sends()
	for _, r := range remedies() {
		if sends[r.sent()] != 1 {
			return fmt.Errorf("%s was sent %d times", r.sent(), sends[r.sent()])
		}
	}
	return nil
}

// wantsUnsettled holds that the run did not plan what may still land.
func (m *fixing) wantsUnsettled(t *testing.T) {
	t.Helper()
	objects, err := m.yard.objects()
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

// A holding Wix keeps the assigns waiting until it is let go.
type holding struct {
	arrived chan struct{}
	letGo   chan struct{}
	hangs   bool // it answers nothing from the first assign on
}

func newHolding(hangs bool) *holding {
	return &holding{arrived: make(chan struct{}, 100), letGo: make(chan struct{}), hangs: hangs}
}

func (h *holding) options() *wixsim.Options {
	var once sync.Once
	hang := make(chan struct{})
	return &wixsim.Options{
		OnRequest: func(int) {
			select {
			case <-hang:
				<-h.letGo
			default:
			}
		},
		Changes: wixsim.ChangeOptions{OnChange: func(_ int, c wixsim.Change) wixsim.Fault {
			if c.Kind != wixsim.Assign {
				return ""
			}
			h.arrived <- struct{}{}
			if !h.hangs {
				<-h.letGo
				return ""
			}
			once.Do(func() { time.AfterFunc(time.Second, func() { close(hang) }) }) // the others of the three may come
			select {
			case <-h.letGo:
				return ""
			default:
				return wixsim.Hang
			}
		}},
	}
}

// Told to stop, the program starts nothing new, finishes what is under way as
// well as Wix lets it, and is gone within 25 s; what is left can be gone on with.
func toldToStop(t *testing.T) {
	parts := make(map[string]func(*testing.T))
	for name, command := range map[string][]string{planRun: nil, fixRun: {"run", "--fix", fixes, "--run-id", fixRun}} {
		for _, hangs := range []bool{false, true} {
			if hangs && command != nil && os.Getenv("WIXRECON_LONG") == "" {
				continue
			}
			parts[fmt.Sprintf("%s, and Wix hangs %t", name, hangs)] = func(t *testing.T) {
				h := newHolding(hangs)
				m := newFixing(t, mustHeap(t), h.options())
				must(t, m.audited(), m.planned())
				m.program = "wixrecon"
				sent := m.stopped(t, h, m.applying(t, command))
				m.program = briefProgram
				m.wantsFinished(t, sent, hangs)
				must(t, m.goOn(name), m.fixed())
			}
		}
	}
	inParts(t, parts)
}

// applying gives the command, or where there is none that which applies the plan.
func (m *fixing) applying(t *testing.T, command []string) []string {
	t.Helper()
	if command != nil {
		return command
	}
	plan, err := m.planFile(planRun)
	must(t, err)
	return []string{"apply", plan, "--yes"}
}

// stopped tells a process to stop while three assigns are under way, and
// gives how many changes were sent by then.
func (m *fixing) stopped(t *testing.T, h *holding, command []string) (sent int) {
	t.Helper()
	c, err := m.start(new(tap), command...)
	must(t, err)
	for range 3 {
		select {
		case <-h.arrived:
		case <-c.dead:
			t.Fatalf("it ended: %s", c.stderr.String())
		}
	}
	sent = len(m.wix.Changes())
	must(t, c.process.Process.Signal(syscall.SIGTERM))
	told := time.Now()
	late := time.AfterFunc(25*time.Second, func() { _ = c.process.Process.Kill() })
	if !h.hangs {
		time.Sleep(time.Second)
		close(h.letGo)
	}
	<-c.dead
	if h.hangs {
		close(h.letGo)
	}
	c.ended()
	if !late.Stop() {
		t.Errorf("it was not gone after 25 s:\n%s", c.stderr.String())
	}
	t.Logf("gone after %v", time.Since(told).Round(time.Millisecond))
	must(t, c.wants(job.ExitUnfixed))
	return sent
}

// wantsFinished holds that nothing was sent later, and that the journal has what
// was under way.
func (m *fixing) wantsFinished(t *testing.T, sent int, hung bool) {
	t.Helper()
	if now := len(m.wix.Changes()); now != sent {
		t.Errorf("%d changes were sent after it was told to stop", now-sent)
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
	objects, err := m.yard.objects()
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
