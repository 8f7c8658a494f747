package main

import (
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/wixrecon/wixrecon/cmd/internal/config"
	"github.com/wixrecon/wixrecon/cmd/internal/job"
	"github.com/wixrecon/wixrecon/sources/archive"
)

// journalSettings returns the settings that are needed to read the journal.
func journalSettings() []string { return append(archiveSettings(), "settle") }

func (p *program) journalCommand() *cli.Command {
	return &cli.Command{
		Name: "journal", Usage: "list what was sent to Wix, newest first; verify compares it with Wix",
		Flags: append(flagsOf(journalSettings()),
			&cli.StringFlag{Name: "plan", Usage: "only the plan whose `id` starts with this"},
			&cli.StringFlag{Name: "run", Usage: "only the run with this `id`"},
			&cli.StringFlag{Name: "account", Usage: "only this sub-account, a `GUID`"},
			&cli.StringFlag{Name: "package", Usage: "only this package, a `GUID`"},
			&cli.StringFlag{Name: "action", Usage: "only the action whose `key` starts with this"},
			&cli.StringFlag{Name: "since", Usage: "only attempts begun within this `time`, such as 24h or 7d"},
			&cli.BoolFlag{Name: "open", Usage: "only unsettled attempts"}),
		Before: requireSubcommand, Subcommands: []*cli.Command{p.verifyJournalCommand(), p.resolveJournalCommand()},
		Action: func(c *cli.Context) error {
			j, err := p.load(c, journalSettings())
			if err != nil {
				return err
			}
			filter, err := journalFilter(c)
			if err != nil {
				return err
			}
			return j.ListJournal(c.Context, filter)
		},
	}
}

func (p *program) verifyJournalCommand() *cli.Command {
	return &cli.Command{
		Name: "verify", Usage: "read every package that was changed, and show where Wix differs from the journal; changes nothing",
		Flags: flagsOf(verifySettings()), Before: refuseArguments,
		Action: func(c *cli.Context) error {
			j, err := p.load(c, verifySettings())
			if err != nil {
				return err
			}
			return withExitCode(j.VerifyJournal(c.Context))
		},
	}
}

func (p *program) resolveJournalCommand() *cli.Command {
	return &cli.Command{
		Name: "resolve", ArgsUsage: "KEY", Usage: "record what became of an action that the program can't settle by itself; allows another attempt",
		Flags:  append(flagsOf(archiveSettings()), &cli.StringFlag{Name: "reason", Usage: "`text` to record: what became of it, and how that is known"}),
		Before: requireOne("the key of an action (wixrecon journal lists them)"),
		Action: func(c *cli.Context) error {
			j, err := p.load(c, archiveSettings())
			if err != nil {
				return err
			}
			return j.ResolveJournal(c.Context, c.Args().First(), c.String("reason"))
		},
	}
}

// verifySettings returns the settings that are needed to read the journal and Wix.
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
		return f, job.Usagef("--since: %q: expected a time, such as 24h or 7d", config.Redacted(c.String("since")))
	}
	f.Since = time.Now().Add(-within)
	return f, nil
}

// flagsOf returns the flags of some settings.
func flagsOf(names []string) []cli.Flag {
	return slices.DeleteFunc(settingFlags(), func(f cli.Flag) bool { return !slices.Contains(names, f.Names()[0]) })
}
