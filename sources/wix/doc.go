// Package wix reads an inventory of packages from the Wix Resellers API, and sends
// the calls that change it.
//
// A Client sends single calls with one rate for all: Query and Get with
// retries, Send once and never again. Pages follows the cursors of one slice
// of the inventory, and can't lose a page without an error. ReadBook puts slices
// together, one for each sub-account and a sweep where something may be
// missing, and says in a Coverage what was read. The snapshot codec keeps what
// was read, line by line.
//
// Nothing but Send changes anything at Wix.
package wix
