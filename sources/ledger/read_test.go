package ledger_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wixrecon/wixrecon/sources/ledger"
)

// Several goroutines read the same rows, notes and error as one.

// reading is all that a reading of a ledger returns.
type reading struct {
	Rows     []string // ordered
	Counts   ledger.Counts
	Warnings []string
	Err      string
}

func rowText(row *ledger.Row) string {
	if row.Line != nil {
		return fmt.Sprintf("%08d %+v %q", row.Line.Record, *row.Line, row.Carried)
	}
	return fmt.Sprintf("%08d %+v %q", row.Bad.Record, *row.Bad, row.Carried)
}

// readBy reads a ledger by a number of goroutines; 0 is the sequence Rows. Rows of a
// reading that failed are not compared.
func readBy(t testing.TB, workers int, text string, o *ledger.Options) (r reading) {
	t.Helper()
	l, err := ledger.Read(t.Context(), strings.NewReader(text), o)
	if err != nil {
		return reading{Err: err.Error()}
	}
	var mu sync.Mutex
	add := func(_ int, row *ledger.Row) error {
		mu.Lock()
		defer mu.Unlock()
		r.Rows = append(r.Rows, rowText(row))
		return nil
	}
	if workers > 0 {
		err = l.EachRow(workers, add)
	} else {
		for row, rowErr := range l.Rows() {
			if err = rowErr; err == nil {
				err = add(0, &row)
			}
		}
	}
	if err != nil {
		return reading{Err: err.Error()}
	}
	slices.Sort(r.Rows)
	r.Counts, r.Warnings = l.Counts(), l.Warnings()
	return r
}

// manyRows is a text of several batches, with all sorts of rows.
func manyRows(random *rand.Rand, end string) string {
	var text strings.Builder
	text.WriteString("external_id,account_id,status,catalog_product_id,billing_cycle,end_date,unit_price,currency,quantity,note\n")
	for i := range 5000 {
		id := fmt.Sprint("SUB-", i)
		row := id + "," + guidA + ",active,premium,1 MONTH,31.12.2" + fmt.Sprint(random.IntN(10)) + ",9.99,EUR,1,x"
		switch random.IntN(200) {
		case 0:
			row = id + "," + guidA + ",\"paused\nhere\",NULL,sometimes,,$1,EUR,,\xe9"
		case 1:
			row = id + ",?,on \"hold\",,,,,,,,,"
		case 2:
			row = "external_id,account_id,status,catalog_product_id,billing_cycle,end_date,unit_price,currency,quantity,note"
		case 3:
			row = "Total,,,,,,12"
		case 4:
			row = "\n" + id + "," + guidB + ",pending"
		}
		text.WriteString(row + "\n")
	}
	return text.String() + end
}

func TestSeveralGoroutinesReadTheSame(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for name, end := range map[string]string{
		"whole": "", "torn": "SUB-x," + guidA + ",act", "below": "Printed on,,\nby,,\n", "quote": "SUB-x,\"" + guidA + "\nSUB-y", "number": "SUB-x," + guidA + ",active,,,,\"1,50\"\n",
		"credit": "SUB-x," + guidA + ",active,,,,,,-1\n" + strings.Repeat("SUB-y,x,y\n", 9000),
	} {
		o := &ledger.Options{MaxBadRows: percent("50")}
		f, err := ledger.ParseDateFormat("DD.MM.YY")
		if err != nil {
			t.Fatal(err)
		}
		o.Dates = []ledger.DateFormat{f}
		text := manyRows(random, end)
		want := readBy(t, 0, text, o)
		if (want.Err == "") != (name == "whole" || name == "torn") {
			t.Errorf("%s: %q", name, want.Err)
		}
		for _, workers := range []int{1, 2, 5} {
			if diff := cmp.Diff(want, readBy(t, workers, text, o)); diff != "" {
				t.Errorf("%s by %d goroutines: %s", name, workers, diff)
			}
		}
	}
}

// Cells that are kept in memory are read as the first time.
func FuzzRepeatedCells(f *testing.F) {
	f.Add("2026-01-02", "9,99", "premium", "monthly")
	f.Add("31.12.99", "$9.99", "NULL", "P1Y")
	f.Fuzz(func(t *testing.T, date, price, product, cycle string) {
		if strings.ContainsAny(date+price+product+cycle, "\"\r\n\x00") {
			return
		}
		row := fmt.Sprintf("x,%s,active,\"%s\",\"%s\",\"%s\",\"%s\",USD\n", guidA, product, cycle, date, price)
		head := "external_id,account_id,status,catalog_product_id,billing_cycle,end_date,unit_price,currency\n" + goodRow + "\n"
		o := &ledger.Options{MaxBadRows: percent("100")}
		once, twice := readBy(t, 0, head+row, o), readBy(t, 0, head+row+row, o)
		if once.Err != "" || twice.Err != "" {
			return
		}
		second := strings.Replace(twice.Rows[2], "00000004", "00000003", 1)
		if once.Rows[1] != strings.ReplaceAll(second, "Record:4", "Record:3") {
			t.Errorf("%s\n%s", once.Rows[1], second)
		}
	})
}
