package job

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/govalues/decimal"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/join"
	"github.com/wixrecon/wixrecon/sources/ledger"
	"github.com/wixrecon/wixrecon/sources/storage"
	"github.com/wixrecon/wixrecon/sources/table"
)

// A ledger is one object, or the parts of a folder in the order of their names.
// Each object is hashed as it is stored, and must not change while it is read;
// nor may the folder. A part of a folder may have no rows, but no two may have the
// same: their rows would count twice. Control totals are checked at the end: until they hold,
// nothing is inferred from the ledger.

// ledgerInput is what is known of a ledger apart from its rows.
type ledgerInput struct {
	files    []reconcile.File
	carried  []string // headers of the carried columns
	accounts []string // sub-accounts that its rows name, ordered
}

// ledgerReader reads one ledger.
type ledgerReader struct {
	*session
	source   *storage.Source
	writers  []*rowWriter // one for each goroutine
	input    ledgerInput
	carried  string            // the part whose carried columns all have
	contents map[string]string // names of the parts with rows, by the hash of their content
	counts   ledger.Counts     // over all parts
}

// A rowWriter adds rows to a table, for one goroutine.
type rowWriter struct {
	*join.Writer
	accounts map[string]bool // sub-accounts that its rows name
}

func (w *rowWriter) add(row *ledger.Row) error {
	if row.Line != nil {
		w.addAccount(row.Line.AccountID)
		return w.AddLine(row.Line, row.Carried)
	}
	w.addAccount(row.Bad.AccountID)
	return w.AddBadRow(row.Bad, row.Carried)
}

// addAccount adds a copy of the name, which may be a part of something large.
func (w *rowWriter) addAccount(account string) {
	if account != "" && !w.accounts[account] {
		w.accounts[strings.Clone(account)] = true
	}
}

// fillLedger reads the ledger into the table. A date in the ledger's name is that
// of at.
func (s *session) fillLedger(ctx context.Context, at time.Time, table *join.Table) (*ledgerInput, error) {
	writers := make([]*rowWriter, runtime.GOMAXPROCS(0))
	for i := range writers {
		writers[i] = &rowWriter{table.Writer(), make(map[string]bool)}
	}
	in, err := s.readLedger(ctx, at, writers)
	accounts := make(map[string]bool)
	for _, w := range writers {
		err = errors.Join(err, w.Close())
		maps.Copy(accounts, w.accounts)
	}
	if in != nil {
		in.accounts = slices.Sorted(maps.Keys(accounts))
	}
	return in, err
}

