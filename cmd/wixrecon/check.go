package main

import (
	"github.com/urfave/cli/v2"
)

func (p *program) checkCommand() *cli.Command {
	return &cli.Command{
		Name:  "check",
		Usage: "verify the key, account, ledger, --out and clocks, and show what to fix",
		Flags: settingFlags(),
		Action: func(c *cli.Context) error {
			j, err := p.load(c, nil)
			if err != nil {
				return err
			}
			return withExitCode(j.Check(c.Context))
		},
	}
}
