// Package join reconciles books of any size. Rows and packages are packed into
// records, sorted by external id (on disk where they do not fit in memory), and
// fed group by group to the rules of package reconcile; findings and the
// inventory come out in report order.
//
// Order of arrival is forgotten in one place, the sorter: what is equal but for
// it gives the same result.
package join
