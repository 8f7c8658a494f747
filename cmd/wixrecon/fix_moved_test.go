package main

import (
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/wixrecon/wixrecon/sources/wix/wixsim"
)

// What is no longer as it was planned is left alone, whichever side it changed
// on; the rest of the plan is carried out.

// A move is a change of the world between a plan and its application.
type move struct {
	name  string
	drift func(*patient)               // what is planned
	wix   func(*ward, *wixsim.Package) // what somebody then does at Wix
	rows  func([]wixsim.Row) []wixsim.Row
	stale string // what the reason says; empty: it is applied
}

func offSite(p *patient)  { p.pack.ProductInstances[0].SiteID = idOf('e', 1) }
func lapsed(p *patient)   { p.rows[0].Status = "canceled" }
func lostID(p *patient)   { p.pack.ExternalID = ""; p.rows[0].PackageID = p.pack.ID }
func orphaned(p *patient) { p.rows = nil }

// theirs gives a row of a subscription that was not there before.
func theirs(id string) []wixsim.Row {
	return []wixsim.Row{{ExternalID: id, AccountID: idOf('f', 0), Status: "active", Currency: "EUR"}}
}

func moves() []move {
	return []move{
		{name: "nothing, a cancel", drift: lapsed},
		{name: "nothing, an assign", drift: offSite},
		{name: "nothing, an external id", drift: lostID},
		{name: "the date alone", drift: lapsed, stale: "updated date", wix: func(w *ward, p *wixsim.Package) {
			p.UpdatedDate = p.UpdatedDate.Add(time.Second)
			w.server.Put(*p)
		}},
		{name: "its site", drift: offSite, stale: "site", wix: func(w *ward, p *wixsim.Package) {
			p.ProductInstances[0].SiteID = idOf('e', 2)
			w.server.Put(*p)
		}},
		{name: "another instance", drift: lapsed, stale: "instance", wix: func(w *ward, p *wixsim.Package) {
			more := p.ProductInstances[0]
			more.InstanceID, more.SiteID = idOf('f', 1), idOf('f', 2)
			p.ProductInstances = append(p.ProductInstances, more)
			w.server.Put(*p)
		}},
		{name: "its external id", drift: lostID, stale: "external id", wix: func(w *ward, p *wixsim.Package) {
			p.ExternalID = "SOMEBODY-ELSE"
			w.server.Put(*p)
		}},
		{name: "it is gone", drift: lapsed, stale: "package", wix: func(w *ward, p *wixsim.Package) { w.server.Remove(p.ID) }},
		{name: "canceled already", drift: orphaned, stale: "status", wix: func(w *ward, p *wixsim.Package) {
			p.ProductInstances[0].Status = "CANCELED"
			w.server.Put(*p)
		}},
		{name: "the row is active again", drift: lapsed, stale: "row", rows: func(rows []wixsim.Row) []wixsim.Row {
			rows[0].Status = "active"
			return rows
		}},
		{name: "the row wants another site", drift: offSite, stale: "row", rows: func(rows []wixsim.Row) []wixsim.Row {
			rows[0].SiteID = idOf('e', 3)
			return rows
		}},
		{name: "the row is gone", drift: lapsed, stale: "row", rows: func([]wixsim.Row) []wixsim.Row { return nil }},
		{name: "the orphan has a row", drift: orphaned, stale: "row", rows: func([]wixsim.Row) []wixsim.Row { return theirs("CASE-13") }},
		{name: "another subscription names the orphan", drift: orphaned, stale: "CASE-OTHER", rows: func([]wixsim.Row) []wixsim.Row {
			rows := theirs("CASE-OTHER")
			rows[0].PackageID = idOf('a', 14)
			return rows
		}},
		{name: "nearly its id has come", drift: orphaned, stale: "row", rows: func([]wixsim.Row) []wixsim.Row { return theirs("case-15") }},
	}
}

func TestWhatMovedSinceThePlanIsLeftAlone(t *testing.T) {
	t.Parallel()
	list := moves()
	patients := make([]*patient, len(list))
	planted := quietBook(func(b *wixsim.SampleData) []*patient {
		for i := range list {
			patients[i] = healthy(b, i+1, 1)
			patients[i].rows[0].InstanceID = ""
			list[i].drift(patients[i])
		}
		return patients
	})
	w := newWard(t, planted, nil)
	w.begin(t)
	w.do(t.Context(), "planned", "plan", "--fix", everyFix).wants(t, completeRun)

	later := *planted
	later.Rows = slices.DeleteFunc(slices.Clone(planted.Rows), func(r wixsim.Row) bool { return strings.HasPrefix(r.ExternalID, "CASE-") })
	for i, m := range list {
		rows := slices.Clone(patients[i].rows)
		if m.rows != nil {
			rows = m.rows(rows)
		}
		later.Rows = append(later.Rows, rows...)
		if m.wix != nil {
			p, _ := w.server.Package(patients[i].pack.ID)
			p = copied(&p)
			m.wix(w, &p)
		}
	}
	w.writeLedger(t, later.LedgerCSV(5))
	v := w.apply(t, "applied", "planned", "--reports", "xlsx")
	v.wants(t, completeRun)
	sheet := v.fixes(t)
	for i, m := range list {
		row := sheet[patients[i].pack.ID]
		want := "applied"
		if m.stale != "" {
			want = "stale"
		}
		if row["outcome"] != want || !strings.Contains(row["reason"], m.stale) {
			t.Errorf("%s: %s: %s; want %s, for %q", m.name, row["outcome"], row["reason"], want, m.stale)
		}
	}
	v.wantsOutcomes(t, map[string]int{"applied": 3, "stale": len(list) - 3})
	if n := len(w.received(t)); n != 3 {
		t.Errorf("%d requests were sent, want 3", n)
	}
	w.verify(t).wants(t, completeRun)
}

