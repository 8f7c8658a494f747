// Package wix reads the inventory of packages from the Wix Resellers API, and
// sends the requests that change it.
//
// A Client shares one rate limit among all requests: Query and Get are retried,
// Send sends a change once and never again. Pages follows the cursors of one
// slice of the inventory, and never loses a page without an error.
// ReadInventory combines slices, one per sub-account plus a sweep where packages
// may be missing, and reports in a Coverage what was read. A snapshot stores the
// packages as they were read, one per line. An ActionClient sends the actions
// of a plan.
//
// Only Send changes anything at Wix.
package wix
