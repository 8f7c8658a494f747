package archive

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/wixrecon/wixrecon/reconcile/fix"
	"github.com/wixrecon/wixrecon/sources/storage"
)

// A plan is applied once. The run that executes it writes one record before its
// first action, and one when nothing of it is left to do. A plan with only the
// first was interrupted, and a holder of the lease may continue it; the journal
// shows what was sent.

const (
	planBegun = "begun"
	planEnded = "ended"
)

// A PlanState is the state of a plan in the journal.
type PlanState string

// The states of a plan.
const (
	PlanFresh       PlanState = "fresh"       // no run began it
	PlanInterrupted PlanState = "interrupted" // a run began it and did not end it
	PlanUsed        PlanState = "used"
)

// A PlanStart identifies the run that executes a plan.
type PlanStart struct {
	PlanID string    `json:"plan_id"`
	RunID  string    `json:"run_id"`
	Fence  int64     `json:"fence"` // of the lease
	At     time.Time `json:"at"`
}

// A PlanEnd is the result of executing a plan.
type PlanEnd struct {
	PlanStart
	Outcomes map[string]int `json:"outcomes,omitempty"` // actions by outcome
}

// A planRecord is a stored PlanStart or PlanEnd.
type planRecord struct {
	SchemaVersion int    `json:"schema_version"`
	Nonce         string `json:"nonce"`
	PlanEnd
}

// PlanOf returns the id of the plan in a run's folder. If the run has no plan, the
// error satisfies storage.NotExist.
func (a *Archive) PlanOf(ctx context.Context, runID string) (string, error) {
	if !ValidRunID(runID) || Reserved(runID) {
		return "", fmt.Errorf("run %q: %w", runID, ErrNoRun)
	}
	key := runID + "/" + PlanFile
	text, err := a.dir.Read(ctx, key)
	if err != nil {
		return "", err
	}
	var plan struct {
		ID string `json:"plan_id"`
	}
	if err := json.Unmarshal(text, &plan); err != nil {
		return "", fmt.Errorf("read %s: it is not a plan: %w", a.Folder(key), err)
	}
	return plan.ID, nil
}

// PlanState returns the state of a plan.
func (j *Journal) PlanState(ctx context.Context, id string) (PlanState, error) {
	state, err := j.planState(ctx, id)
	if err != nil {
		return "", fmt.Errorf("read plan %s: %w", id, err)
	}
	return state, nil
}

// BeginPlan records that a run executes a plan, and returns the state before. It
// does not begin a used plan again.
func (j *Journal) BeginPlan(ctx context.Context, start PlanStart) (PlanState, error) {
	state, err := j.planState(ctx, start.PlanID)
	if err == nil && state == PlanFresh {
		var own bool
		if own, err = j.createPlan(ctx, planBegun, PlanEnd{PlanStart: start}); err == nil && !own {
			state, err = j.planState(ctx, start.PlanID)
		}
	}
	if err != nil {
		return "", fmt.Errorf("begin plan %s: %w", start.PlanID, err)
	}
	return state, nil
}

// EndPlan records that nothing of a plan is left to do. It returns fix.ErrClaimed
// if another run already did.
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

func (j *Journal) planState(ctx context.Context, id string) (PlanState, error) {
	if !hashName.MatchString(id) {
		return "", fmt.Errorf("%q is not the id of a plan", id)
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

// plan reads a record of a plan, if it exists.
func (j *Journal) plan(ctx context.Context, id, name string) (r planRecord, exists bool, err error) {
	err = j.read(ctx, planKey(id, name), &r)
	switch {
	case storage.NotExist(err):
		return r, false, nil
	case err != nil:
		return r, false, err
	case r.PlanID != id || r.Nonce == "":
		return r, false, corruptError{fmt.Errorf("read %s: it belongs to plan %q", j.display(planKey(id, name)), r.PlanID)}
	}
	return r, true, nil
}

// createPlan creates a record of a plan, and reports whether it is the stored one.
func (j *Journal) createPlan(ctx context.Context, name string, content PlanEnd) (own bool, err error) {
	record := planRecord{SchemaVersion: fix.JournalVersion, Nonce: rand.Text(), PlanEnd: content}
	own = true
	created := j.create(ctx, planKey(content.PlanID, name), record)
	err = j.resolveCreate(ctx, created, func(ctx context.Context) error {
		stored, exists, err := j.plan(ctx, content.PlanID, name)
		own = stored.Nonce == record.Nonce
		if err == nil && !exists {
			return fs.ErrNotExist
		}
		return err
	})
	return own, err
}
