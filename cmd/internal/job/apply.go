package job

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"time"

	"github.com/wixrecon/wixrecon/cmd/internal/config"
	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
	"github.com/wixrecon/wixrecon/reconcile/fix/guard"
	"github.com/wixrecon/wixrecon/report"
	"github.com/wixrecon/wixrecon/sources/archive"
	"github.com/wixrecon/wixrecon/sources/storage"
)

// A plan is executed exactly, and once. It is printed before anything else, also
// where it can't be used. Then it is planned again, from the ledger as it is now and
// the inventory that the planning run stored: an action that does not come out again
// is skipped. The guards on the ledger hold, and the limits are evaluated again.
//
// An interrupted plan is continued. One that a run left is continued as the run
// would: what needs a review, and what limits hold back, is not sent.

// maxPlan bounds the file of a plan in bytes.
const maxPlan = 256 << 20

// A RefusedError means that a plan may not be executed; nothing was changed.
type RefusedError struct{ Err error }

func (e *RefusedError) Error() string { return e.Err.Error() }
func (e *RefusedError) Unwrap() error { return e.Err }

// An ApplyRequest is a plan that is to be applied.
type ApplyRequest struct {
	Plan     string // name of the file
	Reviewed bool   // a person reviewed it, although a run made it

	// Consent asks whether to send a plan that removes so many instances. An error
	// means no.
	Consent func(p *fix.Plan, removed int) error
}

// Apply prints the plan in a file, asks consent, executes the plan, and returns the
// exit code.
func (j *Job) Apply(ctx context.Context, request *ApplyRequest) (code int, err error) {
	if err := j.checkRate(); err != nil {
		return 0, err
	}
	return j.inSession(ctx, reconcile.CommandApply, func(s *session) (int, error) { return s.apply(ctx, request) })
}

