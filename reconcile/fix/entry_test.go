package fix_test

import (
	"strings"
	"testing"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// An entry that does not agree with itself is not believed.

// soundEntry is a cancel of one instance that was settled after a doubt.
func soundEntry() fix.Entry {
	return entrySent(fix.Action{
		Key: "k", Fix: reconcile.FixCancel, AccountID: account(1), ExternalID: "x", PackageID: "P", Removal: true, Instances: 1,
		Desired: fix.Desired{Status: "CANCELED"},
		Seen:    &fix.State{Instances: []fix.InstanceState{{ID: "P.1", Status: reconcile.StatusEnabled}}},
	}, now, entryDoubted(time.Second), entryEnded(fix.OutcomeApplied, 1, time.Minute))
}

func TestSoundEntries(t *testing.T) {
	e := soundEntry()
	for _, edit := range []func(){func() {}, func() { e.End = nil }, func() { e.Doubt = nil }} {
		if edit(); e.Verify() != nil {
			t.Error(e.Verify())
		}
	}
}

func TestEntriesThatAreNotBelieved(t *testing.T) {
	for name, c := range map[string]struct {
		edit func(*fix.Entry)
		says string
	}{
		"attempt 0":           {func(e *fix.Entry) { e.Number, e.Doubt.Number, e.End.Number = 0, 0, 0 }, "count from 1"},
		"no nonce":            {func(e *fix.Entry) { e.Nonce, e.Doubt.Nonce, e.End.Nonce = "", "", "" }, "nonce"},
		"no time":             {func(e *fix.Entry) { e.Begun = time.Time{} }, "until when"},
		"no last moment":      {func(e *fix.Entry) { e.SendBy = time.Time{} }, "until when"},
		"another's action":    {func(e *fix.Entry) { e.Action.Key = "other" }, `action "other"`},
		"no account":          {func(e *fix.Entry) { e.Action.AccountID = "" }, "what is changed"},
		"a create of nothing": {func(e *fix.Entry) { e.Action = fix.Action{Key: "k", Fix: reconcile.FixCreate, AccountID: "a"} }, "what is changed"},
		"no fix":              {func(e *fix.Entry) { e.Action.Fix = "delete" }, "contradicts"},
		"no removal":          {func(e *fix.Entry) { e.Action.Removal = false }, "contradicts"},
		"fewer instances":     {func(e *fix.Entry) { e.Action.Instances = 0 }, "contradicts"},
		"nothing seen":        {func(e *fix.Entry) { e.Action.Seen = nil }, "contradicts"},
		"another's doubt":     {func(e *fix.Entry) { e.Doubt.Nonce = "other" }, "doubt is of another"},
		"a doubt of nothing":  {func(e *fix.Entry) { e.Doubt.SentAt = time.Time{} }, "when it was sent"},
		"another's end":       {func(e *fix.Entry) { e.End.Nonce = "other" }, "end is of another"},
		"another number":      {func(e *fix.Entry) { e.End.Number = 2 }, "end is of another"},
		"another key":         {func(e *fix.Entry) { e.End.Key = "other" }, "end is of another"},
		"no outcome":          {func(e *fix.Entry) { e.End.Outcome = "" }, "nothing ends as"},
		"unsettled for good":  {func(e *fix.Entry) { e.End.Outcome = fix.OutcomeUnsettled }, "nothing ends as"},
		"applied, not done":   {func(e *fix.Entry) { e.End.NotDone = true }, "applied and not done"},
		"no moment of an end": {func(e *fix.Entry) { e.End.Ended = time.Time{} }, "when that was known"},
		"sends":               {func(e *fix.Entry) { e.End.Sends = -2 }, "less than never"},
	} {
		e := soundEntry()
		c.edit(&e)
		if err := e.Verify(); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v, want %q", name, err, c.says)
		}
	}
}

// No attempt follows one that may still land; none repeats a cancel or a create
// that may have had an effect, nor anything within one plan.
func TestFollows(t *testing.T) {
	for _, c := range []struct {
		name    string
		fix     string
		plan    string
		outcome string // of the attempt before; none: it is open
		notDone bool
		want    string
	}{
		{"open", reconcile.FixAssign, "other", "", false, "not settled"},
		{"not done", reconcile.FixCancel, "plan", fix.OutcomeFailed, true, ""},
		{"a cancel again", reconcile.FixCancel, "other", fix.OutcomeApplied, false, "ended as applied"},
		{"a create again", reconcile.FixCreate, "other", fix.OutcomeFailed, false, "ended as failed"},
		{"by the same plan", reconcile.FixAssign, "plan", fix.OutcomeApplied, false, "ended as applied"},
		{"a state set again by another plan", reconcile.FixAssign, "other", fix.OutcomeApplied, false, ""},
	} {
		before := fix.Entry{Attempt: fix.Attempt{Number: 1, PlanID: "plan"}}
		if c.outcome != "" {
			before.End = &fix.End{Outcome: c.outcome, NotDone: c.notDone}
		}
		next := fix.Attempt{Number: 2, PlanID: c.plan, Action: fix.Action{Fix: c.fix}}
		err := next.Follows(&before)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}
