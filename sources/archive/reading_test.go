package archive

import (
	"context"
	"io"
	"testing"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/storage"
)

// TestReading: a run reads what the newest run of its scope found out, and ignores
// a file that it can't read, with a warning.
func TestReading(t *testing.T) {
	ctx := context.Background()
	a, err := Open(ctx, &storage.Opener{}, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	type learned struct{ Rate int }
	start := time.Now().Add(-time.Hour).UTC()
	for i, id := range []string{"first", "second", "damaged"} {
		run, err := a.NewRun(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		if id == "damaged" {
			err = run.Put(ctx, ReadingFile, func(w io.Writer) error { _, err := io.WriteString(w, `{"schema_version":1}`); return err })
		} else {
			err = run.PutReading(ctx, "scope", learned{i + 1})
		}
		if err != nil {
			t.Fatal(err)
		}
		s := &reconcile.Summary{SchemaVersion: reconcile.SchemaVersion, RunID: id, AsOf: start.Add(time.Duration(i) * time.Minute), Live: true,
			Scope: reconcile.Scope{ID: "scope"}, Reports: run.Files(), Findings: reconcile.NewTally()}
		if err := run.Finish(ctx, s); err != nil {
			t.Fatal(err)
		}
		h, err := a.History(ctx, "scope", time.Now())
		if err != nil {
			t.Fatal(err)
		}
		var got learned
		if err := a.Reading(ctx, h, "scope", &got); err != nil {
			t.Fatal(err)
		}
		want, warnings := i+1, 0
		if id == "damaged" {
			want, warnings = 0, 1
		}
		if got.Rate != want || len(h.Warnings) != warnings {
			t.Errorf("after %s: %+v, warnings %q", id, got, h.Warnings)
		}
	}
}
