package job

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/wixrecon/wixrecon/cmd/internal/config"
	"github.com/wixrecon/wixrecon/sources/archive"
)

// Pruning tells each run when it is removed, and not before: if it is cut
// short, what was told is what is gone.

// Prune removes the runs that are older than keep.
func (r *Runs) Prune(ctx context.Context, keep time.Duration, dry bool) error {
	return r.over(ctx, func(a *archive.Archive) error {
		old, warnings, err := a.Prunable(ctx, keep, r.at())
		if err != nil {
			return err
		}
		r.warn(warnings)
		if len(old) == 0 && r.Config.Output != config.OutputJSON {
			_, err := fmt.Fprintln(r.Stdout, "Nothing to remove")
			return err
		}
		for i := range old {
			if !dry && old[i].Reason == "" {
				if err := a.Remove(ctx, &old[i]); err != nil {
					return fmt.Errorf("prune run %s: %w", old[i].ID, err)
				}
			}
			if err := r.tellPruned(&old[i], dry); err != nil {
				return err
			}
		}
		return nil
	})
}

// tellPruned tells of one run, as a line of text or an object a line.
func (r *Runs) tellPruned(p *archive.Pruned, dry bool) error {
	if r.Config.Output == config.OutputJSON {
		return json.NewEncoder(r.Stdout).Encode(prunedJSON{p.ID, p.AsOf.UTC(), p.Files, p.Bytes, p.Reason == "" && !dry, p.Reason})
	}
	verb := "removed"
	switch {
	case p.Reason != "":
		verb = "kept"
	case dry:
		verb = "would remove"
	}
	text := fmt.Sprintf("%s %s, as of %s: %d files, %d bytes", verb, p.ID, p.AsOf.UTC().Format("2006-01-02 15:04:05"), p.Files, p.Bytes)
	if p.Reason != "" {
		text = fmt.Sprintf("%s %s: %s", verb, p.ID, p.Reason)
	}
	_, err := fmt.Fprintln(r.Stdout, text)
	return err
}

type prunedJSON struct {
	RunID   string    `json:"run_id"`
	AsOf    time.Time `json:"as_of"`
	Files   int       `json:"files"`
	Bytes   int64     `json:"bytes"`
	Removed bool      `json:"removed"`
	Kept    string    `json:"kept,omitempty"` // why it is kept
}

// printJSON prints indented JSON.
func printJSON(w io.Writer, content any) error {
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	out.SetEscapeHTML(false)
	return out.Encode(content)
}
