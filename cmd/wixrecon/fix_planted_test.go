package main

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/wixrecon/wixrecon/sources/wix/wixsim"
)

// An inventory with drift of every kind is fixed by just the calls that its truth
// asks for, each once and in the name of the package's own sub-account; then the
// findings that may be fixed are gone, and nothing else was touched. A run does
// the same by itself as a plan that somebody looked at.

func sickBook(packages int) *wixsim.SampleData {
	return ofToday(wixsim.SampleOptions{Seed: 17, Accounts: 50, Packages: packages, PerKind: 5})
}

func TestARunFixesExactlyWhatIsPlanted(t *testing.T) {
	t.Parallel()
	w := newWard(t, sickBook(1500), nil)
	w.begin(t)
	v := w.fix(t, firstFixing, commonFixes)
	v.wants(t, completeRun)
	w.wantsFixed(t, commonFixes)
	w.wantsTold(t, v, commonFixes)
	w.wantsNothingLeft(t, commonFixes)
}

func TestAPlanFixesExactlyWhatIsPlanted(t *testing.T) {
	t.Parallel()
	w := newWard(t, sickBook(900), nil)
	w.begin(t)
	planned := w.do(t.Context(), firstFixing, "plan", "--fix", everyFix)
	planned.wants(t, completeRun)
	if n := len(w.server.Changes()); n > 0 {
		t.Fatalf("a plan sent %d requests that change something", n)
	}
	applied := w.apply(t, "apply", firstFixing)
	applied.wants(t, completeRun)
	w.wantsFixed(t, everyFix)
	applied.wantsOutcomes(t, map[string]int{"applied": len(callsOf(cures(w.planted, everyFix)))})
	w.wantsNothingLeft(t, everyFix)

	again := w.apply(t, "again", firstFixing)
	again.wants(t, refusedRun)
	w.wantsFixed(t, everyFix)
}

// wantsFixed holds the calls and the inventory against the planted truth.
func (w *ward) wantsFixed(t *testing.T, fixes string) {
	t.Helper()
	all := cures(w.planted, fixes)
	wanted := callsOf(all)
	wantsEveryCure(t, all, fixes)
	wantsCalls(t, w.received(t), wanted)
	w.wantsBook(t, wanted)
	for _, c := range w.server.Changes() {
		if c.Effect != wixsim.Done || c.Status/100 != 2 || !c.Authorized {
			t.Errorf("%s %s: %d, %s", c.Method, c.Path, c.Status, c.Effect)
		}
	}
	kinds := []string{"external-id", "unassign", "assign", "adjust", "create", "cancel"}
	place := 0
	for _, c := range w.server.Changes() {
		at := slices.IndexFunc(kinds, func(kind string) bool { return strings.HasPrefix(string(c.Kind), kind) })
		if at < place {
			t.Errorf("%s came after %s", kinds[at], kinds[place])
		}
		place = max(place, at)
	}
}

// wantsEveryCure keeps a test from passing on an inventory without the drift.
func wantsEveryCure(t *testing.T, all []cure, fixes string) {
	t.Helper()
	n := make(map[wixsim.ChangeKind]int)
	for _, c := range callsOf(all) {
		n[c.kind]++
	}
	kinds := []wixsim.ChangeKind{wixsim.SetExternalID, wixsim.Assign, wixsim.CancelPackage, wixsim.CancelInstance}
	if fixes == everyFix {
		kinds = append(kinds, wixsim.Unassign, wixsim.Adjust, wixsim.CreatePackage)
	}
	for _, kind := range kinds {
		if n[kind] == 0 {
			t.Errorf("nothing is there for %s", kind)
		}
	}
}

// wantsTold holds findings.csv against what must have become of every finding.
func (w *ward) wantsTold(t *testing.T, v *visit, fixes string) {
	t.Helper()
	fixed := make(map[wixsim.Finding]bool)
	for _, c := range cures(w.planted, fixes) {
		fixed[c.finding] = true
	}
	outcomes := make(map[string]int)
	for _, row := range v.rows(t, "findings.csv") {
		f := findingOf(row)
		want := ""
		switch {
		case fixed[f]:
			want = "applied"
		case slices.Contains(strings.Split(fixes, ","), row["fix"]):
			want = "not_allowed"
		}
		if row["outcome"] != want || want == "not_allowed" && row["reason"] == "" {
			t.Errorf("%s: outcome %q (%s), want %q", finding(f), row["outcome"], row["reason"], want)
		}
		if row["outcome"] != "" {
			outcomes[row["outcome"]]++
		}
	}
	for outcome, n := range v.told(t).Fixes.Outcomes {
		if n != outcomes[outcome] {
			t.Errorf("summary.json counts %d findings %s, findings.csv has %d", n, outcome, outcomes[outcome])
		}
	}
	v.wantsOutcomes(t, map[string]int{"applied": len(callsOf(cures(w.planted, fixes)))})
}

