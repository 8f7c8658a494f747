package report

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/govalues/decimal"
	"pgregory.net/rapid"

	"github.com/wixrecon/wixrecon/reconcile"
)

const contractColumns = "kind,severity,state,account_id,external_id,package_id,instance_id,field,ledger_value,wix_value," +
	"fix,outcome,reason,first_seen,age_days,direction,monthly_amount,currency,customer,ledger_line,finding_id"

func rowsOf[T any](rows ...T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func failingRows[T any](err error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		_ = yield(zero, nil) && yield(zero, err)
	}
}

func parseCSV(t *testing.T, b []byte) [][]string {
	t.Helper()
	all, err := csv.NewReader(bytes.NewReader(b)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestFindingsHeader(t *testing.T) {
	got := written(t, func(w io.Writer) error {
		return FindingsCSV(w, sampleAsOf, []string{"notes", "@run", "ledger_kind"}, rowsOf[reconcile.Reported]())
	})
	if want := strings.Join(reconcile.FindingColumns(), ","); want != contractColumns {
		t.Errorf("the columns are %q, want %q", want, contractColumns)
	}
	want := contractColumns + ",notes,'@run,ledger_kind\n"
	if string(got) != want {
		t.Errorf("header\n got %q\nwant %q", got, want)
	}
}

func TestFindingCells(t *testing.T) {
	base := reconcile.Reported{Finding: reconcile.Finding{Kind: reconcile.OrphanPackage, State: reconcile.Open}}
	for _, c := range []struct {
		name   string
		set    func(*reconcile.Reported)
		column string
		want   string
	}{
		{"no direction is none", func(*reconcile.Reported) {}, "direction", "none"},
		{"no ledger row", func(*reconcile.Reported) {}, "ledger_line", ""},
		{"unknown price is not 0", func(*reconcile.Reported) {}, "monthly_amount", ""},
		{"two digits", func(r *reconcile.Reported) { r.Monthly = money("7", "EUR") }, "monthly_amount", "7.00"},
		{"no digits", func(r *reconcile.Reported) { r.Monthly = money("700", "JPY") }, "monthly_amount", "700"},
		{"three digits", func(r *reconcile.Reported) { r.Monthly = money("7.5", "KWD") }, "monthly_amount", "7.500"},
		{"half to even", func(r *reconcile.Reported) { r.Monthly = money("7.125", "EUR") }, "monthly_amount", "7.12"},
		{"a negative amount is a number", func(r *reconcile.Reported) { r.Monthly = money("-5", "EUR") }, "monthly_amount", "-5.00"},
		{"formula", func(r *reconcile.Reported) { r.ExternalID = "=1+1" }, "external_id", "'=1+1"},
		{"a negative id is text", func(r *reconcile.Reported) { r.ExternalID = "-5" }, "external_id", "'-5"},
		{"plus", func(r *reconcile.Reported) { r.Customer = "+49 30" }, "customer", "'+49 30"},
		{"at", func(r *reconcile.Reported) { r.WixValue = "@SUM(A1)" }, "wix_value", "'@SUM(A1)"},
		{"tab", func(r *reconcile.Reported) { r.Reason = "\t=1" }, "reason", "'\t=1"},
		{"carriage return", func(r *reconcile.Reported) { r.Reason = "\r=1" }, "reason", "'\r=1"},
		{"only the first character counts", func(r *reconcile.Reported) { r.Customer = "a=b" }, "customer", "a=b"},
		{"formula in a carried column", func(r *reconcile.Reported) { r.Cells = []string{"=x"} }, "notes", "'=x"},
		{"carried cells left out", func(*reconcile.Reported) {}, "notes", ""},
		{"not UTF-8", func(r *reconcile.Reported) { r.Customer = "B\xfcro" }, "customer", "B\uFFFDro"},
		{"UTC, whole seconds", func(r *reconcile.Reported) {
			r.FirstSeen = sampleAsOf.In(time.FixedZone("", -5*3600)).Add(-36*time.Hour + 5)
		}, "first_seen", "2026-11-19T14:00:00Z"},
		{"whole days", func(r *reconcile.Reported) { r.FirstSeen = sampleAsOf.Add(-47 * time.Hour) }, "age_days", "1"},
		{"age is not negative", func(r *reconcile.Reported) { r.FirstSeen = sampleAsOf.Add(72 * time.Hour) }, "age_days", "0"},
		{"first seen unknown", func(*reconcile.Reported) {}, "age_days", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			row := base
			c.set(&row)
			got := parseCSV(t, written(t, func(w io.Writer) error {
				return FindingsCSV(w, sampleAsOf, []string{"notes"}, rowsOf(row))
			}))
			for i, name := range got[0] {
				if name == c.column && got[1][i] != c.want {
					t.Errorf("%s = %q, want %q", name, got[1][i], c.want)
				}
			}
		})
	}
}

func money(amount, currency string) reconcile.Money {
	return reconcile.Money{Amount: decimal.MustParse(amount), Currency: currency, Known: true}
}

func TestPackageWithoutInstances(t *testing.T) {
	empty := reconcile.ClassifiedPackage{Package: reconcile.Package{ID: "p1", AccountID: "a1"}, Class: reconcile.Settled}
	got := parseCSV(t, written(t, func(w io.Writer) error { return PackagesCSV(w, rowsOf(empty)) }))
	if len(got) != 2 || got[1][2] != "p1" || got[1][3] != "" || got[1][17] != "settled" {
		t.Errorf("rows %q", got)
	}
}

// Whatever the ledger holds, no cell is evaluated by a spreadsheet, and no text is
// changed but for the apostrophe.
func TestNoCellIsAFormula(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		cells := rapid.SliceOfN(rapid.StringMatching(`[=+\-@\t\r\n;,"' a1é]{0,6}`), 3, 3).Draw(r, "cells")
		row := reconcile.Reported{Cells: cells}
		var b bytes.Buffer
		if err := FindingsCSV(&b, sampleAsOf, []string{"a", "b", "c"}, rowsOf(row)); err != nil {
			r.Fatal(err)
		}
		got, err := csv.NewReader(&b).ReadAll()
		if err != nil {
			r.Fatal(err)
		}
		for i, cell := range got[1][len(got[1])-3:] {
			if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
				r.Errorf("cell %q is a formula", cell)
			}
			want := strings.ReplaceAll(cells[i], "\r\n", "\n") // encoding/csv reads CR LF as LF
			if cell != want && cell != "'"+want {
				r.Errorf("cell %q is written as %q", cells[i], cell)
			}
		}
	})
}

