package execute

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// Random schedules: plans on random packages, requests with every fault, packages
// that change by other means, and runs that crash before or after any call to Wix
// or the journal, are asked to stop or fail the pre-send check. Other runs continue
// from what they left, with the same plan or another one of the same. What must be
// true then is in schedule_check_test.go.

// TestSchedules plays 600 schedules by default, and 30,000 with WIXRECON_LONG=1.
func TestSchedules(t *testing.T) {
	seeds := uint64(600)
	if os.Getenv("WIXRECON_LONG") != "" {
		seeds = 30_000
	}
	var sum stats
	for seed := range seeds {
		playSchedule(t, seed, &sum)
	}
	t.Logf("%d schedules: %+v", seeds, sum)
	if sum.crashes == 0 || sum.stops == 0 || sum.outcomes[fix.OutcomeApplied] == 0 || sum.outcomes[fix.OutcomeUnsettled] == 0 || sum.again == 0 {
		t.Errorf("the schedules do not reach everything: %+v", sum)
	}
}

// Stats count what happened in schedules.
type stats struct {
	runs, crashes, stops, requests, again int
	outcomes                              map[string]int
}

func playSchedule(t *testing.T, seed uint64, sum *stats) {
	t.Helper()
	defer func() {
		if t.Failed() {
			t.Logf("seed %d", seed)
		}
	}()
	synctest.Test(t, func(t *testing.T) {
		s := newSchedule(t, seed)
		for n := range 1 + s.draw(6) {
			s.run(n, sum)
			time.Sleep([]time.Duration{time.Second, 90 * time.Second, 10 * time.Minute}[s.draw(3)])
		}
		s.end()
		synctest.Wait()
		s.check()
		sum.requests += len(s.wix.requests)
		for _, entries := range s.journal.entries {
			sum.again += len(entries) - 1
		}
	})
}

type schedule struct {
	*testing.T
	seed     uint64
	rng      *rand.Rand
	journal  *fakeJournal
	wix      *fakeWix
	plans    []*fix.Plan
	at       map[string]time.Time // when a package changed by other means
	expected *fakeWix             // what our own effects make of the packages
	queue    time.Duration        // that requests wait before they leave, at most
	first    []reconcile.Package
	results  []runResult
	drawing  sync.Mutex
}

func (s *schedule) draw(n int) int {
	s.drawing.Lock()
	defer s.drawing.Unlock()
	return s.rng.IntN(n)
}

// A runResult is what one run returned.
type runResult struct {
	run     string
	plan    *fix.Plan
	results []fix.Result
	err     error
}

func newSchedule(t *testing.T, seed uint64) *schedule {
	s := &schedule{T: t, seed: seed, rng: rand.New(rand.NewPCG(seed, 7)), journal: newFakeJournal(), at: map[string]time.Time{}}
	for i := range 1 + s.draw(6) {
		p := pkgOf(fmt.Sprintf("p%d", i), 1+s.draw(4))
		for k := range p.Instances {
			if k > 0 && s.draw(4) == 0 {
				p.Instances[k].References = p.Instances[0].ID
			}
		}
		s.first = append(s.first, p)
	}
	s.wix, s.expected = newFakeWix(s.journal, s.first...), newFakeWix(nil, s.first...)
	s.wix.delay = func() time.Duration { return time.Duration(1+s.draw(299)) * time.Second }
	s.wix.wait = time.Duration(s.draw(20)) * time.Second
	bad := s.draw(60)
	s.wix.fault = func(_ int, a *fix.Action) fault { return s.faultOf(a, bad) }
	s.wix.reads = func(int) error {
		if s.draw(100) < bad/10 {
			return errors.New("status 503")
		}
		return nil
	}
	if s.draw(3) == 0 {
		s.otherChanges()
	}
	if s.draw(3) == 0 {
		s.queue = 20 * time.Second
		s.wix.turn = func() time.Duration { return time.Duration(s.draw(int(s.queue))) }
	}
	return s
}

