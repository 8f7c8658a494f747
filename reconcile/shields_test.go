package reconcile

import "testing"

func TestShields(t *testing.T) {
	pkg := func(externalID string) *Package {
		return &Package{ID: "P", ExternalID: externalID, Instances: []Instance{{ID: "I"}}}
	}
	finding := func(k Kind, account, externalID string) Finding {
		return Finding{Kind: k, AccountID: account, ExternalID: externalID, PackageID: "P"}
	}
	for _, c := range []struct {
		name string
		bad  BadRow
		f    Finding
		pkg  *Package
		want int // record; 0: not covered
	}{
		{"its external id", BadRow{ExternalID: "s", AccountID: "a"}, finding(OrphanPackage, "a", "s"), pkg("s"), 7},
		{"a near id", BadRow{ExternalID: "S\u200b", AccountID: "b"}, finding(OrphanPackage, "a", "s"), pkg("s"), 7},
		{"its package", BadRow{ExternalID: "t", PackageID: "P"}, finding(ProductMismatch, "a", "s"), pkg("s"), 7},
		{"its instance", BadRow{ExternalID: "t", InstanceID: "I"}, finding(UnlinkedPackage, "a", "s"), pkg("x"), 7},
		{"the package's own id", BadRow{ExternalID: "old"}, finding(UnlinkedPackage, "a", "s"), pkg("old"), 7},
		{"another id", BadRow{ExternalID: "t", AccountID: "a"}, finding(OrphanPackage, "a", "s"), pkg("s"), 0},
		{"an orphan of the account", BadRow{AccountID: "a"}, finding(OrphanPackage, "a", "s"), pkg("s"), 7},
		{"an instance of the account", BadRow{AccountID: "a"}, finding(ExtraInstance, "a", "s"), pkg("s"), 7},
		{"an ended line of the account", BadRow{AccountID: "a"}, finding(CanceledInLedger, "a", "s"), pkg("s"), 7},
		{"a mangled id of the account", BadRow{AccountID: "a", ExternalID: "#NAME?"}, finding(ExtraInstance, "a", "s"), pkg("s"), 7},
		{"another account", BadRow{AccountID: "b"}, finding(OrphanPackage, "a", "s"), pkg("s"), 0},
		{"no cancel", BadRow{AccountID: "a"}, finding(SiteMismatch, "a", "s"), pkg("s"), 0},
		{"any orphan", BadRow{}, finding(OrphanPackage, "a", "s"), pkg("s"), 7},
		{"any extra instance", BadRow{}, finding(ExtraInstance, "a", "s"), pkg("s"), 7},
		{"what the ledger ended", BadRow{}, finding(CanceledInLedger, "a", "s"), pkg("s"), 0},
	} {
		var s Shields
		c.bad.Record = 9
		s.AddBad(&c.bad)
		c.bad.Record = 7
		s.AddBad(&c.bad)
		record, covered := s.Covers(&c.f, c.pkg)
		if record != c.want || covered != (c.want > 0) {
			t.Errorf("%s: record %d, covered %v", c.name, record, covered)
		}
	}
}

func TestSeverityOfBadRows(t *testing.T) {
	for id, want := range map[string]Severity{"": High, "#NAME?": High, "SUB\u200b-1": High, "SUB-1": Low} {
		if f := (Finding{Kind: InvalidLedgerRow, ExternalID: id}); f.Severity() != want {
			t.Errorf("a bad row of %q has severity %v", id, f.Severity())
		}
	}
	tally := NewTally()
	tally.Add(&Finding{Kind: InvalidLedgerRow, State: Open})
	tally.Add(&Finding{Kind: InvalidLedgerRow, State: Open, ExternalID: "s"})
	tally.Add(&Finding{Kind: InvalidLedgerRow, State: Unknown})
	if open := tally.OpenBySeverity(); open[High] != 1 || open[Low] != 1 {
		t.Errorf("open by severity: %v", open)
	}
}