func TestInputErrorsAreReturned(t *testing.T) {
	broken := errors.New("input/output error")
	for name, write := range map[string]func(io.Writer) error{
		"findings": func(w io.Writer) error {
			return FindingsCSV(w, sampleAsOf, nil, failingRows[reconcile.Reported](broken))
		},
		"packages": func(w io.Writer) error { return PackagesCSV(w, failingRows[reconcile.ClassifiedPackage](broken)) },
		"workbook, findings": func(w io.Writer) error {
			return Workbook(w, &WorkbookData{Summary: sampleSummary(0, 0), Findings: failingRows[reconcile.Reported](broken), TmpDir: t.TempDir()})
		},
		"workbook, packages": func(w io.Writer) error {
			return Workbook(w, &WorkbookData{Summary: sampleSummary(0, 0), Inventory: failingRows[reconcile.ClassifiedPackage](broken), TmpDir: t.TempDir()})
		},
	} {
		if err := write(io.Discard); !errors.Is(err, broken) {
			t.Errorf("%s: error %v, want %v", name, err, broken)
		}
	}
}

func TestOutputErrorsAreReturned(t *testing.T) {
	s := sampleSummary(40, 30)
	for name, write := range map[string]func(io.Writer) error{
		"findings": func(w io.Writer) error { return FindingsCSV(w, sampleAsOf, nil, sampleFindings(40)) },
		"packages": func(w io.Writer) error { return PackagesCSV(w, samplePackages(30)) },
		"text":     func(w io.Writer) error { return WriteSummary(w, FormatText, s, nil) },
		"markdown": func(w io.Writer) error { return WriteSummary(w, FormatMarkdown, s, nil) },
		"json":     func(w io.Writer) error { return WriteSummary(w, FormatJSON, s, nil) },
		"workbook": func(w io.Writer) error { return Workbook(w, sampleData(40, 30)) },
	} {
		full := errors.New("no space left")
		if err := write(failingWriter{full}); !errors.Is(err, full) {
			t.Errorf("%s: error %v, want %v", name, err, full)
		}
	}
}

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }

// Fields are written as encoding/csv writes them.
func FuzzAppendCSVText(f *testing.F) {
	for _, s := range []string{"", "SUB-1", "a,b", `say "x"`, "a\nb", "a\rb", " a", "\u00a0a", `\.`, `"`, "ü", "a\xff\xfe,"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var want bytes.Buffer
		out := csv.NewWriter(&want)
		if err := out.Write([]string{strings.ToValidUTF8(s, "\uFFFD"), "x"}); err != nil {
			t.Fatal(err)
		}
		out.Flush()
		if got := string(appendCSVText(nil, s)) + ",x\n"; got != want.String() {
			t.Errorf("%q: got %q, want %q", s, got, want.String())
		}
	})
}
