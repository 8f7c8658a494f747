// Package join reconciles inventories of any size. Rows and packages are packed
// into records, dealt into parts by external id (on disk where they do not fit in
// memory) and matched group by group by the rules of package reconcile, by several
// goroutines. Findings and the inventory come out in report order.
//
// The result depends neither on the order in which records arrive, nor on memory,
// nor on the number of goroutines.
package join