func findingOf(row map[string]string) wixsim.Finding {
	return wixsim.Finding{
		Kind: row["kind"], State: row["state"], AccountID: row["account_id"], ExternalID: row["external_id"],
		PackageID: row["package_id"], InstanceID: row["instance_id"], Field: row["field"],
	}
}

// wantsNothingLeft runs once more with the same fixes: what is left is what was
// planted without what was fixed, of none of it something may be fixed, and
// every row says why.
func (w *ward) wantsNothingLeft(t *testing.T, fixes string) {
	t.Helper()
	before := len(w.server.Changes())
	v := w.fix(t, "after", fixes)
	v.wants(t, completeRun)
	if n := len(w.server.Changes()); n != before {
		t.Errorf("a second run sent %d requests that change something", n-before)
	}
	var left, found []wixsim.Finding
	fixed := make(map[wixsim.Finding]bool)
	for _, c := range cures(w.planted, fixes) {
		fixed[c.finding] = c.whole
	}
	for _, f := range w.planted.Truth {
		if !fixed[f] {
			left = append(left, f)
		}
	}
	reasons := []string{"ambiguous", "ended_by_date", "unlisted_account", "shielded", "in_flight"}
	for _, row := range v.rows(t, "findings.csv") {
		found = append(found, findingOf(row))
		asked := slices.Contains(strings.Split(fixes, ","), row["fix"])
		if asked && (row["outcome"] != "not_allowed" || !slices.Contains(reasons, row["reason"])) {
			t.Errorf("%s: outcome %q, reason %q", finding(findingOf(row)), row["outcome"], row["reason"])
		}
	}
	wantsFindings(t, found, left)
	v.wantsOutcomes(t, nil)
}

// A create names what it is to be: its key is a function of that, whichever
// --out, order of rows or run it comes from, and no two have the same. What was
// made is noted under the id that Wix gave it, and is the subscription's from
// then on.
func TestCreatesCarryAKeyOfTheirContent(t *testing.T) {
	t.Parallel()
	planted := ofToday(wixsim.SampleOptions{Seed: 21, Accounts: 6, Packages: 120, PerKind: 1})
	i := slices.IndexFunc(planted.Truth, func(f wixsim.Finding) bool { return f.Kind == "missing_package" && f.State == "open" })
	f := planted.Truth[i]
	row := chartOf(planted).rows[f.ExternalID][0]
	row.SiteID, row.Quantity = "none", "3"
	for _, id := range []string{"SEATS", "MORE-SEATS"} { // but for their ids they are the same
		row.ExternalID, f.ExternalID, f.AccountID = id, id, row.AccountID
		planted.Rows, planted.Truth = append(planted.Rows, row), append(planted.Truth, f)
	}

	keys := make([]map[string]string, 2)
	for i := range keys {
		w := newWard(t, planted, &wixsim.Options{Seed: uint64(i)})
		w.writeLedger(t, planted.LedgerCSV(uint64(7*i)))
		w.begin(t)
		v := w.fix(t, firstFixing, "create")
		v.wants(t, completeRun)
		wanted := callsOf(cures(planted, "create"))
		wantsCalls(t, w.received(t), wanted)
		w.wantsBook(t, nil)
		keys[i] = w.wantsCreated(t, len(wanted))
		w.wantsNothingLeft(t, "create")
	}
	distinct := make(map[string]bool)
	for id, key := range keys[0] {
		if key == "" || keys[1][id] != key || distinct[key] {
			t.Errorf("%s is created under the key %q, and elsewhere under %q", id, key, keys[1][id])
		}
		distinct[key] = true
	}
}

// wantsCreated holds the journal against the packages that were made, and gives
// the idempotency keys by external id.
func (w *ward) wantsCreated(t *testing.T, n int) map[string]string {
	t.Helper()
	made, keys := make(map[string]string), make(map[string]string)
	for _, c := range w.server.Changes() {
		o := orderOf(t, c.Body)
		keys[o.ExternalID], made[o.ExternalID] = o.IdempotencyKey, c.PackageID
		if c.Status != http.StatusOK || c.PackageID == "" {
			t.Errorf("create %s: status %d, package %q", o.ExternalID, c.Status, c.PackageID)
		}
	}
	entries := w.journal(t)
	if len(entries) != n || len(made) != n {
		t.Errorf("%d attempts in the journal, %d packages made, want %d", len(entries), len(made), n)
	}
	for _, e := range entries {
		if e.Outcome != "applied" || e.PackageID != made[e.ExternalID] || e.PackageID == "" {
			t.Errorf("the journal has %s as %s, package %q; Wix made %q", e.ExternalID, e.Outcome, e.PackageID, made[e.ExternalID])
		}
	}
	return keys
}
