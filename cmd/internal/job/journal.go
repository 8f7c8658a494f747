package job

import (
	"context"
	"errors"
	"fmt"

	"github.com/wixrecon/wixrecon/cmd/internal/config"
	"github.com/wixrecon/wixrecon/reconcile/fix"
	"github.com/wixrecon/wixrecon/reconcile/fix/execute"
	"github.com/wixrecon/wixrecon/report"
	"github.com/wixrecon/wixrecon/sources/archive"
	"github.com/wixrecon/wixrecon/sources/wix"
)

// Commands on the journal need no lease: they send Wix only reads, and write at most
// that a person settled an action. Entries that can't be read are an error beside those that can.

// ListJournal prints the attempts that match the filter, newest first.
func (j *Job) ListJournal(ctx context.Context, filter archive.JournalFilter) error {
	entries, err := j.journalEntries(ctx, filter)
	return errors.Join(report.WriteJournal(j.Stdout, j.format(), entries, j.Config.Settle), err)
}

// ResolveJournal records that a person settled an action.
func (j *Job) ResolveJournal(ctx context.Context, key, reason string) error {
	return j.withArchive(ctx, func(a *archive.Archive) error {
		r, err := a.Journal().Resolve(ctx, key, reason, j.startTime())
		if err != nil {
			return err
		}
		if j.Config.Output == config.OutputJSON {
			return printJSON(j.Stdout, r)
		}
		_, err = fmt.Fprintf(j.Stdout, "Action %s is settled by hand, up to attempt %d. The next run may send it again.\n", r.Key, r.Number)
		return err
	})
}

func (j *Job) journalEntries(ctx context.Context, filter archive.JournalFilter) (entries []fix.Entry, err error) {
	err = j.withArchive(ctx, func(a *archive.Archive) error {
		found, warnings, err := a.Journal().All(ctx, filter)
		j.warnAll(warnings)
		entries = found
		return err
	})
	return entries, err
}

// VerifyJournal compares the journal with Wix, and prints the attempts that
// differ. The exit code reports whether there are any; beside an error it means
// nothing.
func (j *Job) VerifyJournal(ctx context.Context) (code int, err error) {
	entries, err := j.journalEntries(ctx, archive.JournalFilter{})
	if err != nil {
		return 0, err
	}
	client, err := j.newClient(0)
	if err != nil {
		return 0, err
	}
	defer client.Close()
	verifications := execute.Verify(ctx, wix.ActionClient{Client: client}, entries, j.Config.Concurrency)
	if err := report.VerificationsText(j.Stdout, verifications); err != nil {
		return 0, err
	}
	for i := range verifications {
		if verifications[i].Err != nil {
			code = ExitIncomplete
		} else if !verifications[i].Agrees {
			return ExitUnfixed, nil
		}
	}
	return code, ctx.Err()
}
