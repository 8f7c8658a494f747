package ledger_test

import (
	"testing"
	"time"

	"github.com/wixrecon/wixrecon/sources/ledger"
)

func TestDateFormats(t *testing.T) {
	for _, c := range []struct{ format, cell, want string }{
		{"DD.MM.YYYY", "02.01.2026", "2026-01-02T00:00:00Z"}, {"dd.mm.yyyy", "02.01.2026", "2026-01-02T00:00:00Z"},
		{"D/M/YY", "2/1/26", "2026-01-02T00:00:00Z"}, {"M/D/YYYY h:mm A", "1/2/2026 3:04 PM", "2026-01-02T15:04:00Z"},
		{"yyyymmdd hh:mm:ss a", "20260102 03:04:05 pm", "2026-01-02T15:04:05Z"}, {"MMM D, YYYY", "Jan 2, 2026", "2026-01-02T00:00:00Z"},
		{"D MMMM YYYY", "2 January 2026", "2026-01-02T00:00:00Z"}, {"DD-MMM-YYYY HH:mm:ss", "02-Jan-2026 15:04:05", "2026-01-02T15:04:05Z"},
		{"02/01/2006 15:04", "02/01/2026 03:04", "2026-01-02T03:04:00Z"}, {"DD.MM.YYYY HH:mm Z", "02.01.2026 03:04 +02:00", "2026-01-02T01:04:00Z"},
		{"YYYYMMDD", "20260102", "2026-01-02T00:00:00Z"},
		{"DD.MM.YYYY", "2026-01-02", "2026-01-02T00:00:00Z"}, {"DD.MM.YYYY", "31.02.2026", ""}, {"DD.MM.YYYY", "01.02.0026", ""}, {"DD.MM.YYYY", "2.1.2026", ""},
	} {
		f, err := ledger.ParseDateFormat(c.format)
		if err != nil {
			t.Errorf("%s: %v", c.format, err)
			continue
		}
		o := lenient()
		o.Dates = []ledger.DateFormat{f}
		got, err := read(t, rowWith("start_date", c.cell), o)
		if err != nil || c.want == "" && len(got.bad) != 1 || c.want != "" && (len(got.lines) != 2 || got.lines[1].Start.UTC().Format(time.RFC3339) != c.want) {
			t.Errorf("%s %q: %+v, %v; want %s", c.format, c.cell, got, err, c.want)
		}
	}
	for _, bad := range []string{"", "DD.MM", "YYYY", "hello", "2006-01", "DD.MM.YYYY hh:mm", "15:04", "MM/YYYY"} {
		if f, err := ledger.ParseDateFormat(bad); err == nil {
			t.Errorf("%q was accepted: %+v", bad, f)
		}
	}
}

func TestAmbiguousDateIsBad(t *testing.T) {
	o := lenient()
	for _, text := range []string{"DD/MM/YYYY", "MM/DD/YYYY"} {
		f, err := ledger.ParseDateFormat(text)
		if err != nil {
			t.Fatal(err)
		}
		o.Dates = append(o.Dates, f)
	}
	for cell, want := range map[string]string{
		"31/12/2026": "", "12/31/2026": "", "05/05/2026": "",
		"03/04/2026": "start_date: ambiguous: 2026-04-03 with DD/MM/YYYY, 2026-03-04 with MM/DD/YYYY. Set in the settings file: date_format: DD/MM/YYYY or date_format: MM/DD/YYYY",
	} {
		got, err := read(t, rowWith("start_date", cell), o)
		if err != nil || (want == "") != (len(got.bad) == 0) || want != "" && got.bad[0].Problem != want {
			t.Errorf("%s: %+v, %v", cell, got.bad, err)
		}
	}
}
