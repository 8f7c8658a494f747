package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/wixrecon/wixrecon/cmd/internal/config"
	"github.com/wixrecon/wixrecon/cmd/internal/job"
	"github.com/wixrecon/wixrecon/cmd/internal/serve"
	"github.com/wixrecon/wixrecon/cmd/internal/telemetry"
	"github.com/wixrecon/wixrecon/sources/archive"
)

func (p *program) scheduleCommand() *cli.Command {
	return &cli.Command{
		Name:  "schedule",
		Usage: "do a run at each time of a cron expression, until it is stopped; takes the settings of run",
		Flags: append(settingFlags(), fixFlag()),
		Action: func(c *cli.Context) error {
			return p.schedule(c)
		},
	}
}

// runJob reads the settings of a run, and what it is asked to fix; nil is an
// audit.
func (p *program) runJob(c *cli.Context) (*job.Job, *job.FixRequest, error) {
	cfg, err := config.Load(flagValues(c), p.env, p.files.read)
	var fix *job.FixRequest
	if c.IsSet("fix") {
		fix, err = fixRequest(c, cfg, err)
	}
	if err != nil {
		return nil, nil, p.wrongSettings(c, err)
	}
	return p.job(cfg), fix, nil
}

// schedule runs until the context ends. Wrong settings at its start are an error;
// later ones, when the settings are read again, are that of one run.
func (p *program) schedule(c *cli.Context) (err error) {
	first, _, err := p.runJob(c)
	if err == nil {
		err = checkSchedule(first.Config)
	}
	if err != nil {
		return err
	}
	ctx := c.Context
	a, err := first.OpenArchive(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	past := &serve.PastRuns{Archive: a}
	runs, err := past.List(ctx)
	if err != nil {
		return err
	}
	var s *serve.Schedule
	u := &first.Config.Unattended
	s, err = serve.New(serve.Options{
		Cron: u.Cron, Location: first.Config.Location, Jitter: u.Jitter, Log: first.Log, LastRun: serve.LastRun(runs, first.ScopeID()),
		Run: func(ctx context.Context, _ time.Time) { p.scheduledRun(ctx, c, first, past, s.Interval(time.Now())) },
	})
	if err != nil {
		return job.Usagef("--cron: %q: %w", u.Cron, err)
	}
	return p.serveAndLoop(ctx, first, s, past)
}

// checkSchedule refuses settings that are those of one run.
func checkSchedule(c *config.Config) error {
	switch {
	case c.RunID != "":
		return job.Usagef("--run-id: schedule does many runs: leave it out")
	case !c.AsOf.IsZero():
		return job.Usagef("--as-of: schedule compares with the present: leave it out")
	case c.Snapshot != "":
		return job.Usagef("--snapshot: schedule reads Wix: leave it out")
	}
	return nil
}

// serveAndLoop serves the pages, where an address is set, and runs the loop.
func (p *program) serveAndLoop(ctx context.Context, j *job.Job, s *serve.Schedule, past *serve.PastRuns) error {
	ctx, stop := context.WithCancel(ctx)
	served := make(chan error, 1)
	if address := j.Config.Unattended.Listen; address == "" {
		served <- nil
	} else {
		listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
		if err != nil {
			stop()
			return job.Usagef("--listen: %w", err)
		}
		j.Log.Info("serving health, metrics and past runs", "address", "http://"+listener.Addr().String())
		server := &serve.Server{Schedule: s, Past: past, Scope: j.ScopeID(), Log: j.Log}
		go func() {
			defer stop() // without its pages the daemon would look dead: it ends, to be started again
			served <- server.Serve(ctx, listener)
		}()
	}
	notifySystemd("READY=1")
	s.Loop(ctx)
	notifySystemd("STOPPING=1")
	stop()
	return <-served
}

// scheduledRun does one run of the schedule, with the settings as they are now.
func (p *program) scheduledRun(ctx context.Context, c *cli.Context, first *job.Job, past *serve.PastRuns, interval time.Duration) {
	clear(p.files) // the settings file, the key and the list of sub-accounts may have changed
	j, fix, err := p.runJob(c)
	if err == nil {
		err = checkSchedule(j.Config)
	}
	if err != nil {
		first.Log.Error("the run is left out: the settings are wrong", "cause", err)
		return
	}
	code, err := p.announced(ctx, j, fix, past, interval)
	if err != nil {
		j.Log.Error("the run failed", "exit_code", code, "cause", err)
	}
	if err := past.Refresh(context.WithoutCancel(ctx)); err != nil {
		j.Log.Warn("the past runs could not be read", "cause", err)
	}
}

// announced does a run and informs those that the settings name. Past may be nil:
// then the archive is opened where metrics need it.
func (p *program) announced(ctx context.Context, j *job.Job, fix *job.FixRequest, past *serve.PastRuns, interval time.Duration) (code int, err error) {
	named := *j.Config
	if named.RunID == "" {
		named.RunID = archive.NewRunID(time.Now())
	}
	own := *j
	own.Config = &named
	a := &serve.Announcer{Settings: &named.Unattended, Client: &http.Client{}, Log: j.Log, Past: past, Interval: interval}
	if past == nil && a.NeedsPast() {
		opened, err := own.OpenArchive(ctx)
		if err != nil {
			return job.ExitCode(err), err
		}
		defer func() { err = errors.Join(err, opened.Close()) }()
		a.Past = &serve.PastRuns{Archive: opened}
	}
	return a.Around(ctx,
		func(ctx context.Context) (int, error) {
			code, err := own.Run(ctx, fix)
			if err != nil {
				code = job.ExitCode(err)
			}
			return code, err
		},
		func(code int, err error) *telemetry.Message { return own.Message(ctx, code, err) })
}

// notifySystemd reports the state of a service of Type=notify. Elsewhere it does
// nothing.
func notifySystemd(state string) {
	name := os.Getenv("NOTIFY_SOCKET")
	if name == "" {
		return
	}
	if name[0] == '@' { // an abstract socket
		name = "\x00" + name[1:]
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		return // systemd waits, and reports it
	}
	_, _ = fmt.Fprint(conn, state)
	_ = conn.Close()
}
