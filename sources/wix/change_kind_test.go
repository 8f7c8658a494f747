package wix

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wixrecon/wixrecon/sources/wix/wixsim"
)

// declaredChangeKinds returns the kinds that change.go declares, so that a new one
// can't be forgotten.
func declaredChangeKinds(t *testing.T) []ChangeKind {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "change.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []ChangeKind
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if name, ok := spec.Type.(*ast.Ident); ok && name.Name == "ChangeKind" {
			text, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			kinds = append(kinds, ChangeKind(text))
		}
		return true
	})
	return kinds
}

// TestEveryChangeKind: each kind is checked, has a call, and has an effect at the
// simulator.
func TestEveryChangeKind(t *testing.T) {
	kinds := declaredChangeKinds(t)
	if len(kinds) != len(sevenChanges()) {
		t.Errorf("declared are %q, and there are sample changes of %d kinds", kinds, len(sevenChanges()))
	}
	for _, kind := range kinds {
		s, c := serveSim(t, wixsim.ChangeOptions{})
		change, ok := sevenChanges()[kind]
		if err := change.Check(); !ok || err != nil {
			t.Errorf("%s: there is a sample change: %t, error %v", kind, ok, err)
			continue
		}
		if _, method, path := change.call(); method == "" || path == "" {
			t.Errorf("%s: it has no call", kind)
		}
		incomplete := Change{Kind: kind, AccountID: change.AccountID}
		if incomplete.Check() == nil {
			t.Errorf("%s: nothing but the account is checked", kind)
		}
		before, _ := s.Package(packageID(1))
		sent := c.Send(context.Background(), change, nil)
		changes := s.Changes()
		if sent.Err != nil || len(changes) != 1 || changes[0].Effect != wixsim.Done {
			t.Errorf("%s: sent %+v, changes %+v", kind, sent, changes)
			continue
		}
		if after, exists := s.Package(changes[0].PackageID); !exists || cmp.Equal(before, after) {
			t.Errorf("%s: without an effect on package %+v", kind, after)
		}
	}
}
