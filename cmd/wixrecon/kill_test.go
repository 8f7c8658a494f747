package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wixrecon/wixrecon/cmd/internal/job"
)

// A process that is killed at any request, to Wix or to the bucket, before the
// request has its effect or after, leaves what the next one goes on from: each
// change is made once, and none is left out.
//
// The lease of the dead is released by hand, as by an operator who knows that
// it is dead; what it claimed has to wait until its request can't leave any more.

// TestFixingUnderFire holds what fixes an inventory against everything that befalls
// processes. Nearly all of the time is waiting for leases to end, so that all of
// it goes side by side, in the place of one test.
func TestFixingUnderFire(t *testing.T) {
	t.Parallel()
	inParts(t, map[string]func(*testing.T){
		"apply killed at requests":        applyKilledAtEveryRequest,
		"run --fix killed at requests":    fixesKilledAtEveryRequest,
		"killed at random":                killedAtRandom,
		"two applies of one plan":         twoAppliesOfOnePlan,
		"two runs that fix":               twoRunsThatFix,
		"audit beside apply":              auditBesideApply,
		"sleeper":                         sleeper,
		"cancel that lands later":         cancelThatLandsLater,
		"cancel that outlives its sender": cancelThatLandsAfterItsSenderDied,
		"told to stop":                    toldToStop,
	})
}

// inParts runs the parts of a test side by side.
func inParts(t *testing.T, parts map[string]func(*testing.T)) {
	t.Helper()
	var all []func()
	for name, part := range parts {
		all = append(all, func() { t.Run(name, part) })
	}
	sideBySide(len(all), all...)
}

// A point is where a process is killed.
type point struct {
	n     int
	after bool
}

func (p point) String() string {
	when := "before"
	if p.after {
		when = "after"
	}
	return when + " request " + strconv.Itoa(p.n)
}

// points gives every k-th point of so many requests, those before and after a
// request in turn; all of them in the long tests.
func points(requests, k int) []point {
	if os.Getenv("WIXRECON_LONG") != "" {
		k = 1
	}
	var all []point
	for i := rand.N(k); i < 2*requests; i += k {
		all = append(all, point{i/2 + 1, i%2 > 0})
	}
	return all
}

// atOnce is how many points are tried side by side: most of them wait.
const atOnce = 24

func applyKilledAtEveryRequest(t *testing.T) {
	m := newFixing(t, mustHeap(t), nil)
	must(t, m.audited(), m.planned())
	trial, err := m.again(nil)
	must(t, err)
	whole := new(tap)
	c, err := applyPlan(trial, whole)
	must(t, err, c.wants(job.ExitOK), trial.fixed())
	_, requests := whole.said()
	m.atPoints(t, points(requests+2, 26), applyPlan, planReviewed)
}

func fixesKilledAtEveryRequest(t *testing.T) {
	m := newFixing(t, mustHeap(t), nil)
	must(t, m.audited())
	trial, err := m.again(nil)
	must(t, err)
	whole := new(tap)
	c, err := runFixes(trial, whole)
	must(t, err, c.wants(job.ExitOK), trial.fixed())
	_, requests := whole.said()
	m.atPoints(t, points(requests+2, 36), runFixes, (*fixing).planOfFixes)
}

// What is begun, and killed.
func applyPlan(m *fixing, p *tap) (*child, error) { return m.apply(p, planRun) }
func runFixes(m *fixing, p *tap) (*child, error) {
	return m.runBehind(p, "run", "--fix", fixes, "--run-id", fixRun)
}

func planReviewed(*fixing) (string, error) { return planRun, nil }

// planOfFixes names the run whose plan is to be gone on with: where the run that
// died had none yet, another one runs.
func (m *fixing) planOfFixes() (string, error) {
	plan, err := m.planFile(fixRun)
	if plan != "" || err != nil {
		return fixRun, err
	}
	_, err = m.wants([]int{job.ExitOK, job.ExitUnfixed}, "run", "--fix", fixes, "--run-id", fixRun+"-again")
	return fixRun + "-again", err
}

// atPoints kills at each point, each time a process for a Wix and a bucket of its
// own, and goes on with the plan of the run that next names.
func (m *fixing) atPoints(t *testing.T, points []point, begin func(*fixing, *tap) (*child, error), next func(*fixing) (string, error)) {
	t.Helper()
	var trials []func()
	var died atomic.Int64
	for _, at := range points {
		trials = append(trials, func() {
			other, err := m.again(nil)
			if err == nil {
				var killed *child
				killed, err = other.killed(&tap{at: nth(at.n), after: at.after, cut: true, kill: true}, begin)
				if killed != nil && killed.code < 0 {
					died.Add(1)
				}
				if err = errors.Join(err, other.survives(next)); err != nil {
					err = fmt.Errorf("%w\n%s", err, killed)
				}
			}
			if err != nil {
				t.Errorf("killed %s: %v", at, err)
			}
		})
	}
	sideBySide(atOnce, trials...)
	if t.Logf("%d points, the last %s: %d were killed", len(points), points[len(points)-1], died.Load()); died.Load() == 0 {
		t.Error("nothing was killed")
	}
}

