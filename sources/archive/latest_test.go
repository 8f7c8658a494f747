package archive_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/archive"
)

// latestIDs reads latest.json as a script would.
func (r *rig) latestIDs(t *testing.T) map[string]string {
	t.Helper()
	text, err := r.dir.Read(t.Context(), "latest.json")
	if err != nil {
		t.Fatal(err)
	}
	var latest struct {
		SchemaVersion int                          `json:"schema_version"`
		Scopes        map[string]archive.LatestRun `json:"scopes"`
	}
	if err := json.Unmarshal(text, &latest); err != nil || latest.SchemaVersion != reconcile.SchemaVersion {
		t.Fatalf("%s: %v", text, err)
	}
	ids := make(map[string]string)
	for id, p := range latest.Scopes {
		ids[id] = p.RunID
	}
	return ids
}

func (r *rig) setLatest(t *testing.T, s *reconcile.Summary) string {
	t.Helper()
	warning, err := r.SetLatest(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	return warning
}

func TestSetLatest(t *testing.T) {
	t.Parallel()
	for name, r := range stores(t) {
		other := summaryOf("other", day(3))
		other.Scope.ID = "another"
		for _, s := range []*reconcile.Summary{summaryOf("one", day(1)), other, summaryOf("two", day(2)), summaryOf("late", day(0))} {
			if warning := r.setLatest(t, s); warning != "" {
				t.Errorf("%s: %s", name, warning)
			}
		}
		if got := fmt.Sprint(r.latestIDs(t)); got != fmt.Sprint(map[string]string{scope: "two", "another": "other"}) {
			t.Errorf("%s: got %s", name, got)
		}
		r.put(t, "latest.json", "{")
		if warning := r.setLatest(t, other); !strings.Contains(warning, "latest.json is created again: read ") {
			t.Errorf("%s: %q", name, warning)
		}
		if got := fmt.Sprint(r.latestIDs(t)); got != fmt.Sprint(map[string]string{"another": "other"}) {
			t.Errorf("%s: created again: %s", name, got)
		}
		r.put(t, "latest.json", `{"schema_version":2}`)
		if _, err := r.SetLatest(t.Context(), other); !errors.Is(err, archive.ErrNewer) {
			t.Errorf("%s: a newer version's: %v", name, err)
		}
	}
}

// Two runs of different scopes that end together are both in latest.json.
func TestSetLatestConcurrently(t *testing.T) {
	t.Parallel()
	for name, r := range stores(t) {
		for n := range 10 {
			var wait sync.WaitGroup
			warnings := make([]string, 2)
			for i := range 2 {
				s := summaryOf(fmt.Sprintf("run-%d-%d", n, i), day(n))
				s.Scope.ID = fmt.Sprint("scope-", i)
				wait.Go(func() { warnings[i] = r.setLatest(t, s) })
			}
			wait.Wait()
			got := r.latestIDs(t)
			for i := range 2 {
				if id := fmt.Sprintf("run-%d-%d", n, i); got[fmt.Sprint("scope-", i)] != id && warnings[i] == "" {
					t.Logf("%s: %s was overwritten by the other run: %v", name, id, got) // rare, and harmless
				}
			}
			if len(got) == 0 {
				t.Errorf("%s: it is empty", name)
			}
		}
	}
}
