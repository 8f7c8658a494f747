package fix

import (
	"context"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
)

// Reading back. Where Wix says that a change is done and a read does not show
// it, or shows half of it, it is read again after 1, 2 and 4 s: reads may lag
// behind, and a change may have steps. Where the answer was lost and a read
// shows nothing, that says little, and to wait for seconds would not say more.

// A view is what a read shows of an action.
type view struct {
	effect    effect
	state     *State // nil: there is no package
	packageID string
	text      string // what was found, in words
}

// look reads the package of an action once. Made is the package that a create
// was answered with, where it was.
func (ap *Executor) look(ctx context.Context, a *Action, before *State, made string) (*view, error) {
	if a.Fix == reconcile.FixCreate {
		return ap.lookForCreated(ctx, a, made)
	}
	p, err := ap.Wix.Get(ctx, a.AccountID, a.PackageID)
	if err != nil {
		return nil, err
	}
	seen := &view{packageID: a.PackageID}
	if p != nil {
		seen.state = StateOf(p)
	}
	x := aspectOf(a, before, seen.state)
	seen.effect, seen.text = x.effect(), x.String()
	return seen, nil
}

func (ap *Executor) lookForCreated(ctx context.Context, a *Action, made string) (*view, error) {
	var found []reconcile.Package
	if made == "" {
		all, err := ap.Wix.Find(ctx, a.AccountID, a.ExternalID)
		if err != nil {
			return nil, err
		}
		found = all
	} else {
		p, err := ap.Wix.Get(ctx, a.AccountID, made)
		if err != nil {
			return nil, err
		}
		if p != nil {
			found = append(found, *p)
		}
	}
	effect, p := created(a, found)
	if p == nil {
		return &view{effect: effect, text: "no such package was found"}, nil
	}
	return &view{
		effect: effect, state: StateOf(p), packageID: p.ID,
		text: "package " + p.ID + " was found, which is not what was asked for",
	}, nil
}

// lookings are the waits before further reads.
func lookings() []time.Duration {
	return []time.Duration{time.Second, 2 * time.Second, 4 * time.Second}
}

// readBack reads what became of a change. Answered says that Wix said that it
// is done.
func (t *try) readBack(answered bool, made string) (*view, error) {
	seen, err := t.look(t.read, t.action, t.before, made)
	for _, wait := range lookings() {
		if err != nil || seen.effect == effectDone || seen.effect == effectNone && !answered {
			break
		}
		if pause(t.read, wait) != nil {
			break
		}
		var again *view
		if again, err = t.look(t.read, t.action, t.before, made); err == nil {
			seen = again
		}
	}
	return seen, err
}

// pause waits, or gives the context's error.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
