package reconcile

import (
	"errors"
	"iter"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// nights gives the as-of of the nth night.
func nights(n int) time.Time { return now.AddDate(0, 0, n) }

// seenBy gives findings of packages in one account, as a run reports them.
func seenBy(state State, packages ...string) iter.Seq2[Reported, error] {
	return func(yield func(Reported, error) bool) {
		for _, p := range packages {
			f := Finding{Kind: OrphanPackage, State: state, AccountID: "acc", PackageID: p}
			if !yield(Reported{Finding: f, ID: orphanOf(p).String()}, nil) {
				return
			}
		}
	}
}

func orphanOf(p string) FindingID { return (&Finding{Kind: OrphanPackage, PackageID: p}).ID("") }

// A night is one run.
type night struct {
	at       int
	accepted bool
	coverage Coverage
	state    State
	packages []string
	changes  Changes
}

func whole() Coverage { return Coverage{Inventory: InventoryWhole} }

func TestMemoryFromNightToNight(t *testing.T) {
	p := []string{"p"}
	partial := Coverage{Inventory: InventoryPartial, Accounts: map[string]*AccountCoverage{"acc": {Read: true}}}
	unseen := Coverage{Inventory: InventoryNotDiscoverable, Accounts: map[string]*AccountCoverage{"other": {Read: true}}}
	for _, c := range []struct {
		name   string
		nights []night
		want   *KnownFinding
	}{
		{"seen once", []night{{0, true, whole(), Open, p, Changes{New: 1}}},
			&KnownFinding{FirstSeen: nights(0), Since: nights(0), LastSeen: nights(0)}},
		{"seen again", []night{{0, true, whole(), Open, p, Changes{New: 1}}, {1, true, whole(), InFlight, p, Changes{Known: 1}}},
			&KnownFinding{FirstSeen: nights(0), Since: nights(0), LastSeen: nights(1)}},
		{"resolved", []night{{0, true, whole(), Open, p, Changes{New: 1}}, {1, true, whole(), Open, nil, Changes{Resolved: 1}},
			{2, true, whole(), Open, nil, Changes{}}},
			&KnownFinding{FirstSeen: nights(0), Since: nights(0), LastSeen: nights(0), Resolved: nights(1)}},
		{"blinking", []night{{0, true, whole(), Open, p, Changes{New: 1}}, {1, true, whole(), Open, nil, Changes{Resolved: 1}},
			{2, true, whole(), Open, p, Changes{Reopened: 1}}, {3, true, whole(), Open, p, Changes{Known: 1}}},
			&KnownFinding{FirstSeen: nights(0), Since: nights(2), LastSeen: nights(3), Reopened: 1}},
		{"a run that is not accepted resolves nothing", []night{{0, true, whole(), Open, p, Changes{New: 1}},
			{1, false, partial, Open, nil, Changes{}}, {2, true, whole(), Open, p, Changes{Known: 1}}},
			&KnownFinding{FirstSeen: nights(0), Since: nights(0), LastSeen: nights(2)}},
		{"an account that was not read resolves nothing", []night{{0, true, whole(), Open, p, Changes{New: 1}},
			{1, true, unseen, Open, nil, Changes{}}},
			&KnownFinding{FirstSeen: nights(0), Since: nights(0), LastSeen: nights(0)}},
		{"unknown says nothing", []night{{0, true, whole(), Open, p, Changes{New: 1}}, {1, true, whole(), Unknown, p, Changes{}}},
			&KnownFinding{FirstSeen: nights(0), Since: nights(0), LastSeen: nights(0)}},
		{"unknown begins nothing", []night{{0, true, whole(), Unknown, p, Changes{}}}, nil},
		{"one id is one finding", []night{{0, true, whole(), Open, []string{"p", "p"}, Changes{New: 1}}},
			&KnownFinding{FirstSeen: nights(0), Since: nights(0), LastSeen: nights(0)}},
		{"forgotten", []night{{0, true, whole(), Open, p, Changes{New: 1}}, {1, true, whole(), Open, nil, Changes{Resolved: 1}},
			{401, true, whole(), Open, nil, Changes{}}}, nil},
	} {
		var memory KnownFindings
		for _, n := range c.nights {
			before := len(memory)
			next, changes, err := memory.Update(CurrentRun{nights(n.at), n.accepted, &n.coverage}, seenBy(n.state, n.packages...))
			if err != nil || changes != n.changes || len(memory) != before {
				t.Errorf("%s, night %d: got %+v, want %+v (%v)", c.name, n.at, changes, n.changes, err)
			}
			memory = next
		}
		past, known := memory[orphanOf("p")]
		if c.want == nil {
			if known {
				t.Errorf("%s: known as %+v", c.name, past)
			}
			continue
		}
		c.want.AccountID = "acc"
		if d := cmp.Diff(*c.want, past); d != "" {
			t.Errorf("%s: -want +got:\n%s", c.name, d)
		}
	}
}

// What counts as sightings goes on with a streak, and ends with it.
func TestSightingsOfAStreak(t *testing.T) {
	counted := KnownFinding{FirstSeen: nights(0), Since: nights(0), LastSeen: nights(2), Counted: nights(2), Sightings: 3, Fingerprint: 7}
	memory, coverage := KnownFindings{orphanOf("p"): counted}, whole()
	on, _, _ := memory.Update(CurrentRun{nights(3), true, &coverage}, seenBy(Open, "p"))
	if p := on[orphanOf("p")]; p.Sightings != 3 || p.Fingerprint != 7 || !p.Counted.Equal(nights(2)) {
		t.Errorf("a streak that goes on: %+v", p)
	}
	gone, _, _ := memory.Update(CurrentRun{nights(3), true, &coverage}, seenBy(Open))
	back, _, _ := gone.Update(CurrentRun{nights(4), true, &coverage}, seenBy(Open, "p"))
	for _, p := range []KnownFinding{gone[orphanOf("p")], back[orphanOf("p")]} {
		if p.Sightings != 0 || p.Fingerprint != 0 || !p.Counted.IsZero() {
			t.Errorf("a streak that ended: %+v", p)
		}
	}
	if memory[orphanOf("p")] != counted {
		t.Error("what was known before has changed")
	}
}

func TestMemoryTellsOfErrors(t *testing.T) {
	fault := errors.New("the disk is gone")
	coverage := whole()
	for _, findings := range []iter.Seq2[Reported, error]{
		func(yield func(Reported, error) bool) { yield(Reported{}, fault) },
		func(yield func(Reported, error) bool) { yield(Reported{ID: "x"}, nil) },
	} {
		if m, _, err := (KnownFindings{}).Update(CurrentRun{now, true, &coverage}, findings); err == nil || m != nil {
			t.Errorf("got %v, %v", m, err)
		}
	}
}

func TestParseFindingID(t *testing.T) {
	id := orphanOf("p")
	if got, err := ParseFindingID(id.String()); got != id || err != nil {
		t.Errorf("got %s, %v", got, err)
	}
	for _, text := range []string{"", "00", id.String() + "00", id.String()[1:], "g" + id.String()[1:], id.String() + id.String()} {
		if _, err := ParseFindingID(text); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}
