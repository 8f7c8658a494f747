package report

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/csv"
	"encoding/hex"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/govalues/decimal"

	"github.com/wixrecon/wixrecon/reconcile"
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

// The benchmarks from here on have peers in the folder bench, which write the same
// rows: a million of them, into the folder BENCH_OUT.

const peerRows = 1_000_000

func benchFile(b *testing.B, name string) *os.File {
	b.Helper()
	file, err := os.Create(filepath.Join(cmp.Or(os.Getenv("BENCH_OUT"), b.TempDir()), name))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := file.Close(); err != nil {
			b.Error(err)
		}
	})
	return file
}

// peerGUID returns one of many ids, in a form that costs little to make.
func peerGUID(kind int) func(*int) string {
	return func(i *int) string {
		var raw [16]byte
		n := uint64(*i)*0x9e3779b97f4a7c15 + uint64(kind)
		binary.BigEndian.PutUint64(raw[:8], n)
		binary.BigEndian.PutUint64(raw[8:], n*0xbf58476d1ce4e5b9)
		var text [36]byte
		at := 0
		for k, b := range raw {
			if k == 4 || k == 6 || k == 8 || k == 10 {
				text[at] = '-'
				at++
			}
			at += hex.Encode(text[at:], []byte{b})
		}
		return string(text[:])
	}
}

// peerSheet has the twelve columns of bench/xlsxwriter/rows.c.
func peerSheet() listSheet[int] {
	word := func(words ...string) func(*int) string { return func(i *int) string { return words[*i%len(words)] } }
	return listSheet[int]{name: "Rows", tab: tabQuiet, frozen: 1, pagesWide: 1, columns: []column[int]{
		textColumn("external_id", 20, func(i *int) string { return "SUB-" + strconv.Itoa(1_000_000+*i) }),
		textColumn("account_id", 38, peerGUID(1)),
		textColumn("product_id", 38, peerGUID(2)),
		textColumn("site_id", 38, peerGUID(3)),
		textColumn("status", 10, word("active", "canceled", "pending")),
		textColumn("cycle", 10, word("1 MONTH", "1 YEAR")),
		textColumn("country", 10, word("DE", "FR", "US", "CA", "GB")),
		textColumn("currency", 10, word("EUR", "EUR", "USD", "CAD", "GBP")),
		timeColumn("created", 17, func(i *int) time.Time { return time.Unix(1700000000+int64(*i)*61, 0) }),
		timeColumn("updated", 17, func(i *int) time.Time { return time.Unix(1750000000+int64(*i)*13, 0) }),
		numberColumn("price", 12, func(i *int) cell {
			amount, _ := decimal.New(int64(*i%90000), 2) // never too large
			return amountCell(amount, "EUR")
		}),
		countColumn("line", 10, func(i *int) int { return *i + 2 }),
	}}
}

func numbers(n int) iter.Seq2[int, error] {
	return func(yield func(int, error) bool) {
		for i := range n {
			if !yield(i, nil) {
				return
			}
		}
	}
}

func BenchmarkPeerWorkbook(b *testing.B) {
	file := benchFile(b, "rows.xlsx")
	for b.Loop() {
		data := &WorkbookData{Summary: &reconcile.Summary{RunID: "bench"}, TmpDir: filepath.Dir(file.Name())}
		err := writeWorkbook(file, data, func(w *workbook) error {
			_, err := writeList(w, peerSheet(), numbers(peerRows-1), nil)
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// peerFindings repeats a few findings, so that making them costs nothing.
func peerFindings(n int) iter.Seq2[reconcile.Reported, error] {
	var few []reconcile.Reported
	for f := range sampleFindings(200) {
		few = append(few, f)
	}
	return func(yield func(reconcile.Reported, error) bool) {
		for i := range n {
			if !yield(few[i%len(few)], nil) {
				return
			}
		}
	}
}

// peerRecords returns the same findings as text.
func peerRecords(b *testing.B) [][]string {
	b.Helper()
	var text bytes.Buffer
	if err := FindingsCSV(&text, sampleAsOf, sampleCarried, sampleFindings(200)); err != nil {
		b.Fatal(err)
	}
	records, err := csv.NewReader(&text).ReadAll()
	if err != nil {
		b.Fatal(err)
	}
	return records[1:]
}

func BenchmarkPeerFindingsCSV(b *testing.B) {
	file := benchFile(b, "findings.csv")
	for b.Loop() {
		if err := FindingsCSV(file, sampleAsOf, sampleCarried, peerFindings(peerRows)); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPeerEncodingCSV writes the same cells by encoding/csv alone: as text
// already, and without the rules for formulas.
func BenchmarkPeerEncodingCSV(b *testing.B) {
	file := benchFile(b, "findings.csv")
	rows := peerRecords(b)
	for b.Loop() {
		out := csv.NewWriter(file)
		for i := range peerRows {
			if err := out.Write(rows[i%len(rows)]); err != nil {
				b.Fatal(err)
			}
		}
		if out.Flush(); out.Error() != nil {
			b.Fatal(out.Error())
		}
	}
}
