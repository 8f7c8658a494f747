// Package ledger turns the rows of the reseller's ledger into lines, and says
// of each row that can't be read why not. Nothing is guessed: a cell that could
// be read in two ways stops the reading, or makes its row a bad one.
package ledger
