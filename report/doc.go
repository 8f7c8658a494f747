// Package report writes what people read: findings and packages as CSV, a
// workbook, and the summary of a run, a plan, the journal and the list of runs as
// text, Markdown or JSON.
//
// Everything is read from values and iterators and written to an io.Writer, in
// the order given; equal inputs give equal bytes. Nothing is opened but the
// temporary files of a workbook. Files that the program reads back are written
// by other packages.
package report
