package guard

import "github.com/wixrecon/wixrecon/reconcile/fix"

// Checks are all that a plan must pass before it is sent.
type Checks struct {
	Complete      bool        // the whole scope was read
	Objections    []Objection // of the guards
	HasHistory    bool        // there is an accepted earlier run of the scope
	OtherScopes   string      // where there is none: how to continue another scope; may be empty
	Limits        Limits
	Usage         []Usage // by the journal, within the window that limits count
	LiveInstances int     // that were read
	Reviewed      bool    // a person reviews the plan before it is sent
}

// Decide returns why these actions may not be sent, the most important reason
// first, or else which of them a run holds back for later runs. Evidence is of the
// actions, in their order.
func (c *Checks) Decide(actions []fix.Action, evidence []fix.Evidence) (refusals []fix.Refusal, held []fix.HeldBack) {
	refusals = c.inputRefusals()
	if c.Reviewed {
		return append(refusals, c.Limits.Evaluate(actions, true, c.Usage, c.LiveInstances)...), nil
	}
	refusals = append(refusals, c.Limits.EvaluateSurge(actions, c.Usage, c.LiveInstances)...)
	if len(refusals) > 0 {
		return refusals, nil
	}
	return nil, c.Limits.Pace(actions, evidence, c.Usage, c.LiveInstances)
}

// inputRefusals returns what is wrong with the inputs.
func (c *Checks) inputRefusals() []fix.Refusal {
	var refusals []fix.Refusal
	if !c.Complete {
		refusals = append(refusals, fix.Refusal{
			Cause: fix.CauseIncomplete, Limit: fix.RefusedIncomplete, Text: "something in scope could not be read",
		})
	}
	for _, o := range c.Objections {
		refusals = append(refusals, o.Refusal())
	}
	if !c.HasHistory {
		refusals = append(refusals, fix.Refusal{
			Cause: fix.CauseHistory, Limit: fix.RefusedHistory, Text: c.noHistory(),
		})
	}
	return refusals
}

// noHistory explains that there is no earlier run.
func (c *Checks) noHistory() string {
	text := "there is no accepted earlier run of this scope to compare with"
	if c.Complete && len(c.Objections) == 0 {
		text += ": this run is now the baseline; run again"
	}
	if c.OtherScopes != "" {
		text += "; " + c.OtherScopes
	}
	return text
}
