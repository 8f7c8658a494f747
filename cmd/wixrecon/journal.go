package main

import (
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/wixrecon/wixrecon/cmd/internal/config"
	"github.com/wixrecon/wixrecon/cmd/internal/job"
	"github.com/wixrecon/wixrecon/sources/archive"
)

// What was sent to Wix is in the journal of --out, whichever run sent it.

// journalSettings are the settings that a look at the journal takes.
func journalSettings() []string { return append(archiveSettings(), "settle") }

func (p *program) journalCommand() *cli.Command {
	return &cli.Command{
		Name: "journal", Usage: "list what was sent to Wix, newest first; verify holds it against Wix",
		Flags: append(flagsOf(journalSettings()),
			&cli.StringFlag{Name: "plan", Usage: "of the plan whose `id` begins so"},
			&cli.StringFlag{Name: "run", Usage: "of the run of this `name`"},
			&cli.StringFlag{Name: "account", Usage: "of this sub-account, a `GUID`"},
			&cli.StringFlag{Name: "package", Usage: "of this package, a `GUID`"},
			&cli.StringFlag{Name: "action", Usage: "of the action whose `key` begins so"},
			&cli.StringFlag{Name: "since", Usage: "begun within this `time`: 24h, 7d"},
			&cli.BoolFlag{Name: "open", Usage: "only what is not settled"}),
		Before: wantSubcommand, Subcommands: []*cli.Command{p.verifyJournalCommand()},
		Action: func(c *cli.Context) error {
			cfg, err := config.LoadSome(journalSettings(), givenFlags(c), p.env, readSetting)
			if err != nil {
				return &job.UsageError{Err: err}
			}
			filter, err := journalFilter(c)
			if err != nil {
				return err
			}
			return p.job(cfg).ListJournal(c.Context, filter)
		},
	}
}

func (p *program) verifyJournalCommand() *cli.Command {
	return &cli.Command{
		Name: "verify", Usage: "read every package that was changed, and say where Wix is not as the journal says; changes nothing",
		Flags: flagsOf(verifySettings()), Before: refuseArguments,
		Action: func(c *cli.Context) error {
			cfg, err := config.LoadSome(verifySettings(), givenFlags(c), p.env, readSetting)
			if err != nil {
				return &job.UsageError{Err: err}
			}
			return withExitCode(p.job(cfg).VerifyJournal(c.Context))
		},
	}
}

// verifySettings are the settings that lead to Wix and to --out.
func verifySettings() []string {
	return append(journalSettings(), "account-id", "api-key-file", "base-url", "concurrency", "rate")
}

func journalFilter(c *cli.Context) (archive.JournalFilter, error) {
	f := archive.JournalFilter{
		PlanID: c.String("plan"), RunID: c.String("run"), AccountID: c.String("account"), PackageID: c.String("package"),
		Key: c.String("action"), OpenOnly: c.Bool("open"),
	}
	if !c.IsSet("since") {
		return f, nil
	}
	within, err := config.ParseDuration(c.String("since"))
	if err != nil || within <= 0 {
		return f, job.Usagef("--since: %q: want a time, such as 24h or 7d", config.Redacted(c.String("since")))
	}
	f.Since = time.Now().Add(-within)
	return f, nil
}

// flagsOf makes the flags of some settings.
func flagsOf(names []string) []cli.Flag {
	return slices.DeleteFunc(settingFlags(), func(f cli.Flag) bool { return !slices.Contains(names, f.Names()[0]) })
}
