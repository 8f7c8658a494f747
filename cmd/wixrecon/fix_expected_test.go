package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wixrecon/wixrecon/sources/wix/wixsim"
)

// The expected changes for sample data, derived from its planted findings, packages
// and ledger by the rules of the contract, without any code of the program, and the
// expected inventory afterwards.

// An expectedFix is a finding with the changes that fix it.
type expectedFix struct {
	finding  wixsim.Finding
	changes  []change
	complete bool // the finding is fixed completely
}

// A plantedIndex is sample data, indexed.
type plantedIndex struct {
	*wixsim.SampleData
	packages map[string]*wixsim.Package
	rows     map[string][]wixsim.Row // by external id
	listed   map[string]bool         // accounts with a ledger row
	shielded map[string]bool         // accounts of rows whose external id can't be read
}

func indexOf(p *wixsim.SampleData) *plantedIndex {
	c := &plantedIndex{p, map[string]*wixsim.Package{}, map[string][]wixsim.Row{}, map[string]bool{}, map[string]bool{}}
	for i := range p.Inventory {
		c.packages[p.Inventory[i].ID] = &p.Inventory[i]
	}
	for _, r := range p.Rows {
		c.rows[r.ExternalID] = append(c.rows[r.ExternalID], r)
		account := strings.ToLower(r.AccountID)
		c.listed[account] = true
		if id := strings.TrimSpace(r.ExternalID); id == "" || len(id) > 100 {
			c.shielded[account] = true
		}
	}
	return c
}

// expectedFixes returns the open findings that these fixes fix, and their changes.
func expectedFixes(p *wixsim.SampleData, fixes string) []expectedFix {
	c := indexOf(p)
	var all []expectedFix
	for _, f := range p.Truth {
		if f.State != "open" {
			continue
		}
		name, calls, whole := c.expectedFix(f)
		if len(calls) > 0 && slices.Contains(strings.Split(fixes, ","), name) {
			all = append(all, expectedFix{f, calls, whole})
		}
	}
	return all
}

// expectedFix returns the fix of a finding, its changes, and whether they fix all
// of it.
func (c *plantedIndex) expectedFix(f wixsim.Finding) (fix string, calls []change, whole bool) {
	switch f.Kind {
	case "unlinked_package":
		return "external-id", c.relink(f), true
	case "site_mismatch":
		if c.rowOf(f).SiteID == "none" {
			return "unassign", c.single(wixsim.Unassign, f, ""), true
		}
		return "assign", c.single(wixsim.Assign, f, strings.ToLower(c.rowOf(f).SiteID)), true
	case "product_mismatch":
		return "adjust", c.single(wixsim.Adjust, f, fmt.Sprintf(`{"catalogProductId":%q}`, c.rowOf(f).CatalogProductID)), true
	case "billing_cycle_mismatch":
		return "adjust", c.single(wixsim.Adjust, f, `{"billingInfo":`+billingInfo(c.rowOf(f).BillingCycle)+`}`), true
	case "missing_package":
		return "create", c.create(f), true
	case "extra_instance":
		return "cancel", c.single(wixsim.CancelInstance, f, ""), true
	case "orphan_package":
		account := c.packages[f.PackageID].AccountID
		if !c.listed[account] || c.shielded[account] {
			return "", nil, false
		}
		return "cancel", c.single(wixsim.CancelPackage, f, ""), true
	case "canceled_in_ledger":
		return c.canceledInLedger(f)
	}
	return "", nil, false
}

// single returns one change of the package of a finding, or of its instance.
func (c *plantedIndex) single(kind wixsim.ChangeKind, f wixsim.Finding, value string) []change {
	return []change{{kind, c.packages[f.PackageID].AccountID, cmp.Or(f.InstanceID, f.PackageID), value, f.PackageID}}
}

// rowOf returns the row of a finding on an instance: the only one, or the one on
// the same site.
func (c *plantedIndex) rowOf(f wixsim.Finding) wixsim.Row {
	rows := c.rows[f.ExternalID]
	for _, r := range rows {
		for _, in := range c.packages[f.PackageID].ProductInstances {
			if len(rows) > 1 && in.InstanceID == f.InstanceID && in.SiteID == strings.ToLower(r.SiteID) {
				return r
			}
		}
	}
	return rows[0]
}

// relink sets the external id of a package, unless it is linked only by place and
// has an external id.
func (c *plantedIndex) relink(f wixsim.Finding) []change {
	r := c.rows[f.ExternalID][0]
	has := strings.TrimSpace(c.packages[f.PackageID].ExternalID) != ""
	if has && r.PackageID == "" && r.InstanceID == "" {
		return nil
	}
	return c.single(wixsim.SetExternalID, f, f.ExternalID)
}

