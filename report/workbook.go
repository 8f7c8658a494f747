package report

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// WorkbookData is what Workbook writes.
type WorkbookData struct {
	Summary     *reconcile.Summary                            // required
	Carried     []string                                      // names of the columns carried over from the ledger
	Findings    iter.Seq2[reconcile.Reported, error]          // in the order of the report; nil: none
	Inventory   iter.Seq2[reconcile.ClassifiedPackage, error] // every package; nil: none
	Settings    []Setting
	Plan        *fix.Plan    // nil where no fix was requested
	Results     []fix.Result // of the plan; nil where nothing was sent
	PlanOptions *PlanOptions // may be nil
	TmpDir      string       // for the compressed sheets: 100 MB for a million findings, as much for a million instances; empty: the system's

	maxRows   int                             // of a sheet with its header, for tests; 0: the format's 1,048,576
	openSpool func(string) (spoolFile, error) // for tests; nil: a file in TmpDir
}

// A Setting is one setting of the run as it was used.
type Setting struct {
	Name   string
	Value  string // without secrets
	Source string // for people, such as the name of a variable or "the command line"
}

// Workbook writes report.xlsx. w receives nothing until the whole workbook is on
// disk. It stops at the first error of an iterator, the disk or w, and leaves
// nothing in TmpDir. It is an error where the number of findings is not the one
// in the summary.
func Workbook(w io.Writer, b *WorkbookData) error {
	if err := writeWorkbook(w, b, func(out *workbook) error { return out.fill(b) }); err != nil {
		return fmt.Errorf("write workbook: %w", err)
	}
	return nil
}

func writeWorkbook(w io.Writer, b *WorkbookData, fill func(*workbook) error) (err error) {
	open := b.openSpool
	if open == nil {
		open = openSpool
	}
	temporary, err := open(b.TmpDir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, temporary.Close()) }()
	spool, err := newZipSpool(temporary)
	if err != nil {
		return err
	}
	defer spool.stop()
	file := excelize.NewFile()
	defer func() { err = errors.Join(err, file.Close()) }()
	file.SetZipWriter(func(io.Writer) excelize.ZipWriter { return spool })

	out := &workbook{file: file, spool: spool, styles: styles{file, map[styleKey]int{}}, parts: map[string]string{}, runID: b.Summary.RunID, maxRows: b.maxRows}
	if out.maxRows < 2 || out.maxRows > excelize.TotalRows {
		out.maxRows = excelize.TotalRows
	}
	if err := fill(out); err != nil {
		return err
	}
	if err := out.setProperties(b.Summary); err != nil {
		return err
	}
	if _, err := file.WriteToBuffer(); err != nil { // the buffer stays empty: the spool has everything
		return err
	}
	return spool.writeTo(w)
}

// A workbook is a workbook being written. Findings and inventory are streamed row
// by row, and what they add up to is counted meanwhile. So sheets are reserved
// in the order in which they are shown, and written in the order in which their
// content is known.
type workbook struct {
	file    *excelize.File
	spool   *zipSpool
	styles  styles
	parts   map[string]string // name of a sheet → name of its part in the file
	columns []string          // letters of the first columns
	runID   string
	maxRows int // of a sheet
}

func (w *workbook) fill(b *WorkbookData) error {
	if b.Summary.Command == reconcile.CommandApply {
		return w.fillApplied(b)
	}
	counts := newSheetCounts(&b.Summary.Coverage)
	if err := w.reserve("Summary"); err != nil {
		return err
	}
	findings, err := writeList(w, findingSheet(b), orEmpty(b.Findings), counts.addFinding)
	if err != nil {
		return err
	}
	if counts.findings != b.Summary.Findings.Total {
		return fmt.Errorf("count findings: %d rows, the summary has %d", counts.findings, b.Summary.Findings.Total)
	}
	if err := cmp.Or(w.writeFixes(b), w.reserve("Accounts"), w.reserve("Products")); err != nil {
		return err
	}
	if _, err := writeList(w, inventorySheet(), inventoryRows(orEmpty(b.Inventory)), counts.addInventory); err != nil {
		return err
	}
	return cmp.Or(
		w.writeExceptions(b.Summary), w.reserve("Run"),
		writeRows(w, accountSheet(), counts.accountRows()),
		writeRows(w, productSheet(), counts.productRows()),
		w.writeGrid("Summary", summaryGrid(b.Summary, findings)),
		w.writeGrid("Run", runGrid(b)),
	)
}

// fillApplied fills the workbook of an applied plan, which reads no inventory.
func (w *workbook) fillApplied(b *WorkbookData) error {
	head, _ := summaryHead(b.Summary)
	return cmp.Or(
		w.reserve("Summary"), w.writeFixes(b), w.reserve("Run"),
		w.writeGrid("Summary", head), w.writeGrid("Run", runGrid(b)),
	)
}

func (w *workbook) writeFixes(b *WorkbookData) error {
	switch {
	case b.Plan == nil:
		return w.writeNote("Fixes", "No fixes were requested; nothing was changed.")
	case len(b.Plan.Actions) == 0:
		return w.writeNote("Fixes", "None of the findings can be fixed; nothing was changed.")
	}
	v := newPlanView(b.Plan, b.Results, b.PlanOptions)
	return writeRows(w, fixSheet(v), v.actions)
}

func (w *workbook) writeExceptions(s *reconcile.Summary) error {
	if len(s.Exceptions) == 0 {
		return w.writeNote("Exceptions", "There are no exceptions.")
	}
	return writeRows(w, exceptionSheet(), s.Exceptions)
}

// writeNote writes a sheet that explains why it has no rows.
func (w *workbook) writeNote(name, note string) error {
	if err := w.reserve(name); err != nil {
		return err
	}
	g := newGrid(tabQuiet, 80)
	g.texts(1, 1, toneMuted, note)
	return w.writeGrid(name, g)
}

// reserve creates a sheet after the others. excelize names the parts of new
// sheets by number.
func (w *workbook) reserve(name string) error {
	w.parts[name] = fmt.Sprintf("xl/worksheets/sheet%d.xml", len(w.parts)+1)
	if len(w.parts) == 1 {
		return w.file.SetSheetName("Sheet1", name)
	}
	_, err := w.file.NewSheet(name)
	return err
}

// letters returns the letters of the first n columns.
func (w *workbook) letters(n int) []string {
	for len(w.columns) < n {
		letters, _ := excelize.ColumnNumberToName(len(w.columns) + 1) // within the limits of the format
		w.columns = append(w.columns, letters)
	}
	return w.columns
}

// setProperties depends on the run only, so that equal runs give equal bytes.
func (w *workbook) setProperties(s *reconcile.Summary) error {
	at := s.AsOf.UTC().Format(time.RFC3339)
	return w.file.SetDocProps(&excelize.DocProperties{
		Title: "Subscription reconciliation " + s.RunID, Creator: "wixrecon", LastModifiedBy: "wixrecon",
		Description: Verdict(s), Created: at, Modified: at,
	})
}

func orEmpty[T any](rows iter.Seq2[T, error]) iter.Seq2[T, error] {
	if rows == nil {
		return func(func(T, error) bool) {}
	}
	return rows
}
