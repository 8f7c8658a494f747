package config

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMappingErrors(t *testing.T) {
	tests := map[string]struct {
		yaml string
		want []string
	}{
		"all at once": {"columns:\n  externl_id: Sub\n  account_id: ''\n  status: [State, {a: b}]\n  Status: x\nstatus:\n  Paused: on-hold\n  paused: active\n  Trial: [active, pending]\n", []string{
			`f.yaml:2: columns: "externl_id" is not a column of the ledger: did you mean "external_id"?`,
			`f.yaml:3: columns: account_id: expected a text that is not blank`,
			`f.yaml:4: columns: status: expected a single value, found mapping`,
			`f.yaml:5: columns: duplicate key "Status", first in line 4`,
			`f.yaml:7: status: "Paused": "on-hold": expected active, pending or canceled`,
			`f.yaml:8: status: duplicate key "paused", first in line 7`,
			`f.yaml:9: status: "Trial": "active, pending": expected active, pending or canceled`,
		}},
		"words": {"cycle: {x: sometimes}\nempty: {nd_date: NULL, status: []}\nignore_rows: {Type: '*', x: ''}\n", []string{
			`f.yaml:1: cycle: "x": "sometimes": expected a billing cycle, such as 1 MONTH, 1 YEAR or ONE_TIME`,
			`f.yaml:2: empty: "nd_date" is not a column of the ledger: did you mean "end_date"?`,
			`f.yaml:2: empty: expected at least one text`,
			`f.yaml:3: ignore_rows: "Type": the value * would ignore every row`,
			`f.yaml:3: ignore_rows: "x": expected a text that is not blank`,
		}},
		"no words":    {"empty:\n", []string{`f.yaml:1: empty: no value: remove the key for the default`}},
		"one word":    {"empty: .nan\nignore_rows: x\n", []string{`f.yaml:2: key "ignore_rows": expected keys and values below it (key: value), one a line`}},
		"no mapping":  {"columns: Sub\nstatus: [a]\n", []string{`f.yaml:1: key "columns": expected keys and values below it (key: value), one a line`, `f.yaml:2: key "status": expected keys and values below it (key: value), one a line`}},
		"no value":    {"columns:\n  external_id:\nstatus:\n", []string{`f.yaml:2: columns: external_id: no value: remove the key for the default`, `f.yaml:3: key "status": expected keys and values below it (key: value), one a line`}},
		"empty list":  {"columns:\n  external_id: []\n", []string{`f.yaml:2: columns: external_id: expected at least one text`}},
		"near":        {"colums: {}\n", []string{`f.yaml:1: unknown key "colums": did you mean "columns"?`}},
		"encoding":    {"encoding: cp-99\n", []string{`--encoding: "cp-99": expected the name of an encoding, such as utf-8, windows-1252, iso-8859-15 or utf-16le (from f.yaml:1)`}},
		"date format": {"date_format: [DD.MM.YYYY, MM/YYYY, DD.MM.YYYY hh:mm]\n", []string{`--date-format: "MM/YYYY": expected a date format with year, month and day, such as DD.MM.YYYY, MM/DD/YYYY hh:mm A or 02.01.2006 15:04 (from f.yaml:1)`, `--date-format: "DD.MM.YYYY hh:mm": the format has a 12-hour clock without morning or evening: add A, or PM in a Go layout (from f.yaml:1)`}},
	}
	for name, tt := range tests {
		_, err := Load(requiredFlags(map[string]string{"config": "f.yaml"}), withKey(), files(map[string]string{"f.yaml": tt.yaml}))
		if d := cmp.Diff(tt.want, lines(err)); d != "" {
			t.Errorf("%s: -want +got:\n%s", name, d)
		}
	}
}

func TestMappingsAreEffectiveSettings(t *testing.T) {
	c := mustLoad(t, requiredFlags(map[string]string{"config": "f.yaml"}), withKey(), map[string]string{
		"f.yaml": "columns:\n  status: [State, Stage]\nstatus:\n  1: active\n  yes: pending\n  true: canceled\n" +
			"cycle: {mtl: month}\nempty: {end_date: [0000-00-00, NULL], site_id: ~}\nignore_rows: {Type: [credit, Total*]}\n"})
	got := c.Effective[len(c.Effective)-5:]
	want := []EffectiveSetting{{"columns", "status=State|Stage", "f.yaml:2"}, {"status", "1=active, yes=pending, true=canceled", "f.yaml:6"},
		{"cycle", "mtl=1 MONTH", "f.yaml:7"}, {"empty", "end_date=0000-00-00|NULL, site_id=~", "f.yaml:8"}, {"ignore_rows", "Type=credit|Total*", "f.yaml:9"}}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	o := c.LedgerOptions("ledger x")
	if len(o.Columns) != 1 || len(o.Statuses) != 3 || o.Name != "ledger x" || !o.MaxBadRows.Valid {
		t.Errorf("%+v", o)
	}
}

func TestDateFormatLists(t *testing.T) {
	for yaml, want := range map[string][]string{
		"DD.MM.YYYY": {"DD.MM.YYYY"}, "DD.MM.YYYY, M/D/YY": {"DD.MM.YYYY", "M/D/YY"}, "MMM D, YYYY": {"MMM D, YYYY"},
		"['MMM D, YYYY', '02.01.2006']": {"MMM D, YYYY", "02.01.2006"}, "[DD.MM.YYYY, 'Jan 2, 2006 15:04']": {"DD.MM.YYYY", "Jan 2, 2006 15:04"},
	} {
		c := mustLoad(t, requiredFlags(map[string]string{"config": "f.yaml"}), withKey(), map[string]string{"f.yaml": "date_format: " + yaml})
		var got []string
		for _, f := range c.DateFormats {
			got = append(got, f.String())
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", yaml, d)
		}
	}
}
