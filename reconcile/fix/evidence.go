package fix

import (
	"slices"
	"time"
)

// Evidence is how an action was proven, as far as that depends on when and from
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

// evidenceOf returns the evidence of the action with this key that fixes these
// findings.
func evidenceOf(key string, findings []*candidate) Evidence {
	e := Evidence{Key: key, FirstSeen: findings[0].FirstSeen.UTC(), Sightings: leastSightings(findings)}
	for _, c := range findings {
		if c.FirstSeen.Before(e.FirstSeen) {
			e.FirstSeen = c.FirstSeen.UTC()
		}
		if c.known.Counted.After(e.Counted) {
			e.Counted = c.known.Counted.UTC()
		}
		e.Records = append(e.Records, c.Basis.Records...)
		m := Money{Direction: c.Direction.String(), Currency: c.Monthly.Currency}
		if c.Monthly.Known {
			m.Amount = c.Monthly.Amount.String()
		}
		e.Monthly = append(e.Monthly, m)
	}
	slices.Sort(e.Records)
	e.Records = slices.Compact(e.Records)
	return e
}
