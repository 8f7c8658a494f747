package job

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/wixrecon/wixrecon/cmd/internal/config"
	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
	"github.com/wixrecon/wixrecon/reconcile/fix/guard"
	"github.com/wixrecon/wixrecon/reconcile/join"
	"github.com/wixrecon/wixrecon/report"
	"github.com/wixrecon/wixrecon/sources/archive"
	"github.com/wixrecon/wixrecon/sources/ledger"
	"github.com/wixrecon/wixrecon/sources/storage"
)

// A reviewed plan is executed exactly, and once. It is printed before anything
// else, also where it can't be used. The ledger is read again: the guards on it
// hold, an action whose rows changed is skipped, and the limits are evaluated
// again. An interrupted plan is continued.

// maxPlan bounds the file of a plan in bytes.
const maxPlan = 256 << 20

// A RefusedError means that a plan may not be executed; nothing was changed.
type RefusedError struct{ Err error }

func (e *RefusedError) Error() string { return e.Err.Error() }
func (e *RefusedError) Unwrap() error { return e.Err }

// Apply prints the plan in a file, asks consent, executes the plan, and returns the
// exit code. An error from consent means no.
func (j *Job) Apply(ctx context.Context, name string, consent func(*fix.Plan) error) (code int, err error) {
	if err := j.checkRate(); err != nil {
		return 0, err
	}
	return j.inSession(ctx, reconcile.CommandApply, func(s *session) (int, error) { return s.apply(ctx, name, consent) })
}

// apply puts the stages together.
func (s *session) apply(ctx context.Context, name string, consent func(*fix.Plan) error) (code int, err error) {
	plan, err := s.readPlan(ctx, name)
	if err != nil {
		return 0, err
	}
	b, err := s.begin(ctx)
	if err != nil {
		return 0, err
	}
	refusals, err := s.checkUsable(ctx, b.subject, plan, consent)
	if err != nil {
		return 0, err
	}
	lease, err := s.acquireLease(ctx, b.folder.ID, true)
	if err != nil {
		return 0, err
	}
	defer lease.release(ctx)
	p, sum, err := s.checkAgain(ctx, b, plan, refusals)
	if err != nil {
		return 0, err
	}
	client, err := s.newClient(0)
	if err != nil {
		return 0, err
	}
	defer client.Close()
	done, err := s.execute(ctx, lease, client, p)
	if err != nil {
		return 0, err
	}
	sum.Requests = client.Requests()
	return s.reportApply(ctx, b.folder, sum, p, done)
}

