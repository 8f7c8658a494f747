package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/wixrecon/wixrecon/cmd/internal/job"
)

// Two processes try to make changes at the same time: one does, and the other
// reports that it may not.

// startAll starts several processes at once and waits for all of them.
func (m *fixProcess) startAll(commands ...[]string) ([]*child, error) {
	processSlots <- struct{}{}
	defer func() { <-processSlots }()
	var children []*child
	var faults error
	for _, command := range commands {
		c, err := m.start(new(interceptor), command...)
		faults = errors.Join(faults, err)
		if err == nil {
			children = append(children, c)
		}
	}
	for _, c := range children {
		c.wait()
	}
	return children, faults
}

// exactlyOne returns an error unless one of two succeeded and the other ended with
// one of the exit codes.
func exactlyOne(children []*child, loser ...int) error {
	won := slices.IndexFunc(children, func(c *child) bool { return c.code == job.ExitOK })
	if won < 0 || len(children) != 2 {
		return fmt.Errorf("neither succeeded:\n%s\n%s", children[0].stderr.String(), children[1].stderr.String())
	}
	return children[1-won].requireCode(loser...)
}

func twoAppliesOfOnePlan(t *testing.T, base *fixProcess) {
	inEveryStore(t, base, func(m *fixProcess) error {
		plan, err := m.planFile(planRun)
		if err != nil {
			return err
		}
		apply := []string{"apply", plan, "--yes"}
		children, err := m.startAll(apply, apply)
		if err == nil {
			err = exactlyOne(children, job.ExitHeld, job.ExitRefused)
		}
		return errors.Join(err, m.checkAllFixed())
	})
}

func twoRunsThatFix(t *testing.T, base *fixProcess) {
	inEveryStore(t, base, func(m *fixProcess) error {
		children, err := m.startAll([]string{"run", "--fix", fixes}, []string{"run", "--fix", fixes})
		if err == nil {
			err = exactlyOne(children, job.ExitHeld, job.ExitOK) // ExitOK if there was nothing left to fix
		}
		return errors.Join(err, m.checkAllFixed())
	})
}

func auditDuringApply(t *testing.T, base *fixProcess) {
	inEveryStore(t, base, func(m *fixProcess) error {
		plan, err := m.planFile(planRun)
		if err != nil {
			return err
		}
		children, err := m.startAll([]string{"apply", plan, "--yes"}, []string{"run"})
		for _, c := range children {
			err = errors.Join(err, c.requireCode(job.ExitOK))
		}
		return errors.Join(err, m.checkAllFixed())
	})
}

// inEveryStore runs a race several times in a bucket and in a folder. A plan
// belongs to the folder in which it was made, so each race in a folder has one of
// its own.
func inEveryStore(t *testing.T, bucket *fixProcess, race func(*fixProcess) error) {
	t.Helper()
	var races []func()
	run := func(m *fixProcess, err error) {
		if err == nil {
			err = race(m)
		}
		if err != nil {
			t.Errorf("%T: %v", m.store, err)
		}
	}
	for range sample(t, "rounds", 1, 25) {
		m := newFixProcess(t, folderStore(filepath.Join(t.TempDir(), "out")), nil)
		races = append(races, func() { run(m, errors.Join(m.audit(), m.plan())) }, func() { run(bucket.fresh(nil)) })
	}
	if !longTests() { // one of the two, at random
		i := rand.N(len(races))
		races = races[i : i+1]
	}
	inParallel(parallelism, races...)
}

// A holder of the lease is paused for longer than the lease, at any request.
// Another process takes over and completes the plan. When the paused process
// continues, it sends nothing and reports why. It has one worker, the paused one:
// another could have checked the lease without having sent its request, and nothing
// can stop that request.
func pausedHolder(t *testing.T, m *fixProcess) {
	var trials []func()
	inFolder := newFixProcess(t, folderStore(filepath.Join(t.TempDir(), "out")), nil)
	must(t, inFolder.audit(), inFolder.plan())
	trials = append(trials, func() {
		if err := inFolder.pauseAndTakeOver(pausePoint{http.MethodGet, "/resellers/", 3, false}); err != nil {
			t.Errorf("in a folder: %v", err)
		}
	})
	for _, at := range pausePoints(t) {
		trials = append(trials, func() {
			other, err := m.fresh(nil)
			if err == nil {
				err = other.pauseAndTakeOver(at)
			}
			if err != nil {
				t.Errorf("stopped at %v: %v", at, err)
			}
		})
	}
	inParallel(2*parallelism, trials...)
}