// apply puts the stages together.
func (s *session) apply(ctx context.Context, request *ApplyRequest) (code int, err error) {
	p, err := s.readPlan(ctx, request)
	if err != nil {
		return 0, err
	}
	b, err := s.begin(ctx)
	if err != nil {
		return 0, err
	}
	defer s.release(ctx, b)
	if err := s.checkUsable(ctx, b, p, request); err != nil {
		return 0, err
	}
	lease, err := s.acquireLease(ctx, b.folder.ID, true)
	if err != nil {
		return 0, err
	}
	defer lease.release(ctx)
	sum, err := s.checkAgain(ctx, b, p)
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
func (s *session) readPlan(ctx context.Context, request *ApplyRequest) (p *fixPlan, err error) {
	text, name, err := readPlanFile(ctx, s.Opener, request.Plan)
	if err != nil {
		return nil, err
	}
	plan, fault := fix.DecodePlan(text)
	if plan != nil {
		p = &fixPlan{plan: plan, held: fix.Held(plan.HeldBack), reviewed: request.Reviewed || plan.Origin == nil || plan.Origin.Command != reconcile.CommandRun}
		if fault != nil || s.Config.Output != config.OutputJSON { // as JSON the summary is the result, where there is one
			s.unprinted = s.printPlan(p, &execution{})
		}
	}
	if fault != nil {
		return nil, &RefusedError{fmt.Errorf("plan %s: %w", name, fault)}
	}
	return p, err
}

// readPlanFile reads the file of a plan, and returns the name to show for it.
func readPlanFile(ctx context.Context, opener *storage.Opener, name string) (text []byte, shown string, err error) {
	in, err := opener.Open(ctx, name)
	if err != nil {
		return nil, "", missingIsUsage(fmt.Errorf("plan: %w", err))
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	text, err = io.ReadAll(io.LimitReader(in, maxPlan+1))
	if err == nil && len(text) > maxPlan {
		err = &RefusedError{fmt.Errorf("plan %s: it is larger than %d MiB", in.Name, maxPlan>>20)}
	}
	return text, in.Name, err
}

// PlanSettings returns the settings that a plan was made with, for apply; nil where
// it can't be used. Apply then reports why.
func PlanSettings(ctx context.Context, opener *storage.Opener, name string) map[string]string {
	text, _, err := readPlanFile(ctx, opener, name)
	if err != nil {
		return nil
	}
	plan, err := fix.DecodePlan(text)
	if err != nil || plan.Origin == nil {
		return nil
	}
	return plan.Origin.Settings
}

// checkUsable checks that the plan belongs here and was not used, and asks for
// consent unless it is refused.
func (s *session) checkUsable(ctx context.Context, b *beginning, p *fixPlan, request *ApplyRequest) (err error) {
	if err := s.checkOrigin(ctx, b.subject, p.plan); err != nil {
		return err
	}
	p.refusals, err = s.useRefusals(ctx, b.history, p.plan)
	if err != nil || len(p.refusals) > 0 {
		return err
	}
	removed, c := 0, p.conditions()
	for i := range p.plan.Actions {
		if a := &p.plan.Actions[i]; a.Removal && c.Sends(a) {
			removed += a.Instances
		}
	}
	return request.Consent(p.plan, removed)
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
func (s *session) useRefusals(ctx context.Context, past *history, plan *fix.Plan) (refusals []fix.Refusal, err error) {
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
	if plan.Origin == nil {
		refusals = append(refusals, planRefusal("old_plan", "the plan was made by an older version of the program: make another with wixrecon plan"))
	}
	if at := past.runs.LastAccepted(); plan.CreatedAt.Before(at) {
		refusals = append(refusals, planRefusal("accepted_since", "a run of its scope was accepted by hand at "+at.UTC().Format(time.RFC3339)+
			", after the plan was made: make another with wixrecon plan"))
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

// checkAgain plans again, and evaluates the guards on the ledger and the limits. A
// plan that is refused already is left as it is. It returns the summary of what was
// read.
func (s *session) checkAgain(ctx context.Context, b *beginning, p *fixPlan) (*reconcile.Summary, error) {
	if len(p.refusals) > 0 {
		sum := s.newSummary(b.subject)
		sum.Lists = b.lists.files
		return &sum, nil
	}
	sum, stale, err := s.replan(ctx, b, p.plan)
	if err != nil {
		return nil, err
	}
	p.stale = stale
	reread := &guard.Inputs{Run: sum, LedgerModified: oldest(sum.Inputs), LedgerNewest: newest(sum.Inputs), LedgerOnly: true}
	objections, err := s.evaluateGuards(ctx, reread, b.history.runs)
	if err != nil {
		return nil, err
	}
	for _, o := range objections {
		p.refusals = append(p.refusals, o.Refusal())
	}
	return sum, s.limit(ctx, p)
}

// limit evaluates the limits on what is left to send of a plan.
func (s *session) limit(ctx context.Context, p *fixPlan) error {
	from := s.started.Add(-usageWindow)
	since := from
	if p.plan.CreatedAt.Before(from) {
		since = p.plan.CreatedAt
	}
	entries, unreadable, err := s.readJournal(ctx, since)
	if err != nil {
		return err
	}
	p.refusals = append(p.refusals, unreadable...)
	left, evidence := remaining(p, entries)
	checks := guard.Checks{
		Complete: true, HasHistory: true, Limits: s.Config.Limits, Usage: guard.UsageOf(entries, from), LiveInstances: p.plan.LiveInstances,
		Reviewed: p.reviewed,
	}
	refusals, held := checks.Decide(left, evidence)
	p.refusals = append(p.refusals, refusals...)
	maps.Copy(p.held, fix.Held(held))
	return nil
}

// remaining returns the actions of a plan that are neither held back, nor stale, nor
// final in the journal, with their evidence.
func remaining(p *fixPlan, entries []fix.Entry) (actions []fix.Action, evidence []fix.Evidence) {
	tried := make(map[string]bool)
	for i := range entries {
		if e := &entries[i]; e.PlanID == p.plan.ID {
			tried[e.Key] = tried[e.Key] || e.Open() || !e.Completion.NotDone
		}
	}
	for i, a := range p.plan.Actions {
		if _, stale := p.stale[a.Key]; !stale && !tried[a.Key] && p.held[a.Key] == "" {
			actions, evidence = append(actions, a), append(evidence, p.plan.Evidence[i])
		}
	}
	return actions, evidence
}

// reportApply writes and prints what came of the plan, and returns the exit code.
// The inventory was not read, so the run is neither complete nor a baseline.
func (s *session) reportApply(ctx context.Context, folder *archive.Run, sum *reconcile.Summary, p *fixPlan, done *execution) (code int, err error) {
	sum.Live, sum.Complete, sum.Findings, sum.Exceptions = false, false, reconcile.NewTally(), nil
	sum.Fixes = summarizeFixes(p, done)
	sum.ExitCode = applyExitCode(sum.Fixes)
	err = s.reportAll(ctx, folder, sum, p, done, func(ctx context.Context) error {
		return s.writeApply(ctx, folder, sum, p, done)
	})
	if err != nil {
		return 0, err
	}
	return s.deliver(ctx, folder, sum, p, done)
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
