package archive_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"

	"github.com/wixrecon/wixrecon/internal/servers"
	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// journalKinds returns functions that open an archive in each kind of store. Two
// of them need a server binary: without it, the test fails if CI is set, and is
// skipped otherwise.
func journalKinds() map[string]func(*testing.T) *rig {
	return map[string]func(*testing.T) *rig{
		"path": func(t *testing.T) *rig { return open(t, filepath.Join(t.TempDir(), "out")) },
		"file": func(t *testing.T) *rig { return open(t, "file://"+filepath.ToSlash(t.TempDir())+"/out") },
		"mem":  func(t *testing.T) *rig { return open(t, "mem://data/runs") },
		"s3 in process": func(t *testing.T) *rig {
			name, _ := bucketAt(t, gofakes3.DefaultTimeSource())
			return open(t, name)
		},
		"s3": func(t *testing.T) *rig { return open(t, s3At("http://"+startServer(t, servers.S3).Address)) },
		"gs": func(t *testing.T) *rig {
			t.Setenv("STORAGE_EMULATOR_HOST", startServer(t, servers.GCS).Address)
			return open(t, "gs://data/runs")
		},
	}
}

func actionKey(n int) string { return fmt.Sprintf("%032x", n) }

func planID(n int) string { return fmt.Sprintf("%032x", 0xffff+n) }

// claimOf returns a claim of a cancel. Its plan, run and nonce have the number of
// the attempt.
func claimOf(action, number int, begun time.Time) *fix.Attempt {
	a := fix.Action{
		Key: actionKey(action), Fix: reconcile.FixCancel, Kind: "orphan_package", FindingIDs: []string{"f"},
		AccountID: fmt.Sprintf("account-%d", action%10), ExternalID: fmt.Sprintf("sub-%d <&>", action),
		PackageID: fmt.Sprintf("package-%d", action), Desired: fix.Desired{Status: "CANCELED"},
		Seen: &fix.State{ExternalID: "x", Updated: start(), Instances: []fix.InstanceState{
			{ID: "i", Status: reconcile.StatusEnabled, Cycle: "1 MONTH", SiteID: "s"},
		}},
		Removal: true, Instances: 1, Unpriced: 1,
	}
	return &fix.Attempt{
		Key: a.Key, Number: number, Nonce: fmt.Sprintf("nonce-%d", number), PlanID: planID(number), RunID: fmt.Sprintf("run-%d", number),
		Fence: 7, Begun: begun, SendBy: begun.Add(time.Minute), Action: a,
		Evidence: fix.Evidence{Key: a.Key, FirstSeen: start(), Sightings: 2, Records: []int{3, 4}},
	}
}

func unsettledNoteOf(a *fix.Attempt) *fix.UnsettledNote {
	return &fix.UnsettledNote{Key: a.Key, Number: a.Number, Nonce: a.Nonce, SentAt: a.Begun.Add(time.Second), Reason: "the response was lost", Observed: a.Action.Seen}
}

func completionOf(a *fix.Attempt, outcome string, notDone bool) *fix.Completion {
	return &fix.Completion{
		Key: a.Key, Number: a.Number, Nonce: a.Nonce, Outcome: outcome, NotDone: notDone, Sends: 1,
		SentAt: a.Begun.Add(time.Second), Ended: a.Begun.Add(2 * time.Second), RunID: a.RunID, Observed: a.Action.Seen,
	}
}

// must fails the test if one of them is an error.
func must(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

// shown returns the names of entries: action and attempt, "?" for an
// unsettled note and "." for a completion.
func shown(entries []fix.Entry) (names []string) {
	for i := range entries {
		e := &entries[i]
		name := fmt.Sprintf("%s/%d", e.Key[len(e.Key)-2:], e.Number)
		if e.Unsettled != nil {
			name += "?"
		}
		if e.Completion != nil {
			name += "."
		}
		names = append(names, name)
	}
	return names
}
