package fix

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
)

// Random schedules: plans on random packages, requests that go wrong in every
// way, strangers who change packages, and runs that die before or after any call
// to Wix or the journal, are asked to stop or find the gate shut, with other runs
// going on from what they left, by the same plan or another one of the same.
// What must hold then is written in schedule_check_test.go, apart from the rules
// that are tested.

func TestSchedules(t *testing.T) {
	seeds := uint64(600)
	if os.Getenv("WIXRECON_LONG") != "" {
		seeds = 30_000
	}
	var sum tally
	for seed := range seeds {
		playSchedule(t, seed, &sum)
	}
	t.Logf("%+v", sum)
	if sum.crashes == 0 || sum.stops == 0 || sum.outcomes[OutcomeApplied] == 0 || sum.outcomes[OutcomeUnsettled] == 0 || sum.again == 0 {
		t.Errorf("the schedules do not reach everything: %+v", sum)
	}
}

// A tally says what schedules came across.
type tally struct {
	runs, crashes, stops, requests, again int
	outcomes                              map[string]int
}

func playSchedule(t *testing.T, seed uint64, sum *tally) {
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
	seed    uint64
	rng     *rand.Rand
	journal *memoryJournal
	wix     *memoryWix
	plans   []*Plan
	at      map[string]time.Time // when a stranger changed a package
	shadow  *memoryWix           // what our own effects make of the packages
	queue   time.Duration        // that requests wait before they leave, at most
	first   []reconcile.Package
	told    []telling
	drawing sync.Mutex
}

func (s *schedule) draw(n int) int {
	s.drawing.Lock()
	defer s.drawing.Unlock()
	return s.rng.IntN(n)
}

// A telling is what one run said.
type telling struct {
	run     string
	plan    *Plan
	results []Result
	err     error
}

func newSchedule(t *testing.T, seed uint64) *schedule {
	s := &schedule{T: t, seed: seed, rng: rand.New(rand.NewPCG(seed, 7)), journal: newMemoryJournal(), at: map[string]time.Time{}}
	for i := range 1 + s.draw(6) {
		p := pkgOf(fmt.Sprintf("p%d", i), 1+s.draw(4))
		for k := range p.Instances {
			if k > 0 && s.draw(4) == 0 {
				p.Instances[k].References = p.Instances[0].ID
			}
		}
		s.first = append(s.first, p)
	}
	s.wix, s.shadow = newMemoryWix(s.journal, s.first...), newMemoryWix(nil, s.first...)
	s.wix.delay = func() time.Duration { return time.Duration(1+s.draw(299)) * time.Second }
	s.wix.wait = time.Duration(s.draw(20)) * time.Second
	bad := s.draw(60)
	s.wix.fault = func(_ int, a *Action) fault { return s.faultOf(a, bad) }
	s.wix.reads = func(int) error {
		if s.draw(100) < bad/10 {
			return errors.New("status 503")
		}
		return nil
	}
	if s.draw(3) == 0 {
		s.strangers()
	}
	if s.draw(3) == 0 {
		s.queue = 20 * time.Second
		s.wix.turn = func() time.Duration { return time.Duration(s.draw(int(s.queue))) }
	}
	return s
}

// faultOf draws a fault. It is called with the lock of the world in hand, at the
// moment that a request arrives.
func (s *schedule) faultOf(a *Action, bad int) fault {
	s.arrives(a)
	if s.draw(100) >= bad {
		return fine
	}
	all := []fault{
		lostBefore, lostAfter, lostLater, refusing, refusedDone, throttling, throttling, unsent, halfDone, answeredOdd, answeredLate, answeredVoid,
	}
	return all[s.draw(len(all))]
}

// strangers change the sites of instances now and then.
func (s *schedule) strangers() {
	for range 1 + s.draw(3) {
		p := s.first[s.draw(len(s.first))]
		after := time.Duration(s.draw(600_000)) * time.Millisecond
		time.AfterFunc(after, func() {
			s.wix.mu.Lock()
			defer s.wix.mu.Unlock()
			held := s.wix.packages[p.ID]
			held.Instances[0].SiteID, held.Updated = "a stranger's", time.Now()
			s.at[p.ID] = time.Now()
		})
	}
}

