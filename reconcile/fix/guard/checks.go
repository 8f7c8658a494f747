package guard

import "github.com/wixrecon/wixrecon/reconcile/fix"

// Checks are all that a plan must pass before it is sent.
type Checks struct {
	Complete      bool        // the whole scope was read
	Objections    []Objection // of the guards
	HasHistory    bool        // there is an accepted earlier run of the scope
	Limits        Limits
	Usage         []Usage // by the journal, in the last 24 hours
	LiveInstances int     // that were read
	Reviewed      bool    // a person reviews the plan before it is sent
}

// Refusals returns why these actions may not be sent, the most important reason
// first.
func (c *Checks) Refusals(actions []fix.Action) []fix.Refusal {
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
			Cause: fix.CauseHistory, Limit: fix.RefusedHistory,
			Text: "there is no accepted earlier run of this scope to compare with",
		})
	}
	return append(refusals, c.Limits.Evaluate(actions, c.Reviewed, c.Usage, c.LiveInstances)...)
}
