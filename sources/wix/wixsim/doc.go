// Package wixsim is a Wix Resellers API of its own: a simulator for tests,
// rehearsals and the demo.
//
// A Server answers Query Packages, Get Package and the seven calls that change
// something over HTTP as the reference describes them, and keeps state. It is
// strict about what it receives, injects faults that are drawn from a seed or
// scripted, and records every request. Generate plants drift of every kind into
// an inventory and a ledger and writes the truth beside them.
//
// The package has JSON types of its own and imports nothing of the program, so
// that a mistake in the client's reading can't hide in the simulator's writing.
package wixsim
