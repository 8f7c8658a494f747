package wixsim

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// An inventory of three packages: A1 of two instances, the second on a site; A2 whose
// instance references A1's first; B1 of another account, dead but for a FAILED.
const (
	accountA  = "aaaaaaaa-0000-4000-8000-000000000001"
	accountB  = "aaaaaaaa-0000-4000-8000-000000000002"
	packageA1 = "bbbbbbbb-0000-4000-8000-000000000001"
	packageA2 = "bbbbbbbb-0000-4000-8000-000000000002"
	packageB1 = "bbbbbbbb-0000-4000-8000-000000000003"
	instance1 = "cccccccc-0000-4000-8000-000000000001"
	instance2 = "cccccccc-0000-4000-8000-000000000002"
	instance3 = "cccccccc-0000-4000-8000-000000000003"
	dead1     = "cccccccc-0000-4000-8000-000000000004"
	failed1   = "cccccccc-0000-4000-8000-000000000005"
	siteOld   = "dddddddd-0000-4000-8000-000000000001"
	siteNew   = "dddddddd-0000-4000-8000-000000000002"
	productX  = "eeeeeeee-0000-4000-8000-000000000001"
	productY  = "eeeeeeee-0000-4000-8000-000000000002"

	v1 = "/resellers/v1/packages/"
	pi = v1 + "product-instances/"
	v2 = "/resellers/v2/packages"
)

// longAgo is the date of everything in the inventory.
func longAgo() time.Time { return time.Date(2020, 11, 20, 12, 0, 0, 0, time.UTC) }

func smallInventory() []Package {
	monthly := &BillingInfo{Type: "RECURRING", CycleDuration: &CycleDuration{Unit: "MONTH", Count: 1}}
	in := func(id, status string) Instance {
		return Instance{
			InstanceID: id, CatalogProductID: productX, Status: status, BillingInfo: monthly,
			CountryCode: "DE", CreatedDate: longAgo(), UpdatedDate: longAgo(),
		}
	}
	onSite, referencing := in(instance2, enabled), in(instance3, enabled)
	onSite.SiteID, referencing.ReferenceProductInstanceID = siteOld, instance1
	return []Package{
		{ID: packageA1, AccountID: accountA, ExternalID: "A1", ProductInstances: []Instance{in(instance1, enabled), onSite}, CreatedDate: longAgo(), UpdatedDate: longAgo()},
		{ID: packageA2, AccountID: accountA, ExternalID: "A2", ProductInstances: []Instance{referencing}, CreatedDate: longAgo(), UpdatedDate: longAgo()},
		{ID: packageB1, AccountID: accountB, ExternalID: "B1", ProductInstances: []Instance{in(dead1, canceled), in(failed1, failed)}, CreatedDate: longAgo(), UpdatedDate: longAgo()},
	}
}

func serveSmall(t *testing.T, o ChangeOptions) *testServer {
	t.Helper()
	return serve(t, smallInventory(), &Options{Changes: o, Seed: 3})
}

// change sends one changing request with JSON as its content.
func (r *testServer) change(method, path, account, body string) (int, string, error) {
	r.t.Helper()
	req := r.request(method, path, account, body)
	req.Header.Set("Content-Type", "application/json")
	status, _, text, err := r.do(req)
	return status, string(text), err
}

// state writes the state of an instance and its package in one line.
func (r *testServer) state(instanceID string) string {
	r.t.Helper()
	p, at := r.inventory.findInstance(instanceID)
	if p == nil {
		return "gone"
	}
	in := p.ProductInstances[at]
	moved := func(d time.Time) string {
		return map[bool]string{true: "moved", false: "stays"}[d.After(longAgo())]
	}
	return fmt.Sprintf("%s site=%s product=%s cycle=%s ext=%s instance %s package %s", in.Status,
		strings.TrimPrefix(in.SiteID, "dddddddd-0000-4000-8000-00000000000"), in.CatalogProductID[35:], in.BillingInfo.String(),
		p.ExternalID, moved(in.UpdatedDate), moved(p.UpdatedDate))
}

