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

// What program code looks like.
const (
	maxFunction = 60  // lines; the aim is 20
	maxFile     = 400 // lines; the aim is 100 to 200
)

// nowhere are package names that say nothing of what is in them.
var nowhere = []string{"util", "utils", "common", "helpers", "models", "types", "misc"}

// faultsOfCode judges one file of program code.
func faultsOfCode(s *source) []string {
	var faults []string
	if n := bytes.Count(s.text, []byte("\n")); n > maxFile {
		faults = append(faults, fmt.Sprintf("%s: %d lines, want no more than %d", s.name, n, maxFile))
	}
	if slices.Contains(nowhere, s.file.Name.Name) {
		faults = append(faults, fmt.Sprintf("%s: package %s: want a name of the field", s.name, s.file.Name.Name))
	}
	ast.Inspect(s.file, func(n ast.Node) bool {
		switch f := n.(type) {
		case *ast.FuncDecl:
			faults = append(faults, faultsOfFunction(s, f)...)
		case *ast.FuncLit:
			faults = append(faults, tooLong(s, "a function literal", f)...)
		}
		return true
	})
	return faults
}

func faultsOfFunction(s *source, f *ast.FuncDecl) []string {
	faults := tooLong(s, f.Name.Name, f)
	if f.Name.Name == "init" && f.Recv == nil {
		faults = append(faults, fmt.Sprintf("%s: init: want a call that can be seen", s.fset.Position(f.Pos())))
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
		if s.isTest() {
			continue
		}
		for _, fault := range faultsOfCode(s) {
			t.Error(fault)
		}
	}
}

func TestTheRulesOfCode(t *testing.T) {
	body := func(lines int) string { return "{\n" + strings.Repeat("_ = 0\n", lines-2) + "}\n" }
	tests := map[string]struct {
		code string
		want int
	}{
		"a function of 60":   {"package x\nfunc f() " + body(60), 0},
		"a function of 61":   {"package x\nfunc f() " + body(61), 1},
		"a method of 61":     {"package x\ntype t int\nfunc (t) init() " + body(61), 1},
		"a literal of 61":    {"package x\nvar f = func() " + body(61), 1},
		"init":               {"package x\nfunc init() {}\n", 1},
		"a method init":      {"package x\ntype t int\nfunc (t) init() {}\n", 0},
		"a file of 401":      {"package x\n" + strings.Repeat("\n", 400), 1},
		"a file of 400":      {"package x\n" + strings.Repeat("\n", 399), 0},
		"a name for nothing": {"package utils\n", 1},
	}
	for name, tt := range tests {
		if faults := faultsOfCode(sample(t, "x/x.go", tt.code)); len(faults) != tt.want {
			t.Errorf("%s: got %q, want %d faults", name, faults, tt.want)
		}
	}
}

// documented tells whether a package's comment says what it is for, in the way
// that the documentation expects. A command has its own name there.
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

func TestEveryPackageSaysWhatItIsFor(t *testing.T) {
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

func TestTheRuleOfPackageComments(t *testing.T) {
	tests := map[string]struct {
		name, code string
		want       bool
	}{
		"a package":          {"a/x/f.go", "// Package x is.\npackage x\n", true},
		"another's name":     {"a/x/f.go", "// Package y is.\npackage x\n", false},
		"none":               {"a/x/f.go", "package x\n", false},
		"set apart":          {"a/x/f.go", "// Package x is.\n\npackage x\n", false},
		"a command":          {"cmd/x/f.go", "// Command x does.\npackage main\n", true},
		"a command, by name": {"cmd/x/f.go", "// X does.\npackage main\n", true},
		"a silent command":   {"cmd/x/f.go", "package main\n", false},
	}
	for name, tt := range tests {
		if got := documented([]*source{sample(t, tt.name, tt.code)}); got != tt.want {
			t.Errorf("%s: got %t", name, got)
		}
	}
}
