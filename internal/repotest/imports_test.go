package repotest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// Imports point inward. arrows lists for every package which others of this
// module its program code may import; a package that is not listed is a fault,
// so that adding one needs a decision. Tests may import anything.
var arrows = map[string][]string{
	"reconcile":             {},
	"reconcile/join":        {"reconcile", "internal/batch", "internal/tempfile"},
	"reconcile/fix":         {"reconcile"},
	"reconcile/fix/guard":   {"reconcile", "reconcile/fix"},
	"reconcile/fix/execute": {"reconcile", "reconcile/fix"},
	"sources/storage":       {},
	"sources/table":         {"internal/batch", "internal/tempfile"},
	"sources/ledger":        {"reconcile", "reconcile/fix", "sources/table", "internal/batch"},
	"sources/wix":           {"reconcile", "reconcile/fix", "reconcile/fix/execute", "internal/batch"},
	"sources/wix/wixsim":    {}, // with JSON types of its own, so that it can't share a mistake of the client
	"sources/archive":       {"reconcile", "reconcile/fix", "sources/storage"},
	"report":                {"reconcile", "reconcile/fix", "internal/tempfile"},
	"internal/batch":        {},
	"internal/tempfile":     {},
	"internal/repotest":     {},
	"internal/servers":      {}, // for tests
	"bench/compare":         {}, // bench is a module of its own
	"bench/duckdb":          {},
	"bench/generate":        {"sources/wix/wixsim"},
	"bench/verify":          {},
}

// outermost packages combine the others, and may import all of them.
const outermost = "cmd"

// homes lists where program code may import a library. The longest matching path
// decides.
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

// pureLibraries are what the code under reconcile may import besides the standard
// library.
var pureLibraries = []string{"golang.org/x/sync", "golang.org/x/text", "github.com/govalues/decimal"}

// effects are the packages of the standard library that the code under reconcile
// may not import. Only join has files: temporary ones, to spill to.
var effects = []string{"os", "os/exec", "net", "net/http", "syscall", "math/rand", "math/rand/v2"}

// within reports whether a package is the other one, or below it.
func within(pkg, other string) bool { return pkg == other || strings.HasPrefix(pkg, other+"/") }

// importFaults checks one file of program code.
func importFaults(s *source) []string {
	var faults []string
	for _, imported := range s.imports {
		if why := refusal(s.dir(), imported); why != "" {
			faults = append(faults, fmt.Sprintf("%s imports %s: %s", s.name, imported, why))
		}
	}
	return faults
}

// refusal returns why a package may not import another, or nothing.
func refusal(dir, imported string) string {
	if ours, ok := strings.CutPrefix(imported, module+"/"); ok {
		return arrowRefusal(dir, ours)
	}
	if allowed, ok := home(imported); ok && !slices.ContainsFunc(allowed, func(h string) bool { return within(dir, h) }) {
		return fmt.Sprintf("it may be imported in %v", allowed)
	}
	if !within(dir, "reconcile") {
		return ""
	}
	if library := strings.Contains(strings.Split(imported, "/")[0], "."); library {
		if !slices.ContainsFunc(pureLibraries, func(r string) bool { return within(imported, r) }) {
			return fmt.Sprintf("the code under reconcile needs no more than %v", pureLibraries)
		}
		return ""
	}
	if dir != "reconcile/join" && slices.Contains(effects, imported) {
		return "the code under reconcile has no effects"
	}
	return ""
}

func arrowRefusal(dir, ours string) string {
	if within(dir, outermost) {
		return ""
	}
	allowed, known := arrows[dir]
	switch {
	case !known:
		return "this package is not in the table of arrows"
	case !slices.Contains(allowed, ours):
		return fmt.Sprintf("it may import %v of this module", allowed)
	}
	return ""
}

// home returns the homes of a library by its longest path.
func home(imported string) (allowed []string, ok bool) {
	longest := ""
	for library, homes := range homes {
		if (within(imported, library) || strings.HasPrefix(imported, library+"/v")) && len(library) > len(longest) {
			longest, allowed = library, homes
		}
	}
	return allowed, longest != ""
}

func TestImportsPointInward(t *testing.T) {
	for _, s := range sources(t) {
		for _, fault := range importFaults(s) {
			t.Error(fault)
		}
		if _, known := arrows[s.dir()]; !known && !within(s.dir(), outermost) {
			t.Errorf("%s: package %s is not in the table of arrows", s.name, s.dir())
		}
	}
}

func TestImportRules(t *testing.T) {
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
		{"reconcile/fix", module + "/reconcile/fix/guard", false},
		{"reconcile/fix/guard", module + "/reconcile/fix/execute", false},
		{"reconcile/fix/execute", module + "/reconcile/fix", true},
		{"sources/ledger", module + "/sources/table", true},
		{"sources/ledger", module + "/sources/storage", false},
		{"sources/wix", module + "/sources/wix/wixsim", false},
		{"sources/wix/wixsim", module + "/sources/wix", false},
		{"report", module + "/reconcile/fix", true},
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
		if faults := importFaults(s); (len(faults) == 0) != tt.ok {
			t.Errorf("%s imports %s: faults %v, want ok %t", tt.dir, tt.imported, faults, tt.ok)
		}
	}
}
