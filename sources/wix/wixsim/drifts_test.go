package wixsim

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wixrecon/wixrecon/reconcile"
)

// Every kind of finding is planted, in the order of the reports.
func TestDriftsAreTheKindsOfFindings(t *testing.T) {
	var planted, kinds []string
	for _, d := range drifts() {
		planted = append(planted, d.kind)
		if len(d.variants) == 0 {
			t.Errorf("%s: nothing plants it", d.kind)
		}
	}
	for _, k := range reconcile.Kinds() {
		kinds = append(kinds, k.String())
	}
	if diff := cmp.Diff(kinds, planted); diff != "" {
		t.Error(diff)
	}
}
