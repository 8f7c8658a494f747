// Command verify compares the findings of a run with the truth that generate
// wrote: the same ones, as often.
//
//	verify TRUTH.csv FINDINGS.csv
package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: verify TRUTH.csv FINDINGS.csv")
		os.Exit(2)
	}
	if err := verify(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "verify:", err)
		os.Exit(1)
	}
}

func verify(truth, findings string) error {
	counts, columns := make(map[string]int), []string(nil)
	err := eachRow(truth, func(header, row []string) {
		columns = slices.Clone(header)
		counts[strings.Join(row, "\x00")]++
	})
	if err != nil {
		return err
	}
	found := 0
	err = eachRow(findings, func(header, row []string) {
		var cells []string
		for _, column := range columns {
			cells = append(cells, strings.TrimPrefix(row[slices.Index(header, column)], "'"))
		}
		counts[strings.Join(cells, "\x00")]--
		found++
	})
	if err != nil {
		return err
	}
	var faults []error
	for key, n := range counts {
		if n != 0 {
			faults = append(faults, fmt.Errorf("%+d of %q", -n, strings.Split(key, "\x00")))
		}
	}
	if len(faults) > 0 {
		return fmt.Errorf("%d differences, such as %w", len(faults), errors.Join(faults[:min(5, len(faults))]...))
	}
	fmt.Printf("The %d findings are those that were planted.\n", found)
	return nil
}

// eachRow reads a CSV file with a header.
func eachRow(name string, do func(header, row []string)) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	rows := csv.NewReader(file)
	header, err := rows.Read()
	for err == nil {
		var row []string
		if row, err = rows.Read(); err == nil {
			do(header, row)
		}
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return fmt.Errorf("%s: %w", name, err)
}
