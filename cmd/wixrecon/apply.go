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
		Name: "apply", ArgsUsage: "PLAN", Usage: "carry out a plan.json exactly as it stands, once; asks before it does",
		Flags:  append(settingFlags(), &cli.BoolFlag{Name: "yes", Usage: "do not ask: for where nobody is there to answer"}),
		Before: wantPlan,
		Action: func(c *cli.Context) error {
			cfg, err := config.Load(givenFlags(c), p.env, readSetting)
			if err == nil {
				err = replayed(cfg)
			}
			if err != nil {
				return &job.UsageError{Err: err}
			}
			return withExitCode(p.job(cfg).Apply(c.Context, c.Args().First(), p.consent(c.Bool("yes"))))
		},
	}
}

// wantPlan refuses all but the name of one plan.
func wantPlan(c *cli.Context) error {
	switch {
	case !c.Args().Present():
		return job.Usagef("%s: want the file of a plan (a run writes plan.json)", c.Command.Name)
	case c.Args().Len() > 1:
		return job.Usagef("%s: unexpected argument %q: want the file of one plan", c.Command.Name, config.Redacted(c.Args().Get(1)))
	}
	return nil
}

// consent asks on a terminal whether a plan is to be carried out. Where there is
// none, --yes must say so.
func (p *program) consent(yes bool) func(*fix.Plan) error {
	return func(plan *fix.Plan) error {
		if yes {
			return nil
		}
		in, ok := p.stdin.(*os.File)
		if !ok || !term.IsTerminal(int(in.Fd())) {
			return job.Usagef("apply: nobody is there to be asked: say --yes")
		}
		removals := 0
		for i := range plan.Actions {
			if a := &plan.Actions[i]; a.Removal && a.Due(true) {
				removals += a.Instances
			}
		}
		question := fmt.Sprintf("Carry out plan %s? It takes %d instances away, which can't be undone. Type yes: ", plan.ID, removals)
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
		return &job.RefusedError{Err: errors.New("apply: not wanted: nothing was changed")}
	}
}
