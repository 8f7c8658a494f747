package fix

import (
	"slices"
	"time"
)

// The outcomes of actions, and of the findings that they fix.
const (
	OutcomeApplied    = "applied"
	OutcomeStale      = "stale"
	OutcomeFailed     = "failed" // of a finding also: its fix can't be sent
	OutcomeUnsettled  = "unsettled"
	OutcomeNotStarted = "not_started"

	OutcomeNotAllowed = "not_allowed" // these three were never tried
	OutcomeWaiting    = "waiting"
	OutcomeOverLimit  = "over_limit"

	OutcomePlanned = "planned" // of an action that is to be sent and was not yet
)

// Outcomes returns the outcomes of findings in their precedence: a finding with
// several actions has the first of theirs, so that it is never reported as fixed
// while a part of it is left.
func Outcomes() []string {
	return []string{
		OutcomeNotAllowed, OutcomeWaiting, OutcomeOverLimit,
		OutcomeFailed, OutcomeUnsettled, OutcomeNotStarted, OutcomeStale, OutcomeApplied,
	}
}

// A Result is what became of an action that was due.
type Result struct {
	Key      string    `json:"key"`
	Outcome  string    `json:"outcome"`
	Reason   string    `json:"reason,omitempty"`
	Failure  string    `json:"failure,omitempty"` // Failure…, of one that failed
	Attempt  int       `json:"attempt,omitempty"` // 0: it was never claimed
	SentAt   time.Time `json:"sent_at,omitzero"`
	Before   *State    `json:"before,omitempty"`   // as it was read before it was sent
	Observed *State    `json:"observed,omitempty"` // as it was read afterwards
	Created  string    `json:"created_package_id,omitempty"`
}

// SendConditions are what decides which actions of a plan are sent.
type SendConditions struct {
	Refusals []Refusal         // nothing is sent
	Held     map[string]string // by key: the limit that holds an action back for a later run
	Reviewed bool              // a person reviews the plan before it is sent
}

// Sends reports whether an action is sent now.
func (c *SendConditions) Sends(a *Action) bool {
	outcome, _ := a.unsent(c)
	return outcome == ""
}

// Outcome returns what became of the action or, without a result, why it is not
// sent.
func (a *Action) Outcome(result *Result, c *SendConditions) (outcome, reason string) {
	if result != nil {
		return result.Outcome, result.Reason
	}
	if outcome, reason = a.unsent(c); outcome == "" {
		outcome = OutcomePlanned
	}
	return outcome, reason
}

// unsent returns the outcome of an action that is not sent, empty where it is.
func (a *Action) unsent(c *SendConditions) (outcome, reason string) {
	switch {
	case a.Waiting != nil:
		return OutcomeWaiting, a.Waiting.String()
	case a.Needs != "" && !c.Reviewed:
		return OutcomeNotAllowed, a.reviewReason()
	case len(c.Refusals) > 0 && c.Refusals[0].Cause == CauseLimit:
		return OutcomeOverLimit, c.Refusals[0].Limit
	case len(c.Refusals) > 0:
		return OutcomeNotAllowed, c.Refusals[0].Limit
	case c.Held[a.Key] != "":
		return OutcomeOverLimit, c.Held[a.Key]
	}
	return "", ""
}

// A Decision is what becomes of a finding. One with actions and no outcome is to
// be fixed now; one without either was not asked to be fixed.
type Decision struct {
	Outcome string
	Reason  string   // without an outcome: why its actions do not fix all of it
	Actions []string // keys, those that wait or need a review among them
}

// After returns the outcome of the finding once its actions have results, by key.
func (d Decision) After(results map[string]Result) (outcome, reason string) {
	for _, key := range d.Actions {
		if r, sent := results[key]; sent {
			d.merge(r.Outcome, r.Reason)
		}
	}
	return d.Outcome, d.Reason
}

// merge adds the outcome of an action, by precedence.
func (d *Decision) merge(outcome, reason string) {
	if outcome == "" || d.Outcome != "" && slices.Index(Outcomes(), d.Outcome) <= slices.Index(Outcomes(), outcome) {
		return
	}
	d.Outcome = outcome
	if reason != "" {
		d.Reason = reason
	}
}
