// Package fix plans what is changed at Wix, before anything is changed: which
// findings lead to an action, which wait, and which are not allowed and why.
//
// The package is pure: the same findings, inventory, history and settings give
// the same plan, whatever their order. A Planner turns findings into a Proposal,
// package guard checks it and returns refusals, and both together are the Plan.
// Package execute sends a plan, from the plan alone; what it writes to and reads
// from the journal is defined here.
package fix
