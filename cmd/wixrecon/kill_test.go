package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"regexp"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wixrecon/wixrecon/cmd/internal/job"
)

// A process is killed at any request, to Wix or to the bucket, before or after its
// effect. The next process continues: each change is made exactly once.
//
// The test releases the lease of the killed process, like an operator who knows
// that it is dead. Its attempts have to wait until their requests can't be sent any
// more.

// TestFixingWithProcessFaults tests fixes with all faults of processes. The parts
// mostly wait for leases to expire, so they run concurrently in one test.
func TestFixingWithProcessFaults(t *testing.T) {
	t.Parallel()
	base := newFixProcess(t, newBucket(t), nil)
	must(t, base.audit(), base.plan())
	parts := make(map[string]func(*testing.T))
	for name, part := range map[string]func(*testing.T, *fixProcess){
		"apply killed at requests":        applyKilledAtRequests,
		"run --fix killed at requests":    runKilledAtRequests,
		"killed at random":                killedAtRandom,
		"two applies of one plan":         twoAppliesOfOnePlan,
		"two runs that fix":               twoRunsThatFix,
		"audit during apply":              auditDuringApply,
		"paused holder":                   pausedHolder,
		"cancel that lands later":         delayedCancel,
		"cancel that outlives its sender": delayedCancelOfKilledSender,
		"terminated":                      terminated,
	} {
		parts[name] = func(t *testing.T) { part(t, base) }
	}
	inParts(t, parts)
}

// inParts runs the parts of a test concurrently.
func inParts(t *testing.T, parts map[string]func(*testing.T)) {
	t.Helper()
	var all []func()
	for name, part := range parts {
		all = append(all, func() { t.Run(name, part) })
	}
	inParallel(len(all), all...)
}

// A killPoint is a request at which a process is killed.
type killPoint struct {
	n     int
	after bool
}

func (p killPoint) String() string {
	when := "before"
	if p.after {
		when = "after"
	}
	return when + " request " + strconv.Itoa(p.n)
}

// killPoints returns n evenly spread points of so many requests, from a random one
// on. The long form returns all.
func killPoints(t *testing.T, requests, n int) []killPoint {
	t.Helper()
	n = sample(t, "points", n, 2*requests)
	first := rand.N(2 * requests)
	var all []killPoint
	for i := range n {
		at := (first + i*2*requests/n) % (2 * requests)
		all = append(all, killPoint{at/2 + 1, at%2 > 0})
	}
	return all
}

// parallelism is the number of concurrent trials. Most of them wait.
const parallelism = 24

func applyKilledAtRequests(t *testing.T, m *fixProcess) {
	trial, err := m.fresh(nil)
	must(t, err)
	whole := new(interceptor)
	c, err := applyPlan(trial, whole)
	must(t, err, c.requireCode(job.ExitOK), trial.checkAllFixed())
	_, requests := whole.result()
	m.killAt(t, killPoints(t, requests+2, 2), applyPlan, reviewedPlan)
}

func runKilledAtRequests(t *testing.T, m *fixProcess) {
	trial, err := m.fresh(nil)
	must(t, err)
	whole := new(interceptor)
	c, err := runFixes(trial, whole)
	must(t, err, c.requireCode(job.ExitOK), trial.checkAllFixed())
	_, requests := whole.result()
	m.killAt(t, killPoints(t, requests+2, 2), runFixes, (*fixProcess).planOfFixes)
}

// The commands that are killed.
func applyPlan(m *fixProcess, p *interceptor) (*child, error) { return m.apply(p, planRun) }
func runFixes(m *fixProcess, p *interceptor) (*child, error) {
	return m.runBehind(p, "run", "--fix", fixes, "--run-id", fixRun)
}

func reviewedPlan(*fixProcess) (string, error) { return planRun, nil }

// planOfFixes returns the run whose plan is to be continued. If the killed run had
// no plan yet, it makes another run.
func (m *fixProcess) planOfFixes() (string, error) {
	plan, err := m.planFile(fixRun)
	if plan != "" || err != nil {
		return fixRun, err
	}
	_, err = m.runExpecting([]int{job.ExitOK, job.ExitUnfixed}, "run", "--fix", fixes, "--run-id", fixRun+"-again")
	return fixRun + "-again", err
}

