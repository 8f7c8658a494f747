package reconcile

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"maps"
	"slices"
)

// A scope is told by what a run was asked to look at, and by nothing that
// changes from night to night. What earlier runs know is theirs alone who asked
// the same: with another mapping the same ledger says something else.

// Scope is what the run was asked to look at.
type Scope struct {
	ID        string   `json:"id"` // of ScopeParts
	AccountID string   `json:"account_id"`
	Accounts  []string `json:"accounts,omitempty"` // of --accounts; empty means all
	Ledger    string   `json:"ledger"`             // as typed, without secrets
}

// ScopeParts are what a scope is told by.
type ScopeParts struct {
	AccountID string              // the parent account
	Accounts  []string            // of --accounts, in any order; empty means all
	Ledger    string              // as typed, before a date or * is filled in
	Columns   map[string][]string // the column map: headers in the order in which they are tried
	Statuses  map[string]string   // the status map
}

// ID gives the stable id of the scope: 20 hexadecimal digits.
func (s *ScopeParts) ID() string {
	hash := sha256.New()
	add := func(parts ...string) {
		text := binary.AppendUvarint(nil, uint64(len(parts)))
		for _, part := range parts {
			text = append(binary.AppendUvarint(text, uint64(len(part))), part...)
		}
		hash.Write(text)
	}
	add(s.AccountID, s.Ledger)
	add(slices.Sorted(slices.Values(s.Accounts))...)
	for _, column := range slices.Sorted(maps.Keys(s.Columns)) {
		add(append([]string{column}, s.Columns[column]...)...)
	}
	add() // no column can look like a status
	for _, word := range slices.Sorted(maps.Keys(s.Statuses)) {
		add(word, s.Statuses[word])
	}
	return hex.EncodeToString(hash.Sum(nil)[:10])
}

// LedgerVersion gives the identity of a ledger: a hash of the SHA-256s of its
// parts, in their order. The same bytes under another name, or stored anew, are
// the same ledger: they say nothing that was not said before.
func LedgerVersion(parts []File) string {
	hash := sha256.New()
	for i := range parts {
		hash.Write([]byte(parts[i].SHA256 + "\n"))
	}
	return hex.EncodeToString(hash.Sum(nil)[:16])
}
