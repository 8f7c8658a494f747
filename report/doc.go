// Package report writes what people read of a run: findings and inventory as
// CSV, a workbook, and the summary, a plan of fixes and the journal as text,
// Markdown or JSON.
//
// Everything goes to an io.Writer and comes from iterators; nothing is opened
// but the temporary files that a workbook of a million rows needs. Rows are
// written in the order in which they come, and equal inputs give equal bytes.
// What the program reads back is not written here.
package report
