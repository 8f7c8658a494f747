package report

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// A plan is shown as somebody reads it before a cut that can't be undone: what
// it is and what it was made from, then what takes something away from a
// customer, then the rest in the order of sending, then what is not sent yet.
// Nothing is left out, however long the plan is. A number before an action is
// its place in the order of sending, and the same wherever the plan is shown.
//
// A plan that can't be used is shown too, so nothing in it is relied on.

// PlanOptions says how a plan is shown.
type PlanOptions struct {
	Reviewed bool          // somebody looks at it before it is sent, so that what needs a review is sent too
	Refusals []fix.Refusal // why it is not sent now; nil: the plan's own, until something was sent
	Color    bool          // ANSI colours; Markdown and the workbook have none
}

// PlanJSON writes a plan as plan.json holds it.
func PlanJSON(w io.Writer, p *fix.Plan) error {
	text, err := p.Encode()
	if err != nil {
		return err
	}
	return told(w, "plan as json", string(text))
}

// A planView is a plan with what became of it.
type planView struct {
	plan     *fix.Plan
	reviewed bool
	refusals []fix.Refusal
	tried    bool // there are results
	actions  []actionView
}

// An actionView is an action with what is known of it.
type actionView struct {
	*fix.Action
	place    int           // in the order of sending, from 1
	evidence *fix.Evidence // may be nil
	result   *fix.Result   // nil where it was not due, or nothing was sent yet
	outcome  string
	reason   string
}

// outcomePlanned is the outcome of what is to be sent and was not yet.
const outcomePlanned = "planned"

func viewOf(p *fix.Plan, results []fix.Result, o *PlanOptions) *planView {
	if o == nil {
		o = &PlanOptions{}
	}
	v := &planView{plan: p, reviewed: o.Reviewed, refusals: o.Refusals, tried: len(results) > 0}
	if v.refusals == nil && !v.tried { // what was sent was weighed anew
		v.refusals = p.Refusals
	}
	evidence, became := make(map[string]*fix.Evidence), make(map[string]*fix.Result)
	for i := range p.Evidence {
		evidence[p.Evidence[i].Key] = &p.Evidence[i]
	}
	for i := range results {
		became[results[i].Key] = &results[i]
	}
	for i := range p.Actions {
		a := actionView{Action: &p.Actions[i], place: i + 1}
		a.evidence, a.result = evidence[a.Key], became[a.Key]
		a.conclude(v)
		v.actions = append(v.actions, a)
	}
	return v
}

// conclude says what became of the action, or why it is not sent.
func (a *actionView) conclude(v *planView) {
	if a.result != nil {
		a.outcome, a.reason = a.result.Outcome, a.result.Reason
		return
	}
	if a.outcome, a.reason = a.Unsent(v.refusals, v.reviewed); a.outcome == "" {
		a.outcome = outcomePlanned
	}
}

// The classes of the actions of a plan.
const (
	classNow = iota
	classReview
	classWaiting
	planClasses
)

// class says when an action is sent: now, once somebody looked, once it was
// seen often enough.
func (v *planView) class(a *actionView) int {
	switch {
	case a.Waiting != nil:
		return classWaiting
	case !a.Due(v.reviewed):
		return classReview
	}
	return classNow
}

// A planSection is what is shown under one title.
type planSection struct {
	title    string
	pressing bool // it takes something away
	actions  []*actionView
}

// sections gives what there is, in the order of reading.
func (v *planView) sections() []planSection {
	all := []planSection{
		{title: "Removals first: they take something away from a customer", pressing: true},
		{title: "In the order of sending"},
		{title: "Needs a review: a run does not send these, an applied plan does"},
		{title: "Forecast: waiting until they were seen often enough, nobody sends these yet"},
	}
	for i := range v.actions {
		a := &v.actions[i]
		at := 1 + v.class(a)
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
		all[i].title += fmt.Sprintf(" (%s, %s)", counted(len(all[i].actions), "action", "actions"),
			counted(instances, "instance", "instances"))
	}
	return all
}

// verdict says in one line what becomes of the plan, and whether it is as it
// should be.
func (v *planView) verdict() (words string, well bool) {
	due, waiting, removals, taken := 0, 0, 0, 0
	for i := range v.actions {
		a := &v.actions[i]
		switch {
		case v.class(a) != classNow:
			waiting++
		case a.Removal:
			removals, taken = removals+1, taken+a.Instances
			fallthrough
		default:
			due++
		}
	}
	switch {
	case v.tried:
		return "CARRIED OUT: " + outcomeWords(v.outcomes()), v.fine()
	case len(v.refusals) > 0:
		return fmt.Sprintf("REFUSED: nothing is sent, for %s told below", counted(len(v.refusals), "reason", "reasons")), false
	case len(v.actions) == 0:
		return "EMPTY: there is nothing to be changed", true
	case due == 0:
		return fmt.Sprintf("NOTHING TO SEND: %s not due yet", counted(waiting, "action is", "actions are")), true
	case removals == 0:
		return fmt.Sprintf("TO BE SENT: %s, none takes anything away", counted(due, "action", "actions")), true
	}
	return fmt.Sprintf("TO BE SENT: %s, of which %s %s away", counted(due, "action", "actions"),
		counted(removals, "takes", "take"), counted(taken, "instance", "instances")), true
}

// outcomes counts the actions by outcome.
func (v *planView) outcomes() map[string]int {
	counts := make(map[string]int)
	for i := range v.actions {
		counts[v.actions[i].outcome]++
	}
	return counts
}

// fine reports whether everything that was tried was applied, or left alone for
// good reason.
func (v *planView) fine() bool {
	counts := v.outcomes()
	return counts[fix.OutcomeFailed]+counts[fix.OutcomeUnsettled]+counts[fix.OutcomeNotStarted] == 0
}

// outcomeOrder is the order in which outcomes are told: what was sent, what
// was not, what never was to be.
func outcomeOrder() []string {
	return []string{
		fix.OutcomeApplied, outcomePlanned, fix.OutcomeFailed, fix.OutcomeUnsettled, fix.OutcomeStale,
		fix.OutcomeNotStarted, fix.OutcomeWaiting, fix.OutcomeNotAllowed, fix.OutcomeOverLimit,
	}
}

// outcomeWords tells the counts that are not zero, in the order of telling, and
// behind them those of outcomes that are not known.
func outcomeWords(counts map[string]int) string {
	names := outcomeOrder()
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	var parts []string
	for _, name := range names {
		if n := counts[name]; n > 0 {
			parts = append(parts, grouped(strconv.Itoa(n))+" "+strings.ReplaceAll(oneLine(name), "_", " "))
		}
	}
	if len(parts) == 0 {
		return "none"
	}
	return strings.Join(parts, ", ")
}
