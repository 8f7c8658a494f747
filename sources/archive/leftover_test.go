package archive_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/archive"
)

// A run that is killed leaves its mark and unfinished files: it is listed as
// crashed, and the files are removed.
func TestKilledRun(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "out")
	r := open(t, out)
	if _, err := r.NewRun(t.Context(), "killed"); err != nil {
		t.Fatal(err)
	}
	if _, err := r.NewRun(t.Context(), "killed"); !errors.Is(err, archive.ErrRunExists) {
		t.Errorf("a second run with the id: %v", err)
	}
	for _, folder := range []string{"killed", "journal/key"} {
		name := filepath.Join(out, folder, ".wixrecon-X.tmp")
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o700), os.WriteFile(name, []byte("half"), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	for _, withJournal := range []bool{false, true} {
		warnings, err := r.RemoveLeftovers(t.Context(), withJournal)
		want := map[bool]string{false: "run killed crashed while it was writing", true: "a run that wrote journal crashed"}[withJournal]
		if err != nil || len(warnings) != 1 || !strings.HasPrefix(warnings[0], want) {
			t.Errorf("with the journal %t: %q, %v", withJournal, warnings, err)
		}
	}
	list, _, err := r.List(t.Context(), "")
	if err != nil || len(list) != 1 || list[0].ID != "killed" || list[0].Fault != archive.FaultCrashed {
		t.Errorf("list: %+v, %v", list, err)
	}
	if _, err := os.Stat(filepath.Join(out, "journal")); !os.IsNotExist(err) {
		t.Errorf("the empty folder of the journal: %v", err)
	}
}

// Records of failures are listed by scope, kept apart where they have one id, and
// pruned.
func TestFailures(t *testing.T) {
	t.Parallel()
	for name, r := range stores(t) {
		at := time.Date(2026, 11, 1, 2, 0, 0, 0, time.UTC)
		for _, scope := range []string{"a1", "b2"} {
			f := reconcile.Failure{RunID: "nightly", Command: "run", Time: at, Scope: reconcile.Scope{ID: scope}, ExitCode: 7, Error: "it is held"}
			if err := r.RecordFailure(t.Context(), f); err != nil {
				t.Fatal(name, err)
			}
		}
		all, warnings, err := r.List(t.Context(), "")
		if err != nil || len(all) != 2 || len(warnings) != 0 {
			t.Fatal(name, all, warnings, err)
		}
		one, _, err := r.List(t.Context(), "a")
		if err != nil || len(one) != 1 || one[0].ID != "nightly" || one[0].Failure.ExitCode != 7 || one[0].Fault != "run failed (exit code 7): it is held" {
			t.Errorf("%s: %+v, %v", name, one, err)
		}
		old, _, err := r.PruneCandidates(t.Context(), time.Hour, time.Now().AddDate(1, 0, 0))
		if err != nil || len(old) != 2 {
			t.Fatal(name, old, err)
		}
		for i := range old {
			if err := r.Remove(t.Context(), &old[i]); err != nil {
				t.Error(name, err)
			}
		}
		if empty, err := r.IsEmpty(t.Context()); err != nil || !empty {
			t.Errorf("%s after pruning: empty %t, %v", name, empty, err)
		}
	}
}
