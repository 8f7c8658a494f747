package main

import (
	"errors"
	"fmt"
	"io/fs"
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
		Usage: "read both sides and write plan.json for review and apply; changes nothing at Wix",
		Flags: append(settingFlags("settle"), fixFlag(),
			&cli.StringFlag{Name: "only", Usage: "plan only the findings, packages, accounts and subscriptions (external ids) in this `file`, one id a line"}),
		Action: func(c *cli.Context) error {
			cfg, err := config.Load(flagValues(c), p.env, p.files.read)
			fix, err := fixRequest(c, cfg, err)
			only, onlyErr := readOnlyFile(c)
			if err := errors.Join(err, onlyErr); err != nil {
				return p.wrongSettings(c, err)
			}
			fix.Review, fix.Only = true, only
			return withExitCode(p.job(cfg).Run(c.Context, fix))
		},
	}
}

// fixFlag returns the one flag that is not a setting: it is accepted on the command
// line only.
func fixFlag() cli.Flag {
	return &cli.StringFlag{Name: "fix", Category: config.GroupFixes, Usage: "fix these `KINDS` of drift, comma-separated: " + strings.Join(fix.Fixes(), ", ")}
}

// fixRequest parses --fix, and joins its errors with those found before.
func fixRequest(c *cli.Context, cfg *config.Config, errs error) (*job.FixRequest, error) {
	if !c.IsSet("fix") {
		return nil, errors.Join(errs, errors.New("--fix: expected some of "+strings.Join(fix.Fixes(), ", ")))
	}
	fixes, err := config.ParseFixes(c.String("fix"))
	if err != nil {
		err = fmt.Errorf("--fix: %w", err)
	}
	if cfg != nil {
		err = errors.Join(err, refuseReplay(cfg))
	}
	return &job.FixRequest{Fixes: fixes}, errors.Join(errs, err)
}

// refuseReplay refuses fixes based on an inventory that is not read now.
func refuseReplay(cfg *config.Config) error {
	switch {
	case cfg.Snapshot != "":
		return errors.New("--snapshot: a replay can't apply fixes: leave out --fix")
	case !cfg.AsOf.IsZero():
		return errors.New("--as-of: a run for another moment can't apply fixes: leave out --fix")
	}
	return nil
}

// readOnlyFile reads the file of --only; nil without the flag. An empty file is an
// error: it must never mean everything.
func readOnlyFile(c *cli.Context) (map[string]bool, error) {
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
	for line := range strings.Lines(strings.TrimPrefix(string(text), "\uFEFF")) {
		if id := reconcile.TrimID(line); id != "" && !strings.HasPrefix(id, "#") {
			only[onlyID(id)] = true
		}
	}
	if len(only) == 0 {
		return nil, fmt.Errorf("--only: %s has no ids", config.Redacted(name))
	}
	return only, nil
}

// onlyID returns an id of --only as it is compared. A comment may follow the id of a
// finding, a package or an account; an external id may have a # in it.
func onlyID(line string) string {
	id, _, _ := strings.Cut(line, "#")
	id = reconcile.FoldGUID(reconcile.TrimID(id))
	if _, err := reconcile.ParseFindingID(id); err == nil || reconcile.IsGUID(id) {
		return id
	}
	return line
}
