package job

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"github.com/wixrecon/wixrecon/cmd/internal/config"
	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
	"github.com/wixrecon/wixrecon/report"
	"github.com/wixrecon/wixrecon/sources/archive"
	"github.com/wixrecon/wixrecon/sources/wix"
)

// The reports go into the run's folder, the summary last, and the result to
// standard output. What was sent to Wix is reported whatever happens: a run that
// is asked to stop still has some seconds for its reports, and where they can't
// be written, a brief summary has the outcomes of the fixes.

const (
	// reportGrace is how long reports are still written after a run that sent
	// something was asked to stop, and briefTime what the brief summary may take.
	reportGrace = 3 * time.Second
	briefTime   = 2 * time.Second
)

// runResult is what a run is reported from.
type runResult struct {
	folder         *archive.Run
	inputs         *inputs
	reconciliation *reconciliation
	assessment     *assessment
	fixes          *fixPlan // nil where none were requested
	execution      *execution
}

// findings returns the findings with their outcomes.
func (r *runResult) findings(ctx context.Context) iter.Seq2[reconcile.Reported, error] {
	return withOutcomes(ctx, r.reconciliation.result, r.fixes, r.execution)
}

// reportRun writes and prints what a run found, and returns the exit code.
func (s *session) reportRun(ctx context.Context, r *runResult) (code int, err error) {
	sum := r.reconciliation.summary
	r.assessment.fill(&sum)
	s.warnHiddenColumns(len(r.inputs.ledger.carried))
	err = s.reportAll(ctx, r.folder, &sum, r.fixes, r.execution, func(ctx context.Context) error {
		remaining := sum.Findings.State(reconcile.Open)
		if r.fixes != nil {
			sum.Fixes = summarizeFixes(r.fixes, r.execution)
			applied, err := countFindings(sum.Fixes, r.findings(ctx))
			if err != nil {
				return err
			}
			remaining -= applied
		}
		sum.ExitCode = exitCode(&sum, remaining, s.Config.DetailedExitcode)
		return s.writeRun(ctx, r, &sum)
	})
	if err != nil {
		return 0, err
	}
	return s.deliver(ctx, r.folder, &sum, r.fixes, r.execution)
}

// warnHiddenColumns warns where the ledger has more columns than a workbook.
func (s *session) warnHiddenColumns(carried int) {
	if shown := report.ShownColumns(carried); shown < carried && s.Config.HasReport(config.ReportXLSX) {
		s.warn("%s shows the first %d of %d other columns of the ledger, because a sheet has no room for more; see %s for all of them (--reports findings)",
			archive.WorkbookFile, shown, carried, archive.FindingsFile)
	}
}

// deliver prints the result of a run whose reports are written, and returns its
// exit code. A result that could not be printed makes it 1, also in the summary.
func (s *session) deliver(ctx context.Context, folder *archive.Run, sum *reconcile.Summary, p *fixPlan, e *execution) (code int, err error) {
	if err = errors.Join(s.unprinted, s.print(folder, sum, p, e)); err == nil {
		return sum.ExitCode, nil
	}
	err = fmt.Errorf("print the result: %w: the reports are in %s", err, folder.Folder())
	sum.ExitCode = ExitFailed
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), briefTime)
	defer cancel()
	return ExitFailed, errors.Join(err, folder.Amend(ctx, sum))
}

// reportAll runs a function that writes everything. Once something was
// sent, the function may go on for reportGrace after the end of the context, and
// an error of it leaves a brief summary.
func (s *session) reportAll(ctx context.Context, folder *archive.Run, sum *reconcile.Summary, p *fixPlan, e *execution, report func(context.Context) error) error {
	sum.Warnings = *s.warnings
	if !e.begun {
		return report(ctx)
	}
	long, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(reportGrace, cancel) })()
	err := report(long)
	if err == nil {
		return nil
	}
	return &InterruptedError{errors.Join(
		fmt.Errorf("plan %s was executed (%s), but not all reports were written; the journal has what was sent: %w",
			p.plan.ID, describeCounts(e.counts()), err),
		s.writeBrief(context.WithoutCancel(ctx), folder, *sum, p, e),
	)}
}

// writeBrief writes a summary without the reports that failed. It is not used as
// a baseline.
func (s *session) writeBrief(ctx context.Context, folder *archive.Run, sum reconcile.Summary, p *fixPlan, e *execution) error {
	ctx, cancel := context.WithTimeout(ctx, briefTime)
	defer cancel()
	if sum.Fixes == nil {
		sum.Fixes = summarizeFixes(p, e)
	}
	sum.Warnings = append(sum.Warnings, "not all reports were written")
	sum.Accepted, sum.ExitCode, sum.Finished, sum.Reports = false, ExitUnfixed, time.Now().UTC(), folder.Files()
	if err := folder.Finish(ctx, &sum); err != nil {
		return fmt.Errorf("write the summary: %w", err)
	}
	return nil
}

// describeCounts describes outcomes in a few words.
func describeCounts(counts map[string]int) string {
	text := ""
	for _, outcome := range []string{fix.OutcomeApplied, fix.OutcomeStale, fix.OutcomeFailed, fix.OutcomeUnsettled, fix.OutcomeNotStarted} {
		if n := counts[outcome]; n > 0 {
			text += fmt.Sprintf(", %d %s", n, outcome)
		}
	}
	if text == "" {
		return "nothing was sent"
	}
	return text[2:]
}

