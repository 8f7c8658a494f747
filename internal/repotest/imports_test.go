package repotest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// Arrows point inward. arrows says for every package which others of ours its
// program code may import; a package that is not in it is a fault, so that
// nobody adds one without deciding. Tests may import what they like.
var arrows = map[string][]string{
	"reconcile":          {},
	"reconcile/join":     {"reconcile"},
	"reconcile/fix":      {"reconcile"},
	"reconcile/monthend": {"reconcile"},
	"sources/storage":    {},
	"sources/table":      {},
	"sources/ledger":     {"reconcile", "reconcile/fix", "sources/table"},
	"sources/wix":        {"reconcile", "reconcile/fix"},
	"sources/wix/wixsim": {"reconcile"}, // its JSON types are its own, or it could not contradict the client
	"sources/archive":    {"reconcile", "reconcile/fix", "sources/storage"},
	"report":             {"reconcile", "reconcile/fix", "reconcile/monthend"},
	"internal/repotest":  {},
	"internal/servers":   {}, // for tests
}

// outermost packages put the others together, and may import all of them.
const outermost = "cmd"

// homes says where in program code a library may be imported. The longest path
// that fits decides.
var homes = map[string][]string{
	"github.com/urfave/cli":        {"cmd"},
	"github.com/robfig/cron":       {"cmd"},
	"github.com/xuri/excelize":     {"sources/table", "report"},
	"gocloud.dev":                  {"sources/storage", "cmd"},
	"gocloud.dev/blob/fileblob":    {"sources/storage"},
	"gocloud.dev/blob/memblob":     {"sources/storage"},
	"gocloud.dev/blob/s3blob":      {"cmd"},
	"gocloud.dev/blob/gcsblob":     {"cmd"},
	"gocloud.dev/blob/azureblob":   {"cmd"},
	"github.com/prometheus":        {"cmd"},
	"github.com/schollz":           {"cmd"},
	"github.com/goccy/go-yaml":     {"cmd"},
	"github.com/rogpeppe":          {},
	"github.com/johannesboyne":     {},
	"github.com/google/go-cmp":     {},
	"go.uber.org/goleak":           {},
	"pgregory.net/rapid":           {},
	"testing":                      {},
	"net/http":                     {"sources/wix", "cmd", "internal/servers"},
	"net/http/httptest":            {},
	"github.com/wixrecon":          nil, // arrows decides
	"github.com/jedib0t/go-pretty": {"report", "cmd"},
}

// rules are what the code under reconcile may import beyond the standard library.
var rules = []string{"golang.org/x/sync", "golang.org/x/text", "github.com/govalues/decimal"}

// effects are what of the standard library the rules do without. Only join has
// files: temporary ones, to spill to.
var effects = []string{"os", "os/exec", "net", "net/http", "syscall", "math/rand", "math/rand/v2"}

// within tells whether a package is the other one, or below it.
func within(pkg, other string) bool { return pkg == other || strings.HasPrefix(pkg, other+"/") }

// faultsOfImports judges one file of program code.
func faultsOfImports(s *source) []string {
	var faults []string
	for _, imported := range s.imports {
		if why := refused(s.dir(), imported); why != "" {
			faults = append(faults, fmt.Sprintf("%s imports %s: %s", s.name, imported, why))
		}
	}
	return faults
}

// refused says why a package may not import another, or nothing.
func refused(dir, imported string) string {
	if ours, ok := strings.CutPrefix(imported, module+"/"); ok {
		return refusedArrow(dir, ours)
	}
	if allowed, ok := home(imported); ok && !slices.ContainsFunc(allowed, func(h string) bool { return within(dir, h) }) {
		return fmt.Sprintf("its home is %v", allowed)
	}
	if !within(dir, "reconcile") {
		return ""
	}
	if library := strings.Contains(strings.Split(imported, "/")[0], "."); library {
		if !slices.ContainsFunc(rules, func(r string) bool { return within(imported, r) }) {
			return fmt.Sprintf("the rules need no more than %v", rules)
		}
		return ""
	}
	if dir != "reconcile/join" && slices.Contains(effects, imported) {
		return "the rules have no effects"
	}
	return ""
}

