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
	number   int        // of the attempt that may begin
	refusal  string     // why Wix refused it before; empty where it did not
	result   fix.Result // without an outcome: it is still to be executed
}

// Progress is how far a package was changed by the plan. It is used by one
// goroutine at a time.
type progress struct {
	applied []*fix.Action
	sent    bool // something of ours may have reached it
	blocked bool // a change of it is unsettled: nothing more is done to it
}

// An outcome is what became of a task, with what follows from it for its package
// and for the plan.
type outcome struct {
	result fix.Result
	sent   bool  // a request may have been executed
	fault  error // of the journal: it stops the plan
}

// add adds the outcome of an action of the package.
func (p *progress) add(a *fix.Action, o outcome) {
	p.sent = p.sent || o.sent
	switch o.result.Outcome {
	case fix.OutcomeApplied:
		p.applied = append(p.applied, a)
	case fix.OutcomeUnsettled:
		p.blocked = true
	}
}

// reasonUnsettled is why nothing more is done to a package.
const reasonUnsettled = "an earlier change of the package is not settled"

// newTasks returns what is due of a plan, in its order.
func newTasks(p *fix.Plan, c *Conditions) []*task {
	evidence := make(map[string]fix.Evidence, len(p.Evidence))
	for i := range p.Evidence {
		evidence[p.Evidence[i].Key] = p.Evidence[i]
	}
	var tasks []*task
	packages := make(map[string]*progress)
	for i := range p.Actions {
		a := &p.Actions[i]
		if !a.Due(c.Reviewed) || c.Held[a.Key] != "" {
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

// unchanged describes that a read shows no effect of the action.
func unchanged(a *fix.Action) string {
	if a.Fix == reconcile.FixCreate {
		return "no such package exists so far"
	}
	return "the package is unchanged so far"
}

func (t *task) notStarted(reason string) outcome {
	return outcome{result: fix.Result{Key: t.action.Key, Outcome: fix.OutcomeNotStarted, Reason: reason}}
}

func (t *task) stale(reason string) outcome {
	return outcome{result: fix.Result{Key: t.action.Key, Outcome: fix.OutcomeStale, Reason: reason}}
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

// blockReason returns why a cancel is not started: one of its dependants was to be
// moved, and was not.
func (m moveDependencies) blockReason(a *fix.Action) string {
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
