package main

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/wixrecon/wixrecon/cmd/internal/config"
	"github.com/wixrecon/wixrecon/cmd/internal/job"
)

// Flags may stand behind what a command is about, as in runs accept ID --reason
// TEXT. The library stops reading flags at the first word that is none, so for
// commands that take such words they are put behind the flags first.

// flagsFirst gives the command line with flags before other words, where it is
// one of a command that takes such words.
func flagsFirst(commands []*cli.Command, args []string) []string {
	for i := 1; i < len(args); i++ {
		at := slices.IndexFunc(commands, func(c *cli.Command) bool { return c.Name == args[i] })
		if at < 0 {
			return args
		}
		if c := commands[at]; c.ArgsUsage != "" {
			flags, words := apart(c.Flags, args[i+1:])
			return slices.Concat(args[:i+1], flags, words)
		}
		commands = commands[at].Subcommands
	}
	return args
}

// apart takes flags with their values out of the words. Behind -- all are words.
func apart(known []cli.Flag, args []string) (flags, words []string) {
	for i := 0; i < len(args); i++ {
		switch {
		case args[i] == "--":
			return append(flags, "--"), append(words, args[i+1:]...)
		case len(args[i]) < 2 || args[i][0] != '-':
			words = append(words, args[i])
		default:
			flags = append(flags, args[i])
			if takesValue(known, args[i]) && i+1 < len(args) {
				i++
				flags = append(flags, args[i])
			}
		}
	}
	return flags, words
}

// takesValue reports whether the word behind the flag is its value.
func takesValue(known []cli.Flag, arg string) bool {
	name, _, joined := strings.Cut(strings.TrimLeft(arg, "-"), "=")
	return !joined && slices.ContainsFunc(known, func(f cli.Flag) bool {
		_, isSwitch := f.(*cli.BoolFlag)
		return !isSwitch && slices.Contains(f.Names(), name)
	})
}

// refuseArguments refuses what is neither a flag nor its value: a run whose
// flags are read halfway would do something else than was meant.
func refuseArguments(c *cli.Context) error {
	if c.Args().Present() {
		return job.Usagef("%s: unexpected argument %q (flags are --name value)", c.Command.Name, config.Redacted(c.Args().First()))
	}
	return nil
}

// wantRun refuses all but the name of one run.
func wantRun(c *cli.Context) error {
	switch {
	case !c.Args().Present():
		return job.Usagef("%s: want the name of a run (see wixrecon runs)", c.Command.Name)
	case c.Args().Len() > 1:
		return job.Usagef("%s: unexpected argument %q: want the name of one run", c.Command.Name, config.Redacted(c.Args().Get(1)))
	}
	return nil
}

// wantSubcommand refuses words that are none of the command's own, and flags
// before one: they would not reach it.
func wantSubcommand(c *cli.Context) error {
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
		return job.Usagef("%s: --%s stands before %s: put it behind", c.Command.Name, given[0], first)
	}
	return nil
}
