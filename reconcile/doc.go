// Package reconcile holds the nouns and the rules of a reconciliation: what a
// ledger line and a Wix package are, how they are matched, and which findings
// a difference gives.
//
// Everything here is pure: no clock, no file, no network, no goroutine. The
// same lines and packages give the same findings, whatever their order. The
// unit of work is a Group, all lines and packages of one external id; package
// join feeds whole inventories through it.
package reconcile
