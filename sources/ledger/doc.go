// Package ledger reads the reseller's ledger, and the lists of exceptions and
// prices. It returns each row of the ledger as a line or as a bad row with its
// problems. It does not guess: a cell with two possible meanings stops reading or
// makes its row a bad row.
package ledger
