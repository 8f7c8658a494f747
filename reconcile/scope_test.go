package reconcile

import "testing"

// Each part of a scope changes its id.
func TestScopeID(t *testing.T) {
	parts := func(change func(*ScopeParts)) string {
		s := ScopeParts{
			AccountID: "parent", Accounts: []string{"b", "a"}, Ledger: "s3://ledgers/subs-{2006-01-02}.csv",
			Columns: map[string][]string{"external_id": {"Ref", "Id"}}, Statuses: map[string]string{"live": "active"},
		}
		change(&s)
		return s.ID()
	}
	unchanged := parts(func(*ScopeParts) {})
	if same := parts(func(s *ScopeParts) { s.Accounts = []string{"a", "b"} }); same != unchanged || len(unchanged) != 20 {
		t.Errorf("accounts in another order: %s, not %s", same, unchanged)
	}
	seen := map[string]int{unchanged: -1}
	for i, change := range []func(*ScopeParts){
		func(s *ScopeParts) { s.AccountID = "other" },
		func(s *ScopeParts) { s.AccountID, s.Ledger = "", s.AccountID+s.Ledger },
		func(s *ScopeParts) { s.Accounts = nil },
		func(s *ScopeParts) { s.Accounts = []string{"ab"} },
		func(s *ScopeParts) { s.Accounts = append(s.Accounts, "external_id") },
		func(s *ScopeParts) { s.Ledger = "s3://ledgers/subs-*.csv" },
		func(s *ScopeParts) { s.Columns = nil },
		func(s *ScopeParts) { s.Columns["external_id"] = []string{"Id", "Ref"} },
		func(s *ScopeParts) { s.Columns["account_id"] = []string{"Ref"} },
		func(s *ScopeParts) { s.Columns["live"], s.Statuses = []string{"active"}, nil },
		func(s *ScopeParts) { s.Statuses["live"] = "pending" },
		func(s *ScopeParts) { s.Statuses["on"] = "active" },
	} {
		id := parts(change)
		if other, exists := seen[id]; exists {
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
