package report

import (
	"slices"
	"strconv"
	"testing"

	"github.com/xuri/excelize/v2"
)

// sheetRows returns the rows of a sheet as maps by column name.
func sheetRows(t *testing.T, f *excelize.File, sheet string) []map[string]string {
	t.Helper()
	rows, err := f.GetRows(sheet, excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	var all []map[string]string
	for _, row := range rows[1:] {
		named := make(map[string]string)
		for i, value := range row {
			named[rows[0][i]] = value
		}
		all = append(all, named)
	}
	return all
}

// The sheet has each action of the plan once, in the order of sending, with its
// outcome.
func TestFixesSheetHasThePlan(t *testing.T) {
	b := fixedData(30, 20)
	f, _ := workbookOf(t, b)
	rows := sheetRows(t, f, "Fixes")
	if len(rows) != len(b.Plan.Actions) {
		t.Fatalf("%d rows, want %d", len(rows), len(b.Plan.Actions))
	}
	outcomes := make(map[string]string)
	for _, r := range b.Results {
		outcomes[r.Key] = r.Outcome
	}
	for i, row := range rows {
		a := &b.Plan.Actions[i]
		want := outcomes[a.Key]
		if a.Waiting != nil {
			want = "waiting"
		}
		for name, value := range map[string]string{
			"number": strconv.Itoa(i + 1), "action_key": a.Key, "fix": a.Fix, "kind": a.Kind, "account_id": a.AccountID,
			"external_id": a.ExternalID, "instance_id": a.InstanceID, "outcome": want, "instances": strconv.Itoa(a.Instances),
		} {
			if row[name] != value {
				t.Errorf("row %d: %s is %q, want %q", i+1, name, row[name], value)
			}
		}
	}
}

func TestFixesSheetRows(t *testing.T) {
	f, _ := workbookOf(t, fixedData(30, 20))
	rows := sheetRows(t, f, "Fixes")
	for _, tt := range []struct {
		row        int
		name, want string
	}{
		{1, "before", "sub-104207-old"}, {1, "desired", "SUB-104207"}, {1, "observed", "SUB-104207"},
		{2, "before", guid(4, 2)}, {2, "desired", "floating"}, {2, "monthly_cost_EUR", "12"}, {2, "monthly_cost_JPY", ""},
		{5, "attempt", "2"}, {5, "ledger_lines", "40"},
		{6, "before", "none"}, {6, "package_id", guid(2, 6)}, {6, "observed", "2 PENDING"}, {6, "monthly_cost_EUR", ""},
		{7, "before", "1 ENABLED, 1 PENDING, 1 CANCELED"}, {7, "observed", "3 CANCELED"},
		{8, "monthly_cost_JPY", "1900"}, {8, "outcome", "unsettled"}, {8, "observed", ""},
		{9, "dependants", guid(3, 91) + ", " + guid(3, 92)}, {9, "unpriced_instances", "1"},
		{11, "reason", "1 of 2 sightings"}, {12, "monthly_cost_USD", "10"},
	} {
		if got := rows[tt.row-1][tt.name]; got != tt.want {
			t.Errorf("row %d: %s is %q, want %q", tt.row, tt.name, got, tt.want)
		}
	}
}

// An action that is not sent shows the reason.
func TestFixesSheetOfARefusedPlan(t *testing.T) {
	f, _ := workbookOf(t, refusedData(30, 20))
	rows := sheetRows(t, f, "Fixes")
	for row, want := range map[int][2]string{1: {"not_allowed", "max_ledger_age"}, 9: {"not_allowed", "dependants"}, 12: {"waiting", "1 of 2 sightings"}} {
		if got := [2]string{rows[row-1]["outcome"], rows[row-1]["reason"]}; got != want {
			t.Errorf("row %d: %q, want %q", row, got, want)
		}
	}
	b := refusedData(30, 20)
	b.Plan.Refusals = b.Plan.Refusals[1:]
	f, _ = workbookOf(t, b)
	if rows := sheetRows(t, f, "Fixes"); rows[0]["outcome"] != "over_limit" || rows[0]["reason"] != "max_cancels" {
		t.Errorf("over a limit: %v", rows[0])
	}
}

// A sheet without rows explains why.
func TestNotesOnEmptySheets(t *testing.T) {
	b := sampleData(3, 3)
	f, _ := workbookOf(t, b)
	for sheet, want := range map[string]string{
		"Fixes": "No fixes were requested; nothing was changed.", "Exceptions": "There are no exceptions.",
	} {
		if got := cellOf(t, f, sheet, "A1"); got != want {
			t.Errorf("%s: note %q", sheet, got)
		}
	}
	b = sampleData(3, 3)
	b.Plan = samplePlan()
	b.Plan.Actions = nil
	f, _ = workbookOf(t, b)
	if got := cellOf(t, f, "Fixes", "A1"); got != "None of the findings can be fixed; nothing was changed." {
		t.Errorf("an empty plan: %q", got)
	}
}

func TestExceptionsSheet(t *testing.T) {
	b := fixedData(3, 3)
	f, _ := workbookOf(t, b)
	rows := sheetRows(t, f, "Exceptions")
	if len(rows) != len(b.Summary.Exceptions) {
		t.Fatalf("%d rows, want %d", len(rows), len(b.Summary.Exceptions))
	}
	for i, e := range b.Summary.Exceptions {
		for name, want := range map[string]string{
			"record": strconv.Itoa(e.Record), "state": e.State, "findings": strconv.Itoa(e.Findings), "kind": e.Kind,
			"external_id": e.ExternalID, "package_id": e.PackageID, "account_id": e.AccountID, "reason": e.Reason,
			"owner": e.Owner, "ticket": e.Ticket,
		} {
			if rows[i][name] != want {
				t.Errorf("row %d: %s is %q, want %q", i+1, name, rows[i][name], want)
			}
		}
	}
}

// A full sheet continues in another one.
func TestFixesContinueInAnotherSheet(t *testing.T) {
	b := fixedData(3, 3)
	b.maxRows = 8
	f, _ := workbookOf(t, b)
	want := []string{"Summary", "Findings", "Fixes", "Fixes 2", "Accounts"}
	if got := f.GetSheetList(); !slices.Equal(got[:5], want) {
		t.Errorf("sheets %q", got)
	}
}

func TestFixesOnTheSummarySheet(t *testing.T) {
	f, _ := workbookOf(t, refusedData(200, 180))
	found, err := f.SearchSheet("Summary", "12 instances would be canceled or moved, the limit is 10; raise the limit with --max-cancels 12")
	if err != nil || len(found) != 1 {
		t.Errorf("found at %v, %v", found, err)
	}
}
