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

// What must be sent to a planted book, read off its truth, its packages and its
// ledger by the words of the contract, with nothing of the program in it; and
// what the inventory must be afterwards.

// A cure is a finding with the calls that fix it.
type cure struct {
	finding wixsim.Finding
	calls   []call
	whole   bool // nothing of the finding is left
}

// A chart is a planted book by its ids.
type chart struct {
	*wixsim.SampleData
	packages map[string]*wixsim.Package
	rows     map[string][]wixsim.Row // by external id
	listed   map[string]bool         // accounts that a row names
	clouded  map[string]bool         // accounts of rows whose external id can't be read
}

func chartOf(p *wixsim.SampleData) *chart {
	c := &chart{p, map[string]*wixsim.Package{}, map[string][]wixsim.Row{}, map[string]bool{}, map[string]bool{}}
	for i := range p.Inventory {
		c.packages[p.Inventory[i].ID] = &p.Inventory[i]
	}
	for _, r := range p.Rows {
		c.rows[r.ExternalID] = append(c.rows[r.ExternalID], r)
		account := strings.ToLower(r.AccountID)
		c.listed[account] = true
		if id := strings.TrimSpace(r.ExternalID); id == "" || len(id) > 100 {
			c.clouded[account] = true
		}
	}
	return c
}

// cures gives the open findings that these fixes fix, and how.
func cures(p *wixsim.SampleData, fixes string) []cure {
	c := chartOf(p)
	var all []cure
	for _, f := range p.Truth {
		if f.State != "open" {
			continue
		}
		name, calls, whole := c.cure(f)
		if len(calls) > 0 && slices.Contains(strings.Split(fixes, ","), name) {
			all = append(all, cure{f, calls, whole})
		}
	}
	return all
}

// cure gives the fix of a finding, its calls, and whether they fix all of it.
func (c *chart) cure(f wixsim.Finding) (fix string, calls []call, whole bool) {
	switch f.Kind {
	case "unlinked_package":
		return "external-id", c.relink(f), true
	case "site_mismatch":
		if c.rowOf(f).SiteID == "none" {
			return "unassign", c.on(wixsim.Unassign, f, ""), true
		}
		return "assign", c.on(wixsim.Assign, f, strings.ToLower(c.rowOf(f).SiteID)), true
	case "product_mismatch":
		return "adjust", c.on(wixsim.Adjust, f, fmt.Sprintf(`{"catalogProductId":%q}`, c.rowOf(f).CatalogProductID)), true
	case "billing_cycle_mismatch":
		return "adjust", c.on(wixsim.Adjust, f, `{"billingInfo":`+billed(c.rowOf(f).BillingCycle)+`}`), true
	case "missing_package":
		return "create", c.order(f), true
	case "extra_instance":
		return "cancel", c.on(wixsim.CancelInstance, f, ""), true
	case "orphan_package":
		account := c.packages[f.PackageID].AccountID
		if !c.listed[account] || c.clouded[account] {
			return "", nil, false
		}
		return "cancel", c.on(wixsim.CancelPackage, f, ""), true
	case "canceled_in_ledger":
		return c.end(f)
	}
	return "", nil, false
}

// on gives one call about the package of a finding, or its instance.
func (c *chart) on(kind wixsim.ChangeKind, f wixsim.Finding, value string) []call {
	return []call{{kind, c.packages[f.PackageID].AccountID, cmp.Or(f.InstanceID, f.PackageID), value, f.PackageID}}
}

