package main

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/wixrecon/wixrecon/cmd/internal/config"
	"github.com/wixrecon/wixrecon/cmd/internal/job"
)

// archiveSettings returns the settings of commands that only read and change
// earlier runs in --out.
func archiveSettings() []string { return []string{"config", "out", "log", "output"} }

func (p *program) runsCommand() *cli.Command {
	return &cli.Command{
		Name:   "runs",
		Usage:  "list earlier runs, newest first; show, accept or prune them",
		Flags:  append(archiveFlags(), &cli.StringFlag{Name: "scope", Usage: "only runs of the scope whose `id` starts with this"}),
		Before: requireSubcommand, Subcommands: []*cli.Command{p.showRunCommand(), p.acceptRunCommand(), p.pruneRunsCommand()},
		Action: p.runsAction(func(ctx context.Context, j *job.Job, c *cli.Context) error { return j.ListRuns(ctx, c.String("scope")) }),
	}
}

func (p *program) showRunCommand() *cli.Command {
	return &cli.Command{
		Name: "show", ArgsUsage: "ID", Usage: "print the summary of a run",
		Flags: archiveFlags(), Before: requireRun(),
		Action: p.runsAction(func(ctx context.Context, j *job.Job, c *cli.Context) error { return j.ShowRun(ctx, c.Args().First()) }),
	}
}

func (p *program) acceptRunCommand() *cli.Command {
	return &cli.Command{
		Name: "accept", ArgsUsage: "ID", Usage: "accept a complete run despite a guard's objection: it becomes the new baseline",
		Flags: append(archiveFlags(), &cli.StringFlag{Name: "reason", Usage: "`text` to record: why the run is right despite the guard"},
			&cli.StringFlag{Name: "continues", Usage: "carry ages, sightings and baseline over from the `scope` with this id"}),
		Before: requireRun(),
		Action: p.runsAction(func(ctx context.Context, j *job.Job, c *cli.Context) error {
			return j.AcceptRun(ctx, c.Args().First(), c.String("reason"), c.String("continues"))
		}),
	}
}

func (p *program) pruneRunsCommand() *cli.Command {
	return &cli.Command{
		Name: "prune", Usage: "remove the folders of old runs",
		Flags: append(archiveFlags(),
			&cli.StringFlag{Name: "keep", Usage: "how long to keep runs, by their as-of: a `time` such as 90d"},
			&cli.BoolFlag{Name: "dry-run", Usage: "show what would be removed, and remove nothing"}),
		Before: refuseArguments,
		Action: p.runsAction(func(ctx context.Context, j *job.Job, c *cli.Context) error {
			keep, err := config.ParseDuration(c.String("keep"))
			if err != nil || keep <= 0 {
				return job.Usagef("--keep: %q: expected a time, such as 90d", config.Redacted(c.String("keep")))
			}
			return j.PruneRuns(ctx, keep, c.Bool("dry-run"))
		}),
	}
}

// requireRun requires one argument, the id of a run.
func requireRun() cli.BeforeFunc { return requireOne("a run (wixrecon runs lists them)") }

// runsAction returns the action of a command on the runs in --out.
func (p *program) runsAction(do func(context.Context, *job.Job, *cli.Context) error) cli.ActionFunc {
	return func(c *cli.Context) error {
		j, err := p.load(c, archiveSettings())
		if err != nil {
			return err
		}
		return do(c.Context, j, c)
	}
}

// archiveFlags returns the flags of these settings.
func archiveFlags() []cli.Flag { return flagsOf(archiveSettings()) }
