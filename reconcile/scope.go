package reconcile

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"maps"
	"slices"
)

// Scope is what a run was asked to compare. Baselines, sightings and plans belong
// to one scope.
type Scope struct {
	ID        string   `json:"id"` // of ScopeParts
	AccountID string   `json:"account_id"`
	Accounts  []string `json:"accounts,omitempty"` // of --accounts; empty means all
	Ledger    string   `json:"ledger"`             // as typed, without secrets
}

// ScopeParts identify a scope. They include nothing that changes from night to
// night, but the column and status maps, with which the same ledger would mean
// something else.
type ScopeParts struct {
	AccountID string              // the parent account
	Accounts  []string            // of --accounts, in any order; empty means all
	Ledger    string              // as typed, before a date or * is filled in
	Columns   map[string][]string // the column map: headers in the order in which they are tried
	Statuses  map[string]string   // the status map
}

// ID returns the id of the scope: 20 hexadecimal digits.
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
	add() // so that no column looks like a status
	for _, word := range slices.Sorted(maps.Keys(s.Statuses)) {
		add(word, s.Statuses[word])
	}
	return hex.EncodeToString(hash.Sum(nil)[:10])
}

// LedgerVersion returns the identity of a ledger: a hash of the SHA-256s of its
// parts, in order. A renamed or re-uploaded file with the same bytes is the same
// ledger and proves nothing new.
func LedgerVersion(parts []File) string {
	hash := sha256.New()
	for i := range parts {
		hash.Write([]byte(parts[i].SHA256 + "\n"))
	}
	return hex.EncodeToString(hash.Sum(nil)[:16])
}
