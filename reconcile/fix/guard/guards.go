// Package guard decides whether a plan may be sent: guards on the inputs of a
// run, canaries, and limits on what a plan changes. It is pure.
package guard

import (
	"cmp"
	"fmt"
	"strconv"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// Guards check the inputs of a run. They are evaluated in every run, whether it
// fixes or not. A run that one of them objects to is not accepted: it is neither
// a baseline nor a sighting, and resolves no finding.
//
// Each count is compared with the largest of all accepted runs of the last 14
// days, so that a slow shrink does not lower the baseline run by run; where there
// are none, with the latest one before. A `runs accept` starts this again. What our
// own cancels removed since that run counts as still there, and one fewer is
// never too few: otherwise the first customer who leaves a small reseller would
// stop all fixes for two weeks.
type Guards struct {
	MaxLedgerAge Age
	MaxShrink    Percent
}

// An Objection is why a guard finds the inputs suspect.
type Objection struct {
	Guard string
	Value string
	Limit string
	Flag  string
	Text  string // for people, without the flag
}

// Refusal returns the refusal of a plan that is based on the inputs.
func (o *Objection) Refusal() fix.Refusal {
	return fix.Refusal{Cause: fix.CauseGuard, Limit: o.Guard, Value: o.Limit, Need: o.Value, Flag: o.Flag, Text: o.Text}
}

// A metric is a count that is compared between runs.
type metric struct {
	name   string
	of     func(*reconcile.Summary) int
	ledger bool             // it is counted in the ledger alone
	credit func(credit) int // nil: our own cancels remove nothing from it
}

func metrics() []metric {
	return []metric{
		{"rows of the ledger", func(s *reconcile.Summary) int { return s.Ledger.Rows }, true, nil},
		{"active rows of the ledger", func(s *reconcile.Summary) int { return s.Ledger.ActiveRows }, true, nil},
		{"subscriptions of the ledger", func(s *reconcile.Summary) int { return s.Ledger.Subscriptions }, true, nil},
		{"packages at Wix", func(s *reconcile.Summary) int { return s.Wix.Packages }, false, nil},
		{"live packages at Wix", func(s *reconcile.Summary) int { return s.Wix.LivePackages }, false, func(c credit) int { return c.livePackages }},
		{"matched pairs", func(s *reconcile.Summary) int { return s.Wix.MatchedPairs }, false, func(c credit) int { return c.matchedPairs }},
		{"sub-accounts with packages", func(s *reconcile.Summary) int { return s.Wix.Accounts }, false, nil},
	}
}

// Inputs are what a run read, as guards see it.
type Inputs struct {
	Run             *reconcile.Summary // its as-of and its counts
	LedgerModified  time.Time          // of its oldest part; zero where it is not known
	LedgerNewest    time.Time          // of its newest part
	MissingCanaries []string
	WixAhead        time.Duration // how far Wix's clock is ahead of this one; 0 where it is not known
	Journal         []fix.Entry   // since the oldest baseline; our own cancels are credited
	LedgerOnly      bool          // only the ledger was read: counts at Wix are not checked
}

// Evaluate compares the inputs with the accepted runs before.
func (g *Guards) Evaluate(in *Inputs, h *reconcile.History) []Objection {
	objections := []Objection{}
	if o, objects := g.age(in); objects {
		objections = append(objections, o)
	}
	if o, objects := clock(in.WixAhead); objects {
		objections = append(objections, o)
	}
	baselines := h.Baselines(in.Run.AsOf)
	for _, m := range metrics() {
		if in.LedgerOnly && !m.ledger {
			continue
		}
		if o, objects := g.shrink(m, in, baselines); objects {
			objections = append(objections, o)
		}
	}
	for _, id := range in.MissingCanaries {
		objections = append(objections, Objection{
			Guard: fix.GuardCanary, Value: "missing", Flag: Flag(fix.GuardCanary),
			Text: fmt.Sprintf("canary %q is not matched on both sides", id),
		})
	}
	return objections
}

func (g *Guards) age(in *Inputs) (Objection, bool) {
	o := Objection{Guard: fix.GuardLedgerAge, Limit: g.MaxLedgerAge.String(), Flag: Flag(fix.GuardLedgerAge)}
	if g.MaxLedgerAge.Off {
		return o, false
	}
	if in.LedgerModified.IsZero() {
		o.Value, o.Text = "unknown", "the age of the ledger is not known; the maximum is "+o.Limit
		return o, true
	}
	age := in.Run.AsOf.Sub(in.LedgerModified)
	o.Value = period(age.Round(time.Second))
	o.Text = fmt.Sprintf("the ledger is %s old; the maximum is %s", o.Value, o.Limit)
	if ahead := in.LedgerNewest.Sub(in.Run.AsOf); ahead > g.MaxLedgerAge.Max && !in.LedgerNewest.IsZero() {
		o.Value = period(ahead.Round(time.Second))
		o.Text = fmt.Sprintf("the ledger is dated %s in the future; the maximum is %s: check the clocks", o.Value, o.Limit)
		return o, true
	}
	return o, age > g.MaxLedgerAge.Max
}

// clock objects where this machine's clock is far from Wix's: what is in flight,
// ended or expired depends on it.
func clock(wixAhead time.Duration) (Objection, bool) {
	direction := "behind"
	if wixAhead < 0 {
		direction = "ahead of"
	}
	skew := wixAhead.Abs()
	return Objection{
		Guard: fix.GuardClock, Value: period(skew), Limit: period(fix.MaxSkew),
		Text: fmt.Sprintf("the clock of this machine is %s %s Wix's: set it, and run again", period(skew), direction),
	}, skew >= fix.MaxSkew
}

// shrink objects where a count is less than the largest baseline by more than
// the percentage, and by more than one.
func (g *Guards) shrink(m metric, in *Inputs, baselines []*reconcile.Summary) (Objection, bool) {
	if g.MaxShrink.Off || len(baselines) == 0 {
		return Objection{}, false
	}
	largest := baselines[0]
	for _, b := range baselines[1:] { // of equals the latest
		if cmp.Or(cmp.Compare(m.of(b), m.of(largest)), b.AsOf.Compare(largest.AsOf)) > 0 {
			largest = b
		}
	}
	value, most, own := m.of(in.Run), m.of(largest), 0
	if m.credit != nil {
		own = m.credit(creditSince(in.Journal, largest.AsOf))
	}
	if most-value-own <= max(1, g.MaxShrink.of(most)) {
		return Objection{}, false
	}
	text := fmt.Sprintf("%s: %d, more than %s fewer than the %d of run %s", m.name, value, g.MaxShrink, most, largest.RunID)
	if own > 0 {
		text += fmt.Sprintf("; our own cancels account for %d of them", own)
	}
	return Objection{
		Guard: fix.GuardShrink, Value: strconv.Itoa(value), Limit: g.MaxShrink.String(), Flag: Flag(fix.GuardShrink), Text: text,
	}, true
}

// Accepted reports whether a run that read Wix live is accepted: it is complete
// and has no objections. A limit, or the lack of an earlier run, does not make
// inputs suspect.
func Accepted(complete bool, objections []Objection) bool {
	return complete && len(objections) == 0
}