// rowOf gives the row that a finding on an instance is about: the only one, or
// the one on the same site.
func (c *chart) rowOf(f wixsim.Finding) wixsim.Row {
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

// relink gives a package its subscription's id, unless the link rests on its
// place alone and Wix has an id.
func (c *chart) relink(f wixsim.Finding) []call {
	r := c.rows[f.ExternalID][0]
	has := strings.TrimSpace(c.packages[f.PackageID].ExternalID) != ""
	if has && r.PackageID == "" && r.InstanceID == "" {
		return nil
	}
	return c.on(wixsim.SetExternalID, f, f.ExternalID)
}

// end cancels what the ledger ended: the instance, the package where all that
// is live in it was ended, else what the lines were for.
func (c *chart) end(f wixsim.Finding) (fix string, calls []call, whole bool) {
	rows, p := c.rows[f.ExternalID], c.packages[f.PackageID]
	live := liveOf(p)
	switch {
	case f.InstanceID != "":
		return "cancel", c.on(wixsim.CancelInstance, f, ""), true
	case slices.ContainsFunc(rows, func(r wixsim.Row) bool { return r.Status == "active" }):
		return "", nil, false // by its date alone
	case len(live) <= len(rows):
		return "cancel", c.on(wixsim.CancelPackage, f, ""), true
	}
	for _, in := range live {
		for _, r := range rows {
			if strings.EqualFold(in.SiteID, r.SiteID) {
				calls = append(calls, call{wixsim.CancelInstance, p.AccountID, in.InstanceID, "", p.ID})
			}
		}
	}
	return "cancel", calls, false
}

func liveOf(p *wixsim.Package) []wixsim.Instance {
	return slices.DeleteFunc(slices.Clone(p.ProductInstances), func(in wixsim.Instance) bool {
		return in.Status == "CANCELED" || in.Status == "FAILED"
	})
}

// order orders what the rows of a subscription say.
func (c *chart) order(f wixsim.Finding) []call {
	var products []string
	for _, r := range c.rows[f.ExternalID] {
		site := ""
		if r.SiteID != "none" {
			site = fmt.Sprintf(`"siteId":%q,`, r.SiteID)
		}
		n := 1
		if r.Quantity != "" {
			_, _ = fmt.Sscan(r.Quantity, &n) // 1 where it is no number
		}
		one := fmt.Sprintf(`{"catalogProductId":%q,%s"billingInfo":%s,"countryCode":%q}`, r.CatalogProductID, site, billed(r.BillingCycle), r.CountryCode)
		products = append(products, slices.Repeat([]string{one}, n)...)
	}
	return []call{{wixsim.CreatePackage, c.rows[f.ExternalID][0].AccountID, f.ExternalID, strings.Join(sorted(products), "\n"), ""}}
}

// billed writes the cycles of planted rows as Wix does.
func billed(cycle string) string {
	unit := map[string]string{"1 YEAR": "YEAR", "1 MONTH": "MONTH", "MONTH": "MONTH", "P1M": "MONTH"}[cycle]
	return fmt.Sprintf(`{"type":"RECURRING","cycleDuration":{"unit":%q,"count":1}}`, unit)
}

func sorted(texts []string) []string {
	slices.Sort(texts)
	return texts
}

// callsOf gives the calls of all cures.
func callsOf(all []cure) []call {
	var calls []call
	for _, c := range all {
		calls = append(calls, c.calls...)
	}
	return calls
}

// wantsCalls holds what was received against what is wanted, each once.
func wantsCalls(t *testing.T, got, want []call) {
	t.Helper()
	surplus := make(map[call]int)
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

// do makes the change of a call to a package, dates apart.
func (c *call) do(p *wixsim.Package) {
	if c.kind == wixsim.SetExternalID {
		p.ExternalID = c.value
	}
	for i := range p.ProductInstances {
		in := &p.ProductInstances[i]
		if c.about != in.InstanceID && (c.kind != wixsim.CancelPackage || in.Status == "FAILED") {
			continue
		}
		switch c.kind {
		case wixsim.CancelPackage, wixsim.CancelInstance:
			in.Status = "CANCELED"
		case wixsim.Assign, wixsim.Unassign:
			in.SiteID = c.value
		case wixsim.Adjust:
			_ = json.Unmarshal([]byte(c.value), in) // the body names the fields of an instance
		}
	}
}

// wantsBook holds every package against what it was, with the calls made; what
// no call is about must be the same to the last byte.
func (w *ward) wantsBook(t *testing.T, made []call) {
	t.Helper()
	about := make(map[string][]call)
	for _, c := range made {
		about[c.packages] = append(about[c.packages], c)
	}
	for i := range w.planted.Inventory {
		want := copied(&w.planted.Inventory[i])
		got, there := w.server.Package(want.ID)
		calls := about[want.ID]
		for _, c := range calls {
			c.do(&want)
		}
		if len(calls) > 0 {
			got, want = undated(&got), undated(&want)
		}
		if !there || !reflect.DeepEqual(got, want) {
			t.Errorf("package %s after %d calls:\ngot  %+v\nwant %+v", want.ID, len(calls), got, want)
		}
	}
}

func copied(p *wixsim.Package) wixsim.Package {
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

func undated(p *wixsim.Package) wixsim.Package {
	c := copied(p)
	c.UpdatedDate = time.Time{}
	for i := range c.ProductInstances {
		c.ProductInstances[i].UpdatedDate = time.Time{}
	}
	return c
}
