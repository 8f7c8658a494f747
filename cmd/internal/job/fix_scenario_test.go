package job_test

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wixrecon/wixrecon/cmd/internal/job"
	"github.com/wixrecon/wixrecon/reconcile/fix"
	"github.com/wixrecon/wixrecon/sources/wix/wixsim"
)

// Nights with --fix. Unless the flags set it otherwise, limits are off and one
// sighting is enough, so that only what a test is about can refuse. The ledger has
// other bytes each night, like an export.
//
// Packages are named by number: 10 is the first one besides the two healthy ones,
// and 10/101 its first instance.

// The products.
const (
	premium = "f0000000-0000-4000-8000-000000000001"
	mailbox = "f0000000-0000-4000-8000-000000000002"
	domain  = "f0000000-0000-4000-8000-000000000003"
)

// A fixScenario is a scenario with the rows of its ledger.
type fixScenario struct {
	*scenario
	rows   []wixsim.Row
	frozen bool // the ledger keeps its bytes
}

// newFixScenario returns a healthy subscription in each of two accounts.
func newFixScenario(t *testing.T) *fixScenario {
	n := &fixScenario{scenario: newScenario(t, "mem://out")}
	n.rows = []wixsim.Row{{ExternalID: "S-1", AccountID: accountA, Status: "active"}, {ExternalID: "S-2", AccountID: accountB, Status: "active"}}
	n.setFlags(map[string]string{
		"max-fixes": "off", "max-cancels": "off", "max-cancel-percent": "off", "max-cancels-per-account": "off",
		"min-sightings": "1", "max-shrink": "5",
	})
	return n
}

// setFlags adds flags.
func (n *fixScenario) setFlags(flags map[string]string) {
	if n.flags == nil {
		n.flags = make(map[string]string)
	}
	maps.Copy(n.flags, flags)
}

// audit runs at a moment without fixing anything.
func (n *fixScenario) audit(t *testing.T, at time.Time, code int) *nightResult {
	t.Helper()
	return n.runRequest(t, at, code, nil)
}

// runFixes runs at a moment with --fix; without kinds, with all.
func (n *fixScenario) runFixes(t *testing.T, at time.Time, code int, kinds ...string) *nightResult {
	t.Helper()
	return n.runRequest(t, at, code, &job.FixRequest{Fixes: kindsOr(kinds)})
}

// runPlan makes a plan for review.
func (n *fixScenario) runPlan(t *testing.T, at time.Time, code int, kinds ...string) *nightResult {
	t.Helper()
	return n.runRequest(t, at, code, &job.FixRequest{Fixes: kindsOr(kinds), Review: true})
}

func kindsOr(kinds []string) []string {
	if len(kinds) == 0 {
		return fix.Fixes()
	}
	return kinds
}

func (n *fixScenario) runRequest(t *testing.T, at time.Time, code int, fix *job.FixRequest) *nightResult {
	t.Helper()
	if !n.frozen {
		n.export(t, at)
	}
	n.fix = fix
	m := n.runAt(t, at, code)
	if (fix == nil || fix.Review) && len(m.sim.Changes()) > 0 {
		t.Errorf("%s: sent without --fix: %s", m.id, describeSent(m))
	}
	return m
}

// export writes the ledger as it is at a moment.
func (n *fixScenario) export(t *testing.T, at time.Time) {
	t.Helper()
	rows := slices.Clone(n.rows)
	for i := range rows {
		rows[i].Customer = "exported " + at.Format(time.RFC3339)
	}
	if err := os.WriteFile(n.ledger, (&wixsim.SampleData{Rows: rows}).LedgerCSV(0), 0o600); err != nil {
		t.Fatal(err)
	}
}

// rowsOf completes rows: by default an active line of one product in the first
// account.
func rowsOf(rows ...wixsim.Row) []wixsim.Row {
	for i := range rows {
		for cell, usual := range map[*string]string{
			&rows[i].AccountID: accountA, &rows[i].Status: "active", &rows[i].CatalogProductID: premium,
			&rows[i].BillingCycle: "1 MONTH", &rows[i].CountryCode: "DE",
		} {
			if *cell == "" {
				*cell = usual
			}
		}
	}
	return rows
}

// packagesOf completes packages: numbers from ten on and, by default, the first
// account, one live instance of one product, and no recent change.
func packagesOf(packages ...wixsim.Package) []wixsim.Package {
	for i := range packages {
		p, usual := &packages[i], packageOf(10+i, accountA, "")
		p.ID = usual.ID
		if p.AccountID == "" {
			p.AccountID = accountA
		}
		if p.UpdatedDate.IsZero() {
			p.UpdatedDate = usual.UpdatedDate
		}
		p.CreatedDate = p.UpdatedDate
		if p.ProductInstances == nil {
			p.ProductInstances = make([]wixsim.Instance, 1)
		}
		for j := range p.ProductInstances {
			fillInstance(&p.ProductInstances[j], p, (10+i)*10+j+1)
		}
	}
	return packages
}

func fillInstance(inst *wixsim.Instance, p *wixsim.Package, number int) {
	inst.InstanceID, inst.CreatedDate, inst.UpdatedDate = instanceID(number), p.UpdatedDate, p.UpdatedDate
	inst.CountryCode = "DE"
	inst.BillingInfo = &wixsim.BillingInfo{Type: "RECURRING", CycleDuration: &wixsim.CycleDuration{Unit: "MONTH", Count: 1}}
	if inst.Status == "" {
		inst.Status = "ENABLED"
	}
	if inst.CatalogProductID == "" {
		inst.CatalogProductID = premium
	}
}

func packageID(n int) string  { return fmt.Sprintf("b0000000-0000-4000-8000-%012d", n) }
func instanceID(n int) string { return fmt.Sprintf("c0000000-0000-4000-8000-%012d", n) }
func siteID(n int) string     { return fmt.Sprintf("e0000000-0000-4000-8000-%012d", n) }

// day returns the date n days after the first night.
func day(n int) string { return moment(n, 0).Format(time.DateOnly) }

// number returns the number at the end of a GUID.
func number(id string) string {
	return strings.TrimLeft(id[strings.LastIndexByte(id, '-')+1:], "0")
}

// plan reads the plan of a night.
func (n *fixScenario) plan(t *testing.T, m *nightResult) *fix.Plan {
	t.Helper()
	p, err := fix.DecodePlan(n.read(t, m.id+"/plan.json"))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// describeActions describes the actions of a plan.
func describeActions(p *fix.Plan) string {
	var all []string
	for i := range p.Actions {
		a := &p.Actions[i]
		text := a.Fix + " " + number(a.PackageID)
		if a.PackageID == "" {
			text = a.Fix + " " + a.ExternalID
		}
		if a.InstanceID != "" {
			text += "/" + number(a.InstanceID)
		}
		if a.Waiting != nil {
			text += fmt.Sprintf(" waiting %d of %d", a.Waiting.Sightings, a.Waiting.Needed)
		}
		if a.Needs != "" {
			text += " " + a.Needs
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}

// describeSent describes the changes that a night sent.
func describeSent(m *nightResult) string {
	var all []string
	for _, c := range m.sim.Changes() {
		text := string(c.Kind)
		if c.Effect != wixsim.Done {
			text += "(" + string(c.Effect) + ")"
		}
		all = append(all, text)
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// refusedBy returns what refused a plan.
func refusedBy(p *fix.Plan) string {
	var all []string
	for _, r := range p.Refusals {
		all = append(all, r.Limit)
	}
	return strings.Join(slices.Compact(all), ", ")
}
