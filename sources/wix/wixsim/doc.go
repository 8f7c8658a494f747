// Package wixsim simulates the Wix Resellers API for tests, rehearsals and the
// demo.
//
// A Server answers Query Packages, Get Package and the seven changing calls over
// HTTP as the reference describes them, and keeps state. It checks requests
// strictly, injects faults by rates or by a script, and records every request.
// Generate makes sample data: an inventory and a ledger with drift of every
// kind, and the findings that a correct reconciliation reports.
//
// The package has JSON types of its own and imports nothing of the program, so
// that a mistake in the client's decoding can't be hidden by the same mistake
// here.
package wixsim
