package execute

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// What must be true after any schedule. The rules are those of the contract, apart
// from the code:
//
//   - a request leaves only under a claim of its own run, within its time, and
//     only to a package that is what was planned and what our own requests made of it
//   - a second request for an action leaves only after 429, or once the journal
//     has recorded that the first did nothing – and then it never did –, or, where
//     a state is set, for another plan
//   - nothing is canceled or created twice
//   - applied means that it was done, not done means that it was not, and what
//     is reported as stale or not started was not sent
//   - after three consecutive failures, or one unexpected effect, a run sends
//     nothing more
//   - what no action was sent for is as it was

// arrives is called when a request arrives, before it is handled.
func (s *schedule) arrives(a *fix.Action) {
	now := time.Now()
	if a.Fix == reconcile.FixCreate {
		for _, p := range s.wix.packages {
			if p.ExternalID == a.ExternalID {
				s.Errorf("create %s sent though %s has the id", a.ExternalID, p.ID)
			}
		}
		return
	}
	for _, e := range s.journal.open() {
		if e.Action.PackageID == a.PackageID && e.Key != a.Key {
			s.Errorf("%s sent to package %s while %s is open", a.Fix, a.PackageID, e.Action.Fix)
		}
	}
	resent := slices.ContainsFunc(s.wix.requests[:len(s.wix.requests)-1], func(r *request) bool {
		return r.key == a.Key && r.fault == throttling && now.Sub(r.at) < testWindow
	})
	if at, touched := s.at[a.PackageID]; resent || touched && now.Sub(at) < time.Second+s.queue {
		return // changed between the read and the request: that can't be seen
	}
	s.replay()
	if got, want := seenOf(s.wix.packages[a.PackageID]), seenOf(s.expected.packages[a.PackageID]); got != want {
		s.Errorf("%s sent to a package that is not what it should be:\n got %s\nwant %s", a.Fix, got, want)
	}
}

// replay updates the expected packages with our own effects.
func (s *schedule) replay() {
	for _, r := range s.wix.requests {
		if a := s.actionOf(r.key); r.effect && a.Fix != reconcile.FixCreate {
			s.expected.do(a, &request{})
		}
	}
}

func (s *schedule) actionOf(key string) *fix.Action {
	for _, p := range s.plans {
		for i := range p.Actions {
			if p.Actions[i].Key == key {
				return &p.Actions[i]
			}
		}
	}
	return nil
}

// seenOf writes what counts of a package: of what was canceled, only that.
func seenOf(p *reconcile.Package) string {
	text := p.ExternalID
	for _, i := range p.Instances {
		if i.Status == reconcile.StatusCanceled {
			text += fmt.Sprint(" ", i.ID, i.Status)
			continue
		}
		text += fmt.Sprint(" ", i.ID, i.Status, i.ProductID, i.SiteID, i.Cycle)
	}
	return text
}

func (s *schedule) check() {
	s.Helper()
	s.wix.mu.Lock()
	defer s.wix.mu.Unlock()
	byKey := make(map[string][]*request)
	for _, r := range s.wix.requests {
		byKey[r.key] = append(byKey[r.key], r)
		if r.attempt == 0 || r.at.After(r.sendBy) {
			s.Errorf("a request without a claim, or after its time: %+v", r)
		}
	}
	for key, requests := range byKey {
		s.checkAction(s.actionOf(key), requests)
	}
	s.checkEnds()
	for i := range s.results {
		s.checkResults(&s.results[i])
	}
	s.checkBreaker()
	s.checkUntouched(byKey)
}

// rejected reports whether a request was rejected, or never left.
func (r *request) rejected() bool { return r.fault == throttling || r.fault == unsent }

func (s *schedule) checkAction(a *fix.Action, requests []*request) {
	s.Helper()
	effects := 0
	var before *request
	for _, r := range requests {
		if r.effect {
			effects++
		}
		if r.rejected() {
			continue
		}
		if before != nil && !s.mayFollow(a, before, r) {
			s.Errorf("%s sent twice: %+v then %+v", a.Fix, before, r)
		}
		before = r
	}
	once := a.Fix == reconcile.FixCancel || a.Fix == reconcile.FixCreate
	if once && effects > 1 {
		s.Errorf("%s done %d times", a.Fix, effects)
	}
}

func (s *schedule) mayFollow(a *fix.Action, before, r *request) bool {
	e := s.journal.entries[a.Key][before.attempt-1]
	if e.Open() || e.Completion.Ended.After(r.at) || r.attempt <= before.attempt {
		return false
	}
	if e.Completion.NotDone {
		return !before.effect
	}
	sets := a.Fix != reconcile.FixCancel && a.Fix != reconcile.FixCreate
	return sets && s.journal.entries[a.Key][r.attempt-1].PlanID != e.PlanID
}

// checkEnds compares the completions in the journal with what happened.
func (s *schedule) checkEnds() {
	s.Helper()
	for key, entries := range s.journal.entries {
		for i, e := range entries {
			if e.Number != i+1 || e.Open() {
				s.Errorf("attempt %d of %s is open or out of order", e.Number, key)
				continue
			}
			if err := e.Verify(); err != nil {
				s.Errorf("%+v: %v", e, err)
			}
			if i > 0 {
				if err := e.Follows(&entries[i-1]); err != nil {
					s.Errorf("%+v: %v", e, err)
				}
			}
			s.checkEnd(&e)
		}
	}
}

