package archive

import (
	"cmp"
	"context"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/wixrecon/wixrecon/reconcile"
)

// Pruning takes the whole folders of old runs away, and nothing else: never
// what stands beside them – journal, lock, closed periods, records of runs that
// were accepted by hand –, never a folder that is no run's or can't be read, and
// never what a later run rests on: the newest accepted run of a scope and the
// last that was accepted by hand, the accepted ones of the last 15 days, which
// guards measure against, and the newest run of a scope that knows of findings.
//
// A folder whose files go one by one would, if that is cut short, look like a
// run that died, or like a concluded one whose reports were lost. So a mark is
// put into it before anything is taken away, and goes last: a folder with a mark
// is no run, and the next pruning finishes it.

// A Pruned is a run that pruning removes, or keeps though it is old.
type Pruned struct {
	ID     string
	AsOf   time.Time // or when its last file was written, for a run that died
	Files  int
	Bytes  int64
	Reason string // why it is kept; empty where it is removed

	keys []string
}

// Prunable gives the runs that are older than keep at a moment, oldest first,
// with those of them that are kept, and why.
func (a *Archive) Prunable(ctx context.Context, keep time.Duration, at time.Time) ([]Pruned, []string, error) {
	folders, foreign, err := a.folders(ctx)
	if err != nil {
		return nil, nil, err
	}
	runs, warnings, err := a.listed(ctx, folders)
	if err != nil {
		return nil, nil, err
	}
	needed := needed(runs, at)
	var old []Pruned
	for i := range folders {
		if runs[i].Fault != FaultPruned && !runs[i].Moment().Before(at.Add(-keep)) {
			continue
		}
		p := folders[i].pruned(runs[i].Moment())
		p.Reason = needed[p.ID]
		old = append(old, p)
	}
	slices.SortFunc(old, func(a, b Pruned) int { return cmp.Or(a.AsOf.Compare(b.AsOf), strings.Compare(a.ID, b.ID)) })
	return old, append(warnForeign(foreign), warnings...), nil
}

// needed says of each run that must stay why.
func needed(runs []ListedRun, at time.Time) map[string]string {
	reasons := make(map[string]string)
	var known []*reconcile.Summary
	for i := range runs {
		s := runs[i].Summary
		switch {
		case s != nil:
			known = append(known, s)
		case runs[i].Fault != FaultCrashed && runs[i].Fault != FaultPruned:
			reasons[runs[i].ID] = "it can't be read"
		}
		if s != nil && s.Accepted && s.AsOf.After(at.Add(-lookBack)) {
			reasons[s.RunID] = "guards measure against the accepted runs of the last two weeks"
		}
	}
	for id := range newestOf(known, newestFirst, func(s *reconcile.Summary) bool { return remembers(*s) }) {
		reasons[id] = "it is the newest of its scope that knows of findings"
	}
	for id := range newestOf(known, newestFirst, func(s *reconcile.Summary) bool { return s.Accepted }) {
		reasons[id] = "it is the newest accepted run of its scope"
	}
	for id := range newestOf(known, lastByHand, func(s *reconcile.Summary) bool { return s.Acceptance != nil }) {
		reasons[id] = "it was accepted by hand, and baselines count from it"
	}
	return reasons
}

// lastByHand orders runs by when they were accepted by hand, the last first.
func lastByHand(a, b *reconcile.Summary) int { return b.Acceptance.At.Compare(a.Acceptance.At) }

func (f *folder) pruned(moment time.Time) Pruned {
	p := Pruned{ID: f.id, AsOf: moment}
	for name, e := range f.files {
		if name == mark {
			continue
		}
		p.Files++
		p.Bytes += e.Size
		p.keys = append(p.keys, e.Key)
	}
	return p
}

// Remove takes a run's folder away.
func (a *Archive) Remove(ctx context.Context, p *Pruned) error {
	marked := p.ID + "/" + mark
	there, err := a.dir.Exists(ctx, marked)
	if err == nil && !there {
		err = a.dir.Put(ctx, marked, func(w io.Writer) error {
			return json.NewEncoder(w).Encode(map[string]int{"schema_version": reconcile.SchemaVersion})
		})
	}
	if err != nil {
		return err
	}
	group, removing := errgroup.WithContext(ctx)
	group.SetLimit(readsAtOnce)
	for _, key := range p.keys {
		group.Go(func() error { return a.dir.Remove(removing, key) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return a.dir.Remove(ctx, marked)
}
