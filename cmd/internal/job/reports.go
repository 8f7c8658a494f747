package job

import (
	"context"
	"io"
	"time"

	"github.com/wixrecon/wixrecon/cmd/internal/config"
	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/report"
	"github.com/wixrecon/wixrecon/sources/archive"
)

// A reportFile is one file of the run's folder.
type reportFile struct {
	name  string
	asked string // the word of --reports for it
	write func(*audit, context.Context, io.Writer) error
}

// reportTable gives the reports in the order in which they are written.
func reportTable() []reportFile {
	return []reportFile{
		{archive.SnapshotFile, config.ReportSnapshot, (*audit).writeSnapshot},
		{archive.FindingsFile, config.ReportFindings, (*audit).writeFindings},
		{archive.PackagesFile, config.ReportPackages, (*audit).writePackages},
		{archive.WorkbookFile, config.ReportXLSX, (*audit).writeWorkbook},
	}
}

// write puts the reports into the run's folder, the summary last.
func (w *audit) write(ctx context.Context) error {
	w.summary.Finished = time.Now().UTC()
	if w.client != nil {
		w.summary.Requests = w.client.Requests()
	}
	for _, f := range reportTable() {
		if !w.Config.HasReport(f.asked) || f.name == archive.SnapshotFile && w.snapshot == nil {
			continue
		}
		w.Log.Info("writing " + f.name)
		if err := w.run.Put(ctx, f.name, func(out io.Writer) error { return f.write(w, ctx, out) }); err != nil {
			return err
		}
	}
	if w.summary.Live {
		if err := w.run.PutKnownFindings(ctx, w.summary.Scope.ID, w.memory); err != nil {
			return err
		}
	}
	w.summary.Reports = w.run.Files()
	if err := w.run.Finish(ctx, &w.summary); err != nil {
		return err
	}
	w.point(ctx)
	return nil
}

func (w *audit) writeSnapshot(_ context.Context, out io.Writer) (err error) {
	w.summary.SnapshotContent, err = w.snapshot.copyTo(out)
	return err
}

func (w *audit) writeFindings(ctx context.Context, out io.Writer) error {
	return report.FindingsCSV(out, w.summary.AsOf, w.carried, w.findings(ctx))
}

func (w *audit) writePackages(ctx context.Context, out io.Writer) error {
	return report.PackagesCSV(out, w.result.Inventory(ctx))
}

func (w *audit) writeWorkbook(ctx context.Context, out io.Writer) error {
	book := &report.WorkbookData{
		Summary: &w.summary, Carried: w.carried, Settings: w.settings(),
		Plan: w.plan, Results: w.inOrder(), PlanOptions: &report.PlanOptions{Reviewed: w.reviewed, Refusals: w.refusals},
	}
	if w.command != reconcile.CommandApply { // which reads no book
		book.Findings, book.Inventory = w.findings(ctx), w.result.Inventory(ctx)
	}
	return report.Workbook(out, book)
}

// settings gives what the run was asked to do, for the workbook's last sheet.
func (w *audit) settings() []report.Setting {
	var all []report.Setting
	for _, g := range w.Config.Effective {
		all = append(all, report.Setting{Name: g.Name, Value: g.Value, Source: g.Source})
	}
	return all
}
