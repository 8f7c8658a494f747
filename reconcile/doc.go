// Package reconcile holds the types and the rules of a reconciliation: ledger
// lines, Wix packages, how they are matched, and the findings that their
// differences produce.
//
// Everything here is pure: no clock, no files, no network, no goroutines. The
// same lines and packages produce the same findings in any order. The unit of
// work is a Group: all lines and packages of one external id. Package join
// applies these rules to inventories of any size.
package reconcile
