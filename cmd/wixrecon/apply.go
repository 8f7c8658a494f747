package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"github.com/wixrecon/wixrecon/cmd/internal/config"
	"github.com/wixrecon/wixrecon/cmd/internal/job"
	"github.com/wixrecon/wixrecon/reconcile/fix"
)

func (p *program) applyCommand() *cli.Command {
	return &cli.Command{
		Name: "apply", ArgsUsage: "PLAN", Usage: "apply a plan.json exactly as it is, once; asks for confirmation first",
		Flags: append(settingFlags("snapshot", "as-of", "in-flight", "min-sightings", "sighting-gap", "canary", "plan-life", "detailed-exitcode"),
			&cli.BoolFlag{Name: "yes", Usage: "apply without asking, for use without a terminal"},
			&cli.BoolFlag{Name: "reviewed", Usage: "send what needs a review too, of a plan that a run left"}),
		Before: requireOne("the file of a plan, such as wixrecon-runs/RUN/plan.json"),
		Action: func(c *cli.Context) error {
			name := c.Args().First()
			planned := job.PlanSettings(c.Context, newOpener(), name)
			cfg, err := config.LoadPlanned(planned, flagValues(c), p.env, p.files.read)
			if err == nil {
				err = refuseReplay(cfg)
			}
			if err != nil {
				return p.wrongSettings(c, err)
			}
			return withExitCode(p.job(cfg).Apply(c.Context, &job.ApplyRequest{Plan: name, Reviewed: c.Bool("reviewed"), Consent: p.consent(c.Bool("yes"))}))
		},
	}
}

// consent asks on the terminal whether to apply a plan. Without a terminal, --yes
// is required.
func (p *program) consent(yes bool) func(*fix.Plan, int) error {
	return func(plan *fix.Plan, removals int) error {
		if yes {
			return nil
		}
		in, ok := p.stdin.(*os.File)
		if !ok || !term.IsTerminal(int(in.Fd())) {
			return job.Usagef("apply: no terminal to confirm on: pass --yes to apply without asking")
		}
		question := fmt.Sprintf("Apply plan %s? It cancels, unassigns or moves %d instances; a cancel can't be undone. Type yes: ", plan.ID, removals)
		if _, err := io.WriteString(p.log, question); err != nil {
			return err
		}
		answer, err := bufio.NewReader(in).ReadString('\n')
		if strings.TrimSpace(answer) == "yes" {
			return nil
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		return &job.RefusedError{Err: errors.New("apply: not confirmed: nothing was changed")}
	}
}