// faultOf draws a fault. It is called with the fake's lock, when a request arrives.
func (s *schedule) faultOf(a *fix.Action, bad int) fault {
	s.arrives(a)
	if s.draw(100) >= bad {
		return fine
	}
	all := []fault{
		lostBefore, lostAfter, lostLater, refusing, refusedDone, throttling, throttling, unsent, halfDone, answeredHalf, answeredLate, answeredVoid,
	}
	return all[s.draw(len(all))]
}

// otherChanges change the sites of instances now and then.
func (s *schedule) otherChanges() {
	for range 1 + s.draw(3) {
		p := s.first[s.draw(len(s.first))]
		after := time.Duration(s.draw(600_000)) * time.Millisecond
		time.AfterFunc(after, func() {
			s.wix.mu.Lock()
			defer s.wix.mu.Unlock()
			p := s.wix.packages[p.ID]
			p.Instances[0].SiteID, p.Updated = "changed by other means", time.Now()
			s.at[p.ID] = time.Now()
		})
	}
}

// plan makes the plan of the first packages, and later the same again, as another
// run would.
func (s *schedule) plan() *fix.Plan {
	if len(s.plans) > 0 && s.draw(5) > 0 {
		return s.plans[len(s.plans)-1]
	}
	var actions []fix.Action
	if len(s.plans) > 0 {
		actions = slices.Clone(s.plans[0].Actions)
	} else {
		for i := range s.first {
			actions = append(actions, s.actionsOn(&s.first[i])...)
		}
		for i := range s.draw(3) {
			actions = append(actions, createOf(fmt.Sprintf("new-%d", i)))
		}
	}
	p := planOf(time.Now(), actions...)
	s.plans = append(s.plans, p)
	return p
}

func (s *schedule) actionsOn(p *reconcile.Package) []fix.Action {
	var all []fix.Action
	if s.draw(3) == 0 {
		all = append(all, renameOf(p, "renamed-"+p.ID))
	}
	if s.draw(4) == 0 {
		return append(all, cancelOf(p, 0))
	}
	for n := 1; n <= len(p.Instances); n++ {
		switch s.draw(6) {
		case 0:
			all = append(all, cancelOf(p, n))
		case 1:
			all = append(all, assignOf(p, n, "new-site"), cycleOf(p, n, "1 YEAR"))
		case 2:
			all = append(all, unassignOf(p, n))
		case 3:
			all = append(all, productOf(p, n, "premium"), cycleOf(p, n, "1 YEAR"))
		}
	}
	return all
}

// run executes a plan in one run, which may crash.
func (s *schedule) run(n int, sum *stats) {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	p := &process{stop: stop}
	if s.draw(2) == 0 {
		p.crashAt, p.after = 1+s.draw(60), s.draw(2) == 0
	}
	if s.draw(5) == 0 {
		time.AfterFunc(time.Duration(s.draw(10_000))*time.Millisecond, stop)
		sum.stops++
	}
	result := runResult{run: fmt.Sprintf("run-%d", n), plan: s.plan()}
	executor := newExecutor(&crashingWix{s.wix, p}, &crashingJournal{s.journal, p}, result.run)
	executor.PreSendCheck = s.preSendCheck(p)
	through := make(chan struct{})
	go func() {
		defer close(through)
		unsettled := s.settleOthers(ctx, executor, result.plan)
		result.results, result.err = executor.Execute(ctx, result.plan, Conditions{Unsettled: unsettled})
		if !p.hasCrashed() {
			s.results = append(s.results, result)
		}
	}()
	<-through
	sum.count(p, &result)
}

func (sum *stats) count(p *process, result *runResult) {
	sum.runs++
	if p.hasCrashed() {
		sum.crashes++
		return
	}
	if sum.outcomes == nil {
		sum.outcomes = map[string]int{}
	}
	for _, r := range result.results {
		sum.outcomes[r.Outcome]++
	}
}