func refusedArrow(dir, ours string) string {
	if within(dir, outermost) {
		return ""
	}
	allowed, known := arrows[dir]
	switch {
	case !known:
		return "this package is not in the table of arrows"
	case !slices.Contains(allowed, ours):
		return fmt.Sprintf("it may import %v of ours", allowed)
	}
	return ""
}

// home gives the homes of a library by its longest path.
func home(imported string) (allowed []string, ok bool) {
	longest := ""
	for library, homes := range homes {
		if (within(imported, library) || strings.HasPrefix(imported, library+"/v")) && len(library) > len(longest) {
			longest, allowed = library, homes
		}
	}
	return allowed, longest != ""
}

func TestArrowsPointInward(t *testing.T) {
	for _, s := range sources(t) {
		if s.isTest() {
			continue
		}
		for _, fault := range faultsOfImports(s) {
			t.Error(fault)
		}
		if _, known := arrows[s.dir()]; !known && !within(s.dir(), outermost) {
			t.Errorf("%s: package %s is not in the table of arrows", s.name, s.dir())
		}
	}
}

func TestTheRulesOfImports(t *testing.T) {
	tests := []struct {
		dir, imported string
		ok            bool
	}{
		{"reconcile", "strings", true},
		{"reconcile", "golang.org/x/text/unicode/norm", true},
		{"reconcile", "github.com/govalues/decimal", true},
		{"reconcile", "github.com/google/uuid", false},
		{"reconcile", "os", false},
		{"reconcile", "net/http", false},
		{"reconcile", module + "/reconcile/join", false},
		{"reconcile/join", "os", true},
		{"reconcile/join", "net/http", false},
		{"reconcile/join", "github.com/klauspost/compress/zstd", false},
		{"reconcile/join", module + "/reconcile", true},
		{"reconcile/join", module + "/sources/storage", false},
		{"sources/ledger", module + "/sources/table", true},
		{"sources/ledger", module + "/sources/storage", false},
		{"sources/wix", module + "/sources/wix/wixsim", false},
		{"sources/wix/wixsim", module + "/sources/wix", false},
		{"report", module + "/reconcile/monthend", true},
		{"report", module + "/reconcile/join", false},
		{"report", "github.com/xuri/excelize/v2", true},
		{"sources/ledger", "github.com/xuri/excelize/v2", false},
		{"sources/table", "github.com/xuri/excelize/v2", true},
		{"sources/storage", "gocloud.dev/blob", true},
		{"sources/storage", "gocloud.dev/blob/memblob", true},
		{"sources/storage", "gocloud.dev/blob/s3blob", false},
		{"sources/archive", "gocloud.dev/gcerrors", false},
		{"cmd/wixrecon", "gocloud.dev/blob/s3blob", true},
		{"cmd/wixrecon", module + "/sources/wix/wixsim", true},
		{"cmd/wixrecon", "github.com/urfave/cli/v2", true},
		{"cmd/internal/config", "github.com/goccy/go-yaml/ast", true},
		{"report", "github.com/urfave/cli/v2", false},
		{"elsewhere", module + "/reconcile", false},
		{"sources/wix", "testing", false},
		{"sources/wix", "testing/synctest", false},
	}
	for _, tt := range tests {
		s := sample(t, tt.dir+"/x.go", fmt.Sprintf("package x\nimport _ %q\n", tt.imported))
		if faults := faultsOfImports(s); (len(faults) == 0) != tt.ok {
			t.Errorf("%s imports %s: faults %v, want ok %t", tt.dir, tt.imported, faults, tt.ok)
		}
	}
}
