package wixsim

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReadInventory(t *testing.T) {
	packages := Generate(SampleOptions{Seed: 2, PerKind: 1}).Inventory
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	for _, p := range packages {
		if err := enc.Encode(p); err != nil {
			t.Fatal(err)
		}
	}
	got, err := ReadInventory(&text)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(packages, got); diff != "" {
		t.Error(diff)
	}
}

func TestReadInventoryReportsEveryFault(t *testing.T) {
	one := `{"id":"00000000-0000-4000-8000-000000000001","accountId":"00000000-0000-4000-8000-000000000002","productInstances":[{"instanceId":"x","status":"ENABLED"}]}`
	text := strings.Join([]string{
		one, "", one,
		strings.Replace(one, "000000000001", "1", 1),
		strings.Replace(one, "000000000002", "2", 1),
		strings.Replace(one, `"status"`, `"state"`, 1),
		`{"id":"00000000-0000-4000-8000-000000000003","accountId":"00000000-0000-4000-8000-000000000002"}`,
		`nonsense`,
	}, "\n")
	_, err := ReadInventory(strings.NewReader(text))
	if err == nil {
		t.Fatal("the inventory was accepted")
	}
	for _, want := range []string{"line 3: ", "on line 1 already", "line 4: id", "line 5: ", "line 6: unknown field", "line 7: ", "line 8: not JSON"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error lacks %q:\n%v", want, err)
		}
	}
	if _, err := ReadInventory(strings.NewReader(strings.Repeat("x", maxLine+1))); err == nil {
		t.Error("a line without an end was accepted")
	}
}
