package job

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/join"
	"github.com/wixrecon/wixrecon/sources/archive"
	"github.com/wixrecon/wixrecon/sources/storage"
	"github.com/wixrecon/wixrecon/sources/wix"
)

// A replay keeps the coverage and the as-of of the run that read the snapshot.
// They are in the summary beside it, which identifies the snapshot by a hash of
// its content, so that it may be compressed again. A snapshot without a summary
// counts as complete at the time of its file.

// replay reads a snapshot into the table, and completes the subject from it.
func (s *session) replay(ctx context.Context, sub *subject, table *join.Table) (_ *subject, inv *inventory, err error) {
	in, err := s.Opener.Open(ctx, s.Config.Snapshot)
	if err != nil {
		return nil, nil, missingIsUsage(fmt.Errorf("snapshot: %w", err))
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	earlier, err := s.summaryBeside(ctx)
	if err != nil {
		return nil, nil, err
	}
	content := sha256.New()
	var accounts map[string]int
	name := "snapshot " + in.Name
	file, err := readHashed(in, name, func(plain io.Reader) (err error) {
		if accounts, err = wix.ReadSnapshot(io.TeeReader(plain, content), s.inScope(table)); err != nil {
			err = fmt.Errorf("%s: %w", name, err)
		}
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	inv = &inventory{file: &file, content: hex.EncodeToString(content.Sum(nil))}
	completed := *sub
	if earlier == nil {
		s.replayBare(&completed, inv, accounts)
	} else {
		err = s.replayRun(&completed, inv, earlier)
	}
	inv.coverage.Narrow(s.onlyAccounts())
	return &completed, inv, err
}

// inScope returns the sink of a replay, which drops what is out of scope.
func (s *session) inScope(table *join.Table) wix.Sink {
	only := setOf(s.onlyAccounts())
	return func(p reconcile.Package, _ []byte, resolved bool) error {
		if len(only) > 0 && !only[p.AccountID] {
			return nil
		}
		return table.AddPackage(p, resolved)
	}
}

// summaryBeside reads the summary of the run that left the snapshot; nil where
// there is none.
func (s *session) summaryBeside(ctx context.Context) (*reconcile.Summary, error) {
	in, err := s.Opener.OpenBeside(ctx, storage.Sibling(s.Config.Snapshot, archive.SummaryFile))
	if storage.NotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	summary, err := archive.ReadSummary(in)
	if err != nil {
		err = fmt.Errorf("read %s: %w", in.Name, err)
	}
	return summary, errors.Join(err, in.Close())
}

// replayBare treats the snapshot as a whole inventory, read when the file was
// written.
func (s *session) replayBare(sub *subject, inv *inventory, accounts map[string]int) {
	read := inv.file.Modified.UTC()
	s.warn("snapshot %s has no %s beside it: it counts as complete at the time of the file, %s",
		inv.file.Name, archive.SummaryFile, read.Format("2006-01-02 15:04:05Z"))
	if s.Config.AsOf.IsZero() {
		sub.asOf = read
	}
	inv.coverage = reconcile.Coverage{
		Inventory: reconcile.InventoryWhole, Accounts: make(map[string]*reconcile.AccountCoverage, len(accounts)),
	}
	for id, packages := range accounts {
		inv.coverage.Accounts[id] = &reconcile.AccountCoverage{Read: true, By: "snapshot", Packages: packages}
	}
}

// replayRun takes scope, as-of and coverage from the run that read the snapshot.
func (s *session) replayRun(sub *subject, inv *inventory, earlier *reconcile.Summary) error {
	parent := earlier.Scope.AccountID
	if own := s.Config.AccountID; own != "" && own != parent {
		return Usagef("snapshot %s is of account %s, not of %s", inv.file.Name, parent, own)
	}
	if earlier.SnapshotContent != inv.content {
		return fmt.Errorf("read %s: it is not the snapshot that the %s beside it describes", inv.file.Name, archive.SummaryFile)
	}
	if err := earlier.Coverage.Validate(); err != nil || earlier.Complete != earlier.Coverage.Complete() {
		return fmt.Errorf("read %s: the %s beside it contradicts itself about what was read", inv.file.Name, archive.SummaryFile)
	}
	sub.scope = s.scope(parent)
	if s.Config.AsOf.IsZero() {
		sub.asOf = earlier.AsOf.UTC()
	}
	inv.coverage = earlier.Coverage
	return nil
}

func setOf(ids []string) map[string]bool {
	set := make(map[string]bool, len(ids))
	for _, id := range ids {
		set[id] = true
	}
	return set
}
