package fix

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/wixrecon/wixrecon/reconcile"
)

// Carrying out a plan: exactly its actions, and nothing else.
//
// First the journal is read for all of them, and what an interrupted run left
// open is settled; nothing is sent before that is through. Then the fixes go in
// their order, each to its end before the next begins. Within one, packages go
// side by side, and the actions of a package one after another, as planned.
// What becomes of an action that was due is told in the plan's order.
//
// An action that failed leaves its package as it was expected, and the next one
// of the package goes on from there. After one that is unsettled nothing more is
// done to the package.

// An Applier carries out plans. It must hold the lease of the place of runs as
// long as it is at work, and says nothing that is not in the journal.
type Executor struct {
	Wix     Wix
	Journal Journal

	// Gate is asked before each claim, and right before each request that changes
	// something leaves. With an error nothing new is sent any more, and what was not
	// started is told with it. Nil is always open.
	PreSendCheck func(ctx context.Context) error

	SettleAfter time.Duration // from when on after its send a change that shows no effect has none
	SendWindow  time.Duration // how long after its claim a request may leave; a lease's life, more than RequestTime
	Concurrency int           // packages side by side; no more than three, see the breaker; 0: three

	RunID    string
	Fence    int64 // of the lease
	Reviewed bool  // somebody looked at the plan: what needs a review is due too

	Stale     map[string]string // by key of an action: why the ledger no longer bears it out
	Unsettled map[string]bool   // packages, or external ids of creates, that another plan's change may still reach

	Log *slog.Logger // nil: no log
}

// Apply carries out what is due of a verified plan and gives what became of it,
// in the plan's order. An error says that the journal could not be read or
// written, or that the applier lacks something; what is known by then is given
// beside it.
//
// The end of the context starts nothing new. What is under way then is finished
// and journaled within 17 s.
func (ap *Executor) Execute(ctx context.Context, p *Plan) ([]Result, error) {
	if err := ap.check(); err != nil {
		return nil, fmt.Errorf("apply plan %s: %w", p.ID, err)
	}
	w := ap.work(p)
	w.prepare(ctx)
	for _, phase := range w.phases() {
		w.carryAll(ctx, phase)
	}
	return w.results(), w.failure()
}

func (ap *Executor) check() error {
	var faults []error
	if ap.Wix == nil || ap.Journal == nil {
		faults = append(faults, errors.New("Wix or the journal is missing"))
	}
	if ap.SettleAfter <= 0 {
		faults = append(faults, errors.New("the time to settle is missing"))
	}
	if ap.SendWindow <= RequestTime {
		faults = append(faults, fmt.Errorf("requests may leave for %s only, and one takes %s", ap.SendWindow, RequestTime))
	}
	return errors.Join(faults...)
}

func (ap *Executor) log() *slog.Logger {
	if ap.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return ap.Log
}

func (ap *Executor) workers() int {
	if ap.Concurrency <= 0 {
		return maxRow
	}
	return min(ap.Concurrency, maxRow)
}

// gate gives why the gate is shut.
func (ap *Executor) gate(ctx context.Context) string {
	if ap.PreSendCheck == nil {
		return ""
	}
	if err := ap.PreSendCheck(ctx); err != nil {
		return err.Error()
	}
	return ""
}

// phases gives the steps by fix, in the order of fixes; each by package, in the
// plan's order.
func (w *work) phases() [][][]*step {
	phases, places := make([][][]*step, len(Fixes())), ranks(Fixes())
	rows := make(map[string]int) // by fix and package: its place in the phase
	for _, s := range w.steps {
		phase := &phases[places[s.action.Fix]]
		key := s.action.Fix + " " + s.action.place()
		at, known := rows[key]
		if !known {
			at = len(*phase)
			rows[key] = at
			*phase = append(*phase, nil)
		}
		(*phase)[at] = append((*phase)[at], s)
	}
	return phases
}

// place says which actions must not go side by side: those of one package.
func (a *Action) place() string {
	if a.Fix == reconcile.FixCreate {
		return a.AccountID + " " + a.ExternalID
	}
	return a.PackageID
}

func (w *work) carryAll(ctx context.Context, phase [][]*step) {
	var g errgroup.Group
	g.SetLimit(w.workers())
	for _, row := range phase {
		g.Go(func() error {
			for _, s := range row {
				w.carryIn(ctx, s)
			}
			return nil
		})
	}
	_ = g.Wait() // what goes wrong is in the results
}

// carryIn carries out one step under the breaker.
func (w *work) carryIn(ctx context.Context, s *step) {
	if s.result.Outcome != "" {
		return // the journal says what became of it
	}
	if reason := w.breaker.enter(ctx); reason != "" {
		s.result = s.notStarted(reason)
		return
	}
	s.result = w.carry(ctx, s)
	w.breaker.leave(s.result.Outcome, s.action.named())
	w.log().Info("fix", "action", s.action.Key, "fix", s.action.Fix, "of", s.action.named(),
		"outcome", s.result.Outcome, "reason", s.result.Reason)
}

// named names what the action is done to.
func (a *Action) named() string {
	switch {
	case a.Fix == reconcile.FixCreate:
		return fmt.Sprintf("package %q of account %s", a.ExternalID, a.AccountID)
	case a.InstanceID != "":
		return fmt.Sprintf("instance %s of package %s", a.InstanceID, a.PackageID)
	}
	return "package " + a.PackageID
}