func (s *schedule) preSendCheck(p *process) func(context.Context) error {
	failAt := -1
	if s.draw(6) == 0 {
		failAt = s.draw(30)
	}
	return func(context.Context) error {
		p.mu.Lock()
		defer p.mu.Unlock()
		if failAt--; failAt >= -1 && failAt <= 0 {
			failAt = 0
			return errors.New("STOP")
		}
		return nil
	}
}

// settleOthers settles what other plans left open, and returns what it could not.
func (s *schedule) settleOthers(ctx context.Context, executor *Executor, p *fix.Plan) map[string]bool {
	var others []fix.Entry
	for _, e := range s.journal.open() {
		if e.PlanID != p.ID {
			others = append(others, e)
		}
	}
	unsettled := map[string]bool{}
	for i, r := range executor.Settle(ctx, others) {
		if r.Outcome == fix.OutcomeUnsettled {
			unsettled[others[i].Action.PackageID], unsettled[others[i].Action.ExternalID] = true, true
		}
	}
	return unsettled
}

// end waits until no request can be executed any more, and settles all that is open.
func (s *schedule) end() {
	time.Sleep(time.Hour)
	s.wix.reads = nil
	open := s.journal.open()
	for i, r := range newExecutor(s.wix, s.journal, "the last").Settle(context.Background(), open) {
		if r.Outcome == fix.OutcomeUnsettled {
			s.Errorf("does not settle: %+v: %+v", open[i], r)
		}
	}
}

// A process is a run that may crash before or after one of its calls.
type process struct {
	mu      sync.Mutex
	calls   int
	crashAt int // call; 0: never
	after   bool
	crashed bool
	stop    func()
}

func (p *process) hasCrashed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.crashed
}

// call makes one call, unless the process has crashed.
func (p *process) call(do func()) {
	p.mu.Lock()
	p.calls++
	mine := p.calls == p.crashAt
	p.crashed = p.crashed || mine && !p.after
	crashed := p.crashed
	p.mu.Unlock()
	if !crashed {
		do()
	}
	p.mu.Lock()
	p.crashed = p.crashed || mine
	crashed = p.crashed
	p.mu.Unlock()
	if crashed {
		p.stop()
		runtime.Goexit()
	}
}

type crashingWix struct {
	*fakeWix
	*process
}

func (w *crashingWix) Get(ctx context.Context, account, id string) (p *reconcile.Package, err error) {
	w.call(func() { p, err = w.fakeWix.Get(ctx, account, id) })
	return p, err
}

func (w *crashingWix) Find(ctx context.Context, account, id string) (found []reconcile.Package, err error) {
	w.call(func() { found, err = w.fakeWix.Find(ctx, account, id) })
	return found, err
}

func (w *crashingWix) Send(ctx context.Context, parent string, a *fix.Action, ready func(context.Context) error) (sent SendResult) {
	w.call(func() { sent = w.fakeWix.Send(ctx, parent, a, ready) })
	return sent
}

type crashingJournal struct {
	*fakeJournal
	*process
}

func (j *crashingJournal) Begin(ctx context.Context, a *fix.Attempt) (err error) {
	j.process.call(func() { err = j.fakeJournal.Begin(ctx, a) })
	return err
}

func (j *crashingJournal) NoteUnsettled(ctx context.Context, d *fix.UnsettledNote) (err error) {
	j.process.call(func() { err = j.fakeJournal.NoteUnsettled(ctx, d) })
	return err
}

func (j *crashingJournal) Complete(ctx context.Context, e *fix.Completion) (err error) {
	j.process.call(func() { err = j.fakeJournal.Complete(ctx, e) })
	return err
}

func (j *crashingJournal) Entries(ctx context.Context, key string) (all []fix.Entry, err error) {
	j.process.call(func() { all, err = j.fakeJournal.Entries(ctx, key) })
	return all, err
}