func (s *schedule) checkEnd(e *fix.Entry) {
	s.Helper()
	done, left, earlier := false, 0, false
	for _, r := range s.wix.requests {
		if r.key != e.Key {
			continue
		}
		earlier = earlier || r.attempt < e.Number && r.effect
		if r.attempt == e.Number {
			done = done || r.effect
			if r.fault != unsent {
				left++
			}
		}
	}
	switch {
	case e.Completion.Outcome == fix.OutcomeApplied && !done && !earlier:
		s.Errorf("applied, but never done: %+v", e.Completion)
	case e.Completion.NotDone && done:
		s.Errorf("not done, but done: %+v", e.Completion)
	case e.Completion.Sends >= 0 && e.Completion.Sends != left:
		s.Errorf("%d requests left, and the completion has %d: %+v", left, e.Completion.Sends, e.Completion)
	}
}

// checkResults compares what a run returned with what it did.
func (s *schedule) checkResults(result *runResult) {
	s.Helper()
	if result.err != nil || len(result.results) != len(result.plan.Actions) {
		s.Errorf("%s: error %v, %d results of %d", result.run, result.err, len(result.results), len(result.plan.Actions))
		return
	}
	for i, r := range result.results {
		sent, done := false, false
		for _, q := range s.wix.requests {
			if q.key == r.Key {
				sent, done = sent || q.run == result.run && !q.rejected(), done || q.effect
			}
		}
		switch {
		case r.Key != result.plan.Actions[i].Key || r.Outcome == "" || r.Reason == "" && r.Outcome != fix.OutcomeApplied:
			s.Errorf("%s: %+v", result.run, r)
		case r.Outcome == fix.OutcomeApplied && !done:
			s.Errorf("%s: returned as applied, never done: %+v", result.run, r)
		case (r.Outcome == fix.OutcomeStale || r.Outcome == fix.OutcomeNotStarted) && sent:
			s.Errorf("%s: returned as %s, and sent: %+v", result.run, r.Outcome, r)
		}
	}
}

// checkBreaker reads the journal in the order of writing, run by run. Of what ended
// in the same instant, what was applied may have been last.
func (s *schedule) checkBreaker() {
	s.Helper()
	stopped, row := make(map[string]time.Time), make(map[string]int)
	stop := func(run string, at time.Time) {
		if _, already := stopped[run]; !already {
			stopped[run] = at
		}
	}
	owner := func(key string, number int) string { return s.journal.entries[key][number-1].RunID }
	slices.SortStableFunc(s.journal.records, func(a, b record) int {
		return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.applied(), b.applied()))
	})
	for _, n := range s.journal.records {
		switch {
		case n.begin != nil:
			continue
		case n.unsettled != nil:
			row[owner(n.unsettled.Key, n.unsettled.Number)]++
		case n.end.RunID != owner(n.end.Key, n.end.Number): // settled
		case n.end.Outcome == fix.OutcomeApplied:
			row[n.end.RunID] = 0
		case n.end.Failure == fix.FailureUnexpected:
			stop(n.end.RunID, n.at)
		case n.end.Failure != fix.FailureStopped:
			row[n.end.RunID]++
		}
		for run, length := range row {
			if length >= maxStreak {
				stop(run, n.at)
			}
			if length > maxStreak {
				s.Errorf("%s: %d in a row", run, length)
			}
		}
	}
	for _, r := range s.wix.requests {
		if at, is := stopped[r.run]; is && r.at.After(at) {
			s.Errorf("%s sent %s after the breaker", r.run, r.at.Sub(at))
		}
	}
}

func (n *record) applied() int {
	if n.end != nil && n.end.Outcome == fix.OutcomeApplied {
		return 1
	}
	return 0
}

// checkUntouched checks that nothing changed that no request was about.
func (s *schedule) checkUntouched(byKey map[string][]*request) {
	s.Helper()
	for i := range s.first {
		p, is := &s.first[i], s.wix.packages[s.first[i].ID]
		about := make(map[string]bool)
		for key := range byKey {
			if a := s.actionOf(key); a.PackageID == p.ID {
				about[a.Fix+a.InstanceID] = true
			}
		}
		if is.ExternalID != p.ExternalID && !about[reconcile.FixExternalID] {
			s.Errorf("%s: external id %s", p.ID, is.ExternalID)
		}
		_, otherChanges := s.at[p.ID]
		for k, was := range p.Instances {
			now := is.Instances[k]
			sited := about[reconcile.FixAssign+was.ID] || about[reconcile.FixUnassign+was.ID] || otherChanges && k == 0
			adjusted := about[reconcile.FixAdjust+was.ID]
			canceled := about[reconcile.FixCancel] || about[reconcile.FixCancel+was.ID]
			if now.SiteID != was.SiteID && !sited || now.Status != was.Status && !canceled ||
				(now.ProductID != was.ProductID || now.Cycle != was.Cycle) && !adjusted {
				s.Errorf("%s: instance %s is %+v, was %+v", p.ID, was.ID, now, was)
			}
		}
	}
}
