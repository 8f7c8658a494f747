package execute

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// A fake Wix that keeps packages and injects faults, and a fake journal. What an
// action does to a package is written here a second time, apart from the code
// that is tested.

// A fault is how a request that changes something fails.
type fault string

const (
	fine         fault = ""
	lostBefore   fault = "lost before"    // nothing is done, and no answer
	lostAfter    fault = "lost after"     // done, and no answer
	lostLater    fault = "lost, later"    // no answer, and done some time later
	refusing     fault = "refused"        // 4xx
	refusedDone  fault = "refused, done"  // 4xx, and done all the same
	throttling   fault = "throttled"      // 429
	unsent       fault = "not sent"       // it never left
	halfDone     fault = "half"           // no answer, and an unexpected effect
	answeredHalf fault = "answered, half" // answered, and an unexpected effect
	answeredLate fault = "answered, late" // answered, and done some seconds later
	answeredVoid fault = "answered, void" // answered, and never done
)

// A request is one that changes something, and what it did.
type request struct {
	key     string
	attempt int // that was open in the journal when it arrived; 0: none was
	nonce   string
	run     string // that owned the attempt
	sendBy  time.Time
	at      time.Time
	fault   fault
	effect  bool // it has had its effect
}

type fakeWix struct {
	mu       sync.Mutex
	packages map[string]*reconcile.Package
	requests []*request
	journal  *fakeJournal

	fault  func(n int, a *fix.Action) fault // of the n-th request, from 1; nil: fine
	reads  func(n int) error                // of the n-th read, from 1; nil: fine
	wait   time.Duration                    // that 429 asks for
	delay  func() time.Duration             // until a late effect
	took   time.Duration                    // by a request
	turn   func() time.Duration             // that it waits before it may leave; nil: none
	before func(a *fix.Action)              // called before it is sent
	read   int
	made   int
}

func newFakeWix(journal *fakeJournal, packages ...reconcile.Package) *fakeWix {
	w := &fakeWix{packages: map[string]*reconcile.Package{}, journal: journal, took: 300 * time.Millisecond}
	w.delay = func() time.Duration { return 30 * time.Second }
	for i := range packages {
		p := copyOf(&packages[i])
		w.packages[p.ID] = &p
	}
	return w
}

func copyOf(p *reconcile.Package) reconcile.Package {
	c := *p
	c.Instances = slices.Clone(p.Instances)
	return c
}

func (w *fakeWix) reading(ctx context.Context) error {
	w.mu.Lock()
	w.read++
	n := w.read
	w.mu.Unlock()
	time.Sleep(100 * time.Millisecond)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if w.reads != nil {
		return w.reads(n)
	}
	return nil
}

func (w *fakeWix) Get(ctx context.Context, accountID, packageID string) (*reconcile.Package, error) {
	if err := w.reading(ctx); err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.packages[packageID]
	if p == nil {
		return nil, nil
	}
	if p.AccountID != accountID {
		return nil, errors.New("403")
	}
	c := copyOf(p)
	return &c, nil
}

func (w *fakeWix) Find(ctx context.Context, accountID, externalID string) ([]reconcile.Package, error) {
	if err := w.reading(ctx); err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	var found []reconcile.Package
	for _, p := range w.packages {
		if p.AccountID == accountID && p.ExternalID == externalID {
			found = append(found, copyOf(p))
		}
	}
	return found, nil
}

func (w *fakeWix) Send(ctx context.Context, _ string, a *fix.Action, ready func(context.Context) error) SendResult {
	if w.turn != nil {
		_ = pause(ctx, w.turn())
	}
	err := ctx.Err()
	if err == nil {
		err = ready(ctx)
	}
	if err != nil {
		return SendResult{Status: NotSent, Err: err}
	}
	if w.before != nil {
		w.before(a)
	}
	w.mu.Lock()
	r := &request{key: a.Key, at: time.Now()}
	r.attempt, r.nonce, r.run, r.sendBy = w.journal.openAttempt(a.Key)
	w.requests = append(w.requests, r)
	if w.fault != nil {
		r.fault = w.fault(len(w.requests), a)
	}
	sent := w.handle(a, r)
	w.mu.Unlock()
	time.Sleep(w.took)
	return sent
}

// handle does what a request with its fault does.
func (w *fakeWix) handle(a *fix.Action, r *request) SendResult {
	lost := SendResult{Status: Lost, Err: errors.New("connection reset")}
	switch r.fault {
	case lostBefore:
		return lost
	case refusing:
		return SendResult{Status: Refused, Err: errors.New("status 409")}
	case throttling:
		return SendResult{Status: Throttled, Wait: w.wait, Err: errors.New("status 429")}
	case unsent:
		return SendResult{Status: NotSent, Err: errors.New("no connection")}
	case answeredVoid:
		return SendResult{Status: Answered}
	case lostLater, answeredLate:
		time.AfterFunc(w.delay(), func() {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.do(a, r)
		})
	case halfDone, answeredHalf:
		w.half(a)
	default:
		made := w.do(a, r)
		switch r.fault {
		case lostAfter:
			return lost
		case refusedDone:
			return SendResult{Status: Refused, Err: errors.New("status 409")}
		}
		return SendResult{Status: Answered, PackageID: made}
	}
	if r.fault == lostLater || r.fault == halfDone {
		return lost
	}
	return SendResult{Status: Answered}
}

