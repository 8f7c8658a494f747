package job

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/wixrecon/wixrecon/cmd/internal/config"
	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/report"
	"github.com/wixrecon/wixrecon/sources/archive"
	"github.com/wixrecon/wixrecon/sources/storage"
)

// What earlier runs left is looked at without Wix and without a ledger. What is
// odd in --out goes to the log: the result is what was asked for.

// Runs is what was asked of earlier runs.
type Runs struct {
	Config *config.Config // of it only where and how
	Opener *storage.Opener
	Log    *slog.Logger
	Stdout io.Writer
	At     time.Time // when it is asked; zero is now
}

// over opens the archive for what is done with it.
func (r *Runs) over(ctx context.Context, do func(*archive.Archive) error) error {
	a, err := archive.Open(ctx, r.Opener, r.Config.Out)
	if err != nil {
		return named(fmt.Errorf("out: %w", err))
	}
	return errors.Join(do(a), a.Close())
}

func (r *Runs) at() time.Time {
	if r.At.IsZero() {
		return time.Now().UTC()
	}
	return r.At.UTC()
}

func (r *Runs) warn(warnings []string) {
	for _, text := range warnings {
		r.Log.Warn(text)
	}
}

// List prints the runs of the scopes whose id begins so, newest first.
func (r *Runs) List(ctx context.Context, scope string) error {
	return r.over(ctx, func(a *archive.Archive) error {
		listed, warnings, err := a.List(ctx, scope)
		if err != nil {
			return err
		}
		r.warn(warnings)
		lines := make([]report.RunLine, len(listed))
		for i, l := range listed {
			lines[i] = report.RunLine(l)
		}
		switch r.Config.Output {
		case config.OutputJSON:
			return report.RunsJSON(r.Stdout, lines)
		case config.OutputMarkdown:
			return report.RunsMarkdown(r.Stdout, lines)
		}
		return report.RunsText(r.Stdout, lines)
	})
}

// Show prints the summary of a run as the run did.
func (r *Runs) Show(ctx context.Context, id string) error {
	return r.over(ctx, func(a *archive.Archive) error {
		s, err := a.Summary(ctx, id)
		if err != nil {
			return err
		}
		return printSummary(r.Stdout, r.Config.Output, s, a.Folder(id))
	})
}

// printSummary prints the summary of a run in one of the forms of --output.
func printSummary(w io.Writer, form string, s *reconcile.Summary, folder string) error {
	o := &report.TextOptions{Folder: folder}
	switch form {
	case config.OutputJSON:
		return report.JSON(w, s)
	case config.OutputMarkdown:
		return report.Markdown(w, s, o)
	}
	return report.Text(w, s, o)
}

// Accept makes a complete run that a guard objected to the new baseline.
func (r *Runs) Accept(ctx context.Context, id, reason string) error {
	return r.over(ctx, func(a *archive.Archive) error {
		acceptance, err := a.Accept(ctx, id, reason, r.at())
		if err != nil {
			return err
		}
		s, err := a.Summary(ctx, id)
		if err != nil {
			return err
		}
		if warning, err := a.SetLatest(ctx, s); err != nil || warning != "" {
			r.Log.Warn("the run is accepted, and may not be named as the latest", "warning", warning, "cause", err)
		}
		return r.tellAccepted(acceptance, s.Objections)
	})
}

func (r *Runs) tellAccepted(a *reconcile.Acceptance, objections []string) error {
	if r.Config.Output == config.OutputJSON {
		return printJSON(r.Stdout, a)
	}
	text := fmt.Sprintf("Run %s is accepted: baselines of its scope count from it, and sightings start anew.\n", a.RunID)
	for _, o := range objections {
		text += "Overruled: " + o + "\n"
	}
	_, err := io.WriteString(r.Stdout, text)
	return err
}
