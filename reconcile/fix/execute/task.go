package execute

import (
	"fmt"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// A task is an action that is due.
type task struct {
	action   *fix.Action
	evidence fix.Evidence
	progress *progress
	permit   permit
	result   fix.Result // without an outcome: it is still to be executed
}

// Progress is how far a package was changed by the plan. It is used by one
// goroutine at a time.
type progress struct {
	applied []*fix.Action
	sent    bool   // something of ours may have reached it
	blocked string // why nothing more is done to it
}

// blockedUnsettled is why nothing more is done to a package.
const blockedUnsettled = "an earlier change of the package is not settled"

// newTasks returns what is due of a plan, in its order.
func newTasks(p *fix.Plan, reviewed bool) []*task {
	evidence := make(map[string]fix.Evidence, len(p.Evidence))
	for i := range p.Evidence {
		evidence[p.Evidence[i].Key] = p.Evidence[i]
	}
	var tasks []*task
	packages := make(map[string]*progress)
	for i := range p.Actions {
		a := &p.Actions[i]
		if !a.Due(reviewed) {
			continue
		}
		if packages[packageKey(a)] == nil {
			packages[packageKey(a)] = &progress{}
		}
		tasks = append(tasks, &task{action: a, evidence: evidence[a.Key], progress: packages[packageKey(a)]})
	}
	return tasks
}

// packageKey identifies the package of an action: its actions must not be
// executed at the same time.
func packageKey(a *fix.Action) string {
	if a.Fix == reconcile.FixCreate {
		return a.AccountID + " " + a.ExternalID
	}
	return a.PackageID
}

// object names what an action changes.
func object(a *fix.Action) string {
	switch {
	case a.Fix == reconcile.FixCreate:
		return fmt.Sprintf("package %q of account %s", a.ExternalID, a.AccountID)
	case a.InstanceID != "":
		return fmt.Sprintf("instance %s of package %s", a.InstanceID, a.PackageID)
	}
	return "package " + a.PackageID
}

func (t *task) notStarted(reason string) fix.Result {
	return fix.Result{Key: t.action.Key, Outcome: fix.OutcomeNotStarted, Reason: reason}
}

func (t *task) stale(reason string) fix.Result {
	return fix.Result{Key: t.action.Key, Outcome: fix.OutcomeStale, Reason: reason}
}

// moveDependencies are the tasks that move instances from their sites, by
// instance. A cancel that removes such a site was planned on the condition that
// the move is done first. Otherwise the instance is still there, and the cancel
// would take its site down. All moves have ended by then, because a fix ends
// before the next begins.
type moveDependencies map[string]*task

func newMoveDependencies(tasks []*task) moveDependencies {
	moves := make(moveDependencies)
	for _, t := range tasks {
		if t.action.Removal && t.action.Fix != reconcile.FixCancel {
			moves[t.action.InstanceID] = t
		}
	}
	return moves
}

// unmet returns why a cancel is not started: one of its dependants was to be
// moved, and was not.
func (m moveDependencies) unmet(a *fix.Action) string {
	if a.Fix != reconcile.FixCancel {
		return ""
	}
	for _, id := range a.Dependants {
		if move := m[id]; move != nil && move.result.Outcome != fix.OutcomeApplied {
			return fix.ReasonDependants + ": instance " + id + " was not moved"
		}
	}
	return ""
}
