package report

import (
	"io"
	"testing"
)

func BenchmarkWorkbook(b *testing.B) {
	const rows = 100_000
	summary := sampleSummary(rows, rows/2)
	b.ReportAllocs()
	for b.Loop() {
		book := sampleBook(0, 0)
		book.Summary, book.Findings, book.Inventory, book.TmpDir = summary, sampleFindings(rows), sampleStock(rows/2), b.TempDir()
		if err := Workbook(io.Discard, book); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(rows*float64(b.N)/b.Elapsed().Seconds(), "findings/s")
}

func BenchmarkFindingsCSV(b *testing.B) {
	const rows = 100_000
	b.ReportAllocs()
	for b.Loop() {
		if err := FindingsCSV(io.Discard, sampleAsOf, sampleCarried, sampleFindings(rows)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(rows*float64(b.N)/b.Elapsed().Seconds(), "findings/s")
}
