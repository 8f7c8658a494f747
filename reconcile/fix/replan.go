package fix

import (
	"cmp"
	"slices"
	"strings"

	"github.com/wixrecon/wixrecon/reconcile"
)

// An existing plan is planned again before it is applied: from the ledger as it is
// now, and the inventory that the planning run read. Only an action that comes out
// again under the same key is sent. It must be due like before: one that waits for
// sightings now, or needs a review that nobody gave, is not.

// An Origin is how a plan was made, as far as planning again needs it.
type Origin struct {
	Command          string            `json:"command"` // reconcile.Command…: a plan of `plan` was reviewed, one of `run` was not
	Only             []string          `json:"only,omitempty"`
	MinSightings     int               `json:"min_sightings"`
	UnlistedAccounts bool              `json:"cancel_unlisted_accounts,omitempty"`
	Settings         map[string]string `json:"settings"` // by name, as they were given; without those that have secrets
	Files            []reconcile.File  `json:"files"`    // that the run stored
}

// A Replan compares an existing plan with what is planned now.
type Replan struct {
	plan  *Plan
	now   map[string]*Action // by key
	about map[string]string  // by finding id, package id, or external id: what is reported of it now
}

// NewReplan begins to compare a plan with what is planned now.
func NewReplan(p *Plan, now *Proposal) *Replan {
	r := &Replan{plan: p, now: make(map[string]*Action, len(now.Actions)), about: make(map[string]string)}
	for i := range now.Actions {
		r.now[now.Actions[i].Key] = &now.Actions[i]
	}
	for i := range p.Actions {
		a := &p.Actions[i]
		for _, id := range append(slices.Clone(a.FindingIDs), a.PackageID, a.ExternalID) {
			if id != "" {
				r.about[id] = ""
			}
		}
	}
	return r
}

// AddFinding adds a finding of now, with the decision on it.
func (r *Replan) AddFinding(f *reconcile.Reported, d *Decision) {
	for _, id := range [...]string{f.ID, f.PackageID, f.ExternalID} {
		if text, watched := r.about[id]; watched && text == "" {
			r.about[id] = describeFinding(f, d)
		}
	}
}

func describeFinding(f *reconcile.Reported, d *Decision) string {
	reason := cmp.Or(d.Reason, f.Reason)
	switch {
	case d.Outcome == OutcomeWaiting, d.Outcome == "" && len(d.Actions) > 0:
		return "its fix is another one now"
	case reason != "":
		return f.Kind.String() + ", " + reason
	}
	return "it is " + f.Kind.String() + " now"
}

// Stale returns, by key, why actions of the plan are not sent.
func (r *Replan) Stale() map[string]string {
	stale := make(map[string]string)
	for i := range r.plan.Actions {
		if reason := r.stale(&r.plan.Actions[i]); reason != "" {
			stale[r.plan.Actions[i].Key] = reason
		}
	}
	return stale
}

func (r *Replan) stale(a *Action) string {
	now := r.now[a.Key]
	switch {
	case now == nil:
		return "planned again, it does not come out: " + r.blocks(a)
	case now.Waiting != nil && a.Waiting == nil:
		return "planned again, it waits: " + now.Waiting.String()
	case now.Needs == "":
		return ""
	}
	more := slices.DeleteFunc(slices.Clone(now.Dependants), func(id string) bool { return slices.Contains(a.Dependants, id) })
	if a.Needs == "" || len(more) > 0 || now.LiveAgain != a.LiveAgain {
		return strings.TrimSpace("planned again, it needs another review: " + now.reviewReason() + " " + strings.Join(more, ", "))
	}
	return ""
}

// blocks returns what blocks an action that does not come out again.
func (r *Replan) blocks(a *Action) string {
	for _, id := range append(slices.Clone(a.FindingIDs), a.PackageID, a.ExternalID) {
		if text := r.about[id]; text != "" {
			return text
		}
	}
	return "ledger and inventory agree about it now"
}
