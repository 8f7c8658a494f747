package main

import (
	"github.com/urfave/cli/v2"
)

func (p *program) checkCommand() *cli.Command {
	return &cli.Command{
		Name:  "check",
		Usage: "verify the key, account, ledger, --out and clocks, and show what to fix",
		Flags: settingFlags(unusedByCheck()...),
		Action: func(c *cli.Context) error {
			j, err := p.load(c, nil)
			if err != nil {
				return err
			}
			return withExitCode(j.Check(c.Context))
		},
	}
}

// unusedByCheck returns the settings that make no difference to a check.
func unusedByCheck() []string {
	return []string{
		"ledger-rows", "accounts", "in-flight", "max-fixes", "max-cancels", "max-cancel-percent", "max-cancels-per-account", "max-cancel-cost",
		"min-sightings", "sighting-gap", "max-ledger-age", "max-shrink", "canary", "cancel-unlisted-accounts", "settle", "plan-life",
		"reports", "run-id", "progress", "detailed-exitcode",
	}
}
