package fix

import (
	"slices"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
)

// A plan is everything that is to be changed, decided before anything is: the
// actions, what they were decided from, and for how long that holds. Its id is a
// hash of its content, so that a plan that was changed is known. It belongs to
// one place of runs and one parent account, and it expires.

// PlanVersion is the version of the plan's file.
const PlanVersion = 1

// A Plan is the content of plan.json.
type Plan struct {
	SchemaVersion int              `json:"schema_version"`
	ID            string           `json:"plan_id"` // hash of all the rest
	Out           string           `json:"out"`     // the place of runs that it belongs to, without secrets
	AccountID     string           `json:"account_id"`
	Scope         reconcile.Scope  `json:"scope"`
	RunID         string           `json:"run_id"`
	Program       string           `json:"program"` // version
	CreatedAt     time.Time        `json:"created_at"`
	ExpiresAt     time.Time        `json:"expires_at"`
	Fixes         []string         `json:"fixes"` // asked for, in the order in which they are carried out
	Inputs        []reconcile.File `json:"inputs"`
	LiveInstances int              `json:"live_instances"` // that were read
	Refusals      []Refusal        `json:"refusals"`       // why it is not sent; none: it may be
	Forecast      []Forecast       `json:"forecast"`       // by fix
	Actions       []Action         `json:"actions"`
	Evidence      []Evidence       `json:"evidence"` // of the actions, in their order
}

// A Header is what a plan says of itself beside its actions.
type Header struct {
	Out       string
	Scope     reconcile.Scope
	RunID     string
	Program   string
	CreatedAt time.Time
	Life      time.Duration
	Inputs    []reconcile.File
}

func (h *Header) plan(parent string, asked []string) *Plan {
	p := &Plan{
		SchemaVersion: PlanVersion, Out: h.Out, AccountID: parent, Scope: h.Scope, RunID: h.RunID,
		Program: h.Program, CreatedAt: h.CreatedAt.UTC(), ExpiresAt: h.CreatedAt.Add(h.Life).UTC(),
		Fixes: []string{}, Inputs: slices.Clone(h.Inputs), Actions: []Action{}, Evidence: []Evidence{},
	}
	if p.Inputs == nil {
		p.Inputs = []reconcile.File{}
	}
	for _, name := range Fixes() {
		if slices.Contains(asked, name) {
			p.Fixes = append(p.Fixes, name)
		}
	}
	return p
}

// A Forecast counts the actions of one fix, and their instances.
type Forecast struct {
	Fix     string `json:"fix"`
	Due     Volume `json:"due"`     // to be sent now
	Review  Volume `json:"review"`  // once somebody looked
	Waiting Volume `json:"waiting"` // once they were seen often enough
}

// A Volume is a number of actions with their instances.
type Volume struct {
	Actions   int `json:"actions"`
	Instances int `json:"instances"`
}

func forecast(actions []Action) []Forecast {
	all := make([]Forecast, 0, len(Fixes()))
	places := ranks(Fixes())
	for _, name := range Fixes() {
		all = append(all, Forecast{Fix: name})
	}
	for i := range actions {
		a := &actions[i]
		f := &all[places[a.Fix]]
		volume := &f.Due
		switch {
		case a.Waiting != nil:
			volume = &f.Waiting
		case a.Needs != "":
			volume = &f.Review
		}
		volume.Actions++
		volume.Instances += a.Instances
	}
	return slices.DeleteFunc(all, func(f Forecast) bool {
		return f.Due.Actions+f.Review.Actions+f.Waiting.Actions == 0
	})
}

// Evidence is how an action was proven, as far as it rests on when and from
// which order of rows the plan was made.
type Evidence struct {
	Key       string    `json:"key"` // of the action
	FirstSeen time.Time `json:"first_seen"`
	Sightings int       `json:"sightings"`
	Counted   time.Time `json:"last_counted,omitzero"`
	Records   []int     `json:"ledger_lines,omitempty"` // the header being 1
	Monthly   []Money   `json:"monthly_amounts,omitempty"`
}

// Money is what a finding is worth a month.
type Money struct {
	Direction string `json:"direction"`
	Amount    string `json:"monthly_amount,omitempty"` // empty: not known
	Currency  string `json:"currency,omitempty"`
}

func (p *Planner) evidence(d *draft) Evidence {
	first := &p.wants[d.wants[0]]
	e := Evidence{Key: d.Key, FirstSeen: first.FirstSeen.UTC(), Sightings: p.sightings(d.wants)}
	for _, i := range d.wants {
		w := &p.wants[i]
		if w.FirstSeen.Before(e.FirstSeen) {
			e.FirstSeen = w.FirstSeen.UTC()
		}
		if counted := p.options.Known[w.id].Counted; counted.After(e.Counted) {
			e.Counted = counted.UTC()
		}
		e.Records = append(e.Records, w.Basis.Records...)
		m := Money{Direction: w.Direction.String(), Currency: w.Monthly.Currency}
		if w.Monthly.Known {
			m.Amount = w.Monthly.Amount.String()
		}
		e.Monthly = append(e.Monthly, m)
	}
	slices.Sort(e.Records)
	e.Records = slices.Compact(e.Records)
	return e
}
