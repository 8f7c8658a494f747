package main

import (
	"io"
	"log/slog"
	"os"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"github.com/wixrecon/wixrecon/cmd/internal/config"
	"github.com/wixrecon/wixrecon/cmd/internal/job"
)

func (p *program) runCommand() *cli.Command {
	return &cli.Command{
		Name:  "run",
		Usage: "read the ledger and Wix, compare them, write the reports; changes nothing at Wix without --fix",
		Flags: append(settingFlags(), fixFlag()),
		Action: func(c *cli.Context) error {
			cfg, err := config.Load(flagValues(c), p.env, readSetting)
			var fix *job.FixRequest
			if c.IsSet("fix") {
				fix, err = fixRequest(c, cfg, err)
			}
			if err != nil {
				return &job.UsageError{Err: err}
			}
			return withExitCode(p.job(cfg).Run(c.Context, fix))
		},
	}
}

// load returns the job for these settings of a command; nil is all settings.
func (p *program) load(c *cli.Context, names []string) (*job.Job, error) {
	cfg, err := config.LoadSome(names, flagValues(c), p.env, readSetting)
	if err != nil {
		return nil, &job.UsageError{Err: err}
	}
	return p.job(cfg), nil
}

// job returns the job for a configuration.
func (p *program) job(cfg *config.Config) *job.Job {
	meter := job.NewMeter(p.stderr, showBar(cfg.Progress, p.stderr))
	return &job.Job{
		Config: cfg, Opener: newOpener(), Version: version, Stdout: p.stdout,
		Log: newLog(cfg.Log, meter), Meter: meter, LeaseTTL: p.leaseTTL, Sending: &p.sending,
	}
}

// withExitCode turns the exit code of a job into an error.
func withExitCode(code int, err error) error {
	if err == nil && code != job.ExitOK {
		return exitCode(code)
	}
	return err
}

// settingFlags returns a flag for each setting.
func settingFlags() []cli.Flag {
	var flags []cli.Flag
	for _, s := range config.Settings() {
		usage := s.Usage
		switch {
		case s.Bool:
			flags = append(flags, &cli.BoolFlag{Name: s.Name, Usage: usage})
			continue
		case s.Repeatable:
			flags = append(flags, &cli.StringSliceFlag{Name: s.Name, Usage: usage})
			continue
		}
		flags = append(flags, &cli.StringFlag{Name: s.Name, Usage: usage, DefaultText: s.Default})
	}
	return flags
}

// flagValues returns the settings given on the command line.
func flagValues(c *cli.Context) map[string]string {
	given := make(map[string]string)
	for _, s := range config.Settings() {
		switch {
		case !c.IsSet(s.Name):
		case s.Bool:
			given[s.Name] = strconv.FormatBool(c.Bool(s.Name))
		case s.Repeatable:
			given[s.Name] = strings.Join(c.StringSlice(s.Name), "\n")
		default:
			given[s.Name] = c.String(s.Name)
		}
	}
	return given
}

func newLog(form string, out io.Writer) *slog.Logger {
	if form == config.LogJSON {
		return slog.New(slog.NewJSONHandler(out, nil))
	}
	return slog.New(slog.NewTextHandler(out, nil))
}

// showBar reports whether to show a progress bar: by default on a terminal.
func showBar(progress string, out io.Writer) bool {
	if progress == config.ProgressAuto {
		f, ok := out.(*os.File)
		return ok && term.IsTerminal(int(f.Fd()))
	}
	return progress == config.ProgressOn
}
