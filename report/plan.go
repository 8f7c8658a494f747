package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// PlanOptions are options of showing a plan.
type PlanOptions struct {
	Reviewed bool              // a person reviews it before it is sent, so actions that need a review are sent too
	Refusals []fix.Refusal     // why it is not sent now; nil: the plan's own, unless something was sent
	Held     map[string]string // by key: the limit that holds an action back for a later run; nil: the plan's own
}

// A planView is a plan with its results. A plan that can't be used is shown too,
// so nothing in it is trusted.
type planView struct {
	plan     *fix.Plan
	reviewed bool
	refusals []fix.Refusal
	held     map[string]string
	executed bool // there are results
	actions  []actionView
}

// An actionView is an action with its evidence and its result.
type actionView struct {
	*fix.Action
	number   int           // in the order of sending, from 1; the same wherever the plan is shown
	evidence *fix.Evidence // may be nil
	result   *fix.Result   // nil where it was not due, or nothing was sent yet
	outcome  string
	reason   string
}

func newPlanView(p *fix.Plan, results []fix.Result, o *PlanOptions) *planView {
	if o == nil {
		o = &PlanOptions{}
	}
	v := &planView{plan: p, reviewed: o.Reviewed, refusals: o.Refusals, executed: len(results) > 0}
	if v.refusals == nil && !v.executed { // before sending, the limits were evaluated again
		v.refusals = p.Refusals
	}
	if v.held = o.Held; v.held == nil {
		v.held = fix.Held(p.HeldBack)
	}
	conditions := &fix.SendConditions{Refusals: v.refusals, Held: v.held, Reviewed: v.reviewed}
	evidence, byKey := make(map[string]*fix.Evidence), make(map[string]*fix.Result)
	for i := range p.Evidence {
		evidence[p.Evidence[i].Key] = &p.Evidence[i]
	}
	for i := range results {
		byKey[results[i].Key] = &results[i]
	}
	for i := range p.Actions {
		a := actionView{Action: &p.Actions[i], number: i + 1}
		a.evidence, a.result = evidence[a.Key], byKey[a.Key]
		a.outcome, a.reason = a.Outcome(a.result, conditions)
		v.actions = append(v.actions, a)
	}
	return v
}

// When an action is due to be sent.
const (
	dueNow         = iota
	dueNextRun     // a limit holds it back
	dueAfterReview // a person has to review it
	dueLater       // it waits for sightings
	dueCount
)

func (v *planView) due(a *actionView) int {
	switch {
	case a.Waiting != nil:
		return dueLater
	case !a.Due(v.reviewed):
		return dueAfterReview
	case v.held[a.Key] != "" && len(v.refusals) == 0:
		return dueNextRun
	}
	return dueNow
}

// A planSection is a heading with its actions.
type planSection struct {
	heading string
	actions []*actionView
}

// sections returns the sections that have actions, what is most dangerous first.
func (v *planView) sections() []planSection {
	all := []planSection{
		{heading: "Cancellations and site moves (listed first; cancellations are sent last)"},
		{heading: "Other changes (in the order of sending)"},
		{heading: "Held back by a limit (for the next run)"},
		{heading: "Needs review (sent by apply, not by run)"},
		{heading: "Waiting for more sightings (a forecast; not sent yet)"},
	}
	for i := range v.actions {
		a := &v.actions[i]
		at := 1 + v.due(a)
		if at == 1 && a.Removal {
			at = 0
		}
		all[at].actions = append(all[at].actions, a)
	}
	all = slices.DeleteFunc(all, func(s planSection) bool { return len(s.actions) == 0 })
	for i := range all {
		instances := 0
		for _, a := range all[i].actions {
			instances += a.Instances
		}
		all[i].heading += fmt.Sprintf(": %s, %s", plural(len(all[i].actions), "action", "actions"),
			plural(instances, "instance", "instances"))
	}
	return all
}

// verdict returns the first line of the plan.
func (v *planView) verdict() string {
	due, notDue, removals, removed := 0, 0, 0, 0
	for i := range v.actions {
		a := &v.actions[i]
		switch {
		case v.due(a) != dueNow:
			notDue++
		case a.Removal:
			removals, removed = removals+1, removed+a.Instances
			fallthrough
		default:
			due++
		}
	}
	switch {
	case v.executed:
		return "PLAN EXECUTED: " + outcomeCounts(v.outcomes())
	case len(v.refusals) > 0:
		return fmt.Sprintf("PLAN REFUSED: nothing is sent, for %s listed below", plural(len(v.refusals), "reason", "reasons"))
	case len(v.actions) == 0:
		return "PLAN EMPTY: there is nothing to change"
	case due == 0:
		return fmt.Sprintf("PLAN NOT DUE: %s for sightings or a review", plural(notDue, "action waits", "actions wait"))
	case removals == 0:
		return fmt.Sprintf("PLAN READY: %s to send, without any cancellation or site move", plural(due, "action", "actions"))
	}
	return fmt.Sprintf("PLAN READY: %s to send, including %s (%s)", plural(due, "action", "actions"),
		plural(removals, "cancellation or site move", "cancellations or site moves"), plural(removed, "instance", "instances"))
}

// outcomes counts the actions by outcome.
func (v *planView) outcomes() map[string]int {
	counts := make(map[string]int)
	for i := range v.actions {
		counts[v.actions[i].outcome]++
	}
	return counts
}

// noOutcomes is what outcomeCounts returns where there is nothing to count.
const noOutcomes = "none"

// outcomeCounts lists the counts that are not zero: what was sent, what was not,
// what was never due, and then outcomes that are not known here.
func outcomeCounts(counts map[string]int) string {
	names := []string{
		fix.OutcomeApplied, fix.OutcomePlanned, fix.OutcomeFailed, fix.OutcomeUnsettled, fix.OutcomeStale,
		fix.OutcomeNotStarted, fix.OutcomeWaiting, fix.OutcomeNotAllowed, fix.OutcomeOverLimit,
	}
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	var parts []string
	for _, name := range names {
		if n := counts[name]; n > 0 {
			parts = append(parts, formatCount(n)+" "+outcomeText(name))
		}
	}
	if len(parts) == 0 {
		return noOutcomes
	}
	return strings.Join(parts, ", ")
}
