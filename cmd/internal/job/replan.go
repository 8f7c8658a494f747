package job

import (
	"context"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/wixrecon/wixrecon/cmd/internal/config"
	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
	"github.com/wixrecon/wixrecon/reconcile/join"
	"github.com/wixrecon/wixrecon/sources/archive"
	"github.com/wixrecon/wixrecon/sources/storage"
)

// A run that plans stores what apply needs to plan again, before anything is sent:
// the snapshot, its coverage, the known findings, and in the plan the settings. Then
// apply reads the ledger as it is now, and plans as the run did.

// storeOrigin stores what apply needs, and returns how the plan is made.
func (s *session) storeOrigin(ctx context.Context, request *FixRequest, in *inputs, known reconcile.KnownFindings, folder *archive.Run) (*fix.Origin, error) {
	if err := folder.Put(ctx, archive.SnapshotFile, in.inventory.spool.copyTo); err != nil {
		return nil, err
	}
	if err := folder.PutCoverage(ctx, &in.inventory.coverage); err != nil {
		return nil, err
	}
	if err := folder.PutKnownFindings(ctx, in.subject.scope.ID, known); err != nil {
		return nil, err
	}
	return &fix.Origin{
		Command: s.command, Only: slices.Sorted(maps.Keys(request.Only)), MinSightings: s.Config.MinSightings,
		UnlistedAccounts: s.Config.UnlistedAccounts, Settings: plannedSettings(s.Config), Files: folder.Files(),
	}, nil
}

// plannedSettings returns the settings that apply takes from a plan. A plan keeps no
// secrets, so a URL with user info or query values has to be given again.
func plannedSettings(c *config.Config) map[string]string {
	settings := make(map[string]string)
	add := func(name, text string) {
		if text != "" && storage.Redact(text) == text {
			settings[name] = text
		}
	}
	add("account-id", c.AccountID)
	add("ledger", c.Ledger)
	add("out", c.Out)
	add("exceptions", c.Exceptions)
	add("prices", c.Prices)
	add("accounts", strings.Join(c.Accounts, ","))
	for _, e := range c.Effective {
		again := []string{"scope", "tz", "in-flight", "decimal", "encoding", "date-format", "sheet"}
		if slices.Contains(again, e.Name) && e.Source != config.SourceDefault {
			add(e.Name, e.Value)
		}
	}
	return settings
}

// replan plans again from the ledger as it is now and what the planning run stored.
// It returns the summary of what was read, and by key the actions that do not come
// out again, with the reason.
func (s *session) replan(ctx context.Context, b *beginning, plan *fix.Plan) (*reconcile.Summary, map[string]string, error) {
	table := join.New(s.tableOptions(true))
	defer table.Close()
	stored := s.archive.Stored(plan.RunID, plan.Origin.Files)
	known, err := stored.KnownFindings(ctx, b.subject.scope.ID)
	if err != nil {
		return nil, nil, err
	}
	in := &inputs{subject: b.subject, lists: b.lists}
	if in.ledger, err = s.fillLedger(ctx, b.subject.asOf, table); err != nil {
		return nil, nil, err
	}
	if in.inventory, err = s.storedInventory(ctx, stored, table); err != nil {
		return nil, nil, err
	}
	rec, err := s.reconcile(ctx, in, known, table)
	if err != nil {
		return nil, nil, err
	}
	if known, err = s.countSightings(ctx, rec, fix.SightingRun{
		AsOf: b.subject.asOf, Accepted: true, Gap: math.MaxInt64, // no further sighting, but what changed starts again
	}, b.history, known); err != nil {
		return nil, nil, err
	}
	request := &FixRequest{Fixes: plan.Fixes, Only: setOrNil(plan.Origin.Only)}
	options := s.plannerOptions(request, in, &rec.summary, known)
	options.MinSightings = plan.Origin.MinSightings
	options.UnlistedAccounts = options.UnlistedAccounts || plan.Origin.UnlistedAccounts
	stale, err := s.compareWithPlan(ctx, plan, options, rec.result)
	sum := rec.summary
	sum.Wix, sum.Coverage, sum.SnapshotContent = reconcile.WixSide{}, reconcile.Coverage{}, "" // it was not read now
	return &sum, stale, err
}

// compareWithPlan plans, and returns why actions of a plan are stale.
func (s *session) compareWithPlan(ctx context.Context, plan *fix.Plan, o fix.Options, result *join.Result) (map[string]string, error) {
	now, err := propose(ctx, fix.NewPlanner(o), result, s.pastOf(plan))
	if err != nil {
		return nil, fmt.Errorf("plan again: %w", err)
	}
	replan, decisions, i := fix.NewReplan(plan, now), now.Decisions(&fix.SendConditions{Reviewed: true}), 0
	for f, err := range result.Findings(ctx) {
		if err != nil {
			return nil, err
		}
		replan.AddFinding(&f, &decisions[i])
		i++
	}
	return replan.Stale(), nil
}

// storedInventory reads the inventory of the planning run into the table.
func (s *session) storedInventory(ctx context.Context, stored *archive.StoredRun, table *join.Table) (*inventory, error) {
	coverage, err := stored.Coverage(ctx)
	if err != nil {
		return nil, err
	}
	err = stored.Snapshot(ctx, func(plain io.Reader) error { return s.readPackages(ctx, plain, table) })
	return &inventory{coverage: *coverage}, err
}

// setOrNil returns a set of ids; nil where there are none.
func setOrNil(ids []string) map[string]bool {
	if len(ids) == 0 {
		return nil
	}
	return setOf(ids)
}