// killAt kills a process at each point, each time with its own Wix and bucket, and
// continues the plan of the run that next returns.
func (m *fixProcess) killAt(t *testing.T, points []killPoint, begin func(*fixProcess, *interceptor) (*child, error), next func(*fixProcess) (string, error)) {
	t.Helper()
	var trials []func()
	var kills atomic.Int64
	for _, at := range points {
		trials = append(trials, func() {
			other, err := m.fresh(nil)
			if err == nil {
				var killed *child
				killed, err = other.runAndKill(&interceptor{match: nth(at.n), after: at.after, dropAnswer: true, kill: true}, begin)
				if killed != nil && killed.code < 0 {
					kills.Add(1)
				}
				if err = errors.Join(err, other.resume(next)); err != nil {
					err = fmt.Errorf("%w\n%s", err, killed)
				}
			}
			if err != nil {
				t.Errorf("killed %s: %v", at, err)
			}
		})
	}
	inParallel(parallelism, trials...)
	if t.Logf("%d points, the last %s: %d were killed", len(points), points[len(points)-1], kills.Load()); kills.Load() == 0 {
		t.Error("nothing was killed")
	}
}

// runAndKill starts a command with an interceptor that kills it.
func (m *fixProcess) runAndKill(p *interceptor, begin func(*fixProcess, *interceptor) (*child, error)) (*child, error) {
	c, err := begin(m, p)
	if matched, _ := p.result(); err == nil && matched != "" && c.code != -1 {
		err = errors.New("it was not killed")
	}
	return c, err
}

// resume continues after a process was killed, and checks the inventory.
func (m *fixProcess) resume(next func(*fixProcess) (string, error)) error {
	if err := m.releaseLease(); err != nil {
		return err
	}
	run, err := next(m)
	if err == nil {
		err = m.applyUntilDone(run)
	}
	if err == nil {
		err = m.checkAllFixed()
	}
	if err != nil {
		return err
	}
	again, err := m.apply(new(interceptor), run)
	if err == nil {
		err = again.requireCode(job.ExitRefused)
	}
	return errors.Join(err, m.checkAllFixed())
}

var epochKey = regexp.MustCompile(`^lock/epoch-([0-9]{12})$`)

// releaseLease releases the lease of a killed holder.
func (m *fixProcess) releaseLease() error {
	objects, err := m.store.objects()
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
	return m.store.put(released, "it is dead\n")
}

// applyUntilDone applies a plan until nothing of it is left, and waits for
// unsettled attempts.
func (m *fixProcess) applyUntilDone(run string) error {
	const times = 6
	for range times {
		c, err := m.apply(new(interceptor), run)
		if err != nil {
			return err
		}
		if c.code != job.ExitUnfixed {
			return c.requireCode(job.ExitOK, job.ExitRefused)
		}
		wait, err := m.untilSettled()
		if err != nil {
			return err
		}
		time.Sleep(wait)
	}
	return fmt.Errorf("after %d times the plan of run %s is not through", times, run)
}

// untilSettled returns the time until all open attempts can be settled.
func (m *fixProcess) untilSettled() (time.Duration, error) {
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
func (m *fixProcess) apply(p *interceptor, run string, more ...string) (*child, error) {
	plan, err := m.planFile(run)
	if err != nil {
		return nil, err
	}
	return m.runBehind(p, append([]string{"apply", plan, "--yes"}, more...)...)
}

// audit makes an accepted run.
func (m *fixProcess) audit() error {
	_, err := m.runExpecting([]int{job.ExitOK}, "run", "--run-id", auditRun)
	return err
}

// plan makes a plan.
func (m *fixProcess) plan() error {
	_, err := m.runExpecting([]int{job.ExitOK}, "plan", "--fix", fixes, "--run-id", planRun)
	return err
}

func newBucket(t *testing.T) *bucketStore {
	t.Helper()
	h, err := newBucketStore(nil)
	must(t, err)
	return h
}

func must(t *testing.T, faults ...error) {
	t.Helper()
	if err := errors.Join(faults...); err != nil {
		t.Fatal(err)
	}
}

// killedAtRandom kills at random times, with runs in a folder.
func killedAtRandom(t *testing.T, _ *fixProcess) {
	tries, first := sample(t, "tries", 1, 40), rand.N(2)
	var trials []func()
	for i := range tries {
		m := newFixProcess(t, folderStore(filepath.Join(t.TempDir(), "out")), nil)
		begin, next := applyPlan, reviewedPlan
		if (first+i)%2 > 0 {
			begin, next = runFixes, (*fixProcess).planOfFixes
		}
		trials = append(trials, func() {
			p := &interceptor{killAfter: 1 + rand.N(1500*time.Millisecond)}
			err := errors.Join(m.audit(), m.plan())
			var killed *child
			if err == nil {
				killed, err = m.runAndKill(p, begin)
				err = errors.Join(err, m.resume(next))
			}
			if err != nil {
				t.Errorf("killed after %v: %v\n%s", p.killAfter, err, killed)
			}
		})
	}
	inParallel(parallelism, trials...)
}
