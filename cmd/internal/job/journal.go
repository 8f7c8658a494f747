package job

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/wixrecon/wixrecon/cmd/internal/config"
	"github.com/wixrecon/wixrecon/reconcile/fix"
	"github.com/wixrecon/wixrecon/report"
	"github.com/wixrecon/wixrecon/sources/archive"
	"github.com/wixrecon/wixrecon/sources/storage"
	"github.com/wixrecon/wixrecon/sources/wix"
)

// The journal is looked at without the lease: nothing is written to it, and
// nothing is sent to Wix but gets. What can't be read of it is an error beside
// what can.

// A Journal is what is asked of the journal of --out.
type Journal struct {
	Config  *config.Config // of it only what leads to --out and, to verify, to Wix
	Opener  *storage.Opener
	Version string
	Log     *slog.Logger
	Stdout  io.Writer
}

// List prints the attempts that the filter lets through, newest first.
func (j *Journal) List(ctx context.Context, filter archive.JournalFilter) error {
	entries, err := j.entries(ctx, filter)
	return errors.Join(j.print(entries), err)
}

func (j *Journal) print(entries []fix.Entry) error {
	settle := j.Config.Settle
	switch j.Config.Output {
	case config.OutputJSON:
		return report.JournalJSON(j.Stdout, entries, settle)
	case config.OutputMarkdown:
		return report.JournalMarkdown(j.Stdout, entries, settle)
	}
	return report.JournalText(j.Stdout, entries, settle)
}

func (j *Journal) entries(ctx context.Context, filter archive.JournalFilter) ([]fix.Entry, error) {
	a, err := archive.Open(ctx, j.Opener, j.Config.Out)
	if err != nil {
		return nil, named(fmt.Errorf("out: %w", err))
	}
	entries, warnings, err := a.Journal().All(ctx, filter)
	for _, text := range warnings {
		j.Log.Warn(text)
	}
	return entries, errors.Join(err, a.Close())
}

// Verify holds the journal against Wix, and prints the attempts that Wix is not
// as the journal says of. The exit code says whether there are any.
func (j *Journal) Verify(ctx context.Context) (code int, err error) {
	entries, err := j.entries(ctx, archive.JournalFilter{})
	if err != nil {
		return ExitFailed, err
	}
	client, err := newClient(j.Config, j.Version, j.Log)
	if err != nil {
		return ExitCode(err), err
	}
	defer client.Close()
	verdicts := fix.Verify(ctx, wix.ActionClient{Client: client}, entries, j.Config.Concurrency)
	if err := report.VerificationsText(j.Stdout, verdicts); err != nil {
		return ExitFailed, err
	}
	for i := range verdicts {
		if verdicts[i].Err != nil {
			code = ExitIncomplete
		} else if !verdicts[i].Agrees {
			return ExitUnfixed, nil
		}
	}
	return code, ctx.Err()
}
