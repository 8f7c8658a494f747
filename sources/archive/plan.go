package archive

import (
	"context"
	"encoding/json"
	"fmt"
)

// PlanOf gives the id of the plan that a run left. Where it left none, the error
// is one of storage.NotExist.
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
		return "", fmt.Errorf("read %s: it is no plan: %w", a.Folder(key), err)
	}
	return plan.ID, nil
}

// PlanState says whether a plan may be used.
func (j *Journal) PlanState(ctx context.Context, id string) (PlanState, error) {
	state, err := j.planState(ctx, id)
	if err != nil {
		return "", fmt.Errorf("look for plan %s: %w", id, err)
	}
	return state, nil
}
