// Package join reconciles inventories of any size. Rows and packages are packed
// into records, sorted by external id (on disk where they do not fit in memory)
// and matched group by group by the rules of package reconcile. Findings and the
// inventory come out in report order.
//
// The sorter makes the result independent of the order in which records arrive.
package join
