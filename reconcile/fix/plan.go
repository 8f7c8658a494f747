package fix

import (
	"slices"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
)

// PlanVersion is the version of the plan's file.
const PlanVersion = 1

// A Plan is everything that is to be changed, decided before anything is
// changed: the actions, what they were decided from, and until when they may be
// sent. It is the content of plan.json.
type Plan struct {
	SchemaVersion int              `json:"schema_version"`
	ID            string           `json:"plan_id"` // hash of all the rest
	Out           string           `json:"out"`     // the output location that it belongs to, without secrets
	AccountID     string           `json:"account_id"`
	Scope         reconcile.Scope  `json:"scope"`
	RunID         string           `json:"run_id"`
	Origin        *Origin          `json:"origin,omitempty"` // nil in a plan of an older version
	Program       string           `json:"program"`          // version
	CreatedAt     time.Time        `json:"created_at"`
	ExpiresAt     time.Time        `json:"expires_at"`
	Fixes         []string         `json:"fixes"` // asked for, in the order of execution
	Inputs        []reconcile.File `json:"inputs"`
	LiveInstances int              `json:"live_instances"`       // that were read
	Refusals      []Refusal        `json:"refusals"`             // why it is not sent; none: it may be
	HeldBack      []HeldBack       `json:"over_limit,omitempty"` // by a run, for later runs
	Shielded      []Shielded       `json:"shielded,omitempty"`   // by bad rows, of what was asked for
	Forecast      []Forecast       `json:"forecast"`             // by fix
	Actions       []Action         `json:"actions"`
	Evidence      []Evidence       `json:"evidence"` // of the actions, in their order
}

// A HeldBack is an action that a run leaves to later runs, and the limit that
// holds it back.
type HeldBack struct {
	Key   string `json:"key"` // of the action
	Limit string `json:"limit"`
}

// Held returns the limits that hold actions back, by their keys.
func Held(all []HeldBack) map[string]string {
	held := make(map[string]string, len(all))
	for _, h := range all {
		held[h.Key] = h.Limit
	}
	return held
}

// A Header is what a plan contains besides what was proposed.
type Header struct {
	Out           string
	Scope         reconcile.Scope
	RunID         string
	Origin        *Origin
	Program       string
	CreatedAt     time.Time
	Life          time.Duration
	Inputs        []reconcile.File
	LiveInstances int
}

// A Proposal is what a Planner would change, before guards and limits are
// checked.
type Proposal struct {
	AccountID string     // the parent account
	Fixes     []string   // asked for
	Actions   []Action   // in the order of execution
	Evidence  []Evidence // of the actions, in their order
	Shielded  []Shielded // in order of lines

	Restarted map[reconcile.FindingID]time.Time // whose sightings start again, with this run as the first: when the cancel was applied

	tooLarge  []Refusal  // it would be too large for a plan, so that it has no actions
	decisions []Decision // by finding, without its actions
	findings  [][]int    // of each action: indexes of decisions
}

// Plan returns the sealed plan, with the refusals of guards and limits, and what
// limits hold back.
func (p *Proposal) Plan(h Header, refusals []Refusal, held []HeldBack) (*Plan, error) {
	plan := &Plan{
		SchemaVersion: PlanVersion, Out: h.Out, AccountID: p.AccountID, Scope: h.Scope, RunID: h.RunID, Origin: h.Origin,
		Program: h.Program, CreatedAt: h.CreatedAt.UTC(), ExpiresAt: h.CreatedAt.Add(h.Life).UTC(),
		Fixes: []string{}, Inputs: nonNil(slices.Clone(h.Inputs)), LiveInstances: h.LiveInstances,
		Refusals: nonNil(slices.Concat(refusals, p.tooLarge)), HeldBack: held, Shielded: p.Shielded, Forecast: forecast(p.Actions, Held(held)),
		Actions: nonNil(p.Actions), Evidence: nonNil(p.Evidence),
	}
	for _, name := range Fixes() {
		if slices.Contains(p.Fixes, name) {
			plan.Fixes = append(plan.Fixes, name)
		}
	}
	id, err := plan.hash()
	plan.ID = id
	return plan, err
}

// nonNil returns a list that is not null in JSON.
func nonNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// Decisions returns what becomes of each finding, in the order in which they were
// added to the planner, under these conditions.
func (p *Proposal) Decisions(c *SendConditions) []Decision {
	decisions := slices.Clone(p.decisions)
	for i := range p.Actions {
		a := &p.Actions[i]
		outcome, reason := a.unsent(c)
		for _, finding := range p.findings[i] {
			d := &decisions[finding]
			d.Actions = append(d.Actions, a.Key)
			d.merge(outcome, reason)
			if a.Needs != "" && d.Outcome == "" {
				d.Reason = a.reviewReason()
			}
		}
	}
	return decisions
}

// A Forecast counts the actions of one fix, and their instances.
type Forecast struct {
	Fix     string `json:"fix"`
	Due     Volume `json:"due"`                 // to be sent now
	Held    Volume `json:"over_limit,omitzero"` // held back for later runs
	Review  Volume `json:"review"`              // once the plan is reviewed
	Waiting Volume `json:"waiting"`             // once they have enough sightings
}

// A Volume is a number of actions with their instances.
type Volume struct {
	Actions   int `json:"actions"`
	Instances int `json:"instances"`
}

func forecast(actions []Action, held map[string]string) []Forecast {
	all := make([]Forecast, 0, len(Fixes()))
	for _, name := range Fixes() {
		all = append(all, Forecast{Fix: name})
	}
	for i := range actions {
		a := &actions[i]
		f := &all[slices.Index(Fixes(), a.Fix)]
		volume := &f.Due
		switch {
		case a.Waiting != nil:
			volume = &f.Waiting
		case a.Needs != "":
			volume = &f.Review
		case held[a.Key] != "":
			volume = &f.Held
		}
		volume.Actions++
		volume.Instances += a.Instances
	}
	return slices.DeleteFunc(all, func(f Forecast) bool {
		return f.Due.Actions+f.Held.Actions+f.Review.Actions+f.Waiting.Actions == 0
	})
}
