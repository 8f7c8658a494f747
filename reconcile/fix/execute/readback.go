package execute

import (
	"context"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// An observation is what a read shows of an action.
type observation struct {
	effect    effect
	state     *fix.State // nil: there is no package
	packageID string
	text      string // what was found, in words
}

// observe reads the package of an action once. Made is the id of the package
// that a create was answered with, where it was.
func observe(ctx context.Context, w Wix, a *fix.Action, before *fix.State, made string) (*observation, error) {
	if a.Fix == reconcile.FixCreate {
		return observeCreated(ctx, w, a, made)
	}
	p, err := w.Get(ctx, a.AccountID, a.PackageID)
	if err != nil {
		return nil, err
	}
	o := &observation{packageID: a.PackageID}
	if p != nil {
		o.state = fix.StateOf(p)
	}
	c := compare(a, before, o.state)
	o.effect, o.text = c.effect(), c.String()
	return o, nil
}

func observeCreated(ctx context.Context, w Wix, a *fix.Action, made string) (*observation, error) {
	found, err := findCreated(ctx, w, a, made)
	if err != nil {
		return nil, err
	}
	effect, p := created(a, found)
	if p == nil {
		return &observation{effect: effect, text: "no such package was found"}, nil
	}
	return &observation{
		effect: effect, state: fix.StateOf(p), packageID: p.ID,
		text: "package " + p.ID + " was found, which is not what was asked for",
	}, nil
}

func findCreated(ctx context.Context, w Wix, a *fix.Action, made string) ([]reconcile.Package, error) {
	if made == "" {
		return w.Find(ctx, a.AccountID, a.ExternalID)
	}
	p, err := w.Get(ctx, a.AccountID, made)
	if err != nil || p == nil {
		return nil, err
	}
	return []reconcile.Package{*p}, nil
}

// readBackWaits are the waits before further reads: reads may lag behind, and a
// change may have several steps.
func readBackWaits() []time.Duration {
	return []time.Duration{time.Second, 2 * time.Second, 4 * time.Second}
}

// readBack reads what became of a request. One that was answered is read again
// until it shows its effect. Where the answer was lost, a read without an effect
// proves little, and waiting for seconds would not prove more.
func readBack(ctx context.Context, w Wix, a *fix.Action, before *fix.State, sent SendResult) (*observation, error) {
	seen, err := observe(ctx, w, a, before, sent.PackageID)
	for _, wait := range readBackWaits() {
		if err != nil || seen.effect == effectDone || seen.effect == effectNone && sent.Status != Answered {
			break
		}
		if pause(ctx, wait) != nil {
			break
		}
		var again *observation
		if again, err = observe(ctx, w, a, before, sent.PackageID); err == nil {
			seen = again
		}
	}
	return seen, err
}