// killed begins something behind a tap that kills it.
func (m *fixing) killed(p *tap, begin func(*fixing, *tap) (*child, error)) (*child, error) {
	c, err := begin(m, p)
	if struck, _ := p.said(); err == nil && struck != "" && c.code != -1 {
		err = errors.New("it was not killed")
	}
	return c, err
}

// survives goes on after a process died, and holds what became of the inventory.
func (m *fixing) survives(next func(*fixing) (string, error)) error {
	if err := m.release(); err != nil {
		return err
	}
	run, err := next(m)
	if err == nil {
		err = m.goOn(run)
	}
	if err == nil {
		err = m.fixed()
	}
	if err != nil {
		return err
	}
	again, err := m.apply(new(tap), run)
	if err == nil {
		err = again.wants(job.ExitRefused)
	}
	return errors.Join(err, m.fixed())
}

var epochKey = regexp.MustCompile(`^lock/epoch-([0-9]{12})$`)

// release releases the lease of a dead holder.
func (m *fixing) release() error {
	objects, err := m.yard.objects()
	if err != nil {
		return err
	}
	last := ""
	for key := range objects {
		if parts := epochKey.FindStringSubmatch(key); parts != nil {
			last = max(last, parts[1])
		}
	}
	if last == "" {
		return nil
	}
	released := "lock/released-" + last
	if _, there := objects[released]; there {
		return nil
	}
	return m.yard.put(released, "it is dead\n")
}

// goOn applies a plan until nothing of it is left. What is not settled yet is
// waited for.
func (m *fixing) goOn(run string) error {
	const times = 6
	for range times {
		c, err := m.apply(new(tap), run)
		if err != nil {
			return err
		}
		if c.code != job.ExitUnfixed {
			return c.wants(job.ExitOK, job.ExitRefused)
		}
		wait, err := m.unsettled()
		if err != nil {
			return err
		}
		time.Sleep(wait)
	}
	return fmt.Errorf("after %d times the plan of run %s is not through", times, run)
}

// unsettled gives how long it takes until everything open can be settled.
func (m *fixing) unsettled() (time.Duration, error) {
	claims, err := m.journal()
	wait := time.Duration(0)
	for _, n := range claims {
		if n.end == nil {
			wait = max(wait, time.Until(n.SendBy)+50*time.Millisecond)
		}
	}
	return wait, err
}

// apply applies the plan of a run.
func (m *fixing) apply(p *tap, run string, more ...string) (*child, error) {
	plan, err := m.planFile(run)
	if err != nil {
		return nil, err
	}
	return m.runBehind(p, append([]string{"apply", plan, "--yes"}, more...)...)
}

// audited leaves an accepted run.
func (m *fixing) audited() error {
	_, err := m.wants([]int{job.ExitOK}, "run", "--run-id", nightRun)
	return err
}

// planned leaves a plan.
func (m *fixing) planned() error {
	_, err := m.wants([]int{job.ExitOK}, "plan", "--fix", fixes, "--run-id", planRun)
	return err
}

func mustHeap(t *testing.T) *heap {
	t.Helper()
	h, err := newHeap(nil)
	must(t, err)
	return h
}

func must(t *testing.T, faults ...error) {
	t.Helper()
	if err := errors.Join(faults...); err != nil {
		t.Fatal(err)
	}
}

// Killed at any moment, over a folder.
func killedAtRandom(t *testing.T) {
	tries := 4
	if os.Getenv("WIXRECON_LONG") != "" {
		tries = 40
	}
	var trials []func()
	for i := range tries {
		m := newFixing(t, folder(filepath.Join(t.TempDir(), "out")), nil)
		begin, next := applyPlan, planReviewed
		if i%2 > 0 {
			begin, next = runFixes, (*fixing).planOfFixes
		}
		trials = append(trials, func() {
			p := &tap{doom: 1 + rand.N(1500*time.Millisecond)}
			err := errors.Join(m.audited(), m.planned())
			var killed *child
			if err == nil {
				killed, err = m.killed(p, begin)
				err = errors.Join(err, m.survives(next))
			}
			if err != nil {
				t.Errorf("killed after %v: %v\n%s", p.doom, err, killed)
			}
		})
	}
	sideBySide(atOnce, trials...)
}
