package repotest

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

const module = "github.com/wixrecon/wixrecon"

// root is the module's folder, relative to this package.
const root = "../.."

// A source is one Go file.
type source struct {
	name    string // with slashes, from the root
	text    []byte
	fset    *token.FileSet
	file    *ast.File
	imports []string
}

func (s *source) dir() string { return path.Dir(s.name) }

func newSource(name string, text []byte) (*source, error) {
	s := &source{name: name, text: text, fset: token.NewFileSet()}
	var err error
	if s.file, err = parser.ParseFile(s.fset, name, text, parser.ParseComments|parser.SkipObjectResolution); err != nil {
		return nil, err
	}
	for _, spec := range s.file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, err
		}
		s.imports = append(s.imports, imported)
	}
	return s, nil
}

// sample makes a source for the tests of the rules themselves.
func sample(t *testing.T, name, text string) *source {
	t.Helper()
	s, err := newSource(name, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// ignored reports whether git ignores the file or folder.
func ignored(name string) bool {
	base := path.Base(name)
	return slices.Contains([]string{".git", "bin", "dist", "wixrecon-demo", "wixrecon-runs"}, name) ||
		base == ".env" || strings.HasPrefix(base, ".env.")
}

// repository reads every text file once.
var repository = sync.OnceValues(func() (map[string][]byte, error) {
	files := make(map[string][]byte)
	err := fs.WalkDir(os.DirFS(root), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case ignored(name) && entry.IsDir():
			return fs.SkipDir
		case ignored(name) || !entry.Type().IsRegular():
			return nil
		}
		text, err := os.ReadFile(path.Join(root, name))
		if err == nil && !bytes.ContainsRune(text, 0) {
			files[name] = text
		}
		return err
	})
	return files, err
})

func texts(t *testing.T) map[string][]byte {
	t.Helper()
	files, err := repository()
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := files["go.mod"]; !ok || len(files) < 10 {
		t.Fatalf("the repository is not at %s", root)
	}
	return files
}

// parsed parses every file of program code once. What is under testdata belongs
// to another module, or is wrong on purpose.
var parsed = sync.OnceValues(func() ([]*source, error) {
	files, err := repository()
	if err != nil {
		return nil, err
	}
	var all []*source
	for name, text := range files {
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || strings.Contains("/"+name, "/testdata/") {
			continue
		}
		s, err := newSource(name, text)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b *source) int { return strings.Compare(a.name, b.name) })
	return all, nil
})

// sources returns the module's program code.
func sources(t *testing.T) []*source {
	t.Helper()
	all, err := parsed()
	if err != nil {
		t.Fatal(err)
	}
	return all
}
