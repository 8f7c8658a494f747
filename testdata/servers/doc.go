// Package servers pins the servers that the tests of places run against. They
// are programs with many dependencies, so they have a module of their own; make
// servers builds them into bin/servers.
package servers
