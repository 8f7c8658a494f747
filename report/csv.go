package report

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"iter"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
)

// CSV is UTF-8 without a byte order mark, with commas, LF, and RFC 3339 times in
// UTC. A text cell or header that a spreadsheet would evaluate gets a leading
// apostrophe.

// FindingsCSV writes findings.csv: a header and one row for each finding, in the
// order of rows. carried names the ledger columns in Reported.Cells; age counts up
// to asOf. It stops at the first error of rows or w.
func FindingsCSV(w io.Writer, asOf time.Time, carried []string, rows iter.Seq2[reconcile.Reported, error]) error {
	return writeCSV(w, "findings", findingColumns(asOf, carried), rows)
}

// PackagesCSV writes packages.csv: a header and one row for each instance, and
// for each package without instances. It stops at the first error of rows or w.
func PackagesCSV(w io.Writer, rows iter.Seq2[reconcile.ClassifiedPackage, error]) error {
	return writeCSV(w, "packages", inventoryColumns(), inventoryRows(rows))
}

func writeCSV[T any](w io.Writer, what string, columns []column[T], rows iter.Seq2[T, error]) error {
	out := csv.NewWriter(w)
	record := make([]string, len(columns))
	for i := range columns {
		record[i] = neutralizeFormula(columns[i].name)
	}
	err := out.Write(record)
	for row, rowErr := range rows {
		if err = cmp.Or(err, rowErr); err != nil {
			break
		}
		for i := range columns {
			c := columns[i].cell(&row)
			record[i] = c.csv()
		}
		err = out.Write(record)
	}
	if err == nil {
		out.Flush()
		err = out.Error()
	}
	if err != nil {
		return fmt.Errorf("write %s as csv: %w", what, err)
	}
	return nil
}
