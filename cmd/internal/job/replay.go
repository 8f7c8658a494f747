package job

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"runtime"

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
	defer s.phases.measure(reconcile.RunPhaseWix)()
	in, err := s.Opener.Open(ctx, s.Config.Snapshot)
	if err != nil {
		return nil, nil, missingIsUsage(fmt.Errorf("snapshot: %w", err))
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	earlier, err := s.summaryBeside(ctx)
	if err != nil {
		return nil, nil, err
	}
	inv, err = s.readSnapshot(ctx, in, table)
	if err != nil {
		return nil, nil, err
	}
	completed := *sub
	if earlier == nil {
		s.replayBare(&completed, inv)
	} else {
		err = s.replayRun(&completed, inv, earlier)
	}
	inv.coverage.Narrow(s.onlyAccounts())
	return &completed, inv, err
}

// readSnapshot reads a snapshot into the table.
func (s *session) readSnapshot(ctx context.Context, in *storage.Reader, table *join.Table) (*inventory, error) {
	content, name := "", "snapshot "+in.Name
	file, err := readHashed(in, name, func(plain io.Reader) error {
		hash := sha256.New()
		if storage.Compressed(plain) {
			plain = io.TeeReader(plain, hash)
			defer func() { content = hex.EncodeToString(hash.Sum(nil)) }()
		}
		if err := s.readPackages(ctx, plain, table); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return nil
	})
	return &inventory{file: &file, content: cmp.Or(content, file.SHA256)}, err
}

// readPackages reads the packages that are in scope into the table.
func (s *session) readPackages(ctx context.Context, plain io.Reader, table *join.Table) error {
	writers := make([]*join.Writer, runtime.GOMAXPROCS(0))
	for i := range writers {
		writers[i] = table.Writer()
	}
	only := setOf(s.onlyAccounts())
	err := wix.ReadSnapshot(ctx, plain, len(writers), func(worker int, p *reconcile.Package, order int64) error {
		if len(only) > 0 && !only[p.AccountID] {
			return nil
		}
		return writers[worker].AddPackage(p, order)
	})
	for _, w := range writers {
		err = errors.Join(err, w.Close())
	}
	return err
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
func (s *session) replayBare(sub *subject, inv *inventory) {
	read := inv.file.Modified.UTC()
	s.warn("snapshot %s has no %s beside it: it counts as complete at the time of the file, %s",
		inv.file.Name, archive.SummaryFile, read.Format("2006-01-02 15:04:05Z"))
	if s.Config.AsOf.IsZero() {
		sub.asOf = read
	}
	inv.coverage = reconcile.Coverage{Inventory: reconcile.InventoryWhole, Accounts: make(map[string]*reconcile.AccountCoverage)}
	inv.bare = true
}

// countPackages adds the packages of each account to the coverage of a bare
// snapshot.
func countPackages(coverage *reconcile.Coverage, accounts map[string]int) {
	for id, packages := range accounts {
		coverage.Accounts[id] = &reconcile.AccountCoverage{Read: true, By: "snapshot", Packages: packages}
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