// canceledInLedger cancels what ended in the ledger: the instance; the package if
// all its live instances ended; otherwise the instances of the lines.
func (c *plantedIndex) canceledInLedger(f wixsim.Finding) (fix string, calls []change, whole bool) {
	rows, p := c.rows[f.ExternalID], c.packages[f.PackageID]
	live := liveInstances(p)
	switch {
	case f.InstanceID != "":
		return "cancel", c.single(wixsim.CancelInstance, f, ""), true
	case slices.ContainsFunc(rows, func(r wixsim.Row) bool { return r.Status == "active" }):
		return "", nil, false // ended by its date only
	case len(live) <= len(rows):
		return "cancel", c.single(wixsim.CancelPackage, f, ""), true
	}
	for _, in := range live {
		for _, r := range rows {
			if strings.EqualFold(in.SiteID, r.SiteID) {
				calls = append(calls, change{wixsim.CancelInstance, p.AccountID, in.InstanceID, "", p.ID})
			}
		}
	}
	return "cancel", calls, false
}

func liveInstances(p *wixsim.Package) []wixsim.Instance {
	return slices.DeleteFunc(slices.Clone(p.ProductInstances), func(in wixsim.Instance) bool {
		return in.Status == "CANCELED" || in.Status == "FAILED"
	})
}

// create creates a package with the rows of a subscription.
func (c *plantedIndex) create(f wixsim.Finding) []change {
	var products []string
	for _, r := range c.rows[f.ExternalID] {
		site := ""
		if r.SiteID != "none" {
			site = fmt.Sprintf(`"siteId":%q,`, r.SiteID)
		}
		n := 1
		if r.Quantity != "" {
			_, _ = fmt.Sscan(r.Quantity, &n) // 1 if it is not a number
		}
		one := fmt.Sprintf(`{"catalogProductId":%q,%s"billingInfo":%s,"countryCode":%q}`, r.CatalogProductID, site, billingInfo(r.BillingCycle), r.CountryCode)
		products = append(products, slices.Repeat([]string{one}, n)...)
	}
	return []change{{wixsim.CreatePackage, c.rows[f.ExternalID][0].AccountID, f.ExternalID, strings.Join(sorted(products), "\n"), ""}}
}

// billingInfo returns a planted cycle in the form of Wix.
func billingInfo(cycle string) string {
	unit := map[string]string{"1 YEAR": "YEAR", "1 MONTH": "MONTH", "MONTH": "MONTH", "P1M": "MONTH"}[cycle]
	return fmt.Sprintf(`{"type":"RECURRING","cycleDuration":{"unit":%q,"count":1}}`, unit)
}

func sorted(texts []string) []string {
	slices.Sort(texts)
	return texts
}

// changesOf returns the changes of all fixes.
func changesOf(all []expectedFix) []change {
	var calls []change
	for _, c := range all {
		calls = append(calls, c.changes...)
	}
	return calls
}

// checkChanges compares the received changes with the expected ones, each exactly
// once.
func checkChanges(t *testing.T, got, want []change) {
	t.Helper()
	surplus := make(map[change]int)
	for _, c := range got {
		surplus[c]++
	}
	for _, c := range want {
		surplus[c]--
	}
	for c, n := range surplus {
		switch {
		case n > 0:
			t.Errorf("sent %d times too often: %+v", n, c)
		case n < 0:
			t.Errorf("not sent: %+v", c)
		}
	}
}

// apply applies the change to a package, except for dates.
func (c *change) apply(p *wixsim.Package) {
	if c.kind == wixsim.SetExternalID {
		p.ExternalID = c.value
	}
	for i := range p.ProductInstances {
		in := &p.ProductInstances[i]
		if c.target != in.InstanceID && (c.kind != wixsim.CancelPackage || in.Status == "FAILED") {
			continue
		}
		switch c.kind {
		case wixsim.CancelPackage, wixsim.CancelInstance:
			in.Status = "CANCELED"
		case wixsim.Assign, wixsim.Unassign:
			in.SiteID = c.value
		case wixsim.Adjust:
			_ = json.Unmarshal([]byte(c.value), in) // the body has the fields of an instance
		}
	}
}

// checkInventory compares every package with the planted one after these changes.
// Packages without a change must be identical.
func (w *fixEnv) checkInventory(t *testing.T, made []change) {
	t.Helper()
	about := make(map[string][]change)
	for _, c := range made {
		about[c.packageID] = append(about[c.packageID], c)
	}
	for i := range w.planted.Inventory {
		want := cloned(&w.planted.Inventory[i])
		got, there := w.server.Package(want.ID)
		calls := about[want.ID]
		for _, c := range calls {
			c.apply(&want)
		}
		if len(calls) > 0 {
			got, want = withoutDates(&got), withoutDates(&want)
		}
		if !there || !reflect.DeepEqual(got, want) {
			t.Errorf("package %s after %d calls:\ngot  %+v\nwant %+v", want.ID, len(calls), got, want)
		}
	}
}

func cloned(p *wixsim.Package) wixsim.Package {
	c := *p
	c.ProductInstances = slices.Clone(p.ProductInstances)
	for i := range c.ProductInstances {
		if b := c.ProductInstances[i].BillingInfo; b != nil {
			billing := *b
			c.ProductInstances[i].BillingInfo = &billing
		}
	}
	return c
}

func withoutDates(p *wixsim.Package) wixsim.Package {
	c := cloned(p)
	c.UpdatedDate = time.Time{}
	for i := range c.ProductInstances {
		c.ProductInstances[i].UpdatedDate = time.Time{}
	}
	return c
}
