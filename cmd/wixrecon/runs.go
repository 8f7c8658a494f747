package main

import (
	"context"
	"github.com/urfave/cli/v2"

	"github.com/wixrecon/wixrecon/cmd/internal/config"
	"github.com/wixrecon/wixrecon/cmd/internal/job"
)

// The commands that look at what earlier runs left need to know where that is,
// and nothing else of what a run needs.

// archiveSettings are the settings that these commands take.
func archiveSettings() []string { return []string{"config", "out", "log", "output"} }

func (p *program) runsCommand() *cli.Command {
	return &cli.Command{
		Name:   "runs",
		Usage:  "list earlier runs, newest first; show, accept or prune them",
		Flags:  append(archiveFlags(), &cli.StringFlag{Name: "scope", Usage: "runs of the scope whose `id` begins so; all by default"}),
		Before: wantSubcommand, Subcommands: []*cli.Command{p.showRunCommand(), p.acceptRunCommand(), p.pruneRunsCommand()},
		Action: p.overRuns(func(ctx context.Context, j *job.Job, c *cli.Context) error { return j.ListRuns(ctx, c.String("scope")) }),
	}
}

func (p *program) showRunCommand() *cli.Command {
	return &cli.Command{
		Name: "show", ArgsUsage: "ID", Usage: "print the summary of a run as run did",
		Flags: archiveFlags(), Before: wantRun,
		Action: p.overRuns(func(ctx context.Context, j *job.Job, c *cli.Context) error { return j.ShowRun(ctx, c.Args().First()) }),
	}
}

func (p *program) acceptRunCommand() *cli.Command {
	return &cli.Command{
		Name: "accept", ArgsUsage: "ID", Usage: "make a complete run that a guard objected to the new baseline",
		Flags:  append(archiveFlags(), &cli.StringFlag{Name: "reason", Usage: "`text` to record: why the run is right in spite of the objection"}),
		Before: wantRun,
		Action: p.overRuns(func(ctx context.Context, j *job.Job, c *cli.Context) error {
			return j.AcceptRun(ctx, c.Args().First(), c.String("reason"))
		}),
	}
}

func (p *program) pruneRunsCommand() *cli.Command {
	return &cli.Command{
		Name: "prune", Usage: "remove the folders of old runs",
		Flags: append(archiveFlags(),
			&cli.StringFlag{Name: "keep", Usage: "`time` for which runs are kept, by their as-of: 90d"},
			&cli.BoolFlag{Name: "dry-run", Usage: "say what would be removed, and remove nothing"}),
		Before: refuseArguments,
		Action: p.overRuns(func(ctx context.Context, j *job.Job, c *cli.Context) error {
			keep, err := config.ParseDuration(c.String("keep"))
			if err != nil || keep <= 0 {
				return job.Usagef("--keep: %q: want a time, such as 90d", config.Redacted(c.String("keep")))
			}
			return j.PruneRuns(ctx, keep, c.Bool("dry-run"))
		}),
	}
}

// overRuns makes an action of what is done with the runs in --out.
func (p *program) overRuns(do func(context.Context, *job.Job, *cli.Context) error) cli.ActionFunc {
	return func(c *cli.Context) error {
		cfg, err := config.LoadSome(archiveSettings(), givenFlags(c), p.env, readSetting)
		if err != nil {
			return &job.UsageError{Err: err}
		}
		return do(c.Context, p.job(cfg), c)
	}
}

// archiveFlags makes the flags of the settings.
func archiveFlags() []cli.Flag { return flagsOf(archiveSettings()) }
