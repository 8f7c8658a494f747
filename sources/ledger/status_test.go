package ledger_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/ledger"
)

func TestStatusWords(t *testing.T) {
	o := lenient()
	o.Statuses = []ledger.StatusWord{{Word: "Non  Renewing", Status: reconcile.Active}, {Word: "pending", Status: reconcile.Canceled}}
	rows := func(words ...string) string {
		text := "external_id,account_id,status\n"
		for _, word := range words {
			text += "x," + guidA + "," + word + "\n"
		}
		return text
	}
	got, err := read(t, rows("NON renewing", "Pending", "active", "canceled", "Paused", "paused", "Trial"), o)
	if err != nil {
		t.Fatal(err)
	}
	if got.lines[0].Status != reconcile.Active || got.lines[1].Status != reconcile.Canceled || got.counts.Bad != 3 {
		t.Errorf("%+v", got)
	}
	unknown := `unknown status "Paused" (2 rows), "Trial" (1 row). Map each to active, pending or canceled in the settings file: status: {"Paused": active, "Trial": active}`
	if diff := cmp.Diff([]string{"ledger sample/l.csv: " + unknown}, got.warnings); diff != "" {
		t.Error(diff)
	}
	if _, err := read(t, rows("Paused", "paused", "Trial"), nil); err == nil || !strings.HasSuffix(err.Error(), unknown) {
		t.Errorf("error %v", err)
	}
}
