package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/wixrecon/wixrecon/cmd/internal/job"
)

// Two of which each could change something, at the same time: one does, and the
// other says that it may not.

// rounds gives how often a race is run.
func rounds() int {
	if os.Getenv("WIXRECON_LONG") != "" {
		return 25
	}
	return 3
}

// together starts several processes at once and waits for all.
func (m *fixing) together(commands ...[]string) ([]*child, error) {
	running <- struct{}{}
	defer func() { <-running }()
	var children []*child
	var faults error
	for _, command := range commands {
		c, err := m.start(new(tap), command...)
		faults = errors.Join(faults, err)
		if err == nil {
			children = append(children, c)
		}
	}
	for _, c := range children {
		c.ended()
	}
	return children, faults
}

// oneOf wants that one of two did it, and the other ended with one of the codes.
func oneOf(children []*child, loser ...int) error {
	won := slices.IndexFunc(children, func(c *child) bool { return c.code == job.ExitOK })
	if won < 0 || len(children) != 2 {
		return fmt.Errorf("nobody did it:\n%s\n%s", children[0].stderr.String(), children[1].stderr.String())
	}
	return children[1-won].wants(loser...)
}

func twoAppliesOfOnePlan(t *testing.T) {
	inYards(t, func(m *fixing) error {
		plan, err := m.planFile(planRun)
		if err != nil {
			return err
		}
		apply := []string{"apply", plan, "--yes"}
		children, err := m.together(apply, apply)
		if err == nil {
			err = oneOf(children, job.ExitHeld, job.ExitRefused)
		}
		return errors.Join(err, m.fixed())
	})
}

func twoRunsThatFix(t *testing.T) {
	inYards(t, func(m *fixing) error {
		children, err := m.together([]string{"run", "--fix", fixes}, []string{"run", "--fix", fixes})
		if err == nil {
			err = oneOf(children, job.ExitHeld, job.ExitOK) // the latter where there was nothing left to be fixed
		}
		return errors.Join(err, m.fixed())
	})
}

func auditBesideApply(t *testing.T) {
	inYards(t, func(m *fixing) error {
		plan, err := m.planFile(planRun)
		if err != nil {
			return err
		}
		children, err := m.together([]string{"apply", plan, "--yes"}, []string{"run"})
		for _, c := range children {
			err = errors.Join(err, c.wants(job.ExitOK))
		}
		return errors.Join(err, m.fixed())
	})
}

// inYards runs a race some times in every kind of place. A plan belongs to the
// folder that it was made in, so that each race in one has a folder of its own.
func inYards(t *testing.T, race func(*fixing) error) {
	t.Helper()
	bucket := newFixing(t, mustHeap(t), nil)
	must(t, bucket.audited(), bucket.planned())
	var races []func()
	run := func(m *fixing, err error) {
		if err == nil {
			err = race(m)
		}
		if err != nil {
			t.Errorf("%T: %v", m.yard, err)
		}
	}
	for range rounds() {
		m := newFixing(t, folder(filepath.Join(t.TempDir(), "out")), nil)
		races = append(races, func() { run(m, errors.Join(m.audited(), m.planned())) }, func() { run(bucket.again(nil)) })
	}
	sideBySide(atOnce, races...)
}

// A holder that stands still for longer than its lease lives, at any request:
// another takes over and does what is left; the sleeper wakes, sends nothing
// more, and says so. It has one worker, which is at that request: of several, one
// may have looked at the lease and not have sent yet, and nothing can call that
// back.
func sleeper(t *testing.T) {
	m := newFixing(t, mustHeap(t), nil)
	must(t, m.audited(), m.planned())
	var trials []func()
	inFolder := newFixing(t, folder(filepath.Join(t.TempDir(), "out")), nil)
	must(t, inFolder.audited(), inFolder.planned())
	trials = append(trials, func() {
		if err := inFolder.sleptThrough(stop{http.MethodGet, "/resellers/", 3, false}); err != nil {
			t.Errorf("in a folder: %v", err)
		}
	})
	for _, at := range stops() {
		trials = append(trials, func() {
			other, err := m.again(nil)
			if err == nil {
				err = other.sleptThrough(at)
			}
			if err != nil {
				t.Errorf("stopped at %v: %v", at, err)
			}
		})
	}
	sideBySide(2*atOnce, trials...)
}

