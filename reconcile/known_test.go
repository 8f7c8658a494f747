package reconcile

import (
	"errors"
	"iter"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// nights returns the as-of time of the nth night.
func nights(n int) time.Time { return now.AddDate(0, 0, n) }

// reported returns orphan findings for packages of one account.
func reported(state State, packages ...string) iter.Seq2[Reported, error] {
	return func(yield func(Reported, error) bool) {
		for _, p := range packages {
			f := Finding{Kind: OrphanPackage, State: state, AccountID: "acc", PackageID: p}
			if !yield(Reported{Finding: f, ID: orphanID(p).String()}, nil) {
				return
			}
		}
	}
}

func orphanID(p string) FindingID { return (&Finding{Kind: OrphanPackage, PackageID: p}).ID("") }

type night struct {
	at       int
	accepted bool
	coverage Coverage
	state    State
	packages []string
	changes  Changes
}

func wholeCoverage() Coverage { return Coverage{Inventory: InventoryWhole} }

func TestKnownFindingsUpdate(t *testing.T) {
	p := []string{"p"}
	partial := Coverage{Inventory: InventoryPartial, Accounts: map[string]*AccountCoverage{"acc": {Read: true}}}
	unseen := Coverage{Inventory: InventoryNotDiscoverable, Accounts: map[string]*AccountCoverage{"other": {Read: true}}}
	for _, c := range []struct {
		name   string
		nights []night
		want   *KnownFinding
	}{
		{"seen once", []night{{0, true, wholeCoverage(), Open, p, Changes{New: 1}}},
			&KnownFinding{FirstSeen: nights(0), Since: nights(0), LastSeen: nights(0)}},
		{"seen again", []night{{0, true, wholeCoverage(), Open, p, Changes{New: 1}}, {1, true, wholeCoverage(), InFlight, p, Changes{Known: 1}}},
			&KnownFinding{FirstSeen: nights(0), Since: nights(0), LastSeen: nights(1)}},
		{"resolved", []night{{0, true, wholeCoverage(), Open, p, Changes{New: 1}}, {1, true, wholeCoverage(), Open, nil, Changes{Resolved: 1}},
			{2, true, wholeCoverage(), Open, nil, Changes{}}},
			&KnownFinding{FirstSeen: nights(0), Since: nights(0), LastSeen: nights(0), Resolved: nights(1)}},
		{"reopened", []night{{0, true, wholeCoverage(), Open, p, Changes{New: 1}}, {1, true, wholeCoverage(), Open, nil, Changes{Resolved: 1}},
			{2, true, wholeCoverage(), Open, p, Changes{Reopened: 1}}, {3, true, wholeCoverage(), Open, p, Changes{Known: 1}}},
			&KnownFinding{FirstSeen: nights(0), Since: nights(2), LastSeen: nights(3), Reopened: 1}},
		{"a run that is not accepted resolves nothing", []night{{0, true, wholeCoverage(), Open, p, Changes{New: 1}},
			{1, false, partial, Open, nil, Changes{}}, {2, true, wholeCoverage(), Open, p, Changes{Known: 1}}},
			&KnownFinding{FirstSeen: nights(0), Since: nights(0), LastSeen: nights(2)}},
		{"an account that was not read resolves nothing", []night{{0, true, wholeCoverage(), Open, p, Changes{New: 1}},
			{1, true, unseen, Open, nil, Changes{}}},
			&KnownFinding{FirstSeen: nights(0), Since: nights(0), LastSeen: nights(0)}},
		{"unknown changes nothing", []night{{0, true, wholeCoverage(), Open, p, Changes{New: 1}}, {1, true, wholeCoverage(), Unknown, p, Changes{}}},
			&KnownFinding{FirstSeen: nights(0), Since: nights(0), LastSeen: nights(0)}},
		{"unknown starts nothing", []night{{0, true, wholeCoverage(), Unknown, p, Changes{}}}, nil},
		{"one id is one finding", []night{{0, true, wholeCoverage(), Open, []string{"p", "p"}, Changes{New: 1}}},
			&KnownFinding{FirstSeen: nights(0), Since: nights(0), LastSeen: nights(0)}},
		{"forgotten", []night{{0, true, wholeCoverage(), Open, p, Changes{New: 1}}, {1, true, wholeCoverage(), Open, nil, Changes{Resolved: 1}},
			{401, true, wholeCoverage(), Open, nil, Changes{}}}, nil},
	} {
		var known KnownFindings
		for _, n := range c.nights {
			before := len(known)
			next, changes, err := known.Update(CurrentRun{nights(n.at), n.accepted, &n.coverage}, reported(n.state, n.packages...))
			if err != nil || changes != n.changes || len(known) != before {
				t.Errorf("%s, night %d: got %+v, want %+v (%v)", c.name, n.at, changes, n.changes, err)
			}
			known = next
		}
		got, exists := known[orphanID("p")]
		if c.want == nil {
			if exists {
				t.Errorf("%s: got %+v", c.name, got)
			}
			continue
		}
		c.want.AccountID = "acc"
		if d := cmp.Diff(*c.want, got); d != "" {
			t.Errorf("%s: -want +got:\n%s", c.name, d)
		}
	}
}

// Sightings continue with a streak, and end with it.
func TestSightingsOfStreak(t *testing.T) {
	counted := KnownFinding{FirstSeen: nights(0), Since: nights(0), LastSeen: nights(2), Counted: nights(2), Sightings: 3, Fingerprint: 7}
	known, coverage := KnownFindings{orphanID("p"): counted}, wholeCoverage()
	continued, _, _ := known.Update(CurrentRun{nights(3), true, &coverage}, reported(Open, "p"))
	if p := continued[orphanID("p")]; p.Sightings != 3 || p.Fingerprint != 7 || !p.Counted.Equal(nights(2)) {
		t.Errorf("a streak that continues: %+v", p)
	}
	resolved, _, _ := known.Update(CurrentRun{nights(3), true, &coverage}, reported(Open))
	reopened, _, _ := resolved.Update(CurrentRun{nights(4), true, &coverage}, reported(Open, "p"))
	for _, p := range []KnownFinding{resolved[orphanID("p")], reopened[orphanID("p")]} {
		if p.Sightings != 0 || p.Fingerprint != 0 || !p.Counted.IsZero() {
			t.Errorf("a streak that ended: %+v", p)
		}
	}
	if known[orphanID("p")] != counted {
		t.Error("the known findings were changed")
	}
}

func TestKnownFindingsUpdateFails(t *testing.T) {
	readError := errors.New("read error")
	coverage := wholeCoverage()
	for _, findings := range []iter.Seq2[Reported, error]{
		func(yield func(Reported, error) bool) { yield(Reported{}, readError) },
		func(yield func(Reported, error) bool) { yield(Reported{ID: "x"}, nil) },
	} {
		if m, _, err := (KnownFindings{}).Update(CurrentRun{now, true, &coverage}, findings); err == nil || m != nil {
			t.Errorf("got %v, %v", m, err)
		}
	}
}

func TestParseFindingID(t *testing.T) {
	id := orphanID("p")
	if got, err := ParseFindingID(id.String()); got != id || err != nil {
		t.Errorf("got %s, %v", got, err)
	}
	for _, text := range []string{"", "00", id.String() + "00", id.String()[1:], "g" + id.String()[1:], id.String() + id.String()} {
		if _, err := ParseFindingID(text); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
}
