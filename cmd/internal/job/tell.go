package job

import (
	"context"
	"io"
	"time"

	"github.com/wixrecon/wixrecon/cmd/internal/config"
	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
	"github.com/wixrecon/wixrecon/report"
	"github.com/wixrecon/wixrecon/sources/archive"
)

// What a run found goes to standard output: of a run its summary, of a plan the
// plan, of a plan that was carried out what became of it. Why something was
// refused goes to the log too, because that is what a night's run is read for.

// tell prints the result.
func (w *audit) tell(context.Context) error {
	w.tellRefusals()
	if w.command == reconcile.CommandRun || w.Config.Output == config.OutputJSON && w.command == reconcile.CommandApply {
		return printSummary(w.Stdout, w.Config.Output, &w.summary, w.run.Folder())
	}
	if err := w.showPlan(w.plan); err != nil {
		return err
	}
	if w.Config.Output == config.OutputText {
		_, err := io.WriteString(w.Stdout, "\nReports in "+w.run.Folder()+"\n")
		return err
	}
	return nil
}

func (w *audit) tellRefusals() {
	for _, r := range w.refusals {
		w.Log.Warn("the fixes are refused: "+r.Text, "limit", r.Limit, "value", r.Value, "need", r.Need, "raise_with", r.Flag)
	}
}

// showPlan prints a plan, with what became of it as far as that is known.
func (w *audit) showPlan(p *fix.Plan) error {
	o := &report.PlanOptions{Reviewed: w.reviewed, Refusals: w.refusals}
	switch w.Config.Output {
	case config.OutputJSON:
		return report.PlanJSON(w.Stdout, p)
	case config.OutputMarkdown:
		return report.PlanMarkdown(w.Stdout, p, w.inOrder(), o)
	}
	return report.PlanText(w.Stdout, p, w.inOrder(), o)
}

// inOrder gives what became of the actions that were due, in the plan's order.
func (w *audit) inOrder() []fix.Result {
	if w.plan == nil {
		return nil
	}
	var results []fix.Result
	for i := range w.plan.Actions {
		if r, ok := w.results[w.plan.Actions[i].Key]; ok {
			results = append(results, r)
		}
	}
	return results
}

// writeApplied writes what there is to tell of a plan that was carried out.
func (w *audit) writeApplied(ctx context.Context) error {
	w.summary.Finished = time.Now().UTC()
	if w.client != nil {
		w.summary.Requests = w.client.Requests()
	}
	if err := w.writePlanFirst(ctx); err != nil {
		return err
	}
	if w.Config.HasReport(config.ReportXLSX) {
		if err := w.run.Put(ctx, archive.WorkbookFile, func(out io.Writer) error { return w.writeWorkbook(ctx, out) }); err != nil {
			return err
		}
	}
	w.summary.Reports = w.run.Files()
	return w.run.Finish(ctx, &w.summary)
}
