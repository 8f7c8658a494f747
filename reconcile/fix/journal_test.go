package fix_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// An entry that does not agree with itself is not valid.

// attempt is an attempt that was begun at a time and could be sent for a minute.
func attempt(a fix.Action, begun time.Time, edit ...func(*fix.Entry)) fix.Entry {
	e := fix.Entry{Attempt: fix.Attempt{Key: a.Key, Number: 1, Nonce: "n", Begun: begun, SendBy: begun.Add(time.Minute), Action: a}}
	for _, change := range edit {
		change(&e)
	}
	return e
}

func unsettled(e *fix.Entry) {
	e.Unsettled = &fix.UnsettledNote{Key: e.Key, Number: e.Number, Nonce: e.Nonce, SentAt: e.Begun.Add(time.Second)}
}

func completed(e *fix.Entry) {
	at := e.Begun.Add(time.Minute)
	e.Completion = &fix.Completion{Key: e.Key, Number: e.Number, Nonce: e.Nonce, Outcome: fix.OutcomeApplied, Sends: 1, SentAt: at, Ended: at}
}

// validEntry is a cancel of one instance that was settled after a note.
func validEntry() fix.Entry {
	return attempt(fix.Action{
		Key: "k", Fix: reconcile.FixCancel, AccountID: account(1), ExternalID: "x", PackageID: "P", Removal: true, Instances: 1,
		Desired: fix.Desired{Status: "CANCELED"},
		Seen:    &fix.State{Instances: []fix.InstanceState{{ID: "P.1", Status: reconcile.StatusEnabled}}},
	}, now, unsettled, completed)
}

func TestValidEntries(t *testing.T) {
	e := validEntry()
	for _, edit := range []func(){func() {}, func() { e.Completion = nil }, func() { e.Unsettled = nil }} {
		if edit(); e.Verify() != nil {
			t.Error(e.Verify())
		}
	}
}

func TestInvalidEntries(t *testing.T) {
	for name, c := range map[string]struct {
		edit func(*fix.Entry)
		want string
	}{
		"attempt 0":             {func(e *fix.Entry) { e.Number, e.Unsettled.Number, e.Completion.Number = 0, 0, 0 }, "count from 1"},
		"no nonce":              {func(e *fix.Entry) { e.Nonce, e.Unsettled.Nonce, e.Completion.Nonce = "", "", "" }, "nonce is missing"},
		"no time":               {func(e *fix.Entry) { e.Begun = time.Time{} }, "last send"},
		"no last moment":        {func(e *fix.Entry) { e.SendBy = time.Time{} }, "last send"},
		"another's action":      {func(e *fix.Entry) { e.Action.Key = "other" }, `action "other"`},
		"no account":            {func(e *fix.Entry) { e.Action.AccountID = "" }, "are missing"},
		"a create of nothing":   {func(e *fix.Entry) { e.Action = fix.Action{Key: "k", Fix: reconcile.FixCreate, AccountID: "a"} }, "are missing"},
		"no fix":                {func(e *fix.Entry) { e.Action.Fix = "delete" }, "contradicts"},
		"no removal":            {func(e *fix.Entry) { e.Action.Removal = false }, "contradicts"},
		"fewer instances":       {func(e *fix.Entry) { e.Action.Instances = 0 }, "contradicts"},
		"nothing seen":          {func(e *fix.Entry) { e.Action.Seen = nil }, "contradicts"},
		"another's note":        {func(e *fix.Entry) { e.Unsettled.Nonce = "other" }, "note: it is of another"},
		"a note without a time": {func(e *fix.Entry) { e.Unsettled.SentAt = time.Time{} }, "time of the send"},
		"another's end":         {func(e *fix.Entry) { e.Completion.Nonce = "other" }, "completion: it is of another"},
		"another number":        {func(e *fix.Entry) { e.Completion.Number = 2 }, "completion: it is of another"},
		"another key":           {func(e *fix.Entry) { e.Completion.Key = "other" }, "completion: it is of another"},
		"no outcome":            {func(e *fix.Entry) { e.Completion.Outcome = "" }, "does not end as"},
		"unsettled for good":    {func(e *fix.Entry) { e.Completion.Outcome = fix.OutcomeUnsettled }, "does not end as"},
		"applied, not done":     {func(e *fix.Entry) { e.Completion.NotDone = true }, "both applied and not done"},
		"no moment of an end":   {func(e *fix.Entry) { e.Completion.Ended = time.Time{} }, "its time is missing"},
		"sends":                 {func(e *fix.Entry) { e.Completion.Sends = -2 }, "-2 sends"},
	} {
		e := validEntry()
		c.edit(&e)
		if err := e.Verify(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}

// No attempt follows one that may still be executed; none repeats a cancel or a create
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
			before.Completion = &fix.Completion{Outcome: c.outcome, NotDone: c.notDone}
		}
		next := fix.Attempt{Number: 2, PlanID: c.plan, Action: fix.Action{Fix: c.fix}}
		err := next.Follows(&before)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}

func TestUnsettled(t *testing.T) {
	create := fix.Action{Fix: reconcile.FixCreate, AccountID: account(1), ExternalID: "sub-1"}
	adjust := fix.Action{Fix: reconcile.FixAdjust, AccountID: account(1), ExternalID: "sub-2", PackageID: "A"}
	done := fix.Action{Fix: reconcile.FixAdjust, AccountID: account(1), ExternalID: "sub-3", PackageID: "D"}
	entries := []fix.Entry{
		attempt(create, now), attempt(adjust, now.AddDate(-1, 0, 0), unsettled), attempt(done, now, completed),
	}
	got := slices.Sorted(maps.Keys(fix.UnsettledOf(entries)))
	if fmt.Sprint(got) != "[A sub-1]" {
		t.Errorf("got %v", got)
	}
}
