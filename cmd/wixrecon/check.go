package main

import (
	"github.com/urfave/cli/v2"

	"github.com/wixrecon/wixrecon/cmd/internal/config"
	"github.com/wixrecon/wixrecon/cmd/internal/job"
)

func (p *program) checkCommand() *cli.Command {
	return &cli.Command{
		Name:  "check",
		Usage: "try what a run needs – key, account, ledger, --out, clocks – and say what to fix",
		Flags: settingFlags(),
		Action: func(c *cli.Context) error {
			cfg, err := config.Load(givenFlags(c), p.env, readSetting)
			if err != nil {
				return &job.UsageError{Err: err}
			}
			return withExitCode(p.job(cfg).Check(c.Context))
		},
	}
}
