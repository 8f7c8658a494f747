package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"iter"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
)

// CSV is UTF-8 without a byte order mark, commas, LF, RFC 3339 moments in UTC.
// A text cell or header that a spreadsheet would run gets a leading
// apostrophe.

// FindingsCSV writes findings.csv: a header, then one row a finding in the
// order of rows. carried names the ledger columns that Reported.Cells holds.
// Age counts up to asOf. The first error of rows or of w ends it.
func FindingsCSV(w io.Writer, asOf time.Time, carried []string, rows iter.Seq2[reconcile.Reported, error]) error {
	if err := writeCSV(w, findingColumns(asOf, carried), rows); err != nil {
		return fmt.Errorf("write findings as csv: %w", err)
	}
	return nil
}

// PackagesCSV writes packages.csv: a header, then one row an instance, and one
// for each package that has none. The first error of rows or of w ends it.
func PackagesCSV(w io.Writer, rows iter.Seq2[reconcile.ClassifiedPackage, error]) error {
	if err := writeCSV(w, inventoryColumns(), holdings(rows)); err != nil {
		return fmt.Errorf("write packages as csv: %w", err)
	}
	return nil
}

func writeCSV[T any](w io.Writer, columns []column[T], rows iter.Seq2[T, error]) error {
	out := csv.NewWriter(w)
	record := make([]string, len(columns))
	for i := range columns {
		name := textCell(columns[i].name)
		record[i] = name.csv()
	}
	if err := out.Write(record); err != nil {
		return err
	}
	for row, err := range rows {
		if err != nil {
			return err
		}
		for i := range columns {
			c := columns[i].cell(&row)
			record[i] = c.csv()
		}
		if err := out.Write(record); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}
