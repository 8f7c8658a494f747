package main

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"github.com/wixrecon/wixrecon/sources/wix/wixsim"
)

// One ledger in twelve formats gives the same findings.csv, except for ledger_line.

// A ledgerFormat writes the ledger below a folder, and returns its name and the
// content of a settings file if one is needed.
type ledgerFormat struct {
	name  string
	write func(t *testing.T, folder string, rows [][]string) (name, settings string)
}

func ledgerFormats() []ledgerFormat {
	return []ledgerFormat{
		{"comma", asText("l.csv", ',', nil)},
		{"semicolon, decimal comma", func(t *testing.T, folder string, rows [][]string) (string, string) {
			return asText("l.csv", ';', nil)(t, folder, editColumn(rows, "unit_price", func(cell string) string { return strings.Replace(cell, ".", ",", 1) }))
		}},
		{"tab", asText("l.tsv", '\t', nil)},
		{"UTF-8 with a BOM", asText("l.csv", ',', unicode.UTF8BOM)},
		{"UTF-16 LE", asText("l.csv", ',', unicode.UTF16(unicode.LittleEndian, unicode.UseBOM))},
		{"UTF-16 BE", asText("l.csv", ',', unicode.UTF16(unicode.BigEndian, unicode.UseBOM))},
		{"Windows-1252", func(t *testing.T, folder string, rows [][]string) (string, string) {
			file, _ := asText("l.csv", ',', charmap.Windows1252)(t, folder, rows)
			return file, "encoding: windows-1252\n"
		}},
		{"gzip", asCompressed(func(b *bytes.Buffer, text []byte) error {
			w := gzip.NewWriter(b)
			_, err := w.Write(text)
			return firstError(err, w.Close())
		})},
		{"zstd", asCompressed(func(b *bytes.Buffer, text []byte) error {
			w, err := zstd.NewWriter(b)
			if err != nil {
				return err
			}
			_, err = w.Write(text)
			return firstError(err, w.Close())
		})},
		{"a workbook", asWorkbook},
		{"a folder of parts", asParts},
		{"mapped headers and words", asMapped},
	}
}

func TestSameFindingsInEveryFormat(t *testing.T) {
	planted := wixsim.Generate(wixsim.SampleOptions{Seed: 11, Accounts: 8, Packages: 150, PerKind: 1})
	rows, err := csv.NewReader(bytes.NewReader(planted.LedgerCSV(0))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var want []byte
	for _, f := range ledgerFormats() {
		w := newEnv(t, planted, nil)
		name, settings := f.write(t, filepath.Dir(w.out), rows)
		args := []string{"--ledger", name, "--max-bad-rows", "5 %", "--reports", "findings"}
		if settings != "" {
			file := filepath.Join(filepath.Dir(w.out), "wixrecon.yaml")
			put(t, file, []byte(settings))
			args = append(args, "--config", file)
		}
		o := w.audit(t.Context(), args...)
		o.requireCode(t, exitOK)
		got := withoutLines(t, o.read(t, "findings.csv"))
		if want == nil {
			want = got
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s: findings.csv differs: %s", f.name, firstDifference(string(got), string(want)))
		}
	}
}

func asText(name string, comma rune, as encoding.Encoding) func(*testing.T, string, [][]string) (string, string) {
	return func(t *testing.T, folder string, rows [][]string) (string, string) {
		text := delimitedText(t, comma, rows)
		if as != nil {
			var err error
			if text, err = as.NewEncoder().Bytes(text); err != nil {
				t.Fatal(err)
			}
		}
		file := filepath.Join(folder, name)
		put(t, file, text)
		return file, ""
	}
}

func delimitedText(t *testing.T, comma rune, rows [][]string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.Comma = comma
	if err := w.WriteAll(rows); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asCompressed(pack func(*bytes.Buffer, []byte) error) func(*testing.T, string, [][]string) (string, string) {
	return func(t *testing.T, folder string, rows [][]string) (string, string) {
		var b bytes.Buffer
		if err := pack(&b, delimitedText(t, ',', rows)); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(folder, "l.csv.packed") // detected by its content
		put(t, file, b.Bytes())
		return file, ""
	}
}

func asWorkbook(t *testing.T, folder string, rows [][]string) (string, string) {
	workbook := excelize.NewFile()
	for i, row := range rows {
		for j, cell := range row {
			if err := workbook.SetCellStr("Sheet1", fmt.Sprintf("%s%d", column(t, j), i+1), cell); err != nil {
				t.Fatal(err)
			}
		}
	}
	file := filepath.Join(folder, "l.xlsx")
	if err := firstError(workbook.SaveAs(file), workbook.Close()); err != nil {
		t.Fatal(err)
	}
	return file, ""
}

func column(t *testing.T, j int) string {
	name, err := excelize.ColumnNumberToName(j + 1)
	if err != nil {
		t.Fatal(err)
	}
	return name
}

func asParts(t *testing.T, folder string, rows [][]string) (string, string) {
	parts := filepath.Join(folder, "parts")
	if err := os.Mkdir(parts, 0o700); err != nil {
		t.Fatal(err)
	}
	third := len(rows) / 3
	for i, part := range [][][]string{rows[1:third], rows[third : 2*third], rows[2*third:]} {
		put(t, filepath.Join(parts, fmt.Sprintf("part-%d.csv", i)), delimitedText(t, ',', append([][]string{rows[0]}, part...)))
	}
	return parts + "/", ""
}

func asMapped(t *testing.T, folder string, rows [][]string) (string, string) {
	renamed := editColumn(rows, "status", func(cell string) string {
		return strings.NewReplacer("active", "laufend", "canceled", "Ende").Replace(cell)
	})
	renamed[0] = strings.Split(strings.NewReplacer("external_id", "Vertrag", "status", "Zustand").Replace(strings.Join(rows[0], ",")), ",")
	file, _ := asText("l.csv", ',', nil)(t, folder, renamed)
	return file, "columns:\n  external_id: vertrag\n  status: Zustand\nstatus:\n  laufend: active\n  ende: canceled\n"
}

// editColumn returns the rows with one column edited.
func editColumn(rows [][]string, name string, edit func(string) string) [][]string {
	at := -1
	for i, header := range rows[0] {
		if header == name {
			at = i
		}
	}
	all := [][]string{rows[0]}
	for _, row := range rows[1:] {
		row = append([]string(nil), row...)
		row[at] = edit(row[at])
		all = append(all, row)
	}
	return all
}

func put(t *testing.T, file string, content []byte) {
	t.Helper()
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
