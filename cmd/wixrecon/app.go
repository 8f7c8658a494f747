package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/wixrecon/wixrecon/cmd/internal/config"
	"github.com/wixrecon/wixrecon/cmd/internal/job"
)

// The command line: standard output is for results, everything else goes to
// standard error. A command ends in an error or in an exitCode; only main
// leaves the process.

// program is what a command has to work with.
type program struct {
	env            []string
	stdout, stderr io.Writer
}

// exitCode is the error of a command that has said everything already.
type exitCode int

func (c exitCode) Error() string { return fmt.Sprintf("exit code %d", int(c)) }

// run is the whole program but for the process round it.
func run(ctx context.Context, args, env []string, stdout, stderr io.Writer) int {
	p := &program{env: env, stdout: stdout, stderr: stderr}
	err := p.app().RunContext(ctx, args)
	var code exitCode
	if errors.As(err, &code) {
		return int(code)
	}
	if err == nil {
		return job.ExitOK
	}
	if cause := context.Cause(ctx); cause != nil {
		err = errors.New("interrupted: nothing can be said, and no report was concluded")
	}
	for line := range strings.SplitSeq(err.Error(), "\n") {
		fmt.Fprintln(stderr, "wixrecon:", line)
	}
	return job.ExitCode(err)
}

func (p *program) app() *cli.App {
	app := &cli.App{
		Name:            "wixrecon",
		Usage:           "reconcile a subscription ledger with the packages that Wix bills for",
		Version:         version,
		HideVersion:     true,
		HideHelpCommand: true,
		Writer:          p.stdout,
		ErrWriter:       p.stderr,
		ExitErrHandler:  func(*cli.Context, error) {},
		OnUsageError:    usageError,
		CommandNotFound: nil,
		Commands:        []*cli.Command{p.runCommand(), p.simulateCommand(), p.demoCommand(), p.versionCommand()},
		Action: func(c *cli.Context) error {
			if c.Args().Present() {
				return job.Usagef("unknown command %q: did you mean %s? (see wixrecon --help)",
					c.Args().First(), config.Nearest(c.Args().First(), commandNames(c.App)))
			}
			c.App.Writer = p.stderr
			return errors.Join(cli.ShowAppHelp(c), job.Usagef("name a command"))
		},
	}
	for _, c := range app.Commands {
		c.OnUsageError = usageError
		c.Before = refuseArguments
	}
	return app
}

func commandNames(app *cli.App) []string {
	var names []string
	for _, c := range app.Commands {
		names = append(names, c.Name)
	}
	return names
}

func usageError(_ *cli.Context, err error, _ bool) error { return &job.UsageError{Err: err} }

// refuseArguments refuses what is neither a flag nor its value: a run whose
// flags are read halfway would do something else than was meant.
func refuseArguments(c *cli.Context) error {
	if c.Args().Present() {
		return job.Usagef("%s: unexpected argument %q (flags are --name value)", c.Command.Name, c.Args().First())
	}
	return nil
}

func (p *program) versionCommand() *cli.Command {
	return &cli.Command{
		Name:  "version",
		Usage: "print the version",
		Action: func(*cli.Context) error {
			_, err := fmt.Fprintln(p.stdout, "wixrecon", version)
			return err
		},
	}
}