// A reportFile is one file of the run's folder.
type reportFile struct {
	name  string
	write func(io.Writer) error
}

// runReports returns the reports that were asked for.
func (s *session) runReports(ctx context.Context, r *runResult, sum *reconcile.Summary) []reportFile {
	result, carried, spool := r.reconciliation.result, r.inputs.ledger.carried, r.inputs.inventory.spool
	var files []reportFile
	add := func(report, name string, write func(io.Writer) error) {
		if s.Config.HasReport(report) {
			files = append(files, reportFile{name, write})
		}
	}
	if spool != nil && !r.folder.Has(archive.SnapshotFile) {
		add(config.ReportSnapshot, archive.SnapshotFile, spool.copyTo)
	}
	add(config.ReportFindings, archive.FindingsFile, func(out io.Writer) error {
		return report.FindingsCSV(out, sum.AsOf, carried, r.findings(ctx))
	})
	add(config.ReportPackages, archive.PackagesFile, func(out io.Writer) error {
		return report.PackagesCSV(out, result.Inventory(ctx))
	})
	add(config.ReportXLSX, archive.WorkbookFile, func(out io.Writer) error {
		data := s.workbook(sum, r.fixes, r.execution)
		data.Carried, data.Findings, data.Inventory = carried, r.findings(ctx), result.Inventory(ctx)
		return report.Workbook(out, data)
	})
	return files
}

// writeRun writes the folder of a run.
func (s *session) writeRun(ctx context.Context, r *runResult, sum *reconcile.Summary) error {
	reported := s.phases.measure(reconcile.RunPhaseReport)
	sum.Finished, sum.Requests = time.Now().UTC(), requests(r.inputs.client)
	for _, f := range s.runReports(ctx, r, sum) {
		s.Log.Info("writing " + f.name)
		if err := r.folder.Put(ctx, f.name, f.write); err != nil {
			return err
		}
	}
	if sum.Live && !r.folder.Has(archive.KnownFindingsFile) {
		if err := r.folder.PutKnownFindings(ctx, sum.Scope.ID, r.assessment.known); err != nil {
			return err
		}
		if err := r.folder.PutReading(ctx, sum.Scope.ID, r.inputs.inventory.learned); err != nil {
			return err
		}
	}
	reported()
	sum.Reports, sum.Phases = r.folder.Files(), *s.phases
	if err := r.folder.Finish(ctx, sum); err != nil {
		return err
	}
	s.setLatest(ctx, sum)
	return nil
}

// setLatest makes an accepted run the latest of its scope. The run is finished by
// then, so a failure is only a warning.
func (s *session) setLatest(ctx context.Context, sum *reconcile.Summary) {
	if !sum.Accepted {
		return
	}
	warning, err := s.archive.SetLatest(ctx, sum)
	if warning != "" {
		s.Log.Warn(warning)
	}
	if err != nil {
		s.Log.Warn("the run was not recorded as the latest", "cause", err)
	}
}

// requests returns how many requests were sent; client may be nil.
func requests(client *wix.Client) reconcile.Requests {
	if client == nil {
		return reconcile.Requests{}
	}
	return client.Requests()
}

// workbook returns what the workbooks of run and apply have in common.
func (s *session) workbook(sum *reconcile.Summary, p *fixPlan, e *execution) *report.WorkbookData {
	data := &report.WorkbookData{Summary: sum, TmpDir: s.Config.TempDir, PlanOptions: &report.PlanOptions{}}
	for _, g := range s.Config.Effective {
		data.Settings = append(data.Settings, report.Setting{Name: g.Name, Value: g.Value, Source: g.Source})
	}
	if p != nil {
		data.Plan, data.Results = p.plan, e.inOrder(p.plan)
		data.PlanOptions = &report.PlanOptions{Reviewed: p.reviewed, Refusals: p.refusals, Held: p.held}
	}
	return data
}

// print prints the result: of a run its summary, of plan and apply the plan with
// its outcomes. Reasons of a refusal go to the log as well.
func (s *session) print(folder *archive.Run, sum *reconcile.Summary, p *fixPlan, e *execution) error {
	if p != nil {
		for _, r := range p.refusals {
			s.Log.Warn("the fixes are refused: "+r.Text, "limit", r.Limit, "value", r.Value, "need", r.Need, "raise_with", r.Flag)
		}
	}
	if s.command == reconcile.CommandRun || s.Config.Output == config.OutputJSON && s.command == reconcile.CommandApply {
		return report.WriteSummary(s.Stdout, s.format(), sum, &report.SummaryOptions{Folder: folder.Folder()})
	}
	if err := s.printPlan(p, e); err != nil {
		return err
	}
	if s.Config.Output == config.OutputText {
		_, err := io.WriteString(s.Stdout, "\nReports in "+folder.Folder()+"\n")
		return err
	}
	return nil
}

// printPlan prints a plan, with the outcomes that are known.
func (s *session) printPlan(p *fixPlan, e *execution) error {
	o := &report.PlanOptions{Reviewed: p.reviewed, Refusals: p.refusals, Held: p.held}
	return report.WritePlan(s.Stdout, s.format(), p.plan, e.inOrder(p.plan), o)
}
