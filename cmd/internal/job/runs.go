package job

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/wixrecon/wixrecon/cmd/internal/config"
	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/report"
	"github.com/wixrecon/wixrecon/sources/archive"
)

// Commands on earlier runs read --out, without Wix and without a ledger. Damage
// in --out goes to the log.

// ListRuns prints the runs of the scopes whose id begins with scope, newest first.
func (j *Job) ListRuns(ctx context.Context, scope string) error {
	return j.withArchive(ctx, func(a *archive.Archive) error {
		listed, warnings, err := a.List(ctx, scope)
		if err != nil {
			return err
		}
		j.warnAll(warnings)
		lines := make([]report.RunLine, len(listed))
		for i, l := range listed {
			lines[i] = report.RunLine(l)
		}
		return report.WriteRuns(j.Stdout, j.format(), lines, j.startTime())
	})
}

// ShowRun prints the summary of a run as the run did.
func (j *Job) ShowRun(ctx context.Context, id string) error {
	return j.withArchive(ctx, func(a *archive.Archive) error {
		sum, err := a.Summary(ctx, id)
		if err != nil {
			return err
		}
		return report.WriteSummary(j.Stdout, j.format(), sum, &report.SummaryOptions{Folder: a.Folder(id)})
	})
}

// AcceptRun makes a complete run that a guard objected to the new baseline.
// With the id of another scope, the run's scope continues that one.
func (j *Job) AcceptRun(ctx context.Context, id, reason, continues string) error {
	return j.withArchive(ctx, func(a *archive.Archive) error {
		acceptance, err := a.Accept(ctx, id, reason, continues, j.startTime())
		if err != nil {
			return err
		}
		sum, err := a.Summary(ctx, id)
		if err != nil {
			return err
		}
		if warning, err := a.SetLatest(ctx, sum); err != nil || warning != "" {
			j.Log.Warn("the run is accepted, but may not be recorded as the latest", "warning", warning, "cause", err)
		}
		return j.printAccepted(acceptance, sum.Objections)
	})
}

func (j *Job) printAccepted(a *reconcile.Acceptance, objections []string) error {
	if j.Config.Output == config.OutputJSON {
		return printJSON(j.Stdout, a)
	}
	text := fmt.Sprintf("Run %s is accepted. It is the new baseline of its scope; sightings start again.\n", a.RunID)
	if a.Continues != "" {
		text = fmt.Sprintf("Run %s is accepted. Its scope continues scope %s: ages, sightings and baselines are carried over.\n", a.RunID, a.Continues)
	}
	for _, o := range objections {
		text += "Overruled: " + o + "\n"
	}
	_, err := io.WriteString(j.Stdout, text)
	return err
}

// PruneRuns removes the runs that are older than keep. Each run is printed once
// it is removed, so that after an interruption the output is still true.
func (j *Job) PruneRuns(ctx context.Context, keep time.Duration, dryRun bool) error {
	return j.withArchive(ctx, func(a *archive.Archive) error {
		old, warnings, err := a.PruneCandidates(ctx, keep, j.startTime())
		if err != nil {
			return err
		}
		j.warnAll(warnings)
		if !dryRun {
			if err := j.pruneLeftovers(ctx, a); err != nil {
				return err
			}
		}
		if len(old) == 0 && j.Config.Output != config.OutputJSON {
			_, err := fmt.Fprintln(j.Stdout, "Nothing to remove")
			return err
		}
		for i := range old {
			if !dryRun && old[i].Reason == "" {
				if err := a.Remove(ctx, &old[i]); err != nil {
					return fmt.Errorf("prune run %s: %w", old[i].ID, err)
				}
			}
			if err := j.printPruned(&old[i], dryRun); err != nil {
				return err
			}
		}
		return nil
	})
}

// pruneLeftovers removes what killed runs left.
func (j *Job) pruneLeftovers(ctx context.Context, a *archive.Archive) error {
	warnings, err := a.RemoveLeftovers(ctx, true)
	j.warnAll(warnings)
	return err
}

// prunedRun is a line of `runs prune --output json`.
type prunedRun struct {
	RunID   string    `json:"run_id"`
	AsOf    time.Time `json:"as_of"`
	Files   int       `json:"files"`
	Bytes   int64     `json:"bytes"`
	Removed bool      `json:"removed"`
	Kept    string    `json:"kept,omitempty"` // why it is kept
}

func (j *Job) printPruned(p *archive.PruneCandidate, dryRun bool) error {
	if j.Config.Output == config.OutputJSON {
		return json.NewEncoder(j.Stdout).Encode(prunedRun{p.ID, p.AsOf.UTC(), p.Files, p.Bytes, p.Reason == "" && !dryRun, p.Reason})
	}
	verb := "removed"
	if dryRun {
		verb = "would remove"
	}
	text := fmt.Sprintf("%s %s, as of %s: %d files, %d bytes", verb, p.ID, p.AsOf.UTC().Format("2006-01-02 15:04:05"), p.Files, p.Bytes)
	if p.Reason != "" {
		text = fmt.Sprintf("kept %s: %s", p.ID, p.Reason)
	}
	_, err := fmt.Fprintln(j.Stdout, text)
	return err
}

// printJSON prints indented JSON.
func printJSON(w io.Writer, content any) error {
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	out.SetEscapeHTML(false)
	return out.Encode(content)
}