// fixes reads the sheet Fixes, by package.
func (v *visit) fixes(t *testing.T) map[string]map[string]string {
	t.Helper()
	book, err := excelize.OpenFile(v.file(v.of("report.xlsx")))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = book.Close() }() // it was only read
	lines, err := book.GetRows("Fixes")
	if err != nil {
		t.Fatal(err)
	}
	head := slices.IndexFunc(lines, func(line []string) bool { return slices.Contains(line, "action_key") })
	if head < 0 {
		t.Fatalf("the sheet Fixes has no head: %v", lines)
	}
	all := make(map[string]map[string]string)
	for _, line := range lines[head+1:] {
		row := make(map[string]string)
		for i, cell := range line {
			row[lines[head][i]] = cell
		}
		all[row["package_id"]] = row
	}
	return all
}

// A package that changes while a run sends what it planned is left alone too,
// and what is left open is drift.
func TestWhatMovesWhileARunFixes(t *testing.T) {
	t.Parallel()
	planted := quietBook(func(b *wixsim.SampleData) []*patient {
		p, q := healthy(b, 1, 1), healthy(b, 2, 1)
		offSite(p)
		lapsed(q)
		return []*patient{p, q}
	})
	var w *ward
	w = newWard(t, planted, &wixsim.Options{Changes: wixsim.ChangeOptions{OnChange: func(n int, _ wixsim.Change) wixsim.Fault {
		p, _ := w.server.Package(idOf('a', 2))
		p = copied(&p)
		p.ProductInstances[0].Status = "PENDING"
		w.server.Put(p)
		return ""
	}}})
	w.begin(t)
	v := w.fix(t, firstFixing, everyFix, "--detailed-exitcode")
	v.wants(t, driftRun)
	v.wantsOutcomes(t, map[string]int{"applied": 1, "stale": 1})
	w.wantsStatus(t, idOf('a', 2), "PENDING")
}

// Of some sub-accounts just what is theirs is fixed, and nothing is created,
// because what is absent there may be elsewhere.
func TestFixingSomeAccounts(t *testing.T) {
	t.Parallel()
	planted := wardBook(70)
	some := planted.Accounts[:3]
	w := newWard(t, planted, &wixsim.Options{Delay: 100 * time.Millisecond, Changes: wixsim.ChangeOptions{
		Faults: map[wixsim.Fault]float64{wixsim.Slow: 1},
	}})
	w.args = []string{"--accounts", strings.Join(some, ","), "--rate", "6000"}
	w.begin(t)
	v := w.fix(t, firstFixing, everyFix)
	v.wants(t, completeRun)
	var wanted []call
	for _, c := range callsOf(cures(planted, everyFix)) {
		if slices.Contains(some, c.account) && c.kind != wixsim.CreatePackage {
			wanted = append(wanted, c)
		}
	}
	wantsCalls(t, w.received(t), wanted)
	w.wantsBook(t, wanted)
	v.wantsOutcomes(t, map[string]int{"applied": len(wanted)})
}

// The key is in nothing that fixing leaves, also where every answer to a change
// echoes it: not in the plan, the journal, the lease, the log or the result.
func TestTheKeyIsNotInWhatFixingLeaves(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusOK, http.StatusBadRequest, http.StatusBadGateway, http.StatusTooManyRequests} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			t.Parallel()
			planted := threePatients()
			inner := wixsim.New(planted.Inventory, &wixsim.Options{Key: oddKey})
			var changes atomic.Int32
			w := &ward{world: worldOf(t, planted, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				switch {
				case r.Method == http.MethodGet || strings.HasSuffix(r.URL.Path, "/query"):
					inner.ServeHTTP(rw, r)
				case status == http.StatusTooManyRequests && changes.Add(1) > 2:
					echo(rw, r, http.StatusForbidden)
				default:
					changes.Add(1)
					echo(rw, r, status)
				}
			}))}
			w.server, w.key = inner, oddKey
			w.begin(t)
			w.wantsNoKeyFixing(t)
			if changes.Load() == 0 {
				t.Error("nothing was sent")
			}
		})
	}
}

// wantsNoKeyFixing takes every command that fixes, and looks at all it leaves.
func (w *ward) wantsNoKeyFixing(t *testing.T) {
	t.Helper()
	for _, o := range []*outcome{
		w.fix(t, firstFixing, everyFix, "--log", "json", "--output", "markdown", "--reports", "all").outcome,
		w.do(t.Context(), "planned", "plan", "--fix", everyFix).outcome,
		w.apply(t, "applied", "planned", "--output", "json").outcome,
		w.call(t.Context(), []string{"wixrecon", "journal", "--out", w.out}),
		w.verify(t),
	} {
		if o.code == 1 || o.code == 2 {
			t.Errorf("exit code %d\n%s", o.code, o.stderr)
		}
		wantsNoKey(t, o)
	}
}
