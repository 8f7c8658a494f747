package serve

import (
	"context"
	"sync"
	"time"

	"github.com/wixrecon/wixrecon/cmd/internal/telemetry"
	"github.com/wixrecon/wixrecon/sources/archive"
)

// Past runs are read from the archive at the start and after each run. A probe
// every few seconds must not read hundreds of objects each time, so in between
// they are read again only where they are older than refreshTime: another pod, or
// a person, may have added or accepted one.

const refreshTime = 10 * time.Minute

// PastRuns are the runs in an archive.
type PastRuns struct {
	Archive *archive.Archive

	mu   sync.Mutex
	runs []Run
	read time.Time // zero: not yet
}

// A Run is a run in the list of past runs.
type Run struct {
	telemetry.Run
	ID      string
	Fault   string   // why there is no summary
	Reports []string // the files that may be opened
}

// Refresh reads the runs again.
func (p *PastRuns) Refresh(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.refresh(ctx)
}

// List returns the runs of all scopes, newest first.
func (p *PastRuns) List(ctx context.Context) ([]Run, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if time.Since(p.read) > refreshTime {
		if err := p.refresh(ctx); err != nil {
			return nil, err
		}
	}
	return p.runs, nil
}

// Facts returns the runs for the metrics.
func (p *PastRuns) Facts(ctx context.Context, interval time.Duration) (*telemetry.Facts, error) {
	runs, err := p.List(ctx)
	if err != nil {
		return nil, err
	}
	facts := &telemetry.Facts{Interval: interval}
	for i := range runs {
		facts.Runs = append(facts.Runs, runs[i].Run)
	}
	return facts, nil
}

func (p *PastRuns) refresh(ctx context.Context) error {
	listed, _, err := p.Archive.List(ctx, "") // the next run logs the warnings
	if err != nil {
		return err
	}
	runs := make([]Run, 0, len(listed))
	for i := range listed {
		runs = append(runs, newRun(&listed[i]))
	}
	p.runs, p.read = runs, time.Now()
	return nil
}

func newRun(l *archive.ListedRun) Run {
	r := Run{ID: l.ID, Fault: l.Fault, Run: telemetry.Run{At: l.Written, ExitCode: 1}}
	s := l.Summary
	if s == nil {
		return r
	}
	r.Summary, r.Scope, r.At, r.ExitCode = s, s.Scope.ID, s.Started, s.ExitCode
	for _, f := range s.Reports {
		r.Reports = append(r.Reports, f.Name)
	}
	r.Reports = served(append(r.Reports, archive.SummaryFile))
	return r
}

// LastRun returns when the last run of a scope started; zero where there is none.
func LastRun(runs []Run, scope string) time.Time {
	for i := range runs {
		if runs[i].Scope == scope {
			return runs[i].At
		}
	}
	return time.Time{}
}
