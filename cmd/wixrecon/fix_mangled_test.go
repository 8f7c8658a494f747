package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/wixrecon/wixrecon/sources/wix/wixsim"
)

// A night on which a program changed ids of the ledger: nothing of those
// customers is canceled or written, however the row names its package. A real
// orphan beside them is canceled.

// idManglings are ways in which programs change ids: letters of SUB-0001, or
// digits of 10010003004003.
func idManglings() map[string]struct {
	right  func(n int) string
	mangle func(id string) string
} {
	letters := func(n int) string { return fmt.Sprintf("SUB-%04d", n) }
	digits := func(n int) string { return fmt.Sprintf("%d%010d", 1000+n, 3004003) }
	company := func(n int) string { return fmt.Sprintf("A&B-%d", n) }
	replaced := func(old, by string) func(string) string {
		return func(id string) string { return strings.Replace(id, old, by, 1) }
	}
	scientific := func(id string) string {
		value, _ := strconv.ParseFloat(id, 64)
		return strconv.FormatFloat(value, 'E', 3, 64)
	}
	type mangling = struct {
		right  func(n int) string
		mangle func(id string) string
	}
	return map[string]mangling{
		"zero width space":    {letters, func(id string) string { return id + "\u200b" }},
		"byte order mark":     {letters, func(id string) string { return "\ufeff" + id }},
		"soft hyphen":         {letters, replaced("-", "-\u00ad")},
		"en dash":             {letters, replaced("-", "\u2013")},
		"minus sign":          {letters, replaced("-", "\u2212")},
		"formula":             {letters, func(id string) string { return `="` + id + `"` }},
		"apostrophe":          {digits, func(id string) string { return "'" + id }},
		"decimal":             {digits, func(id string) string { return id + ".0" }},
		"scientific":          {digits, scientific},
		"scientific, comma":   {digits, func(id string) string { return strings.Replace(scientific(id), ".", ",", 1) }},
		"thousands":           {digits, func(id string) string { return id[:2] + "," + id[2:5] + "," + id[5:8] + "," + id[8:11] + "," + id[11:] }},
		"HTML entity":         {company, replaced("&", "&amp;")},
		"numeric HTML entity": {company, replaced("&", "&#38;")},
		"case":                {letters, strings.ToLower},
		"blank":               {letters, replaced("-", "- ")},
		"full width":          {letters, replaced("0", "\uff10")},
		"leading zeros":       {digits, func(id string) string { return "00" + id }},
		"sheet error":         {letters, func(id string) string { return "#NAME" + id[len(id)-2:] + "?" }},
		"another id":          {letters, func(id string) string { return "new-" + id }},
	}
}

func TestMangledIDsChangeNothing(t *testing.T) {
	t.Parallel()
	var orphan *testSubscription
	var renamed []func()
	expected := make(map[string]string) // by right external id: the kind of its finding on the second night
	planted := inventoryWith(func(b *wixsim.SampleData) []*testSubscription {
		orphan = newSubscription(b, 9_000, 1)
		orphan.pack.AccountID, orphan.rows = b.Accounts[1], nil
		all := []*testSubscription{orphan}
		known := idManglings()
		for _, name := range slices.Sorted(maps.Keys(known)) {
			m := known[name]
			for _, variant := range []string{"no ids", "site", "package id"} {
				n := 100 + len(all)
				s := newSubscription(b, n, 1)
				id := m.right(n)
				s.pack.ExternalID = id
				row := &s.rows[0]
				row.ExternalID, row.InstanceID, row.SiteID = id, "", ""
				switch variant {
				case "site":
					row.SiteID = s.pack.ProductInstances[0].SiteID
				case "package id":
					row.PackageID = s.pack.ID
				}
				if name == "another id" && variant == "package id" {
					continue // a rename, which is fixed
				}
				expected[id] = "ambiguous_match"
				switch {
				case variant == "site": // its place links it, but does not replace its id
					expected[id] = "unlinked_package"
				case name == "another id":
					expected[id] = "orphan_package"
				case name == "sheet error": // the others of its account would be ambiguous with it
					s.pack.AccountID, row.AccountID = b.Accounts[2], b.Accounts[2]
				}
				renamed = append(renamed, func() { setExternalID(b, id, m.mangle(id)) })
				all = append(all, s)
			}
		}
		return all
	})
	w := newFixEnv(t, planted, nil)
	w.writeLedger(t, w.planted.LedgerCSV(0))
	w.firstRun(t)
	for _, rename := range renamed {
		rename()
	}
	w.writeLedger(t, w.planted.LedgerCSV(0))
	v := w.fix(t, fixRunID, commonFixes+",create")
	v.requireCode(t, exitOK)
	checkChanges(t, w.receivedChanges(t), []change{{wixsim.CancelPackage, planted.Accounts[1], orphan.pack.ID, "", orphan.pack.ID}})
	kinds := make(map[string]string)
	for _, row := range v.table(t, "findings.csv") {
		id := row["external_id"]
		if row["kind"] == "unlinked_package" {
			id = row["wix_value"]
		}
		kinds[id] = row["kind"]
	}
	for id, kind := range expected {
		if kinds[id] != kind {
			t.Errorf("the package %s is in a finding of kind %q, want %q", id, kinds[id], kind)
		}
	}
}

// setExternalID changes the external id of rows.
func setExternalID(b *wixsim.SampleData, from, to string) {
	for i := range b.Rows {
		if b.Rows[i].ExternalID == from {
			b.Rows[i].ExternalID = to
		}
	}
}
