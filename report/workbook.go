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

// The workbook is streamed: findings and inventory go row by row to disk, and
// what they add up to – accounts, products, the check of the totals – is
// counted on the way, so that the sheets can't disagree. The sheets are
// created in the order in which they are shown, and written in the order in
// which their content is known.

// A Book is what Workbook writes.
type WorkbookData struct {
	Summary     *reconcile.Summary                            // required
	Carried     []string                                      // headers of the carried columns
	Findings    iter.Seq2[reconcile.Reported, error]          // in the order of the report; nil is none
	Inventory   iter.Seq2[reconcile.ClassifiedPackage, error] // every package; nil is none
	Settings    []Setting                                     // of the run, without secrets
	Plan        *fix.Plan                                     // of the run; nil where no fix was asked for
	Results     []fix.Result                                  // what became of the plan; nil where nothing was sent
	PlanOptions *PlanOptions                                  // how the plan is shown; may be nil
	TmpDir      string                                        // for the sheets while they grow: about 1.2 GB for a million findings, as much for a million instances; empty is the system's
	MaxRows     int                                           // rows a sheet holds, its header included; 0 is the format's 1,048,576
}

// A Setting is one setting of the run as it was used.
type Setting struct {
	Name   string
	Value  string // without secrets
	Source string // "flag", "environment", "file" or "default"
}

// Workbook writes report.xlsx to w, which gets nothing before the whole
// workbook stands on disk. The first error of the iterators, of the disk or of
// w ends it; nothing is left in TmpDir. A workbook whose findings are not as
// many as its summary counts is an error.
func Workbook(w io.Writer, b *WorkbookData) error {
	if err := writeWorkbook(w, b); err != nil {
		return fmt.Errorf("write workbook: %w", err)
	}
	return nil
}

func writeWorkbook(w io.Writer, b *WorkbookData) (err error) {
	spool, err := newZipSpool(b.TmpDir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, spool.remove()) }()
	file := excelize.NewFile(excelize.Options{TmpDir: b.TmpDir})
	defer func() { err = errors.Join(err, file.Close()) }()
	file.SetZipWriter(func(io.Writer) excelize.ZipWriter { return spool })

	book := &workbook{file: file, styles: styles{file, map[look]int{}}, runID: b.Summary.RunID, limit: b.MaxRows}
	if book.limit < 2 || book.limit > excelize.TotalRows {
		book.limit = excelize.TotalRows
	}
	if err := book.fill(b); err != nil {
		return err
	}
	if err := book.properties(b.Summary); err != nil {
		return err
	}
	if _, err := file.WriteToBuffer(); err != nil { // the buffer stays empty: the spool has it all
		return err
	}
	return spool.writeTo(w)
}

// A workbook is being written.
type workbook struct {
	file   *excelize.File
	styles styles
	runID  string
	limit  int
	sheets int
}

func (w *workbook) fill(b *WorkbookData) error {
	if b.Summary.Command == reconcile.CommandApply {
		return w.fillApplied(b)
	}
	c := newCount(&b.Summary.Coverage)
	if err := w.reserve("Summary"); err != nil {
		return err
	}
	findings, err := writeList(w, findingSheet(b), each(b.Findings), c.finding)
	if err != nil {
		return err
	}
	if c.findings != b.Summary.Findings.Total {
		return fmt.Errorf("count findings: %d rows, the summary has %d", c.findings, b.Summary.Findings.Total)
	}
	if err := cmp.Or(w.fixes(b), w.reserve("Accounts"), w.reserve("Products")); err != nil {
		return err
	}
	if _, err := writeList(w, inventorySheet(), holdings(each(b.Inventory)), c.holding); err != nil {
		return err
	}
	if err := cmp.Or(w.exceptions(b.Summary), w.reserve("Run")); err != nil {
		return err
	}
	if _, err := writeList(w, accountSheet(), c.accountRows(), nil); err != nil {
		return err
	}
	if _, err := writeList(w, productSheet(), c.productRows(), nil); err != nil {
		return err
	}
	return cmp.Or(
		w.writeGrid("Summary", summaryGrid(b.Summary, findings)),
		w.writeGrid("Run", runGrid(b)),
	)
}

// fillApplied fills the workbook of a plan that was made before: there is
// nothing to tell of the inventory.
func (w *workbook) fillApplied(b *WorkbookData) error {
	if err := cmp.Or(w.reserve("Summary"), w.fixes(b), w.reserve("Run")); err != nil {
		return err
	}
	head, _ := summaryHead(b.Summary)
	return cmp.Or(w.writeGrid("Summary", head), w.writeGrid("Run", runGrid(b)))
}

// fixes writes the sheet of the plan, or that there is none.
func (w *workbook) fixes(b *WorkbookData) error {
	switch {
	case b.Plan == nil:
		return w.note("Fixes", "No fix was asked for, and nothing was changed.")
	case len(b.Plan.Actions) == 0:
		return w.note("Fixes", "Nothing of what was found may be fixed, and nothing was changed.")
	}
	v := viewOf(b.Plan, b.Results, b.PlanOptions)
	_, err := writeList(w, fixSheet(v), fixRows(v), nil)
	return err
}

// exceptions writes the sheet of the exceptions, or that there are none.
func (w *workbook) exceptions(s *reconcile.Summary) error {
	if len(s.Exceptions) == 0 {
		return w.note("Exceptions", "There are no exceptions.")
	}
	_, err := writeList(w, exceptionSheet(), exceptionRows(s.Exceptions), nil)
	return err
}

// note writes a sheet that says why it is empty.
func (w *workbook) note(name, words string) error {
	if err := w.reserve(name); err != nil {
		return err
	}
	g := newGrid(tabQuiet, 80)
	g.words(1, 1, toneMuted, words)
	return w.writeGrid(name, g)
}

// reserve gives a sheet its place.
func (w *workbook) reserve(name string) error {
	w.sheets++
	if w.sheets == 1 {
		return w.file.SetSheetName("Sheet1", name)
	}
	_, err := w.file.NewSheet(name)
	return err
}

// properties are fixed by the run, so that equal runs give equal bytes.
func (w *workbook) properties(s *reconcile.Summary) error {
	at := s.AsOf.UTC().Format(time.RFC3339)
	return w.file.SetDocProps(&excelize.DocProperties{
		Title: "Subscription reconciliation " + s.RunID, Creator: "wixrecon", LastModifiedBy: "wixrecon",
		Description: verdict(s), Created: at, Modified: at,
	})
}

// each makes no iterator an empty one.
func each[T any](rows iter.Seq2[T, error]) iter.Seq2[T, error] {
	if rows == nil {
		return func(func(T, error) bool) {}
	}
	return rows
}
