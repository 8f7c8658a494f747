package main

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/wixrecon/wixrecon/sources/wix/wixsim"
)

// Drift of every kind is fixed by exactly the expected changes, each once and in
// the account of its package. Afterwards the fixed findings are gone, and nothing
// else was changed. run and a reviewed plan do the same.

func driftInventory(t *testing.T, packages int) *wixsim.SampleData {
	t.Helper()
	return generateNow(wixsim.SampleOptions{
		Seed: 17, Accounts: sample(t, "sub-accounts", 15, 50), Packages: sample(t, "packages", packages/3, packages), PerKind: sample(t, "cases of every kind", 2, 5),
	})
}

func TestRunFixesPlantedDrift(t *testing.T) {
	t.Parallel()
	w := newFixEnv(t, driftInventory(t, 1500), nil)
	w.firstRun(t)
	v := w.fix(t, fixRunID, commonFixes)
	v.requireCode(t, exitOK)
	w.checkFixed(t, commonFixes)
	w.checkReportedOutcomes(t, v, commonFixes)
	w.checkNothingLeft(t, commonFixes)
}

func TestPlanFixesPlantedDrift(t *testing.T) {
	t.Parallel()
	w := newFixEnv(t, driftInventory(t, 900), nil)
	w.firstRun(t)
	planned := w.command(t.Context(), fixRunID, "plan", "--fix", everyFix)
	planned.requireCode(t, exitOK)
	if n := len(w.server.Changes()); n > 0 {
		t.Fatalf("a plan sent %d requests that change something", n)
	}
	applied := w.apply(t, "apply", fixRunID)
	applied.requireCode(t, exitOK)
	w.checkFixed(t, everyFix)
	applied.checkOutcomes(t, map[string]int{"applied": len(changesOf(expectedFixes(w.planted, everyFix)))})
	w.checkNothingLeft(t, everyFix)

	again := w.apply(t, "again", fixRunID)
	again.requireCode(t, exitRefused)
	w.checkFixed(t, everyFix)
}

// checkFixed compares the changes and the inventory with what is expected.
func (w *fixEnv) checkFixed(t *testing.T, fixes string) {
	t.Helper()
	all := expectedFixes(w.planted, fixes)
	expected := changesOf(all)
	checkEveryFix(t, all, fixes)
	checkChanges(t, w.receivedChanges(t), expected)
	w.checkInventory(t, expected)
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

// checkEveryFix fails the test if the inventory lacks drift for a fix.
func checkEveryFix(t *testing.T, all []expectedFix, fixes string) {
	t.Helper()
	n := make(map[wixsim.ChangeKind]int)
	for _, c := range changesOf(all) {
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

// checkReportedOutcomes compares the outcomes in findings.csv with the expected
// ones.
func (w *fixEnv) checkReportedOutcomes(t *testing.T, v *runResult, fixes string) {
	t.Helper()
	fixed := make(map[wixsim.Finding]bool)
	for _, c := range expectedFixes(w.planted, fixes) {
		fixed[c.finding] = true
	}
	outcomes := make(map[string]int)
	for _, row := range v.table(t, "findings.csv") {
		f := findingOf(row)
		want := ""
		switch {
		case fixed[f]:
			want = "applied"
		case slices.Contains(strings.Split(fixes, ","), row["fix"]):
			want = "not_allowed"
		}
		if row["outcome"] != want || want == "not_allowed" && row["reason"] == "" {
			t.Errorf("%s: outcome %q (%s), want %q", findingText(f), row["outcome"], row["reason"], want)
		}
		if row["outcome"] != "" {
			outcomes[row["outcome"]]++
		}
	}
	for outcome, n := range v.summary(t).Fixes.Outcomes {
		if n != outcomes[outcome] {
			t.Errorf("summary.json counts %d findings %s, findings.csv has %d", n, outcome, outcomes[outcome])
		}
	}
	v.checkOutcomes(t, map[string]int{"applied": len(changesOf(expectedFixes(w.planted, fixes)))})
}

func findingOf(row map[string]string) wixsim.Finding {
	return wixsim.Finding{
		Kind: row["kind"], State: row["state"], AccountID: row["account_id"], ExternalID: row["external_id"],
		PackageID: row["package_id"], InstanceID: row["instance_id"], Field: row["field"],
	}
}

// checkNothingLeft runs again with the same fixes: the planted findings that were
// not fixed are left, none of them may be fixed, and every row shows why.
func (w *fixEnv) checkNothingLeft(t *testing.T, fixes string) {
	t.Helper()
	before := len(w.server.Changes())
	v := w.fix(t, "after", fixes)
	v.requireCode(t, exitOK)
	if n := len(w.server.Changes()); n != before {
		t.Errorf("a second run sent %d requests that change something", n-before)
	}
	var left, found []wixsim.Finding
	fixed := make(map[wixsim.Finding]bool)
	for _, c := range expectedFixes(w.planted, fixes) {
		fixed[c.finding] = c.complete
	}
	for _, f := range w.planted.Truth {
		if !fixed[f] {
			left = append(left, f)
		}
	}
	reasons := []string{"ambiguous", "ended_by_date", "unlisted_account", "shielded", "in_flight"}
	for _, row := range v.table(t, "findings.csv") {
		found = append(found, findingOf(row))
		asked := slices.Contains(strings.Split(fixes, ","), row["fix"])
		if asked && (row["outcome"] != "not_allowed" || !slices.Contains(reasons, row["reason"])) {
			t.Errorf("%s: outcome %q, reason %q", findingText(findingOf(row)), row["outcome"], row["reason"])
		}
	}
	checkFindings(t, found, left)
	v.checkOutcomes(t, nil)
}

// The idempotency key of a create depends only on its content, whatever --out, row
// order or run, and no two creates have the same key. The journal records the id of
// the new package, which is linked from then on.
func TestCreateIdempotencyKey(t *testing.T) {
	t.Parallel()
	planted := generateNow(wixsim.SampleOptions{Seed: 21, Accounts: 6, Packages: 120, PerKind: 1})
	i := slices.IndexFunc(planted.Truth, func(f wixsim.Finding) bool { return f.Kind == "missing_package" && f.State == "open" })
	f := planted.Truth[i]
	row := indexOf(planted).rows[f.ExternalID][0]
	row.SiteID, row.Quantity = "none", "3"
	for _, id := range []string{"SEATS", "MORE-SEATS"} { // identical except for their ids
		row.ExternalID, f.ExternalID, f.AccountID = id, id, row.AccountID
		planted.Rows, planted.Truth = append(planted.Rows, row), append(planted.Truth, f)
	}

	keys := make([]map[string]string, 2)
	for i := range keys {
		w := newFixEnv(t, planted, &wixsim.Options{Seed: uint64(i)})
		w.writeLedger(t, planted.LedgerCSV(uint64(7*i)))
		w.firstRun(t)
		v := w.fix(t, fixRunID, "create")
		v.requireCode(t, exitOK)
		expected := changesOf(expectedFixes(planted, "create"))
		checkChanges(t, w.receivedChanges(t), expected)
		w.checkInventory(t, nil)
		keys[i] = w.checkCreated(t, len(expected))
		w.checkNothingLeft(t, "create")
	}
	distinct := make(map[string]bool)
	for id, key := range keys[0] {
		if key == "" || keys[1][id] != key || distinct[key] {
			t.Errorf("%s is created under the key %q, and elsewhere under %q", id, key, keys[1][id])
		}
		distinct[key] = true
	}
}

// checkCreated compares the journal with the created packages, and returns the
// idempotency keys by external id.
func (w *fixEnv) checkCreated(t *testing.T, n int) map[string]string {
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
