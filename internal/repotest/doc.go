// Package repotest holds the repository to its own rules: which package may
// import which, how long a function may be, what may not stand in a file. It
// has tests only.
//
// The rules read source text and not the build, so that files behind build tags
// are held to them as well, and a package that does not compile does not hide
// what another one does.
package repotest
