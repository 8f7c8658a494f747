package main

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/wixrecon/wixrecon/cmd/internal/config"
	"github.com/wixrecon/wixrecon/cmd/internal/job"
	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
)

func (p *program) planCommand() *cli.Command {
	return &cli.Command{
		Name:  "plan",
		Usage: "read both sides and write plan.json, to be looked at and applied; changes nothing at Wix",
		Flags: append(settingFlags(), fixFlag(),
			&cli.StringFlag{Name: "only", Usage: "plan just the findings, packages and accounts whose ids stand in this `file`, one a line"}),
		Action: func(c *cli.Context) error {
			cfg, err := config.Load(givenFlags(c), p.env, readSetting)
			fix, err := fixRequest(c, cfg, err)
			only, onlyErr := onlyOf(c)
			if err := errors.Join(err, onlyErr); err != nil {
				return &job.UsageError{Err: err}
			}
			fix.Review, fix.Only = true, only
			return withExitCode(p.job(cfg).Run(c.Context, fix))
		},
	}
}

// fixFlag makes the one flag that is no setting: it stands on the command line
// only.
func fixFlag() cli.Flag {
	return &cli.StringFlag{Name: "fix", Usage: "fix these `KINDS` of drift, a comma list of " + strings.Join(fix.Fixes(), ", ")}
}

// fixRequest reads --fix, and joins what is wrong with it to the faults so far.
func fixRequest(c *cli.Context, cfg *config.Config, faults error) (*job.FixRequest, error) {
	if !c.IsSet("fix") {
		return nil, errors.Join(faults, errors.New("--fix: want some of "+strings.Join(fix.Fixes(), ", ")))
	}
	fixes, err := config.ParseFixes(c.String("fix"))
	if err != nil {
		err = fmt.Errorf("--fix: %w", err)
	}
	if cfg != nil {
		err = errors.Join(err, replayed(cfg))
	}
	return &job.FixRequest{Fixes: fixes}, errors.Join(faults, err)
}

// replayed refuses fixes of what is not read now.
func replayed(cfg *config.Config) error {
	switch {
	case cfg.Snapshot != "":
		return errors.New("--snapshot: a replay fixes nothing: leave out --fix")
	case !cfg.AsOf.IsZero():
		return errors.New("--as-of: a run that speaks for another moment fixes nothing: leave out --fix")
	}
	return nil
}

// onlyOf reads the file of --only; nil where it is not given. One that names
// nothing is a fault: it must never come to mean everything.
func onlyOf(c *cli.Context) (map[string]bool, error) {
	if !c.IsSet("only") {
		return nil, nil
	}
	name := c.String("only")
	text, err := readSetting(name)
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		err = path.Err
	}
	if err != nil {
		return nil, fmt.Errorf("--only: read %q: %w", config.Redacted(name), err)
	}
	only := make(map[string]bool)
	for number, line := range slices.Collect(strings.Lines(strings.TrimPrefix(string(text), "\uFEFF"))) {
		line, _, _ = strings.Cut(line, "#")
		id := reconcile.FoldGUID(reconcile.TrimID(line))
		if id == "" {
			continue
		}
		if _, err := reconcile.ParseFindingID(id); err != nil && !reconcile.IsGUID(id) {
			return nil, fmt.Errorf("--only: %s:%d: %q: want the id of a finding, a package or an account", config.Redacted(name), number+1, config.Redacted(id))
		}
		only[id] = true
	}
	if len(only) == 0 {
		return nil, fmt.Errorf("--only: %s names nothing", config.Redacted(name))
	}
	return only, nil
}
