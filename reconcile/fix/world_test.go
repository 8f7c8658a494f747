package fix

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
)

// A world in memory: a Wix that keeps packages and goes wrong as it is told, and
// a journal. What an action does to a package is written here a second time,
// apart from the code that is tested.

// A fault is how a request that changes something goes wrong.
type fault string

const (
	fine         fault = ""
	lostBefore   fault = "lost before"    // nothing is done, and no answer
	lostAfter    fault = "lost after"     // done, and no answer
	lostLater    fault = "lost, later"    // no answer, and done some time later
	refusing     fault = "refused"        // 4xx
	refusedDone  fault = "refused, done"  // 4xx, and the wanted state holds all the same
	throttling   fault = "throttled"      // 429
	unsent       fault = "not sent"       // it never left
	halfDone     fault = "half"           // no answer, and another effect than was asked
	answeredOdd  fault = "answered, half" // answered, and another effect
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

type memoryWix struct {
	mu       sync.Mutex
	packages map[string]*reconcile.Package
	requests []*request
	journal  *memoryJournal

	fault  func(n int, a *Action) fault // of the n-th request, from 1; nil: fine
	reads  func(n int) error            // of the n-th read, from 1; nil: fine
	wait   time.Duration                // that 429 asks for
	delay  func() time.Duration         // until what comes later
	took   time.Duration                // by a request
	turn   func() time.Duration         // that it waits before it may leave; nil: none
	before func(a *Action)              // it is sent
	read   int
	made   int
}

func newMemoryWix(journal *memoryJournal, packages ...reconcile.Package) *memoryWix {
	w := &memoryWix{packages: map[string]*reconcile.Package{}, journal: journal, took: 300 * time.Millisecond}
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

func (w *memoryWix) reading(ctx context.Context) error {
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

func (w *memoryWix) Get(ctx context.Context, accountID, packageID string) (*reconcile.Package, error) {
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

func (w *memoryWix) Find(ctx context.Context, accountID, externalID string) ([]reconcile.Package, error) {
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

func (w *memoryWix) Send(ctx context.Context, _ string, a *Action, ready func(context.Context) error) Sent {
	if w.turn != nil {
		_ = pause(ctx, w.turn())
	}
	err := ctx.Err()
	if err == nil {
		err = ready(ctx)
	}
	if err != nil {
		return Sent{Fate: NotSent, Err: err}
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

// handle does what the fault leaves of a request.
func (w *memoryWix) handle(a *Action, r *request) Sent {
	lost := Sent{Fate: Lost, Err: errors.New("connection reset")}
	switch r.fault {
	case lostBefore:
		return lost
	case refusing:
		return Sent{Fate: Refused, Err: errors.New("status 409")}
	case throttling:
		return Sent{Fate: Throttled, Wait: w.wait, Err: errors.New("status 429")}
	case unsent:
		return Sent{Fate: NotSent, Err: errors.New("no connection")}
	case answeredVoid:
		return Sent{Fate: Answered}
	case lostLater, answeredLate:
		time.AfterFunc(w.delay(), func() {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.do(a, r)
		})
	case halfDone, answeredOdd:
		w.half(a)
	default:
		made := w.do(a, r)
		switch r.fault {
		case lostAfter:
			return lost
		case refusedDone:
			return Sent{Fate: Refused, Err: errors.New("status 409")}
		}
		return Sent{Fate: Answered, PackageID: made}
	}
	if r.fault == lostLater || r.fault == halfDone {
		return lost
	}
	return Sent{Fate: Answered}
}

// do has the effect of an action.
func (w *memoryWix) do(a *Action, r *request) (made string) {
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

// half has another effect than the action asks for.
func (w *memoryWix) half(a *Action) {
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

// A note is one object of the journal, in the order in which they were written.
type note struct {
	at    time.Time
	begin *Attempt
	doubt *Doubt
	end   *End
}

type memoryJournal struct {
	mu      sync.Mutex
	entries map[string][]Entry
	notes   []note
	fail    func(op string, n int) error // of the n-th call, from 1; nil: fine
	calls   int
}

func newMemoryJournal() *memoryJournal { return &memoryJournal{entries: map[string][]Entry{}} }

// locked takes the lock after the time that a call takes: nobody may sleep with
// a lock in a bubble.
func (j *memoryJournal) locked() func() {
	time.Sleep(20 * time.Millisecond)
	j.mu.Lock()
	return j.mu.Unlock
}

func (j *memoryJournal) call(ctx context.Context, op string) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	j.calls++
	if j.fail != nil {
		return j.fail(op, j.calls)
	}
	return nil
}

func (j *memoryJournal) Begin(ctx context.Context, a *Attempt) error {
	defer j.locked()()
	if err := j.call(ctx, "begin"); err != nil {
		return err
	}
	if len(j.entries[a.Key]) >= a.Number {
		return ErrClaimed
	}
	claim := *a
	j.entries[a.Key] = append(j.entries[a.Key], Entry{Attempt: claim})
	j.notes = append(j.notes, note{at: time.Now(), begin: &claim})
	return nil
}

func (j *memoryJournal) Doubt(ctx context.Context, d *Doubt) error {
	defer j.locked()()
	if err := j.call(ctx, "doubt"); err != nil {
		return err
	}
	c := *d
	j.entries[d.Key][d.Number-1].Doubt = &c
	j.notes = append(j.notes, note{at: time.Now(), doubt: &c})
	return nil
}

func (j *memoryJournal) End(ctx context.Context, e *End) error {
	defer j.locked()()
	if err := j.call(ctx, "end"); err != nil {
		return err
	}
	entry := &j.entries[e.Key][e.Number-1]
	if entry.End != nil || entry.Nonce != e.Nonce {
		return ErrClaimed
	}
	c := *e
	entry.End = &c
	j.notes = append(j.notes, note{at: time.Now(), end: &c})
	return nil
}

func (j *memoryJournal) Entries(ctx context.Context, key string) ([]Entry, error) {
	defer j.locked()()
	if err := j.call(ctx, "entries"); err != nil {
		return nil, err
	}
	return slices.Clone(j.entries[key]), nil
}

// openAttempt gives the attempt of an action that is open.
func (j *memoryJournal) openAttempt(key string) (number int, nonce, run string, sendBy time.Time) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, e := range j.entries[key] {
		if e.Open() {
			return e.Number, e.Nonce, e.RunID, e.SendBy
		}
	}
	return 0, "", "", time.Time{}
}

// open gives all open attempts.
func (j *memoryJournal) open() []Entry {
	j.mu.Lock()
	defer j.mu.Unlock()
	var all []Entry
	for _, entries := range j.entries {
		for _, e := range entries {
			if e.Open() {
				all = append(all, e)
			}
		}
	}
	return all
}
