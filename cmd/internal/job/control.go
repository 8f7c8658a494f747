package job

// A control total is what somebody else counted: the number of rows that
// --ledger-rows says, the checksum beside the ledger. One that does not hold
// says that the ledger is not the one that was meant, or not all of it, and
// then nothing may be said of it.

import (
	"context"
	"errors"
	"fmt"
	"hash"
	"io"

	"github.com/govalues/decimal"

	"github.com/wixrecon/wixrecon/sources/storage"
)

// stored reads the bytes of an object as they are stored, counts and hashes
// them.
type stored struct {
	in    io.Reader
	hash  hash.Hash
	bytes int64
}

func (s *stored) Read(b []byte) (int, error) {
	n, err := s.in.Read(b)
	_, _ = s.hash.Write(b[:n]) // never fails
	s.bytes += int64(n)
	return n, err
}

// judgeTotals holds the ledger that was read against its control totals.
func (r *ledgerReading) judgeTotals(ctx context.Context) error {
	var faults []error
	if want := r.Config.LedgerRows; want != 0 && want != r.counts.Rows {
		faults = append(faults, fmt.Errorf("ledger %s: it has %d rows, --ledger-rows says %d", r.source.Name, r.counts.Rows, want))
	}
	for part := range r.source.Parts {
		faults = append(faults, r.judgeChecksum(ctx, part))
	}
	return errors.Join(faults...)
}

func (r *ledgerReading) judgeChecksum(ctx context.Context, part int) error {
	want, from, err := r.source.Checksum(ctx, part)
	read := r.summary.Inputs[part]
	switch {
	case errors.Is(err, storage.ErrExistenceUnknown):
		r.warn(fmt.Sprintf("ledger %s: whether a checksum stands beside it can't be told: the credentials may not list the bucket", read.Name))
		return nil
	case err != nil:
		return fmt.Errorf("ledger %s: %w", read.Name, err)
	case want != "" && want != read.SHA256:
		return fmt.Errorf("ledger %s: its SHA-256 is %s, %s says %s: it is not the file that was checked, or not all of it",
			read.Name, read.SHA256, from, want)
	}
	return nil
}

// judgeBadRows holds the share of bad rows over all parts against the limit. A
// ledger of one part has judged itself.
func (r *ledgerReading) judgeBadRows() error {
	if len(r.source.Parts) == 1 {
		return nil
	}
	share, err := decimal.New(int64(r.counts.Bad)*100, 0)
	if err != nil {
		return err
	}
	rows, err := decimal.New(int64(r.counts.Rows), 0)
	if err != nil {
		return err
	}
	limit, err := rows.MulExact(r.Config.MaxBadRows, r.Config.MaxBadRows.Scale())
	if err != nil || share.Cmp(limit) <= 0 {
		return err
	}
	return fmt.Errorf("ledger %s: %d of %d rows are bad, no more than %s %% may be",
		r.source.Name, r.counts.Bad, r.counts.Rows, r.Config.MaxBadRows)
}
