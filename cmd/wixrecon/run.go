package main

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/wixrecon/wixrecon/cmd/internal/config"
	"github.com/wixrecon/wixrecon/cmd/internal/job"
)

func (p *program) runCommand() *cli.Command {
	return &cli.Command{
		Name:  "run",
		Usage: "read the ledger and Wix, compare them, write the reports; changes nothing at Wix without --fix",
		Flags: append(settingFlags(), fixFlag()),
		Action: func(c *cli.Context) error {
			j, fix, err := p.runJob(c)
			if err != nil {
				return err
			}
			return withExitCode(p.announced(c.Context, j, fix, nil, 0))
		},
	}
}

// load returns the job for these settings of a command; nil is all settings.
func (p *program) load(c *cli.Context, names []string) (*job.Job, error) {
	cfg, err := config.LoadSome(names, flagValues(c), p.env, p.files.read)
	if err != nil {
		return nil, &job.UsageError{Err: err}
	}
	return p.job(cfg), nil
}

// wrongSettings returns the error of a command whose settings are wrong, and leaves
// its trace where --out is known.
func (p *program) wrongSettings(c *cli.Context, errs error) error {
	usage := &job.UsageError{Err: errs}
	flags := flagValues(c)
	maps.DeleteFunc(flags, func(name, _ string) bool { return !slices.Contains(archiveSettings(), name) })
	if cfg, err := config.LoadSome(archiveSettings(), flags, p.env, p.files.read); err == nil {
		p.job(cfg).RecordUsage(c.Context, c.Command.Name, usage)
	}
	return usage
}

// job returns the job for a configuration.
func (p *program) job(cfg *config.Config) *job.Job {
	p.redact(cfg.APIKey)
	bar := cfg.Progress == config.ProgressOn || cfg.Progress == config.ProgressAuto && p.onTTY
	meter := job.NewMeter(p.raw, p.log, bar)
	log := p.newLog(meter)
	if p.setLibraryLog != nil {
		p.setLibraryLog(log)
	}
	return &job.Job{
		Config: cfg, Opener: newOpener(), Version: version, Stdout: p.out,
		Log: log, Meter: meter, LeaseTTL: p.leaseTTL, Sending: &p.sending,
	}
}

// withExitCode turns the exit code of a job into an error.
func withExitCode(code int, err error) error {
	if err == nil && code != job.ExitOK {
		return exitCode(code)
	}
	return err
}

// settingFlags returns a flag for each setting. Commands share their settings, so
// that a command accepts flags that it does not use; unused names those that its
// help does not show.
func settingFlags(unused ...string) []cli.Flag {
	var flags []cli.Flag
	for _, s := range config.Settings() {
		hidden := slices.Contains(unused, s.Name)
		switch {
		case s.Bool:
			flags = append(flags, &cli.BoolFlag{Name: s.Name, Usage: s.Usage, Category: s.Group, Hidden: hidden})
		case s.Repeatable:
			flags = append(flags, &cli.StringSliceFlag{Name: s.Name, Usage: s.Usage, Category: s.Group, Hidden: hidden})
		default:
			flags = append(flags, &cli.StringFlag{Name: s.Name, Usage: s.Usage, Category: s.Group, Hidden: hidden, DefaultText: s.Default})
		}
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
