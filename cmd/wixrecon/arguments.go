package main

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/wixrecon/wixrecon/cmd/internal/config"
	"github.com/wixrecon/wixrecon/cmd/internal/job"
)

// Flags may follow the arguments of a command, as in runs accept ID --reason TEXT.
// The library stops parsing flags at the first argument, so the flags of such
// commands are moved in front of it.

// flagsFirst returns the command line with flags before arguments, for commands
// that take arguments.
func flagsFirst(commands []*cli.Command, args []string) []string {
	for i := 1; i < len(args); i++ {
		at := slices.IndexFunc(commands, func(c *cli.Command) bool { return c.Name == args[i] })
		if at < 0 {
			return args
		}
		if c := commands[at]; c.ArgsUsage != "" {
			flags, arguments := splitFlags(c.Flags, args[i+1:])
			return slices.Concat(args[:i+1], flags, arguments)
		}
		commands = commands[at].Subcommands
	}
	return args
}

// splitFlags separates flags and their values from arguments. After -- everything
// is an argument.
func splitFlags(known []cli.Flag, args []string) (flags, arguments []string) {
	for i := 0; i < len(args); i++ {
		switch {
		case args[i] == "--":
			return append(flags, "--"), append(arguments, args[i+1:]...)
		case len(args[i]) < 2 || args[i][0] != '-':
			arguments = append(arguments, args[i])
		default:
			flags = append(flags, args[i])
			if takesValue(known, args[i]) && i+1 < len(args) {
				i++
				flags = append(flags, args[i])
			}
		}
	}
	return flags, arguments
}

// takesValue reports whether the next word is the value of the flag.
func takesValue(known []cli.Flag, arg string) bool {
	name, _, joined := strings.Cut(strings.TrimLeft(arg, "-"), "=")
	return !joined && slices.ContainsFunc(known, func(f cli.Flag) bool {
		_, isSwitch := f.(*cli.BoolFlag)
		return !isSwitch && slices.Contains(f.Names(), name)
	})
}

// refuseArguments refuses arguments: the flags after one are not parsed, so the
// command would do something other than what was meant.
func refuseArguments(c *cli.Context) error {
	if c.Args().Present() {
		return job.Usagef("%s: unexpected argument %q (flags are --name value)", c.Command.Name, config.Redacted(c.Args().First()))
	}
	return nil
}

// requireOne returns a check that there is exactly one argument. The error for none
// describes it.
func requireOne(what string) cli.BeforeFunc {
	return func(c *cli.Context) error {
		switch c.Args().Len() {
		case 0:
			return job.Usagef("%s: name %s", c.Command.Name, what)
		case 1:
			return nil
		}
		return job.Usagef("%s: unexpected argument %q: name only one", c.Command.Name, config.Redacted(c.Args().Get(1)))
	}
}

// requireSubcommand refuses unknown subcommands, and flags before a subcommand,
// which would not reach it.
func requireSubcommand(c *cli.Context) error {
	first := c.Args().First()
	if first == "" {
		return nil
	}
	names := []string{"help", "h"}
	for _, sub := range c.Command.Subcommands {
		names = append(names, sub.Name)
	}
	if !slices.Contains(names, first) {
		return job.Usagef("%s: unknown command %q: did you mean %s?", c.Command.Name, config.Redacted(first), config.Nearest(first, names[2:]))
	}
	if given := c.LocalFlagNames(); len(given) > 0 {
		return job.Usagef("%s: --%s: put it after %s", c.Command.Name, given[0], first)
	}
	return nil
}