// do has the effect of an action.
func (w *fakeWix) do(a *fix.Action, r *request) (made string) {
	r.effect = true
	if a.Fix == reconcile.FixCreate {
		w.made++
		p := reconcile.Package{
			ID: fmt.Sprintf("made-%d", w.made), AccountID: a.AccountID, ExternalID: a.ExternalID, Created: time.Now(), Updated: time.Now(),
		}
		for _, l := range a.Desired.Lines {
			for range l.Quantity {
				p.Instances = append(p.Instances, reconcile.Instance{
					ID: fmt.Sprintf("%s.%d", p.ID, len(p.Instances)), ProductID: l.ProductID, SiteID: l.SiteID, Cycle: l.Cycle, Status: reconcile.StatusPending,
				})
			}
		}
		w.packages[p.ID] = &p
		return p.ID
	}
	p := w.packages[a.PackageID]
	p.Updated = time.Now()
	if a.Fix == reconcile.FixExternalID {
		p.ExternalID = a.Desired.ExternalID
	}
	for i := range p.Instances {
		inst := &p.Instances[i]
		if a.InstanceID != "" && inst.ID != a.InstanceID {
			continue
		}
		switch a.Fix {
		case reconcile.FixCancel:
			if inst.Status.Live() {
				inst.Status = reconcile.StatusCanceled
			}
		case reconcile.FixAssign:
			inst.SiteID = a.Desired.SiteID
		case reconcile.FixUnassign:
			inst.SiteID = ""
		case reconcile.FixAdjust:
			if a.Desired.ProductID != "" {
				inst.ProductID = a.Desired.ProductID
			} else {
				inst.Cycle = reconcile.Cycle(a.Desired.Cycle)
			}
		}
	}
	return ""
}

// half has an unexpected effect.
func (w *fakeWix) half(a *fix.Action) {
	if a.Fix == reconcile.FixCreate {
		p := reconcile.Package{ID: "half-" + a.ExternalID, AccountID: a.AccountID, ExternalID: a.ExternalID, Updated: time.Now()}
		p.Instances = []reconcile.Instance{{ID: p.ID + ".0", ProductID: "another", Status: reconcile.StatusFailed}}
		w.packages[p.ID] = &p
		return
	}
	p := w.packages[a.PackageID]
	p.Updated = time.Now()
	if a.Fix == reconcile.FixExternalID {
		p.ExternalID = "mangled"
	}
	for i := range p.Instances {
		if inst := &p.Instances[i]; a.InstanceID == "" || inst.ID == a.InstanceID {
			switch a.Fix {
			case reconcile.FixCancel:
				inst.Status = "SUSPENDED"
			case reconcile.FixAssign, reconcile.FixUnassign:
				inst.SiteID = "elsewhere"
			case reconcile.FixAdjust:
				inst.ProductID, inst.Cycle = "other", "9 WEEK"
			}
		}
	}
}

// A record is one object of the journal.
type record struct {
	at        time.Time
	begin     *fix.Attempt
	unsettled *fix.UnsettledNote
	end       *fix.Completion
}

type fakeJournal struct {
	mu      sync.Mutex
	entries map[string][]fix.Entry
	records []record
	fail    func(op string, n int) error // of the n-th call, from 1; nil: fine
	calls   int
}

func newFakeJournal() *fakeJournal { return &fakeJournal{entries: map[string][]fix.Entry{}} }

// locked takes the lock after the time that a call takes: no goroutine may
// sleep with a lock in a bubble.
func (j *fakeJournal) locked() func() {
	time.Sleep(20 * time.Millisecond)
	j.mu.Lock()
	return j.mu.Unlock
}

func (j *fakeJournal) call(ctx context.Context, op string) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	j.calls++
	if j.fail != nil {
		return j.fail(op, j.calls)
	}
	return nil
}

func (j *fakeJournal) Begin(ctx context.Context, a *fix.Attempt) error {
	defer j.locked()()
	if err := j.call(ctx, "begin"); err != nil {
		return err
	}
	if len(j.entries[a.Key]) >= a.Number {
		return fix.ErrClaimed
	}
	claim := *a
	j.entries[a.Key] = append(j.entries[a.Key], fix.Entry{Attempt: claim})
	j.records = append(j.records, record{at: time.Now(), begin: &claim})
	return nil
}

func (j *fakeJournal) NoteUnsettled(ctx context.Context, d *fix.UnsettledNote) error {
	defer j.locked()()
	if err := j.call(ctx, "unsettled"); err != nil {
		return err
	}
	c := *d
	j.entries[d.Key][d.Number-1].Unsettled = &c
	j.records = append(j.records, record{at: time.Now(), unsettled: &c})
	return nil
}

func (j *fakeJournal) Complete(ctx context.Context, e *fix.Completion) error {
	defer j.locked()()
	if err := j.call(ctx, "end"); err != nil {
		return err
	}
	entry := &j.entries[e.Key][e.Number-1]
	if entry.Completion != nil || entry.Nonce != e.Nonce {
		return fix.ErrClaimed
	}
	c := *e
	entry.Completion = &c
	j.records = append(j.records, record{at: time.Now(), end: &c})
	return nil
}

func (j *fakeJournal) Entries(ctx context.Context, key string) ([]fix.Entry, error) {
	defer j.locked()()
	if err := j.call(ctx, "entries"); err != nil {
		return nil, err
	}
	return slices.Clone(j.entries[key]), nil
}

// openAttempt returns the attempt of an action that is open.
func (j *fakeJournal) openAttempt(key string) (number int, nonce, run string, sendBy time.Time) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, e := range j.entries[key] {
		if e.Open() {
			return e.Number, e.Nonce, e.RunID, e.SendBy
		}
	}
	return 0, "", "", time.Time{}
}

// open returns all open attempts.
func (j *fakeJournal) open() []fix.Entry {
	j.mu.Lock()
	defer j.mu.Unlock()
	var all []fix.Entry
	for _, entries := range j.entries {
		for _, e := range entries {
			if e.Open() {
				all = append(all, e)
			}
		}
	}
	return all
}
