package reconcile

import (
	"maps"
	"slices"
	"testing"
)

// A scope is told by its parts, each for itself: no two share an id.
func TestScopeID(t *testing.T) {
	parts := func(change func(*ScopeParts)) string {
		s := ScopeParts{
			AccountID: "parent", Accounts: []string{"b", "a"}, Ledger: "s3://books/subs-{2006-01-02}.csv",
			Columns: map[string][]string{"external_id": {"Ref", "Id"}}, Statuses: map[string]string{"live": "active"},
		}
		change(&s)
		return s.ID()
	}
	plain := parts(func(*ScopeParts) {})
	if same := parts(func(s *ScopeParts) { s.Accounts = []string{"a", "b"} }); same != plain || len(plain) != 20 {
		t.Errorf("accounts in another order: %s, not %s", same, plain)
	}
	seen := map[string]int{plain: -1}
	for i, change := range []func(*ScopeParts){
		func(s *ScopeParts) { s.AccountID = "other" },
		func(s *ScopeParts) { s.AccountID, s.Ledger = "", s.AccountID+s.Ledger },
		func(s *ScopeParts) { s.Accounts = nil },
		func(s *ScopeParts) { s.Accounts = []string{"ab"} },
		func(s *ScopeParts) { s.Accounts = append(s.Accounts, "external_id") },
		func(s *ScopeParts) { s.Ledger = "s3://books/subs-*.csv" },
		func(s *ScopeParts) { s.Columns = nil },
		func(s *ScopeParts) { s.Columns["external_id"] = []string{"Id", "Ref"} },
		func(s *ScopeParts) { s.Columns["account_id"] = []string{"Ref"} },
		func(s *ScopeParts) { s.Columns["live"], s.Statuses = []string{"active"}, nil },
		func(s *ScopeParts) { s.Statuses["live"] = "pending" },
		func(s *ScopeParts) { s.Statuses["on"] = "active" },
	} {
		id := parts(change)
		if other, taken := seen[id]; taken {
			t.Errorf("change %d has the id of change %d", i, other)
		}
		seen[id] = i
	}
}

func TestLedgerVersion(t *testing.T) {
	version := LedgerVersion([]File{{Name: "a", SHA256: "1"}, {Name: "b", SHA256: "2"}})
	if again := LedgerVersion([]File{{Name: "c", Bytes: 9, SHA256: "1"}, {Name: "d", SHA256: "2"}}); again != version {
		t.Error("the same bytes under other names are another ledger")
	}
	for _, parts := range [][]File{nil, {{SHA256: "1"}}, {{SHA256: "2"}, {SHA256: "1"}}, {{SHA256: "12"}}} {
		if LedgerVersion(parts) == version {
			t.Errorf("%v is the same ledger", parts)
		}
	}
}

// A digest says what the summary says, but for what grows with the inventory.
func TestDigest(t *testing.T) {
	s := Summary{
		RunID: "one", Findings: NewTally(), Scope: Scope{ID: "s", Accounts: []string{"a"}}, Inputs: []File{{}}, Warnings: []string{"w"},
		Coverage: Coverage{Inventory: InventoryPartial, Problems: []string{"p"}, Accounts: map[string]*AccountCoverage{"a": {}}},
	}
	d := s.Digest()
	if d.Scope.Accounts != nil || d.Coverage.Accounts != nil || d.Coverage.Problems != nil || d.Inputs != nil || d.Warnings != nil {
		t.Errorf("it grows: %+v", d)
	}
	if d.RunID != "one" || d.Scope.ID != "s" || d.Coverage.Inventory != InventoryPartial || !slices.Equal(slices.Sorted(maps.Keys(d.Findings.Kinds)), slices.Sorted(maps.Keys(s.Findings.Kinds))) {
		t.Errorf("it lacks something: %+v", d)
	}
	if len(s.Warnings) != 1 || len(s.Coverage.Accounts) != 1 {
		t.Error("the summary has changed")
	}
}
