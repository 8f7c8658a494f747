package job

import (
	"context"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// The guards are weighed in every live run, whether it fixes anything or not: a
// run that one of them objects to is reported as it is, and is no measure for
// later runs until somebody accepts it.

// weigh holds what the run read against the accepted runs of its scope.
func (w *audit) weigh(ctx context.Context) error {
	canaries, err := w.canaries(ctx)
	if err != nil {
		return err
	}
	s := &w.summary
	reading := &fix.Reading{
		AsOf: s.AsOf, LedgerModified: oldest(s.Inputs), Counts: fix.CountsOf(s), MissingCanaries: canaries.Missing(),
	}
	w.objections = w.Config.Guards.Evaluate(reading, fix.EarlierOf(&w.history.History))
	s.Objections = nil
	for _, o := range w.objections {
		s.Objections = append(s.Objections, o.Text)
	}
	s.Accepted = fix.Accepted(s.Complete, !s.Live, w.objections)
	return nil
}

// canaries looks for the canaries in what was read.
func (w *audit) canaries(ctx context.Context) (*fix.Canaries, error) {
	canaries := fix.NewCanaries(w.Config.Canaries)
	if len(w.Config.Canaries) == 0 {
		return canaries, nil
	}
	for f, err := range w.result.Findings(ctx) {
		if err != nil {
			return nil, err
		}
		canaries.Consider(&f.Finding)
	}
	for s, err := range w.result.Inventory(ctx) {
		if err != nil {
			return nil, err
		}
		canaries.See(&s)
	}
	return canaries, nil
}

// oldest gives when the first written part of the ledger was written, or no
// time where one does not tell.
func oldest(parts []reconcile.File) time.Time {
	var at time.Time
	for i, part := range parts {
		if i == 0 || part.Modified.Before(at) {
			at = part.Modified
		}
	}
	return at
}