// readLedger passes every row of the ledger to the writers.
func (s *session) readLedger(ctx context.Context, at time.Time, writers []*rowWriter) (in *ledgerInput, err error) {
	defer s.phases.measure(reconcile.RunPhaseLedger)()
	source, err := s.Opener.Find(ctx, s.Config.Ledger, at.In(s.Config.Location))
	if err != nil {
		return nil, missingIsUsage(fmt.Errorf("ledger: %w", err))
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	s.Log.Info("reading the ledger", "name", source.Name)
	r := &ledgerReader{session: s, source: source, writers: writers, contents: make(map[string]string)}
	for part := range source.Parts {
		if err := r.readPart(ctx, part); err != nil {
			return nil, err
		}
	}
	if err := source.Unchanged(ctx); err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	return &r.input, errors.Join(r.checkBadRows(), r.checkTotals(ctx))
}

// readPart reads one object of the ledger.
func (r *ledgerReader) readPart(ctx context.Context, part int) (err error) {
	in, err := r.source.Open(ctx, part)
	switch {
	case err != nil && len(r.source.Parts) == 1: // it was not listed, so it may not exist
		return missingIsUsage(fmt.Errorf("ledger: %w", err))
	case err != nil:
		return fmt.Errorf("ledger: %w", err)
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	content, before := sha256.New(), r.counts.Rows
	file, err := readHashed(in, "ledger "+in.Name, func(plain io.Reader) error {
		if r.isFolder() {
			plain = io.TeeReader(plain, content)
		}
		return r.readRows(ctx, plain, in.Name)
	})
	switch {
	case r.isFolder() && errors.Is(err, table.ErrNoTable):
		return fmt.Errorf("%w. If it is not a part of the ledger, begin its name with a dot or an underscore, and it is ignored", err)
	case err != nil:
		return err
	case r.isFolder() && r.counts.Rows > before:
		err = r.checkContent(hex.EncodeToString(content.Sum(nil)), in.Name)
	case r.isFolder():
		r.warn("ledger %s: this part of the folder has no rows", in.Name)
	}
	r.input.files = append(r.input.files, file)
	return errors.Join(err, in.Unchanged(ctx))
}

func (r *ledgerReader) isFolder() bool { return len(r.source.Parts) > 1 }

// checkContent refuses a part that has the same content as an earlier one.
func (r *ledgerReader) checkContent(hash, name string) error {
	if earlier := r.contents[hash]; earlier != "" {
		return fmt.Errorf("ledger %s: it has the same bytes as %s, so that every row would count twice: remove one of them", name, earlier)
	}
	r.contents[hash] = name
	return nil
}

// options returns how the rows are read. Where there are several parts the share
// of bad rows is checked over all of them.
func (r *ledgerReader) options(name string) *ledger.Options {
	o := r.Config.LedgerOptions("ledger " + name)
	if r.isFolder() {
		o.MaxBadRows.Decimal, o.AllowNoRows = decimal.Hundred, true
	}
	return o
}

func (r *ledgerReader) readRows(ctx context.Context, plain io.Reader, name string) (err error) {
	l, err := ledger.Read(ctx, plain, r.options(name))
	if r.isFolder() && errors.Is(err, table.ErrEmpty) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	r.logSheets(l, name)
	if err := r.checkCarried(l.CarriedHeader(), name); err != nil {
		return err
	}
	if err := l.EachRow(len(r.writers), func(worker int, row *ledger.Row) error { return r.writers[worker].add(row) }); err != nil {
		return err
	}
	r.counts.Rows += l.Counts().Rows
	r.counts.Bad += l.Counts().Bad
	for _, text := range l.Warnings() {
		r.warn("%s", text)
	}
	return nil
}

// logSheets names the sheets of a workbook that are read.
func (r *ledgerReader) logSheets(l *ledger.Ledger, name string) {
	if read, others := l.Sheets(); len(read) > 0 {
		r.Log.Info("reading sheets of the ledger", "name", name, "sheets", read, "not_read", others)
	}
}

// checkCarried refuses a part whose carried columns are not those of the first:
// a cell must not end up under another part's header.
func (r *ledgerReader) checkCarried(header []string, name string) error {
	if r.carried == "" {
		r.input.carried, r.carried = header, name
		return nil
	}
	carried := r.input.carried
	for i := range max(len(header), len(carried)) {
		if i >= len(header) || i >= len(carried) || header[i] != carried[i] {
			return fmt.Errorf("ledger %s: its header differs from that of %s: carried column %d is %s, there %s",
				name, r.carried, i+1, columnAt(header, i), columnAt(carried, i))
		}
	}
	return nil
}

func columnAt(header []string, i int) string {
	if i >= len(header) {
		return "missing"
	}
	return fmt.Sprintf("%q", header[i])
}

// checkTotals checks the control totals: the number of rows in --ledger-rows, and
// the checksum beside each part.
func (r *ledgerReader) checkTotals(ctx context.Context) error {
	var faults []error
	if want := r.Config.LedgerRows; want != 0 && want != r.counts.Rows {
		faults = append(faults, fmt.Errorf("ledger %s: it has %d rows, but --ledger-rows is %d", r.source.Name, r.counts.Rows, want))
	}
	for part := range r.source.Parts {
		faults = append(faults, r.checkChecksum(ctx, part))
	}
	return errors.Join(faults...)
}

func (r *ledgerReader) checkChecksum(ctx context.Context, part int) error {
	want, from, err := r.source.Checksum(ctx, part)
	read := r.input.files[part]
	switch {
	case errors.Is(err, storage.ErrExistenceUnknown):
		r.warn("ledger %s: cannot find out whether there is a checksum file: the credentials may not list the bucket", read.Name)
		return nil
	case err != nil:
		return fmt.Errorf("ledger %s: %w", read.Name, err)
	case want != "" && want != read.SHA256:
		return fmt.Errorf("ledger %s: its SHA-256 is %s, but %s has %s: it is another file, or not all of it",
			read.Name, read.SHA256, from, want)
	}
	return nil
}

// checkBadRows checks the share of bad rows over all parts. For a ledger of one
// part ledger.Read has done it.
func (r *ledgerReader) checkBadRows() error {
	if !r.isFolder() {
		return nil
	}
	if r.counts.Rows == 0 {
		return fmt.Errorf("ledger %s: %w", r.source.Name, ledger.ErrNoRows)
	}
	if err := r.counts.CheckLimit(r.Config.MaxBadRows); err != nil {
		return fmt.Errorf("ledger %s: %w", r.source.Name, err)
	}
	return nil
}
