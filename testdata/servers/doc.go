// Package servers pins the store servers that the tests of buckets use. They are
// programs with many dependencies, so they have a module of their own. make servers
// builds them into bin/servers.
package servers
