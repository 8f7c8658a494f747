package archive

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/wixrecon/wixrecon/reconcile/fix"
	"github.com/wixrecon/wixrecon/sources/storage"
)

// A plan is used once: one saved plan was applied twice elsewhere. Whoever
// carries it out says so before its first action, and once more when nothing of
// it is left to do. A plan that was begun and not ended was interrupted, and may
// be gone on with by whoever holds the lease; what was sent of it is in the
// journal.

const (
	planBegun = "begun"
	planEnded = "ended"
)

// A PlanState says whether a plan may be used.
type PlanState string

// The states of a plan.
const (
	PlanFresh       PlanState = "fresh"       // nobody began it before
	PlanInterrupted PlanState = "interrupted" // somebody began it, and did not end
	PlanUsed        PlanState = "used"
)

// A PlanUse says who carries a plan out.
type PlanStart struct {
	PlanID string    `json:"plan_id"`
	RunID  string    `json:"run_id"`
	Fence  int64     `json:"fence"` // of the lease
	At     time.Time `json:"at"`
}

// A PlanEnd says what became of a plan.
type PlanEnd struct {
	PlanStart
	Outcomes map[string]int `json:"outcomes,omitempty"` // actions by outcome
}

// planRecord is either of them as it is stored.
type planRecord struct {
	SchemaVersion int    `json:"schema_version"`
	Nonce         string `json:"nonce"`
	PlanEnd
}

// UsePlan says that a plan is being carried out, and gives its state before
// that. A used plan is not begun again.
func (j *Journal) BeginPlan(ctx context.Context, use PlanStart) (PlanState, error) {
	state, err := j.planState(ctx, use.PlanID)
	if err == nil && state == PlanFresh {
		var own bool
		if own, err = j.createPlan(ctx, planBegun, PlanEnd{PlanStart: use}); err == nil && !own {
			state, err = j.planState(ctx, use.PlanID)
		}
	}
	if err != nil {
		return "", fmt.Errorf("begin plan %s: %w", use.PlanID, err)
	}
	return state, nil
}

// EndPlan says that nothing of a plan is left to do. It gives fix.ErrClaimed
// where another has said so.
func (j *Journal) EndPlan(ctx context.Context, end PlanEnd) error {
	state, err := j.planState(ctx, end.PlanID)
	if err == nil && state == PlanFresh {
		err = errors.New("it was not begun")
	}
	own := false
	if err == nil {
		own, err = j.createPlan(ctx, planEnded, end)
	}
	if err == nil && !own {
		err = fix.ErrClaimed
	}
	if err != nil {
		return fmt.Errorf("end plan %s: %w", end.PlanID, err)
	}
	return nil
}

// planState reads what the journal says of a plan.
func (j *Journal) planState(ctx context.Context, id string) (PlanState, error) {
	if !hashName.MatchString(id) {
		return "", fmt.Errorf("%q is no id of a plan", id)
	}
	_, begun, err := j.plan(ctx, id, planBegun)
	if err != nil {
		return "", err
	}
	_, ended, err := j.plan(ctx, id, planEnded)
	switch {
	case err != nil:
		return "", err
	case ended:
		return PlanUsed, nil
	case begun:
		return PlanInterrupted, nil
	}
	return PlanFresh, nil
}

// plan reads a record of a plan, where it is there.
func (j *Journal) plan(ctx context.Context, id, what string) (r planRecord, there bool, err error) {
	err = j.read(ctx, planObject(id, what), &r)
	switch {
	case storage.NotExist(err):
		return r, false, nil
	case err != nil:
		return r, false, err
	case r.PlanID != id || r.Nonce == "":
		return r, false, damage{fmt.Errorf("read %s: it is of plan %q", j.shown(planObject(id, what)), r.PlanID)}
	}
	return r, true, nil
}

// createPlan writes a record of a plan, and reports whether it is the one that
// is there.
func (j *Journal) createPlan(ctx context.Context, what string, content PlanEnd) (own bool, err error) {
	record := planRecord{SchemaVersion: fix.JournalVersion, Nonce: rand.Text(), PlanEnd: content}
	own = true
	failed := j.create(ctx, planObject(content.PlanID, what), record)
	err = j.judge(ctx, failed, func(ctx context.Context) error {
		there, is, err := j.plan(ctx, content.PlanID, what)
		own = there.Nonce == record.Nonce
		if err == nil && !is {
			return fs.ErrNotExist
		}
		return err
	})
	return own, err
}