// A pausePoint is a request at which a process is paused.
type pausePoint struct {
	method, path string
	n            int // the n-th such request
	after        bool
}

// pausePoints returns the requests at which to pause: reads and changes at Wix, and
// writes of the journal and the lease. The sample is one of four.
func pausePoints(t *testing.T) []pausePoint {
	t.Helper()
	all := []pausePoint{
		{http.MethodGet, "/resellers/", 1, false}, {http.MethodGet, "/resellers/", 6, true},
		{http.MethodDelete, "/resellers/", 1, true}, {http.MethodPut, "/journal/", 2, true},
	}
	if sample(t, "requests to pause at", 1, 96) == 1 {
		i := rand.N(len(all))
		return all[i : i+1]
	}
	all = nil
	for n := range 8 {
		for _, after := range []bool{false, true} {
			for _, kind := range []pausePoint{
				{method: http.MethodGet, path: "/resellers/"}, {method: http.MethodPatch, path: "/resellers/"},
				{method: http.MethodDelete, path: "/resellers/"}, {method: http.MethodPut, path: "/journal/"},
				{method: http.MethodPut, path: "/lock/"}, {method: http.MethodHead, path: "/STOP"},
			} {
				all = append(all, pausePoint{kind.method, kind.path, n + 1, after})
			}
		}
	}
	return all
}

// matcher returns a function that matches the request.
func (s pausePoint) matcher() func(int, *http.Request) bool {
	found := 0
	return func(_ int, r *http.Request) bool {
		if r.Method == s.method && strings.Contains(r.URL.Path, s.path) {
			found++
			return found == s.n
		}
		return false
	}
}

// pauseAndTakeOver pauses an apply, lets another process take over, and resumes the
// first.
func (m *fixProcess) pauseAndTakeOver(at pausePoint) error {
	plan, err := m.planFile(planRun)
	if err != nil {
		return err
	}
	p := &interceptor{match: at.matcher(), after: at.after, paused: make(chan struct{})}
	paused, err := m.pause(p, "apply", plan, "--yes", "--concurrency", "1")
	if err != nil {
		return err
	}
	if matched, _ := p.result(); matched == "" { // there is no such request
		return errors.Join(m.applyUntilDone(planRun), m.checkAllFixed())
	}
	err = m.takeOver(plan)
	before := len(m.wix.Changes())
	err = errors.Join(err, paused.process.Process.Signal(syscall.SIGCONT))
	paused.wait()
	if after := len(m.wix.Changes()); after != before {
		err = errors.Join(err, fmt.Errorf("the paused process sent %d more", after-before))
	}
	err = errors.Join(err, paused.checkPausedEnd(), m.checkAllFixed())
	if err != nil {
		err = fmt.Errorf("%w\n%s\n%s", err, paused, paused.stderr.String())
	}
	return err
}

// pause starts a process, and waits until it is paused or ends.
func (m *fixProcess) pause(p *interceptor, command ...string) (*child, error) {
	processSlots <- struct{}{}
	defer func() { <-processSlots }()
	holder, err := m.start(p, command...)
	if err != nil {
		return nil, err
	}
	select {
	case <-p.paused:
	case <-holder.done:
		holder.wait()
	}
	return holder, nil
}

// checkPausedEnd returns an error unless a resumed process ended as unfixed or
// held, or reported why not: another process was first, or the lease was lost. A
// process that was paused while it released the lease was complete.
func (c *child) checkPausedEnd() error {
	matched, _ := c.interceptor.result()
	log := c.stderr.String()
	switch {
	case c.code == job.ExitOK && (strings.Contains(log, "another run has it") || strings.Contains(matched, "/lock/released-")),
		c.code == job.ExitRefused && strings.Contains(log, "the plan has been executed already"),
		c.code == job.ExitFailed && strings.Contains(log, "the lease is lost"):
		return nil
	}
	return c.requireCode(job.ExitUnfixed, job.ExitHeld)
}

// takeOver applies a plan as soon as the lease is free. Taking over an expired
// lease needs half of its life in addition.
func (m *fixProcess) takeOver(plan string) error {
	time.Sleep(shortLease)
	for end := time.Now().Add(6 * shortLease); ; time.Sleep(2 * time.Second) {
		c, err := m.start(new(interceptor), "apply", plan, "--yes")
		if err != nil {
			return err
		}
		if c.wait(); c.code != job.ExitHeld && c.code != job.ExitUnfixed {
			return c.requireCode(job.ExitOK, job.ExitRefused)
		}
		if time.Now().After(end) {
			return c.requireCode(job.ExitOK)
		}
	}
}
