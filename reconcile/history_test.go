package reconcile

import (
	"maps"
	"slices"
	"testing"
)

// A digest keeps the summary but for what grows with the inventory.
func TestDigest(t *testing.T) {
	s := Summary{
		RunID: "one", Findings: NewTally(), Scope: Scope{ID: "s", Accounts: []string{"a"}}, Inputs: []File{{}}, Warnings: []string{"w"},
		Coverage: Coverage{Inventory: InventoryPartial, Problems: []string{"p"}, Accounts: map[string]*AccountCoverage{"a": {}}},
	}
	d := s.Digest()
	if d.Scope.Accounts != nil || d.Coverage.Accounts != nil || d.Coverage.Problems != nil || d.Inputs != nil || d.Warnings != nil {
		t.Errorf("the digest keeps what grows: %+v", d)
	}
	if d.RunID != "one" || d.Scope.ID != "s" || d.Coverage.Inventory != InventoryPartial || !slices.Equal(slices.Sorted(maps.Keys(d.Findings.Kinds)), slices.Sorted(maps.Keys(s.Findings.Kinds))) {
		t.Errorf("the digest lacks something: %+v", d)
	}
	if len(s.Warnings) != 1 || len(s.Coverage.Accounts) != 1 {
		t.Error("the summary was changed")
	}
}
