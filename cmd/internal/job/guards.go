package job

import (
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// WeighInputs holds what a run read against the accepted runs of its scope, and
// gives what the guards object to. They are weighed in every live run, whether
// it fixes anything or not: a run that one of them objects to is reported as it
// is, and is no measure for later runs until somebody accepts it.
func WeighInputs(h *reconcile.History, s *reconcile.Summary) []string {
	guards := fix.DefaultGuards()
	reading := &fix.Reading{AsOf: s.AsOf, LedgerModified: oldest(s.Inputs), Counts: fix.CountsOf(s)}
	objections := []string{}
	for _, o := range guards.Weigh(reading, fix.EarlierOf(h)) {
		objections = append(objections, o.Text)
	}
	return objections
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