// plan makes the plan of the first packages; the same again after the first
// time, as another night would find it.
func (s *schedule) plan() *Plan {
	if len(s.plans) > 0 && s.draw(5) > 0 {
		return s.plans[len(s.plans)-1]
	}
	var actions []Action
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

func (s *schedule) actionsOn(p *reconcile.Package) []Action {
	var all []Action
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

// run lets one run at a plan, which may die.
func (s *schedule) run(n int, sum *tally) {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	p := &process{stop: stop}
	if s.draw(2) == 0 {
		p.diesAt, p.after = 1+s.draw(60), s.draw(2) == 0
	}
	if s.draw(5) == 0 {
		time.AfterFunc(time.Duration(s.draw(10_000))*time.Millisecond, stop)
		sum.stops++
	}
	tell := telling{run: fmt.Sprintf("run-%d", n), plan: s.plan()}
	applier := applierOf(&mortalWix{s.wix, p}, &mortalJournal{s.journal, p}, tell.run)
	applier.PreSendCheck = s.gate(p)
	through := make(chan struct{})
	go func() {
		defer close(through)
		applier.Unsettled = s.settleOthers(ctx, applier, tell.plan)
		tell.results, tell.err = applier.Execute(ctx, tell.plan)
		if !p.died() {
			s.told = append(s.told, tell)
		}
	}()
	<-through
	sum.count(p, &tell)
}

func (sum *tally) count(p *process, tell *telling) {
	sum.runs++
	if p.died() {
		sum.crashes++
		return
	}
	if sum.outcomes == nil {
		sum.outcomes = map[string]int{}
	}
	for _, r := range tell.results {
		sum.outcomes[r.Outcome]++
	}
}

func (s *schedule) gate(p *process) func(context.Context) error {
	shuts := -1
	if s.draw(6) == 0 {
		shuts = s.draw(30)
	}
	return func(context.Context) error {
		p.mu.Lock()
		defer p.mu.Unlock()
		if shuts--; shuts >= -1 && shuts <= 0 {
			shuts = 0
			return errors.New("STOP")
		}
		return nil
	}
}

// settleOthers settles what other plans left open, and gives what could not be.
func (s *schedule) settleOthers(ctx context.Context, applier *Executor, p *Plan) map[string]bool {
	var others []Entry
	for _, e := range s.journal.open() {
		if e.PlanID != p.ID {
			others = append(others, e)
		}
	}
	unsettled := map[string]bool{}
	for i, r := range applier.Settle(ctx, others) {
		if r.Outcome == OutcomeUnsettled {
			unsettled[others[i].Action.PackageID], unsettled[others[i].Action.ExternalID] = true, true
		}
	}
	return unsettled
}

// end waits until nothing can land any more, and settles all that is open.
func (s *schedule) end() {
	time.Sleep(time.Hour)
	s.wix.reads = nil
	open := s.journal.open()
	for i, r := range applierOf(s.wix, s.journal, "the last").Settle(context.Background(), open) {
		if r.Outcome == OutcomeUnsettled {
			s.Errorf("does not settle: %+v: %+v", open[i], r)
		}
	}
}

// A process is a run that may die before or after one of its calls: then all
// that it does ends there.
type process struct {
	mu     sync.Mutex
	calls  int
	diesAt int // call; 0: it lives
	after  bool
	dead   bool
	stop   func()
}

func (p *process) died() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.dead
}

// call makes one call, unless the process is dead.
func (p *process) call(do func()) {
	p.mu.Lock()
	p.calls++
	mine := p.calls == p.diesAt
	p.dead = p.dead || mine && !p.after
	dead := p.dead
	p.mu.Unlock()
	if !dead {
		do()
	}
	p.mu.Lock()
	p.dead = p.dead || mine
	dead = p.dead
	p.mu.Unlock()
	if dead {
		p.stop()
		runtime.Goexit()
	}
}

type mortalWix struct {
	*memoryWix
	*process
}

func (w *mortalWix) Get(ctx context.Context, account, id string) (p *reconcile.Package, err error) {
	w.call(func() { p, err = w.memoryWix.Get(ctx, account, id) })
	return p, err
}

func (w *mortalWix) Find(ctx context.Context, account, id string) (found []reconcile.Package, err error) {
	w.call(func() { found, err = w.memoryWix.Find(ctx, account, id) })
	return found, err
}

func (w *mortalWix) Send(ctx context.Context, parent string, a *Action, ready func(context.Context) error) (sent Sent) {
	w.call(func() { sent = w.memoryWix.Send(ctx, parent, a, ready) })
	return sent
}

type mortalJournal struct {
	*memoryJournal
	*process
}

func (j *mortalJournal) Begin(ctx context.Context, a *Attempt) (err error) {
	j.process.call(func() { err = j.memoryJournal.Begin(ctx, a) })
	return err
}

func (j *mortalJournal) Doubt(ctx context.Context, d *Doubt) (err error) {
	j.process.call(func() { err = j.memoryJournal.Doubt(ctx, d) })
	return err
}

func (j *mortalJournal) End(ctx context.Context, e *End) (err error) {
	j.process.call(func() { err = j.memoryJournal.End(ctx, e) })
	return err
}

func (j *mortalJournal) Entries(ctx context.Context, key string) (all []Entry, err error) {
	j.process.call(func() { all, err = j.memoryJournal.Entries(ctx, key) })
	return all, err
}