// readPlan reads the plan and prints it.
func (s *session) readPlan(ctx context.Context, name string) (plan *fix.Plan, err error) {
	in, err := s.Opener.Open(ctx, name)
	if err != nil {
		return nil, missingIsUsage(fmt.Errorf("plan: %w", err))
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	text, err := io.ReadAll(io.LimitReader(in, maxPlan+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxPlan {
		return nil, &RefusedError{fmt.Errorf("plan %s: it is larger than %d MiB", in.Name, maxPlan>>20)}
	}
	plan, fault := fix.DecodePlan(text)
	if plan != nil && (fault != nil || s.Config.Output != config.OutputJSON) { // as JSON the summary is the result, where there is one
		err = s.printPlan(&fixPlan{plan: plan, reviewed: true}, &execution{})
	}
	if fault != nil {
		return nil, &RefusedError{fmt.Errorf("plan %s: %w", in.Name, fault)}
	}
	return plan, err
}

// checkUsable checks that the plan belongs here and was not used, and asks for
// consent unless it is refused. It returns why it is.
func (s *session) checkUsable(ctx context.Context, sub *subject, plan *fix.Plan, consent func(*fix.Plan) error) ([]fix.Refusal, error) {
	if err := s.checkOrigin(ctx, sub, plan); err != nil {
		return nil, err
	}
	refusals, err := s.useRefusals(ctx, plan)
	if err != nil || len(refusals) > 0 {
		return refusals, err
	}
	return nil, consent(plan)
}

// checkOrigin refuses a plan of another account, scope or archive.
func (s *session) checkOrigin(ctx context.Context, sub *subject, plan *fix.Plan) error {
	if err := plan.Belongs(s.archive.ID(), sub.scope.AccountID, sub.scope.ID); err != nil {
		return &RefusedError{err}
	}
	known, err := s.archive.PlanOf(ctx, plan.RunID)
	if storage.NotExist(err) || err == nil && known != plan.ID {
		return &RefusedError{fmt.Errorf("use plan %s: %w: run %s here did not make it", plan.ID, fix.ErrPlanForeign, plan.RunID)}
	}
	return err
}

// useRefusals returns why the plan may not be executed any more, and what refused
// it when it was made; limits are evaluated again.
func (s *session) useRefusals(ctx context.Context, plan *fix.Plan) (refusals []fix.Refusal, err error) {
	state, err := s.archive.Journal().PlanState(ctx, plan.ID)
	if err != nil {
		return nil, err
	}
	if state == archive.PlanUsed {
		refusals = append(refusals, planRefusal("used_plan", "the plan has been executed already"))
	}
	if plan.Expired(time.Now()) {
		refusals = append(refusals, planRefusal("expired_plan", "the plan expired at "+plan.ExpiresAt.Format(time.RFC3339)))
	}
	for _, r := range plan.Refusals {
		if r.Cause != fix.CauseLimit {
			refusals = append(refusals, r)
		}
	}
	return refusals, nil
}

func planRefusal(name, text string) fix.Refusal {
	return fix.Refusal{Cause: fix.CausePlan, Limit: name, Text: text}
}

// checkAgain reads the ledger again, and evaluates the guards on it and the
// limits. A plan that is refused already is left as it is. It returns the plan
// with what was found, and the summary of what was read.
func (s *session) checkAgain(ctx context.Context, b *beginning, plan *fix.Plan, refusals []fix.Refusal) (*fixPlan, *reconcile.Summary, error) {
	p := &fixPlan{plan: plan, refusals: refusals, reviewed: true}
	if len(refusals) > 0 {
		sum := s.newSummary(b.subject)
		sum.Lists = b.lists.files
		return p, &sum, nil
	}
	sum, stale, err := s.rereadLedger(ctx, b.subject, b.lists, plan)
	if err != nil {
		return nil, nil, err
	}
	p.stale = stale
	reread := &guard.Inputs{Run: sum, LedgerModified: oldest(sum.Inputs), LedgerNewest: newest(sum.Inputs), LedgerOnly: true}
	objections, err := s.evaluateGuards(ctx, reread, b.history.runs)
	if err != nil {
		return nil, nil, err
	}
	for _, o := range objections {
		p.refusals = append(p.refusals, o.Refusal())
	}
	return p, sum, s.limit(ctx, p)
}

// rereadLedger reads the ledger again, and returns by key the actions that it no
// longer supports, with the reason.
func (s *session) rereadLedger(ctx context.Context, sub *subject, l *lists, plan *fix.Plan) (*reconcile.Summary, map[string]string, error) {
	recheck := fix.NewLedgerRecheck(plan, sub.asOf)
	table := join.New(join.Options{})
	defer table.Close()
	add := addTo(table)
	read, err := s.readLedger(ctx, sub.asOf, func(row *ledger.Row) error {
		recheck.Add(row.Line, row.Bad)
		return add(row)
	})
	if err != nil {
		return nil, nil, err
	}
	in := &inputs{subject: sub, lists: l, ledger: read, inventory: &inventory{}}
	rec, err := s.reconcile(ctx, in, nil, table) // counts the rows
	if err != nil {
		return nil, nil, err
	}
	return &rec.summary, recheck.Stale(reconcile.NewExceptions(l.exceptions, sub.asOf), s.Config.UnlistedAccounts), nil
}

// limit evaluates the limits on what is left to send of a plan.
func (s *session) limit(ctx context.Context, p *fixPlan) error {
	from := s.started.Add(-usageWindow)
	since := from
	if p.plan.CreatedAt.Before(from) {
		since = p.plan.CreatedAt
	}
	entries, err := s.archive.Journal().Since(ctx, since)
	if err != nil {
		return fmt.Errorf("read the journal: %w", err)
	}
	limits, left, sent := &s.Config.Limits, remaining(p, entries), guard.UsageOf(entries, from)
	p.refusals = append(p.refusals, limits.Evaluate(left, p.reviewed, sent, p.plan.LiveInstances)...)
	return nil
}

// remaining returns the actions of a plan that are neither stale nor final in the
// journal.
func remaining(p *fixPlan, entries []fix.Entry) []fix.Action {
	tried := make(map[string]bool)
	for i := range entries {
		if e := &entries[i]; e.PlanID == p.plan.ID {
			tried[e.Key] = tried[e.Key] || e.Open() || !e.Completion.NotDone
		}
	}
	return slices.DeleteFunc(slices.Clone(p.plan.Actions), func(a fix.Action) bool {
		_, stale := p.stale[a.Key]
		return stale || tried[a.Key]
	})
}

// reportApply writes and prints what came of the plan, and returns the exit code.
// The inventory was not read, so the run is neither complete nor a baseline.
func (s *session) reportApply(ctx context.Context, folder *archive.Run, sum *reconcile.Summary, p *fixPlan, done *execution) (code int, err error) {
	sum.Live, sum.Complete, sum.Findings, sum.Exceptions = false, false, reconcile.NewTally(), nil
	sum.Fixes = summarizeFixes(p, done)
	sum.ExitCode = applyExitCode(sum.Fixes)
	err = s.reportAll(ctx, folder, sum, p, done, func(ctx context.Context) error {
		if err := s.writeApply(ctx, folder, sum, p, done); err != nil {
			return err
		}
		return s.print(folder, sum, p, done)
	})
	return sum.ExitCode, err
}

// writeApply writes the folder of an apply.
func (s *session) writeApply(ctx context.Context, folder *archive.Run, sum *reconcile.Summary, p *fixPlan, done *execution) error {
	sum.Finished = time.Now().UTC()
	if err := folder.Put(ctx, archive.PlanFile, p.write); err != nil {
		return err
	}
	if s.Config.HasReport(config.ReportXLSX) {
		write := func(out io.Writer) error { return report.Workbook(out, s.workbook(sum, p, done)) }
		if err := folder.Put(ctx, archive.WorkbookFile, write); err != nil {
			return err
		}
	}
	sum.Reports = folder.Files()
	return folder.Finish(ctx, sum)
}
