package job

import (
	"context"
	"time"

	"github.com/wixrecon/wixrecon/cmd/internal/telemetry"
	"github.com/wixrecon/wixrecon/report"
	"github.com/wixrecon/wixrecon/sources/archive"
)

// OpenArchive opens the archive of --out.
func (j *Job) OpenArchive(ctx context.Context) (*archive.Archive, error) {
	a, err := archive.Open(ctx, j.Opener, j.Config.Out)
	return a, missingIsUsage(err)
}

// ScopeID returns the id of the scope of a live run.
func (j *Job) ScopeID() string { return (&session{Job: j}).scope(j.Config.AccountID).ID }

// Message describes a run of Config.RunID that has ended. What it found is read
// from the archive; without that, the message has the exit code only.
func (j *Job) Message(ctx context.Context, code int, runErr error) *telemetry.Message {
	m := &telemetry.Message{
		RunID: j.Config.RunID, Command: "run", Scope: j.ScopeID(), Time: time.Now().UTC(), ExitCode: code, Verdict: "FAILED: no result",
	}
	if runErr != nil && j.Config.Unattended.Details {
		m.Error = runErr.Error()
	}
	ctx, cancel := telemetry.Window(ctx)
	defer cancel()
	err := j.withArchive(ctx, func(a *archive.Archive) (err error) {
		if m.Summary, err = a.Summary(ctx, j.Config.RunID); err == nil {
			m.Reports = a.Folder(j.Config.RunID)
		}
		return err
	})
	if err == nil {
		m.Verdict = report.Verdict(m.Summary)
	}
	return m
}