// A stop is a request at which a process stands still.
type stop struct {
	method, path string
	n            int // of those
	after        bool
}

// stops gives where to stand still: at reads and changes of Wix, and round the
// claims, the ends and the beats of the lease.
func stops() []stop {
	all := []stop{
		{http.MethodGet, "/resellers/", 1, false}, {http.MethodGet, "/resellers/", 6, true},
		{http.MethodDelete, "/resellers/", 1, true}, {http.MethodPut, "/journal/", 2, true},
	}
	if os.Getenv("WIXRECON_LONG") == "" {
		return all
	}
	all = nil
	for n := range 8 {
		for _, after := range []bool{false, true} {
			for _, kind := range []stop{
				{method: http.MethodGet, path: "/resellers/"}, {method: http.MethodPatch, path: "/resellers/"},
				{method: http.MethodDelete, path: "/resellers/"}, {method: http.MethodPut, path: "/journal/"},
				{method: http.MethodPut, path: "/lock/"}, {method: http.MethodHead, path: "/STOP"},
			} {
				all = append(all, stop{kind.method, kind.path, n + 1, after})
			}
		}
	}
	return all
}

// picker picks the request, whatever else goes on beside it.
func (s stop) picker() func(int, *http.Request) bool {
	found := 0
	return func(_ int, r *http.Request) bool {
		if r.Method == s.method && strings.Contains(r.URL.Path, s.path) {
			found++
			return found == s.n
		}
		return false
	}
}

// sleptThrough stops an apply, lets another one take over, and wakes it.
func (m *fixing) sleptThrough(at stop) error {
	plan, err := m.planFile(planRun)
	if err != nil {
		return err
	}
	p := &tap{at: at.picker(), after: at.after, asleep: make(chan struct{})}
	slept, err := m.fallAsleep(p, "apply", plan, "--yes", "--concurrency", "1")
	if err != nil {
		return err
	}
	if struck, _ := p.said(); struck == "" { // there is no such request
		return errors.Join(m.goOn(planRun), m.fixed())
	}
	err = m.takeOver(plan)
	before := len(m.wix.Changes())
	err = errors.Join(err, slept.process.Process.Signal(syscall.SIGCONT))
	slept.ended()
	if after := len(m.wix.Changes()); after != before {
		err = errors.Join(err, fmt.Errorf("the sleeper sent %d more", after-before))
	}
	err = errors.Join(err, slept.truthful(), m.fixed())
	if err != nil {
		err = fmt.Errorf("%w\n%s\n%s", err, slept, slept.stderr.String())
	}
	return err
}

// fallAsleep starts a process, and waits until it stands still or ends.
func (m *fixing) fallAsleep(p *tap, command ...string) (*child, error) {
	running <- struct{}{}
	defer func() { <-running }()
	sleeper, err := m.start(p, command...)
	if err != nil {
		return nil, err
	}
	select {
	case <-p.asleep:
	case <-sleeper.dead:
		sleeper.ended()
	}
	return sleeper, nil
}

// truthful gives an error unless the process ended as one that had to stop, or
// says why not: that another did it, or that it lost the lease as it took it.
// One that stood still as it gave the lease back had done everything.
func (c *child) truthful() error {
	struck, _ := c.tap.said()
	said := c.stderr.String()
	switch {
	case c.code == job.ExitOK && (strings.Contains(said, "another run has it") || strings.Contains(struck, "/lock/released-")),
		c.code == job.ExitRefused && strings.Contains(said, "the plan has been executed already"),
		c.code == job.ExitFailed && strings.Contains(said, "the lease is lost"):
		return nil
	}
	return c.wants(job.ExitUnfixed, job.ExitHeld)
}

// takeOver applies a plan as soon as the lease is free. Who takes a lease from the
// dead waits for half of its life, and nobody has to wait for that.
func (m *fixing) takeOver(plan string) error {
	time.Sleep(briefLife)
	for end := time.Now().Add(6 * briefLife); ; time.Sleep(2 * time.Second) {
		c, err := m.start(new(tap), "apply", plan, "--yes")
		if err != nil {
			return err
		}
		if c.ended(); c.code != job.ExitHeld && c.code != job.ExitUnfixed {
			return c.wants(job.ExitOK, job.ExitRefused)
		}
		if time.Now().After(end) {
			return c.wants(job.ExitOK)
		}
	}
}
