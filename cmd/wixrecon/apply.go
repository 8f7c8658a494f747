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
		Flags:  append(settingFlags(), &cli.BoolFlag{Name: "yes", Usage: "apply without asking, for use without a terminal"}),
		Before: requireOne("the file of a plan, such as wixrecon-runs/RUN/plan.json"),
		Action: func(c *cli.Context) error {
			cfg, err := config.Load(flagValues(c), p.env, readSetting)
			if err == nil {
				err = refuseReplay(cfg)
			}
			if err != nil {
				return &job.UsageError{Err: err}
			}
			return withExitCode(p.job(cfg).Apply(c.Context, c.Args().First(), p.consent(c.Bool("yes"))))
		},
	}
}

// consent asks on the terminal whether to apply a plan. Without a terminal, --yes
// is required.
func (p *program) consent(yes bool) func(*fix.Plan) error {
	return func(plan *fix.Plan) error {
		if yes {
			return nil
		}
		in, ok := p.stdin.(*os.File)
		if !ok || !term.IsTerminal(int(in.Fd())) {
			return job.Usagef("apply: no terminal to confirm on: pass --yes to apply without asking")
		}
		removals := 0
		for i := range plan.Actions {
			if a := &plan.Actions[i]; a.Removal && a.Due(true) {
				removals += a.Instances
			}
		}
		question := fmt.Sprintf("Apply plan %s? It cancels, unassigns or moves %d instances; a cancel can't be undone. Type yes: ", plan.ID, removals)
		if _, err := io.WriteString(p.stderr, question); err != nil {
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
