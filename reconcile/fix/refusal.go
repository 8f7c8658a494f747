package fix

import (
	"fmt"
	"strings"

	"github.com/wixrecon/wixrecon/reconcile"
)

// A plan is sent whole or not at all. What stands against it is told all at
// once, the weightiest first: a read that is not complete, inputs that are
// suspect, no earlier run to hold them against, limits.

// The causes of a refusal.
const (
	CauseIncomplete = "incomplete"
	CauseGuard      = "guard"
	CauseHistory    = "history"
	CauseLimit      = "limit"
	CausePlan       = "plan" // it can't be used any more
	CauseSize       = "size" // more than a plan can hold
)

// The names of what refuses beside guards and limits.
const (
	RefusedIncomplete = "incomplete_read"
	RefusedHistory    = "no_history"
)

// A Refusal says why a plan is not sent.
type Refusal struct {
	Cause   string                   `json:"cause"`
	Limit   string                   `json:"limit"`           // name of the limit or guard
	Value   string                   `json:"value,omitempty"` // of the limit
	Need    string                   `json:"need,omitempty"`  // what the plan needs, or the inputs have
	Largest []reconcile.AccountShare `json:"largest,omitempty"`
	Flag    string                   `json:"flag,omitempty"` // the one flag that raises it; none where no flag does
	Text    string                   `json:"text"`           // for people, without the flag
}

// Terms are what a plan as a whole is held against.
type Terms struct {
	Complete      bool        // the whole scope was read
	Objections    []Objection // of the guards
	Earlier       bool        // there is an accepted earlier run of the scope
	Limits        Limits
	Usage         []Usage // by the journal, in the last 24 hours
	LiveInstances int     // that were read
	Reviewed      bool    // the plan is looked at before it is sent
}

func (t *Terms) weigh(actions []Action) []Refusal {
	refusals := []Refusal{}
	if !t.Complete {
		refusals = append(refusals, Refusal{
			Cause: CauseIncomplete, Limit: RefusedIncomplete,
			Text: "something in scope could not be read",
		})
	}
	for _, o := range t.Objections {
		refusals = append(refusals, o.Refusal())
	}
	if !t.Earlier {
		refusals = append(refusals, Refusal{
			Cause: CauseHistory, Limit: RefusedHistory,
			Text: "no earlier run of this scope was accepted, so that there is nothing to hold this one against",
		})
	}
	return append(refusals, t.Limits.Evaluate(actions, t.Reviewed, t.Usage, t.LiveInstances)...)
}

// Refusal gives what the objection has against sending a plan.
func (o *Objection) Refusal() Refusal {
	return Refusal{Cause: CauseGuard, Limit: o.Guard, Value: o.Limit, Need: o.Value, Flag: o.Flag, Text: o.Text}
}

func (c *costs) String() string {
	var parts []string
	for _, sum := range c.sums {
		parts = append(parts, fmt.Sprintf("%s %s", sum.Monthly, sum.Currency))
	}
	switch c.unpriced {
	case 0:
	case 1:
		parts = append(parts, "1 instance without a known price")
	default:
		parts = append(parts, fmt.Sprintf("%d instances without a known price", c.unpriced))
	}
	return strings.Join(parts, " + ")
}
