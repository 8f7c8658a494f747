package serve

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/wixrecon/wixrecon/cmd/internal/config"
	"github.com/wixrecon/wixrecon/cmd/internal/telemetry"
)

// An Announcer informs others of runs, as the settings say. Whatever becomes of a
// ping, a message or the metrics is a line of the log, and never the exit code of
// a run.
type Announcer struct {
	Settings *config.Unattended
	Client   *http.Client
	Log      *slog.Logger
	Past     *PastRuns     // for the metrics
	Interval time.Duration // of the schedule; 0 without one
}

// Around pings the start of a run, does it, and announces its end. End describes
// the run that has ended.
func (a *Announcer) Around(ctx context.Context, run func(context.Context) (code int, err error), end func(code int, err error) *telemetry.Message) (code int, err error) {
	a.start(ctx)
	code, err = run(ctx)
	a.end(ctx, end(code, err))
	return code, err
}

// NeedsPast reports whether the past runs are needed.
func (a *Announcer) NeedsPast() bool {
	return a.Settings.MetricsFile != "" || a.Settings.MetricsPush != ""
}

func (a *Announcer) start(ctx context.Context) {
	if a.Settings.Ping != "" {
		a.warn((&telemetry.Pinger{Client: a.Client, URL: a.Settings.Ping}).Start(ctx))
	}
}

// end announces the end of a run to all receivers at once, so that one that hangs
// does not delay the others.
func (a *Announcer) end(ctx context.Context, m *telemetry.Message) {
	var all sync.WaitGroup
	defer all.Wait()
	if a.NeedsPast() {
		all.Go(func() { a.exportMetrics(ctx) })
	}
	if a.Settings.Ping != "" {
		all.Go(func() {
			a.warn((&telemetry.Pinger{Client: a.Client, URL: a.Settings.Ping}).End(ctx, m.ExitCode, m.Text()))
		})
	}
	if !m.Due(a.Settings.NotifyOn) {
		return
	}
	for _, target := range a.Settings.Notify {
		all.Go(func() {
			a.warn((&telemetry.Notifier{Client: a.Client, URL: target, Secret: a.Settings.NotifySecret}).Send(ctx, m))
		})
	}
}

func (a *Announcer) exportMetrics(ctx context.Context) {
	ctx, cancel := telemetry.Window(ctx)
	defer cancel()
	if err := a.Past.Refresh(ctx); err != nil {
		a.warn(err)
		return
	}
	facts, err := a.Past.Facts(ctx, a.Interval)
	if err != nil {
		a.warn(err)
		return
	}
	if name := a.Settings.MetricsFile; name != "" {
		a.warn(telemetry.WriteFile(name, facts))
	}
	if target := a.Settings.MetricsPush; target != "" {
		a.warn(telemetry.Push(ctx, a.Client, target, facts))
	}
}

func (a *Announcer) warn(err error) {
	if err != nil {
		a.Log.Warn("the run could not be announced", "cause", err)
	}
}
