package fix

import (
	"cmp"
	"fmt"
	"strconv"
	"time"

	"github.com/govalues/decimal"

	"github.com/wixrecon/wixrecon/reconcile"
)

// Guards look at the inputs of a run, in every run, whether it fixes or not.
// One that objects makes the run not accepted: it is no baseline, no sighting,
// and nothing that was seen before is resolved by it.
//
// A shrink is held, metric by metric, against the most that any accepted run of
// the last 14 days had, so that a slow shrink is not followed down night by
// night; where there is none, against the latest before. A `runs accept` is
// where this begins anew.

// Guards are the guards on the inputs.
type Guards struct {
	MaxLedgerAge Age
	MaxShrink    Percent
}

// DefaultGuards gives the guards that hold where none is named.
func DefaultGuards() Guards {
	return Guards{MaxLedgerAge: Age{Max: 36 * time.Hour}, MaxShrink: Percent{Max: decimal.MustNew(5, 0)}}
}

// The names of the guards.
const (
	GuardLedgerAge = "max_ledger_age"
	GuardShrink    = "max_shrink"
	GuardCanary    = "canary"
)

// An Objection is what a guard has against the inputs.
type Objection struct {
	Guard    string `json:"guard"`
	Metric   string `json:"metric"` // what is counted; of a canary its id
	Value    string `json:"value"`
	Baseline string `json:"baseline,omitempty"`
	RunID    string `json:"run_id,omitempty"` // of the baseline
	Limit    string `json:"limit,omitempty"`
	Flag     string `json:"flag"`
	Text     string `json:"text"` // for people, without the flag
}

// Counts are what guards compare between runs.
type Counts struct {
	Rows          int `json:"rows"`
	ActiveRows    int `json:"active_rows"`
	Subscriptions int `json:"subscriptions"`
	Packages      int `json:"packages"`
	LivePackages  int `json:"live_packages"`
	MatchedPairs  int `json:"matched_pairs"`
	Accounts      int `json:"sub_accounts"`
}

// CountsOf gives the counts of a run.
func CountsOf(s *reconcile.Summary) Counts {
	return Counts{
		Rows: s.Ledger.Rows, ActiveRows: s.Ledger.ActiveRows, Subscriptions: s.Ledger.Subscriptions,
		Packages: s.Wix.Packages, LivePackages: s.Wix.LivePackages, MatchedPairs: s.Wix.MatchedPairs, Accounts: s.Wix.Accounts,
	}
}

// A metric is one of the counts.
type metric struct {
	name, text string
	of         func(*Counts) int
	ledger     bool // it needs no more than the ledger
}

func metrics() []metric {
	return []metric{
		{"rows", "rows of the ledger", func(c *Counts) int { return c.Rows }, true},
		{"active_rows", "active rows of the ledger", func(c *Counts) int { return c.ActiveRows }, true},
		{"subscriptions", "subscriptions of the ledger", func(c *Counts) int { return c.Subscriptions }, true},
		{"packages", "packages at Wix", func(c *Counts) int { return c.Packages }, false},
		{"live_packages", "live packages at Wix", func(c *Counts) int { return c.LivePackages }, false},
		{"matched_pairs", "matched pairs", func(c *Counts) int { return c.MatchedPairs }, false},
		{"sub_accounts", "sub-accounts with packages", func(c *Counts) int { return c.Accounts }, false},
	}
}

// A Reading is what a run read, as guards see it.
type Reading struct {
	AsOf            time.Time
	LedgerModified  time.Time // of its oldest part; zero where nobody knows
	Counts          Counts
	MissingCanaries []string
	LedgerOnly      bool // nothing but the ledger was read again: the rest is not weighed
}

// Weigh holds a reading against the runs before it.
func (g *Guards) Evaluate(r *Reading, e *Earlier) []Objection {
	objections := []Objection{}
	if o, objects := g.age(r); objects {
		objections = append(objections, o)
	}
	baselines := e.baselines(r.AsOf)
	for _, m := range metrics() {
		if r.LedgerOnly && !m.ledger {
			continue
		}
		if o, objects := g.shrink(m, &r.Counts, baselines); objects {
			objections = append(objections, o)
		}
	}
	for _, id := range r.MissingCanaries {
		objections = append(objections, Objection{
			Guard: GuardCanary, Metric: id, Value: "missing", Flag: flag(GuardCanary),
			Text: fmt.Sprintf("canary %q is not matched on both sides", id),
		})
	}
	return objections
}

func (g *Guards) age(r *Reading) (Objection, bool) {
	o := Objection{Guard: GuardLedgerAge, Metric: "ledger_age", Limit: g.MaxLedgerAge.String(), Flag: flag(GuardLedgerAge)}
	if g.MaxLedgerAge.Off {
		return o, false
	}
	if r.LedgerModified.IsZero() {
		o.Value, o.Text = "unknown", "the age of the ledger is not known, allowed are "+o.Limit
		return o, true
	}
	age := r.AsOf.Sub(r.LedgerModified)
	o.Value = period(age.Round(time.Second))
	o.Text = fmt.Sprintf("the ledger is %s old, allowed are %s", o.Value, o.Limit)
	return o, age > g.MaxLedgerAge.Max
}

// shrink objects where a count is less than the largest by more than the
// percentage; at it, it does not.
func (g *Guards) shrink(m metric, now *Counts, baselines []Baseline) (Objection, bool) {
	if g.MaxShrink.Off || len(baselines) == 0 {
		return Objection{}, false
	}
	largest := &baselines[0]
	for i := range baselines {
		b := &baselines[i]
		if cmp.Or(cmp.Compare(m.of(&b.Counts), m.of(&largest.Counts)), b.AsOf.Compare(largest.AsOf)) > 0 {
			largest = b // of equals the latest
		}
	}
	value, most := m.of(now), m.of(&largest.Counts)
	if most-value <= g.MaxShrink.of(most) {
		return Objection{}, false
	}
	return Objection{
		Guard: GuardShrink, Metric: m.name, Value: strconv.Itoa(value), Baseline: strconv.Itoa(most), RunID: largest.RunID,
		Limit: g.MaxShrink.String(), Flag: flag(GuardShrink),
		Text: fmt.Sprintf("%s: %d, fewer by more than %s than the %d of run %s", m.text, value, g.MaxShrink, most, largest.RunID),
	}, true
}

// Accepted reports whether a run of such inputs is accepted: complete, read
// live, and nothing objected. A limit, or the lack of an earlier run, does not
// make inputs suspect.
func Accepted(complete, replay bool, objections []Objection) bool {
	return complete && !replay && len(objections) == 0
}
