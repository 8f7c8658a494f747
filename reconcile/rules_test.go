package reconcile

import (
	"testing"
	"time"
)

// The first state that applies: unknown, excepted, in flight, open.
func TestFindingState(t *testing.T) {
	const window = 48 * time.Hour
	orphan := changedAt(newPackage("P", "s", live("p", "")), now.Add(-time.Hour))
	id := (&Finding{Kind: OrphanPackage, ExternalID: "s", PackageID: "P"}).ID("")
	except := []Exception{{Kind: "orphan_package", PackageID: "P", Reason: "moved", Expires: now.Add(time.Hour)}}
	for _, c := range []struct {
		name     string
		accounts map[string]*AccountCoverage
		list     []Exception
		known    KnownFindings
		state    State
		first    time.Time
	}{
		{name: "in flight", state: InFlight, first: now},
		{name: "excepted before in flight", list: except, state: Excepted, first: now},
		{name: "unknown before excepted", list: except, accounts: map[string]*AccountCoverage{"acc": {}}, state: Unknown, first: now},
		{name: "an expired exception fits nothing", list: []Exception{{Kind: AnyValue, AccountID: "acc", Expires: now}}, state: InFlight, first: now},
		{name: "an exception for another kind", list: []Exception{{Kind: "stuck_instance", AccountID: "acc", Expires: now.Add(1)}}, state: InFlight, first: now},
		{name: "an exception for the account", list: []Exception{{Kind: AnyValue, AccountID: "acc", ExternalID: AnyValue, Expires: now.Add(1)}}, state: Excepted, first: now},
		{name: "less than three windows in flight", known: KnownFindings{id: {FirstSeen: now.Add(-3*window + 1), Since: now.Add(-3*window + 1)}}, state: InFlight, first: now.Add(-3*window + 1)},
		{name: "three windows in flight", known: KnownFindings{id: {FirstSeen: now.Add(-3 * window), Since: now.Add(-3 * window)}}, state: Open, first: now.Add(-3 * window)},
		{name: "reopened", known: KnownFindings{id: {FirstSeen: now.Add(-3 * window), Since: now.Add(-3 * window), Resolved: now.Add(-time.Hour)}}, state: InFlight, first: now.Add(-3 * window)},
	} {
		findings, _ := Diff(nil, nil, []Package{orphan}, Rules{
			AsOf: now, InFlight: window, Coverage: &Coverage{Inventory: InventoryWhole, Accounts: c.accounts},
			Exceptions: NewExceptions(c.list, now), Known: c.known,
		})
		if len(findings) != 1 || findings[0].State != c.state || !findings[0].FirstSeen.Equal(c.first) {
			t.Errorf("%s: got %v, want %s first seen %s", c.name, findings, c.state, c.first)
		}
	}
}
