package fix_test

import (
	"strings"
	"testing"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
)

const (
	rereadAccount = "a0000000-0000-4000-8000-000000000001"
	rereadPackage = "b0000000-0000-4000-8000-000000000001"
	rereadOne     = "c0000000-0000-4000-8000-000000000001"
	elsewhere     = "c0000000-0000-4000-8000-000000000009"
)

// Each case reads the ledger again for a cancel of S-1's package, which is based
// on two rows, and of an orphan 00123 without any.
func TestLedgerRecheck(t *testing.T) {
	now := time.Date(2026, 11, 21, 2, 0, 0, 0, time.UTC)
	first := reconcile.Line{ExternalID: "S-1", AccountID: rereadAccount, Status: reconcile.Canceled, Record: 2}
	second := first
	second.Record, second.Customer = 3, "Ann"
	renamed := second
	renamed.Customer = "Bob"
	moved := second
	moved.Record = 77
	other := reconcile.Line{ExternalID: "S-2", AccountID: rereadAccount, Status: reconcile.Active, Record: 9}
	naming := other
	naming.PackageID = rereadPackage
	namingInstance := other
	namingInstance.InstanceID = rereadOne
	ended := naming
	ended.Status = reconcile.Canceled
	mangled := other
	mangled.ExternalID = "123"
	placed := other
	placed.ProductID, placed.SiteID = "plan", "site"
	placedEnded := placed
	placedEnded.Status = reconcile.Canceled
	came := other
	came.ExternalID = "00123"
	for name, c := range map[string]struct {
		lines         []reconcile.Line
		bad           *reconcile.BadRow
		except        bool
		cancel, stray string // part of the reason; empty: it is still valid
	}{
		"the same":                 {lines: []reconcile.Line{first, second, other}},
		"in another order":         {lines: []reconcile.Line{other, moved, first}},
		"a row less":               {lines: []reconcile.Line{first}, cancel: "changed"},
		"a row more":               {lines: []reconcile.Line{first, second, second}, cancel: "changed"},
		"a cell changed":           {lines: []reconcile.Line{first, renamed}, cancel: "changed"},
		"all rows gone":            {cancel: "changed", stray: fix.ReasonUnlisted},
		"excepted":                 {lines: []reconcile.Line{first, second}, except: true, cancel: fix.ReasonExcepted, stray: fix.ReasonExcepted},
		"a row for its place":      {lines: []reconcile.Line{first, second, placed}, stray: "account, product and site"},
		"one that ended there":     {lines: []reconcile.Line{first, second, placedEnded}},
		"named by another":         {lines: []reconcile.Line{first, second, naming}, cancel: "S-2"},
		"an instance is named":     {lines: []reconcile.Line{first, second, namingInstance}, cancel: "S-2"},
		"named by one that ended":  {lines: []reconcile.Line{first, second, ended}},
		"the orphan got a row":     {lines: []reconcile.Line{first, second, came}, stray: "changed"},
		"the orphan nearly got it": {lines: []reconcile.Line{first, second, mangled}, stray: "nearly"},
		"a bad row of the id":      {lines: []reconcile.Line{first, second}, bad: &reconcile.BadRow{ExternalID: "S-1"}, cancel: "can't be read"},
		"a bad row of the account": {lines: []reconcile.Line{first, second}, bad: &reconcile.BadRow{AccountID: rereadAccount}, stray: "can't be read"},
		"a bad row without ids":    {lines: []reconcile.Line{first, second}, bad: &reconcile.BadRow{}, stray: "can't be read"},
		"a bad row of an instance": {lines: []reconcile.Line{first, second}, bad: &reconcile.BadRow{ExternalID: "x", InstanceID: rereadOne}, cancel: "can't be read"},
	} {
		t.Run(name, func(t *testing.T) {
			r := fix.NewLedgerRecheck(&fix.Plan{Actions: []fix.Action{
				{
					Key: "cancel", Fix: reconcile.FixCancel, Kind: "canceled_in_ledger", AccountID: rereadAccount, ExternalID: "S-1", PackageID: rereadPackage,
					Seen: &fix.State{Instances: []fix.InstanceState{{ID: rereadOne}}}, Rows: reconcile.RowsHash([]reconcile.Line{first, second}),
				},
				{
					Key: "stray", Fix: reconcile.FixCancel, Kind: "orphan_package", AccountID: rereadAccount, ExternalID: "00123", PackageID: elsewhere,
					Seen: &fix.State{Instances: []fix.InstanceState{{ID: elsewhere, Status: reconcile.StatusEnabled, ProductID: "plan", SiteID: "site"}}},
				},
			}}, now)
			var exceptions *reconcile.Exceptions
			if c.except {
				exceptions = reconcile.NewExceptions([]reconcile.Exception{
					{Kind: reconcile.AnyValue, AccountID: rereadAccount, Expires: now.Add(time.Hour)},
				}, now)
			}
			for i := range c.lines {
				r.Add(&c.lines[i], nil)
			}
			if c.bad != nil {
				r.Add(nil, c.bad)
			}
			stale := r.Stale(exceptions, false)
			for key, want := range map[string]string{"cancel": c.cancel, "stray": c.stray} {
				if got := stale[key]; (got == "") != (want == "") || !strings.Contains(got, want) {
					t.Errorf("%s: %q, want %q", key, got, want)
				}
			}
		})
	}
}
