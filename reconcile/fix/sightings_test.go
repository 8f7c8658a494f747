package fix_test

import (
	"testing"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// Sightings over weeks: an inventory with one orphan, which changes from run to
// run. A step has how often the orphan's cancel was seen by then and whether it
// is due; -1 where there is no such action.

type step struct {
	nightRun nightRun
	edit     func(*inputs)
	after    func(*simulation, *nightResult)
	seen     int
	due      bool
}

// orphanInputs have one orphan, and so many packages that one less is no shrink.
func orphanInputs() inputs {
	b := inputs{packages: []reconcile.Package{pack("P", "s", inst("plan", ""))}}.withoutLimits()
	for i := range 40 {
		id := guid('b', i)
		b.lines = append(b.lines, line(id, func(l *reconcile.Line) { l.AccountID = account(1 + i%2) }))
		b.packages = append(b.packages, in(1+i%2, pack(id, id, inst("plan", ""))))
	}
	b.options.MinSightings = 2
	return b
}

func fixed(b *inputs) { b.packages = b.packages[1:] }

func at(days int, d time.Duration) nightRun { return nightRun{asOf: now.AddDate(0, 0, days).Add(d)} }

func TestSightings(t *testing.T) {
	except := func(until time.Time) func(*inputs) {
		return func(b *inputs) {
			b.exceptions = []reconcile.Exception{{PackageID: "P", Reason: "moving", Expires: until}}
		}
	}
	moved := func(b *inputs) { b.packages[0].AccountID = account(2) }
	accept := func(r *simulation, m *nightResult) {
		r.accept(m, reconcile.Summary{
			Ledger: reconcile.LedgerSide{Rows: 1, ActiveRows: 1, Subscriptions: 1},
			Wix:    reconcile.WixSide{Packages: 2, LivePackages: 2, MatchedPairs: 1, Accounts: 1},
		})
	}
	for name, steps := range map[string][]step{
		"two runs": {{seen: 1}, {seen: 2, due: true}, {seen: 3, due: true}},
		"the same ledger twice": {
			{nightRun: nightRun{ledger: "a"}, seen: 1}, {nightRun: nightRun{ledger: "a"}, seen: 1}, {nightRun: nightRun{ledger: "b"}, seen: 2, due: true}},
		"a ledger that comes back": {
			{nightRun: nightRun{ledger: "a"}, seen: 1}, {nightRun: nightRun{ledger: "b"}, seen: 2, due: true}, {nightRun: nightRun{ledger: "a"}, seen: 2, due: true}},
		"a gap that is too short": {
			{nightRun: at(1, 0), seen: 1}, {nightRun: at(1, gap-1), seen: 1}, {nightRun: at(1, gap), seen: 2, due: true}},
		"the gap counts from the last that counted": {
			{nightRun: at(1, 0), seen: 1}, {nightRun: at(1, 12*time.Hour), seen: 1}, {nightRun: at(2, 0), seen: 2, due: true}},
		"it blinks": {{seen: 1}, {edit: fixed, seen: -1}, {seen: 1}, {seen: 2, due: true}},
		"an incomplete run between": {
			{seen: 1}, {nightRun: nightRun{incomplete: true}, seen: -1}, {seen: 2, due: true}},
		"an incomplete run without it between": {
			{seen: 1}, {nightRun: nightRun{incomplete: true}, edit: fixed, seen: -1}, {seen: 2, due: true}},
		"incomplete runs first": {
			{nightRun: nightRun{incomplete: true}, seen: -1}, {nightRun: nightRun{incomplete: true}, seen: -1}, {seen: 1}, {seen: 2, due: true}},
		"a run that a guard objects to": {
			{seen: 1}, {nightRun: nightRun{written: now}, seen: 1}, {nightRun: nightRun{written: now}, seen: 1}, {nightRun: at(5, 0), seen: 2, due: true}},
		"a replay": {{seen: 1}, {nightRun: nightRun{replay: true}, seen: 1}, {nightRun: at(5, 0), seen: 2, due: true}},
		"an exception that expires": {
			{edit: except(now.AddDate(0, 0, 3)), seen: -1}, {edit: except(now.AddDate(0, 0, 3)), seen: -1},
			{edit: except(now.AddDate(0, 0, 3)), seen: 1}, {seen: 2, due: true}},
		"an exception between": {
			{seen: 1}, {edit: except(now.AddDate(0, 0, 3)), seen: -1}, {seen: 2, due: true}},
		"in flight first": {
			{edit: func(b *inputs) { b.packages[0].Updated = now.AddDate(0, 0, 1) }, seen: -1},
			{edit: func(b *inputs) { b.packages[0].Updated = now.AddDate(0, 0, 1) }, seen: -1},
			{edit: func(b *inputs) { b.packages[0].Updated = now.AddDate(0, 0, 1).Add(-1) }, nightRun: nightRun{asOf: now.AddDate(0, 0, 3)}, seen: 1},
			{seen: 2, due: true}},
		"it changes": {{seen: 1}, {edit: moved, seen: 1}, {edit: moved, seen: 2, due: true}, {seen: 1}},
		"one instance more": {
			{seen: 1}, {edit: func(b *inputs) { b.packages[0] = pack("P", "s", inst("plan", ""), inst("plan", "")) }, seen: 1}},
		"a change of scope": {
			{seen: 1}, {seen: 2, due: true}, {nightRun: nightRun{scope: "some"}, seen: 1}, {nightRun: nightRun{scope: "some"}, seen: 2, due: true}},
		"a run that was accepted by hand": {
			{seen: 1}, {nightRun: nightRun{written: now.AddDate(0, 0, -9)}, after: accept, seen: 1}, {seen: 1}, {seen: 2, due: true}},
		"an acceptance after two sightings": {{seen: 1}, {seen: 2, due: true, after: accept}, {nightRun: nightRun{incomplete: true}, seen: -1}, {seen: 1}, {seen: 2, due: true}},
	} {
		r := newSimulation()
		for i, s := range steps {
			b := orphanInputs()
			if s.edit != nil {
				s.edit(&b)
			}
			m := r.run(t, b, s.nightRun)
			seen, due := m.sightings()
			if seen != s.seen || due != s.due {
				t.Errorf("%s, run %d: got %d sightings, due %t, want %d, %t: %v", name, i+1, seen, due, s.seen, s.due, m.Refusals)
			}
			if s.after != nil {
				s.after(r, &m)
			}
		}
	}
}

// TestKnownFindings follows what is known of one finding.
func TestKnownFindings(t *testing.T) {
	r := newSimulation()
	day := func(n int) time.Time { return now.AddDate(0, 0, n) }
	var id reconcile.FindingID
	for i, want := range []reconcile.KnownFinding{
		{FirstSeen: day(1), Since: day(1), LastSeen: day(1), Counted: day(1), Sightings: 1},
		{FirstSeen: day(1), Since: day(1), LastSeen: day(2), Counted: day(2), Sightings: 2},
		{FirstSeen: day(1), Since: day(1), LastSeen: day(2), Resolved: day(3)},
		{FirstSeen: day(1), Since: day(1), LastSeen: day(2), Resolved: day(3)},
		{FirstSeen: day(1), Since: day(5), LastSeen: day(5), Counted: day(5), Sightings: 1, Reopened: 1},
	} {
		b := orphanInputs()
		if i == 2 || i == 3 {
			fixed(&b)
		}
		m := r.run(t, b, nightRun{asOf: day(i + 1)})
		if i == 0 {
			id = m.findings[0].ID(parent)
		}
		got := m.known[id]
		got.Fingerprint, got.AccountID = 0, ""
		if got != want {
			t.Errorf("run %d: got %+v, want %+v", i+1, got, want)
		}
	}
}

// TestRunsThatAreNotAccepted: they count nothing, and drop what an acceptance by
// hand made void.
func TestRunsThatAreNotAccepted(t *testing.T) {
	f := reconcile.Finding{Kind: reconcile.OrphanPackage, State: reconcile.Open, Fix: reconcile.FixCancel, PackageID: "P"}
	id := f.ID(parent)
	before := reconcile.KnownFindings{id: {FirstSeen: old, Since: old, LastSeen: old, Counted: now.AddDate(0, 0, -2), Sightings: 3, Fingerprint: fix.Fingerprint(&f)}}
	for name, c := range map[string]struct {
		accept *reconcile.Acceptance
		want   int
	}{
		"none":     {nil, 3},
		"before":   {&reconcile.Acceptance{At: now.AddDate(0, 0, -3)}, 3},
		"at":       {&reconcile.Acceptance{At: now.AddDate(0, 0, -2)}, 0},
		"in after": {&reconcile.Acceptance{At: now.AddDate(0, 0, -1)}, 0},
	} {
		got := updateKnown(t, before, []reconcile.Finding{f}, nil, &reconcile.History{Accept: c.accept}, fix.SightingRun{AsOf: now, Ledger: "n", Gap: gap})[id]
		if got.Sightings != c.want || got.Counted.IsZero() != (c.want == 0) {
			t.Errorf("%s: got %+v, want %d sightings", name, got, c.want)
		}
	}
	if before[id].Sightings != 3 {
		t.Error("the known findings were changed in place")
	}
}

// TestUnknownFindingsDoNotCount: they are no sighting, and do not undo any.
func TestUnknownFindingsDoNotCount(t *testing.T) {
	f := reconcile.Finding{Kind: reconcile.MissingPackage, State: reconcile.Unknown, Fix: reconcile.FixCreate, ExternalID: "s", LedgerValue: "other"}
	scopeState := reconcile.KnownFinding{FirstSeen: old, Since: old, LastSeen: old, Counted: old, Sightings: 1, Fingerprint: 7}
	got := updateKnown(t, reconcile.KnownFindings{f.ID(parent): scopeState}, []reconcile.Finding{f}, &reconcile.Coverage{Inventory: reconcile.InventoryNotDiscoverable},
		&reconcile.History{}, fix.SightingRun{AsOf: now, Ledger: "n", Accepted: true, Gap: gap})[f.ID(parent)]
	if got != scopeState {
		t.Errorf("got %+v, want %+v", got, scopeState)
	}
}

// TestEqualFindings: two equal lines that miss an instance have one id, and are
// one sighting in any order.
func TestEqualFindings(t *testing.T) {
	a := reconcile.Finding{Kind: reconcile.MissingInstance, State: reconcile.Open, ExternalID: "s", PackageID: "P", Field: "quantity", WixValue: "0"}
	b := a
	b.WixValue = "1"
	counted := func(findings ...reconcile.Finding) reconcile.KnownFinding {
		run := fix.SightingRun{AsOf: now, Accepted: true}
		return updateKnown(t, nil, findings, nil, &reconcile.History{}, run)[a.ID(parent)]
	}
	moving := b
	moving.State = reconcile.InFlight
	if counted(a, moving).Sightings+counted(moving, a).Sightings != 0 {
		t.Error("one of two is in flight, and they were counted")
	}
	if counted(a, b) != counted(b, a) || counted(a, b) == counted(a) {
		t.Error("equal findings depend on their order")
	}
}

func TestFingerprint(t *testing.T) {
	base := func() reconcile.Finding {
		return reconcile.Finding{Kind: reconcile.SiteMismatch, State: reconcile.Open, Fix: reconcile.FixAssign, AccountID: "a", LedgerValue: site(1), WixValue: site(2),
			Basis: &reconcile.Basis{Targets: []string{"I"}, RowsHash: "r", Records: []int{3}}}
	}
	want := base()
	for name, c := range map[string]struct {
		edit func(*reconcile.Finding)
		same bool
	}{
		"another row":      {func(f *reconcile.Finding) { f.Basis.RowsHash, f.Basis.Records, f.Record = "q", []int{4}, 4 }, true},
		"another customer": {func(f *reconcile.Finding) { f.Customer = "c" }, true},
		"another state":    {func(f *reconcile.Finding) { f.State = reconcile.InFlight }, true},
		"an exception":     {func(f *reconcile.Finding) { f.State, f.Reason = reconcile.Excepted, "moving" }, true},
		"another site":     {func(f *reconcile.Finding) { f.LedgerValue = site(3) }, false},
		"seen elsewhere":   {func(f *reconcile.Finding) { f.WixValue = site(3) }, false},
		"another instance": {func(f *reconcile.Finding) { f.Basis.Targets = []string{"J"} }, false},
		"a reason":         {func(f *reconcile.Finding) { f.Reason = reconcile.ReasonAmbiguous }, false},
		"another account":  {func(f *reconcile.Finding) { f.AccountID = "b" }, false},
		"another fix":      {func(f *reconcile.Finding) { f.Fix = reconcile.FixUnassign }, false},
	} {
		f := base()
		c.edit(&f)
		if got := fix.Fingerprint(&f) == fix.Fingerprint(&want); got != c.same {
			t.Errorf("%s: the same %t", name, got)
		}
	}
}