func TestChangesKeepState(t *testing.T) {
	yearly := `{"billingInfo":{"type":"RECURRING","cycleDuration":{"unit":"YEAR","count":2}}}`
	for name, test := range map[string]struct {
		o                     ChangeOptions
		method, path, body    string
		answer, instance, now string
	}{
		"cancel package":          {ChangeOptions{}, "DELETE", v1 + packageA1, "", `{"package":{"id"`, instance2, "CANCELED site=1 product=1 cycle=1 MONTH ext=A1 instance moved package moved"},
		"cancel package, other":   {ChangeOptions{}, "DELETE", v1 + packageA1, "", `"CANCELED"`, instance3, "ENABLED site= product=1 cycle=1 MONTH ext=A2 instance stays package stays"},
		"cancel package, dates":   {ChangeOptions{KeepUpdatedDate: true}, "DELETE", v1 + packageA1, "", `{"package"`, instance1, "CANCELED site= product=1 cycle=1 MONTH ext=A1 instance moved package moved"},
		"cancel, dependants":      {ChangeOptions{CancelDependants: true}, "DELETE", v1 + packageA1, "{}", `{"package"`, instance3, "CANCELED site= product=1 cycle=1 MONTH ext=A2 instance moved package moved"},
		"cancel instance":         {ChangeOptions{}, "DELETE", pi + instance2, "", `{}`, instance2, "CANCELED site=1 product=1 cycle=1 MONTH ext=A1 instance moved package moved"},
		"cancel instance, alone":  {ChangeOptions{}, "DELETE", pi + instance1, "", `{}`, instance3, "ENABLED site= product=1 cycle=1 MONTH ext=A2 instance stays package stays"},
		"cancel instance, deps":   {ChangeOptions{CancelDependants: true}, "DELETE", pi + instance1, "", `{}`, instance3, "CANCELED site= product=1 cycle=1 MONTH ext=A2 instance moved package moved"},
		"cancel instance, dates":  {ChangeOptions{KeepUpdatedDate: true}, "DELETE", pi + instance2, "", `{}`, instance2, "CANCELED site=1 product=1 cycle=1 MONTH ext=A1 instance moved package stays"},
		"cancel the last":         {ChangeOptions{}, "DELETE", pi + instance3, "", `{}`, instance3, "CANCELED site= product=1 cycle=1 MONTH ext=A2 instance moved package moved"},
		"assign":                  {ChangeOptions{}, "PATCH", pi + instance1 + "/" + siteNew, "", `{}`, instance1, "ENABLED site=2 product=1 cycle=1 MONTH ext=A1 instance moved package moved"},
		"assign elsewhere":        {ChangeOptions{Answer: AnswerInstance}, "PATCH", pi + instance2 + "/" + siteNew, "", `{"productInstance":{"instanceId"`, instance2, "ENABLED site=2 product=1 cycle=1 MONTH ext=A1 instance moved package moved"},
		"unassign":                {ChangeOptions{Answer: AnswerPackage}, "PATCH", pi + instance2 + "/unassign", "", `{"package":{"id"`, instance2, "ENABLED site= product=1 cycle=1 MONTH ext=A1 instance moved package moved"},
		"adjust product":          {ChangeOptions{Answer: AnswerNoBody}, "PATCH", pi + instance1, `{"catalogProductId":"` + productY + `"}`, "", instance1, "ENABLED site= product=2 cycle=1 MONTH ext=A1 instance moved package moved"},
		"adjust cycle":            {ChangeOptions{Answer: AnswerNoContent}, "PATCH", pi + instance1, yearly, "", instance1, "ENABLED site= product=1 cycle=2 YEAR ext=A1 instance moved package moved"},
		"adjust to one time":      {ChangeOptions{}, "PATCH", pi + strings.ToUpper(instance1), `{"billingInfo":{"type":"ONE_TIME"}}`, `{}`, instance1, "ENABLED site= product=1 cycle=ONE_TIME ext=A1 instance moved package moved"},
		"external id":             {ChangeOptions{}, "PATCH", v1 + "update/" + packageA2 + "/new", "", `{"updatedPackage":{"id"`, instance3, "ENABLED site= product=1 cycle=1 MONTH ext=new instance stays package moved"},
		"external id, escaped":    {ChangeOptions{}, "PATCH", v1 + "update/" + packageA2 + "/a%2Fb%3Fc%20d%25%2e%C3%BC", "", `a/b?c d%.ü`, instance3, "ENABLED site= product=1 cycle=1 MONTH ext=a/b?c d%.ü instance stays package moved"},
		"external id of the dead": {ChangeOptions{}, "PATCH", v1 + "update/" + packageB1 + "/unassign", "", `"unassign"`, dead1, "CANCELED site= product=1 cycle=1 MONTH ext=unassign instance stays package moved"},
	} {
		t.Run(name, func(t *testing.T) {
			r := serveSmall(t, test.o)
			account := accountA
			if strings.Contains(test.path, packageB1) {
				account = accountB
			}
			status, text, err := r.change(test.method, test.path, account, test.body)
			if err != nil || status/100 != 2 || !strings.Contains(text, test.answer) || test.answer == "" && text != "" {
				t.Errorf("answered %d %q, %v", status, text, err)
			}
			if diff := cmp.Diff(test.now, r.state(test.instance)); diff != "" {
				t.Error(diff)
			}
			if all := r.Changes(); len(all) != 1 || all[0].Effect != Done || all[0].PackageID == "" || all[0].Status != status {
				t.Errorf("recorded as %+v", all)
			}
		})
	}
}

