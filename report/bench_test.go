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
		data := sampleData(0, 0)
		data.Summary, data.Findings, data.Inventory, data.TmpDir = summary, sampleFindings(rows), samplePackages(rows/2), b.TempDir()
		if err := Workbook(io.Discard, data); err != nil {
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
