package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/wixrecon/wixrecon/cmd/internal/config"
	"github.com/wixrecon/wixrecon/cmd/internal/job"
)

// The command line. Standard output is for results, standard error for everything
// else. A command returns an error or an exitCode; only main exits the process.

// program is the environment of a command.
type program struct {
	env            []string
	stdin          io.Reader
	stdout, stderr io.Writer
	leaseTTL       time.Duration      // 0 is the default
	sending        atomic.Bool        // set once the sending of a plan has begun
	setLibraryLog  func(*slog.Logger) // of the process; nil: libraries log as they do
	terminal                          // set by run
}

// exitCode is the error of a command that has already printed everything.
type exitCode int

func (c exitCode) Error() string { return fmt.Sprintf("exit code %d", int(c)) }

// run runs the program and returns its exit code.
func (p *program) run(ctx context.Context, args []string) int {
	p.terminal = newTerminal(p, args)
	app := p.app()
	err := app.RunContext(ctx, flagsFirst(app.Commands, args))
	var code exitCode
	if errors.As(err, &code) {
		return int(code)
	}
	if err == nil {
		return job.ExitOK
	}
	var interrupted *job.InterruptedError
	if context.Cause(ctx) != nil && !errors.As(err, &interrupted) {
		err = errors.New("interrupted before anything could be reported")
	}
	p.printError(err, job.ExitCode(err))
	return job.ExitCode(err)
}

func (p *program) app() *cli.App {
	app := &cli.App{
		Name:           "wixrecon",
		Usage:          "reconcile a subscription ledger with the packages that Wix bills for",
		Version:        version,
		Writer:         p.out,
		ErrWriter:      p.log,
		ExitErrHandler: func(*cli.Context, error) {},
		OnUsageError:   usageError,
		// An external id may contain a comma.
		DisableSliceFlagSeparator: true,
		Commands: []*cli.Command{
			p.runCommand(), p.scheduleCommand(), p.planCommand(), p.applyCommand(), p.journalCommand(), p.runsCommand(), p.checkCommand(),
			p.simulateCommand(), p.demoCommand(), p.versionCommand(),
		},
		Action: func(c *cli.Context) error {
			if c.Args().Present() {
				return job.Usagef("unknown command %q: did you mean %s? (see wixrecon --help)",
					config.Redacted(c.Args().First()), config.Nearest(c.Args().First(), commandNames(c.App)))
			}
			c.App.Writer = p.log
			return errors.Join(cli.ShowAppHelp(c), job.Usagef("no command given"))
		},
	}
	for _, c := range app.Commands {
		c.OnUsageError = usageError
		if c.Before == nil {
			c.Before = refuseArguments
		}
		for _, sub := range c.Subcommands {
			sub.OnUsageError = usageError
		}
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

// badValue matches the error of package flag for a value that it can't parse.
var badValue = regexp.MustCompile(`^invalid (boolean )?value "(.*)" for (?:flag )?-([^:]+):`)

// usageError rewords an error of package flag like other usage errors.
func usageError(c *cli.Context, err error, _ bool) error {
	text := err.Error()
	if name, found := strings.CutPrefix(text, "flag provided but not defined: -"); found {
		return job.Usagef("unknown flag --%s%s (see %s --help)", config.Redacted(name), nearestFlag(c, name), c.Command.HelpName)
	}
	if name, found := strings.CutPrefix(text, "flag needs an argument: -"); found {
		return job.Usagef("--%s: expected a value", name)
	}
	if bad := badValue.FindStringSubmatch(text); bad != nil {
		expected := "a whole number"
		if bad[1] != "" {
			expected = "true or false"
		}
		return job.Usagef("--%s: %q: expected %s", bad[3], config.Redacted(bad[2]), expected)
	}
	return &job.UsageError{Err: err}
}

// nearestFlag returns the question whether the flag with the nearest name was
// meant; empty where the command has no flags.
func nearestFlag(c *cli.Context, name string) string {
	var names []string
	for _, f := range c.Command.Flags {
		if f.Names()[0] != "help" {
			names = append(names, f.Names()[0])
		}
	}
	if len(names) == 0 {
		return ""
	}
	return ": did you mean --" + config.Nearest(name, names) + "?"
}

func (p *program) versionCommand() *cli.Command {
	return &cli.Command{
		Name:  "version",
		Usage: "print the version",
		Action: func(*cli.Context) error {
			_, err := fmt.Fprintln(p.out, "wixrecon", version)
			return err
		},
	}
}
