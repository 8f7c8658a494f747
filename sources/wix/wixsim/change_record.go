package wixsim

import (
	"slices"
	"sync"
	"time"
)

// The record of changes: what was asked for, and what was done. It is what a
// test holds a client's own story against.

// An Effect is what a changing request did to the inventory.
type Effect string

// The effects.
const (
	NoEffect     Effect = ""            // refused, or failed before the work
	Done         Effect = "done"        // what was asked for
	Repeated     Effect = "repeated"    // a create with a known idempotency key, or a cancel of what was dead
	HalfDone     Effect = "half-done"   // an assign that left the instance on no site
	Underway     Effect = "under way"   // it will be made later
	RefusedLater Effect = "too late"    // it was to be made later, and the inventory refused it then
	DoneLater    Effect = "done, later" // it was made after its connection had gone
)

// A Change is a changing request and what it did.
type Change struct {
	Request
	Kind       ChangeKind
	PackageID  string // that it was about, or that was created; empty where it is not known
	InstanceID string
	Effect     Effect
}

// A changeRecord is a Change while it is kept.
type changeRecord struct {
	request    *Request
	kind       ChangeKind
	packageID  string
	instanceID string
	effect     Effect
}

// changes is what the server knows of changes. Its lock is held while one is
// checked and made, so that each sees the inventory as the one before left it.
type changes struct {
	mu      sync.Mutex
	made    map[string]idempotent // by idempotency key
	created uint64                // ids given out
	delayed []*delayed
	fresh   map[string]bool // created packages that are not delivered

	recordMu sync.Mutex
	records  []*changeRecord
}

// A delayed change is made when its timer ends, or when it is told to land.
type delayed struct {
	timer *time.Timer
	land  func() // with the lock held
}

func (c *changes) begin(rec *Request, order changeOrder) (record *changeRecord, n int) {
	c.recordMu.Lock()
	defer c.recordMu.Unlock()
	record = &changeRecord{
		request: rec, kind: order.kind, packageID: fold(order.packageID), instanceID: fold(order.instanceID),
	}
	c.records = append(c.records, record)
	return record, len(c.records)
}

// note says what a change did, and to which package.
func (c *changes) note(record *changeRecord, effect Effect, packageID string) {
	c.recordMu.Lock()
	defer c.recordMu.Unlock()
	record.effect = effect
	if packageID != "" {
		record.packageID = fold(packageID)
	}
}

func (c *changes) forget() {
	c.recordMu.Lock()
	defer c.recordMu.Unlock()
	c.records = nil
}

// Changes gives a copy of the changing requests so far, in order of arrival.
func (s *Server) Changes() []Change {
	s.changes.recordMu.Lock()
	kept := slices.Clone(s.changes.records)
	s.changes.recordMu.Unlock()
	all := make([]Change, len(kept))
	for i, record := range kept {
		all[i] = s.copyOf(record)
	}
	return all
}

// copyOf gives a copy of a record, which may still be under way.
func (s *Server) copyOf(r *changeRecord) Change {
	s.records.mu.Lock()
	request := *r.request
	request.Header = r.request.Header.Clone()
	s.records.mu.Unlock()
	s.changes.recordMu.Lock()
	defer s.changes.recordMu.Unlock()
	return Change{Request: request, Kind: r.kind, PackageID: r.packageID, InstanceID: r.instanceID, Effect: r.effect}
}
