// Package repotest enforces the repository's own rules: which package may
// import which, how long a function may be, which words a text may not use. It
// has tests only.
//
// The rules read source text and not the build, so that files behind build tags
// are checked as well, and a package that does not compile does not hide the
// faults of another.
package repotest
