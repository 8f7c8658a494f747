package archive

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/storage"
)

// What is known of findings is what the newest live run of the scope wrote
// down. It must be the bytes that the run's summary tells of. If they are not,
// the run before it is asked: it knows a night less, which makes findings
// younger and sightings fewer, and never the other way round.

// Recall reads what earlier runs know of findings; nil where there is nothing.
func (a *Archive) KnownFindings(ctx context.Context, h *History, scopeID string) (reconcile.KnownFindings, error) {
	for i := range h.Runs {
		file := memoryOf(&h.Runs[i])
		if file == nil {
			continue
		}
		memory, err := a.memory(ctx, h.Runs[i].RunID, scopeID, file.SHA256)
		if err == nil {
			return memory, nil
		}
		if !damaged(err) {
			return nil, err
		}
		h.Warnings = append(h.Warnings, fmt.Sprintf("what run %s knew of findings is lost: %v", h.Runs[i].RunID, err))
	}
	return nil, nil
}

// memory reads the memory of one run.
func (a *Archive) memory(ctx context.Context, id, scopeID, sum string) (_ reconcile.KnownFindings, err error) {
	in, err := a.dir.Open(ctx, id+"/"+KnownFindingsFile)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	hash := sha256.New()
	held := &fallible{in: in}
	stored := io.TeeReader(held, hash)
	memory, err := unpackMemory(stored, scopeID)
	if err == nil {
		_, err = io.Copy(io.Discard, stored) // what a decompressor left unread
	}
	if got := hex.EncodeToString(hash.Sum(nil)); err == nil && got != sum {
		err = errors.New("it is not what the run wrote")
	}
	switch {
	case held.err != nil:
		return nil, held.err
	case err != nil:
		return nil, damage{fmt.Errorf("read %s: %w", in.Name, err)}
	}
	return memory, nil
}

func unpackMemory(stored io.Reader, scopeID string) (_ reconcile.KnownFindings, err error) {
	plain, err := storage.Decompress(stored)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, plain.Close()) }()
	return readMemory(plain, scopeID)
}