func TestChangesAreRefused(t *testing.T) {
	for name, test := range map[string]struct {
		method, path, account, body string
		status                      int
		answer                      string
	}{
		"cancel of the dead":           {"DELETE", v1 + packageB1, accountB, "", 409, "FAILED_PRECONDITION"},
		"cancel, another account":      {"DELETE", v1 + packageA1, accountB, "", 403, "PACKAGE_ACCOUNT_MISMATCH"},
		"cancel, the parent":           {"DELETE", v1 + packageA1, DefaultParent, "", 403, "PACKAGE_ACCOUNT_MISMATCH"},
		"cancel, unknown":              {"DELETE", v1 + unknownID, accountA, "", 404, "PACKAGE_NOT_FOUND"},
		"cancel, no GUID":              {"DELETE", v1 + "query", accountA, "", 400, "not a GUID"},
		"cancel, no id":                {"DELETE", v1, accountA, "", 404, "NOT_FOUND"},
		"cancel, body":                 {"DELETE", v1 + packageA1, accountA, `{"a":1}`, 400, "takes none"},
		"cancel, query":                {"DELETE", v1 + packageA1 + "?x=1", accountA, "", 400, "takes none"},
		"cancel instance of the dead":  {"DELETE", pi + dead1, accountB, "", 409, "FAILED_PRECONDITION"},
		"cancel instance that failed":  {"DELETE", pi + failed1, accountB, "", 409, "FAILED_PRECONDITION"},
		"cancel instance, account":     {"DELETE", pi + instance1, accountB, "", 403, "INSTANCE_ACCOUNT_MISMATCH"},
		"cancel instance, unknown":     {"DELETE", pi + unknownID, accountA, "", 404, "INSTANCE_NOT_FOUND"},
		"assign of the dead":           {"PATCH", pi + dead1 + "/" + siteNew, accountB, "", 409, "CANCELED"},
		"assign, no site":              {"PATCH", pi + instance1 + "/home", accountA, "", 400, "siteId"},
		"assign, empty site":           {"PATCH", pi + instance1 + "/", accountA, "", 404, "NOT_FOUND"},
		"assign, two sites":            {"PATCH", pi + instance1 + "/" + siteNew + "/" + siteOld, accountA, "", 404, "NOT_FOUND"},
		"unassign of the dead":         {"PATCH", pi + failed1 + "/unassign", accountB, "", 409, "FAILED"},
		"adjust of the dead":           {"PATCH", pi + dead1, accountB, `{"catalogProductId":"` + productY + `"}`, 409, "CANCELED"},
		"adjust, neither":              {"PATCH", pi + instance1, accountA, `{}`, 400, "either"},
		"adjust, both":                 {"PATCH", pi + instance1, accountA, `{"catalogProductId":"` + productY + `","billingInfo":{"type":"ONE_TIME"}}`, 400, "either"},
		"adjust, no body":              {"PATCH", pi + instance1, accountA, ``, 400, "body"},
		"adjust, unknown field":        {"PATCH", pi + instance1, accountA, `{"siteId":"x"}`, 400, "unknown field"},
		"adjust, no GUID":              {"PATCH", pi + instance1, accountA, `{"catalogProductId":"plan"}`, 400, "not a GUID"},
		"adjust, cycle without a unit": {"PATCH", pi + instance1, accountA, `{"billingInfo":{"type":"RECURRING","cycleDuration":{"count":1}}}`, 428, "MISSING_BILLING_CYCLE"},
		"external id, too long":        {"PATCH", v1 + "update/" + packageA1 + "/" + strings.Repeat("%C3%BC", 101), accountA, "", 400, "longer than 100"},
		"external id, not UTF-8":       {"PATCH", v1 + "update/" + packageA1 + "/%FF", accountA, "", 400, "UTF-8"},
		"external id, none":            {"PATCH", v1 + "update/" + packageA1 + "/", accountA, "", 404, "NOT_FOUND"},
		"external id, two segments":    {"PATCH", v1 + "update/" + packageA1 + "/a/b", accountA, "", 404, "NOT_FOUND"},
		"external id, account":         {"PATCH", v1 + "update/" + packageA1 + "/a", accountB, "", 403, "PACKAGE_ACCOUNT_MISMATCH"},
		"wrong method":                 {"POST", pi + instance1, accountA, "", 405, "METHOD_NOT_ALLOWED"},
		"no account":                   {"DELETE", v1 + packageA1, "", "", 400, "missing"},
	} {
		t.Run(name, func(t *testing.T) {
			r := serveSmall(t, ChangeOptions{Faults: map[Fault]float64{InternalErrorAfter: 1}})
			status, text, err := r.change(test.method, test.path, test.account, test.body)
			if err != nil || status != test.status || !strings.Contains(text, test.answer) {
				t.Errorf("answered %d %q, %v, want %d with %q", status, text, err, test.status, test.answer)
			}
			checkErrorShape(t, []byte(text))
			checkUntouched(t, r)
		})
	}
}

