package repotest

import (
	"bytes"
	"fmt"
	"go/ast"
	"path"
	"slices"
	"strings"
	"testing"
)

const (
	maxFunction = 50  // lines; the aim is 20
	maxFile     = 400 // lines; the aim is 100 to 200
)

// vagueNames are package names that don't describe what is in them.
var vagueNames = []string{"util", "utils", "common", "helpers", "models", "types", "misc"}

// codeFaults checks one file of program code.
func codeFaults(s *source) []string {
	var faults []string
	if n := bytes.Count(s.text, []byte("\n")); n > maxFile {
		faults = append(faults, fmt.Sprintf("%s: %d lines, want no more than %d", s.name, n, maxFile))
	}
	if slices.Contains(vagueNames, s.file.Name.Name) {
		faults = append(faults, fmt.Sprintf("%s: package %s: want a name that describes its content", s.name, s.file.Name.Name))
	}
	ast.Inspect(s.file, func(n ast.Node) bool {
		switch f := n.(type) {
		case *ast.FuncDecl:
			faults = append(faults, functionFaults(s, f)...)
		case *ast.FuncLit:
			faults = append(faults, tooLong(s, "a function literal", f)...)
		}
		return true
	})
	return faults
}

func functionFaults(s *source, f *ast.FuncDecl) []string {
	faults := tooLong(s, f.Name.Name, f)
	if f.Name.Name == "init" && f.Recv == nil {
		faults = append(faults, fmt.Sprintf("%s: init: want an explicit call", s.fset.Position(f.Pos())))
	}
	return faults
}

func tooLong(s *source, name string, f ast.Node) []string {
	from, to := s.fset.Position(f.Pos()), s.fset.Position(f.End())
	if n := to.Line - from.Line + 1; n > maxFunction {
		return []string{fmt.Sprintf("%s: %s has %d lines, want no more than %d", from, name, n, maxFunction)}
	}
	return nil
}

func TestCodeIsShort(t *testing.T) {
	for _, s := range sources(t) {
		for _, fault := range codeFaults(s) {
			t.Error(fault)
		}
	}
}

func TestCodeRules(t *testing.T) {
	body := func(lines int) string { return "{\n" + strings.Repeat("_ = 0\n", lines-2) + "}\n" }
	tests := map[string]struct {
		code string
		want int
	}{
		"a function of 50": {"package x\nfunc f() " + body(50), 0},
		"a function of 51": {"package x\nfunc f() " + body(51), 1},
		"a method of 51":   {"package x\ntype t int\nfunc (t) init() " + body(51), 1},
		"a literal of 51":  {"package x\nvar f = func() " + body(51), 1},
		"init":             {"package x\nfunc init() {}\n", 1},
		"a method init":    {"package x\ntype t int\nfunc (t) init() {}\n", 0},
		"a file of 401":    {"package x\n" + strings.Repeat("\n", 400), 1},
		"a file of 400":    {"package x\n" + strings.Repeat("\n", 399), 0},
		"a vague name":     {"package utils\n", 1},
	}
	for name, tt := range tests {
		if faults := codeFaults(sample(t, "x/x.go", tt.code)); len(faults) != tt.want {
			t.Errorf("%s: got %q, want %d faults", name, faults, tt.want)
		}
	}
}

// documented reports whether a package has a comment in the form that go doc
// expects. A command is documented under its own name.
func documented(files []*source) bool {
	return slices.ContainsFunc(files, func(s *source) bool {
		name, text := s.file.Name.Name, s.file.Doc.Text()
		if name == "main" {
			name = path.Base(s.dir())
			return strings.HasPrefix(text, "Command "+name+" ") || strings.HasPrefix(strings.ToLower(text), name+" ")
		}
		return strings.HasPrefix(text, "Package "+name+" ")
	})
}

func TestEveryPackageIsDocumented(t *testing.T) {
	packages := make(map[string][]*source)
	for _, s := range sources(t) {
		packages[s.dir()] = append(packages[s.dir()], s)
	}
	for dir, files := range packages {
		if !documented(files) {
			t.Errorf("%s: want a package comment that begins with the package's name", dir)
		}
	}
}

func TestPackageCommentRule(t *testing.T) {
	tests := map[string]struct {
		name, code string
		want       bool
	}{
		"a package":          {"a/x/f.go", "// Package x is.\npackage x\n", true},
		"another name":       {"a/x/f.go", "// Package y is.\npackage x\n", false},
		"none":               {"a/x/f.go", "package x\n", false},
		"detached":           {"a/x/f.go", "// Package x is.\n\npackage x\n", false},
		"a command":          {"cmd/x/f.go", "// Command x does.\npackage main\n", true},
		"a command, by name": {"cmd/x/f.go", "// X does.\npackage main\n", true},
		"a command, none":    {"cmd/x/f.go", "package main\n", false},
	}
	for name, tt := range tests {
		if got := documented([]*source{sample(t, tt.name, tt.code)}); got != tt.want {
			t.Errorf("%s: got %t", name, got)
		}
	}
}
