package wix

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/wix/wixsim"
)

// TestSimulatedInventories reads generated inventories from the simulator, which
// was written independently of the client, with every fault and option.
func TestSimulatedInventories(t *testing.T) {
	all := map[wixsim.Fault]float64{}
	for _, fault := range wixsim.Faults() {
		if !breaking(fault) {
			all[fault] = 0.05
		}
	}
	for name, o := range map[string]wixsim.Options{
		"plain": {}, "faults": {Faults: all, Seed: 7, Delay: time.Millisecond}, "pagingMetadata": {MetadataName: "pagingMetadata", PageSize: 7},
		"no offset": {NoOffset: true, OnlyAccountFilter: true}, "too many": {TooManyToCount: true}, "shuffled": {ShufflePages: 3, PageSize: 5},
		"faults without offset": {Faults: all, Seed: 11, NoOffset: true, PageSize: 20, Delay: time.Millisecond},
		"parent only":           {ParentOnly: true}, "parent only, no offset": {ParentOnly: true, NoOffset: true},
	} {
		t.Run(name, func(t *testing.T) {
			planted := wixsim.Generate(wixsim.SampleOptions{Seed: 1, Accounts: 4, Packages: 150, PerKind: 1, AsOf: time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)})
			server := wixsim.New(planted.Inventory, &o)
			c := serve(t, server, func(c *Options) { c.Key, c.AccountID = NewSecret(wixsim.DefaultKey), wixsim.DefaultParent })
			var s recordingSink
			coverage, err := readCoverage(context.Background(), c, InventoryOptions{LedgerAccounts: accountsOf(planted)}, s.sink)
			if err != nil {
				t.Fatal(err)
			}
			want := reconcile.InventoryWhole
			if o.ParentOnly {
				want = reconcile.InventoryNotDiscoverable
			}
			if coverage.Inventory != want || len(s.packages) != len(planted.Inventory) {
				t.Errorf("inventory %s with %d packages, want %s with %d; %v", coverage.Inventory, len(s.packages), want, len(planted.Inventory), coverage.Problems)
			}
			for _, p := range planted.Inventory {
				got, ok := s.packages[strings.ToLower(p.ID)]
				if !ok || len(got.Instances) != len(p.ProductInstances) || got.ExternalID != reconcile.TrimID(p.ExternalID) {
					t.Fatalf("package %+v was read as %+v", p, got)
				}
			}
			if most := server.MaxInFlight(); most > defaultConcurrency {
				t.Errorf("%d requests in flight", most)
			}
		})
	}
}

// breaking reports whether a fault breaks the protocol, or changes the content.
func breaking(fault wixsim.Fault) bool {
	switch fault {
	case wixsim.StuckCursor, wixsim.LoopingCursor, wixsim.NoMetadata, wixsim.UnknownStatus,
		wixsim.WrongCount, wixsim.WrongTotal, wixsim.HasNext, wixsim.NothingStated, wixsim.ErrorWithOK, wixsim.DuplicateName,
		wixsim.OtherCase, wixsim.UnreadableID, wixsim.OversizedPackage, wixsim.OversizedID, wixsim.InstancesForever,
		wixsim.BracketsForever, wixsim.CompressedNothing:
		return true
	}
	return false
}

// TestSimulatedProtocolErrors: a server that breaks the protocol on every page
// gets no third request per chain, and is never believed.
func TestSimulatedProtocolErrors(t *testing.T) {
	for _, fault := range []wixsim.Fault{wixsim.StuckCursor, wixsim.LoopingCursor, wixsim.NoMetadata} {
		planted := wixsim.Generate(wixsim.SampleOptions{Seed: 1, Accounts: 3, Packages: 60})
		server := wixsim.New(planted.Inventory, &wixsim.Options{Faults: map[wixsim.Fault]float64{fault: 1}, MaxFaultsPerRequest: -1, PageSize: 5})
		c := serve(t, server, func(c *Options) { c.Key, c.AccountID = NewSecret(wixsim.DefaultKey), wixsim.DefaultParent })
		coverage, err := readCoverage(context.Background(), c, InventoryOptions{LedgerAccounts: accountsOf(planted)}, ignorePackages)
		if err != nil {
			t.Fatal(err)
		}
		if coverage.Inventory != reconcile.InventoryPartial || len(server.Requests()) > 4*len(coverage.Accounts)+8 {
			t.Errorf("%s: inventory %s after %d requests", fault, coverage.Inventory, len(server.Requests()))
		}
	}
}

// accountsOf returns the accounts of all packages, as if the ledger named them.
func accountsOf(planted *wixsim.SampleData) []string {
	var all []string
	for _, p := range planted.Inventory {
		all = append(all, p.AccountID)
	}
	return all
}