func checkUntouched(t *testing.T, r *testServer) {
	t.Helper()
	for _, p := range smallInventory() {
		now, _ := r.Package(p.ID)
		if diff := cmp.Diff(p, now); diff != "" {
			t.Error(diff)
		}
	}
	if len(r.inventory.all) != 3 {
		t.Errorf("there are %d packages", len(r.inventory.all))
	}
	for _, c := range r.Changes() {
		if c.Effect != NoEffect {
			t.Errorf("recorded as %+v", c)
		}
	}
}

func TestUnknownChangeOfInstanceIsRefused(t *testing.T) {
	s := New(smallInventory(), nil)
	if _, bad := s.plan(call{kind: "rename", account: accountA, instanceID: instance1}); bad == nil || bad.status != http.StatusNotImplemented {
		t.Errorf("answered %+v", bad)
	}
}

func TestIdempotentCancel(t *testing.T) {
	r := serveSmall(t, ChangeOptions{IdempotentCancel: true})
	for _, path := range []string{v1 + packageB1, pi + dead1, pi + failed1} {
		if status, text, err := r.change("DELETE", path, accountB, ""); status != 200 || err != nil {
			t.Errorf("%s: answered %d %s, %v", path, status, text, err)
		}
	}
	if effects := effectsOf(r); !slices.Equal(effects, []Effect{Repeated, Repeated, Repeated}) {
		t.Errorf("recorded as %q", effects)
	}
}

func effectsOf(r *testServer) []Effect {
	var effects []Effect
	for _, c := range r.Changes() {
		effects = append(effects, c.Effect)
	}
	return effects
}

// A later copy of a package must have a later date, whatever the clock shows.
func TestDatesGoForward(t *testing.T) {
	packages := smallInventory()
	future := time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
	packages[0].UpdatedDate = future
	r := serve(t, packages, nil)
	if status, text, _ := r.change(http.MethodPatch, pi+instance1+"/"+siteNew, accountA, ""); status != 200 {
		t.Fatal(text)
	}
	if after, _ := r.Package(packageA1); !after.UpdatedDate.After(future) {
		t.Errorf("updated %s after %s", after.UpdatedDate, future)
	}
}
