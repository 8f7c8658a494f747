package wix

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix/execute"
	"github.com/wixrecon/wixrecon/sources/wix/wixsim"
)

// The seven changes, as requests and against the simulator.

const (
	site1    = "dddddddd-0000-4000-8000-000000000001"
	site2    = "dddddddd-0000-4000-8000-000000000002"
	product1 = "eeeeeeee-0000-4000-8000-000000000001"
	product2 = "eeeeeeee-0000-4000-8000-000000000002"
)

func instanceID(n int) string { return packageID(n + 500000) }

// simPackages is one package, in account 1, whose only instance is on a site.
func simPackages() []wixsim.Package {
	before := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	return []wixsim.Package{{
		ID: packageID(1), AccountID: accountID(1), ExternalID: "ext-1", CreatedDate: before, UpdatedDate: before,
		ProductInstances: []wixsim.Instance{{
			InstanceID: instanceID(1), SiteID: site1, CatalogProductID: product1, Status: "ENABLED", CountryCode: "DE",
			BillingInfo: &wixsim.BillingInfo{Type: "ONE_TIME"}, CreatedDate: before, UpdatedDate: before,
		}},
	}}
}

func newSim(o wixsim.ChangeOptions) *wixsim.Server {
	return wixsim.New(simPackages(), &wixsim.Options{Key: testKey, Parent: parentID, Changes: o, RetryAfter: "7"})
}

// serveSim starts a simulator on a real socket and returns a client of it.
func serveSim(t *testing.T, o wixsim.ChangeOptions) (*wixsim.Server, *Client) {
	t.Helper()
	s := newSim(o)
	return s, serve(t, s)
}

// sevenChanges returns one change of each kind, all valid for simPackages.
func sevenChanges() map[ChangeKind]Change {
	base := Change{AccountID: accountID(1), PackageID: packageID(1), InstanceID: instanceID(1)}
	all := map[ChangeKind]Change{}
	for _, kind := range []ChangeKind{CancelPackage, CancelInstance, Assign, Unassign, Adjust, SetExternalID} {
		c := base
		c.Kind = kind
		all[kind] = c
	}
	set := func(kind ChangeKind, f func(*Change)) { c := all[kind]; f(&c); all[kind] = c }
	set(Assign, func(c *Change) { c.SiteID = site2 })
	set(Adjust, func(c *Change) { c.ProductID = product2 })
	set(SetExternalID, func(c *Change) { c.ExternalID = "ext-2" })
	all[CreatePackage] = Change{
		Kind: CreatePackage, AccountID: accountID(2), ExternalID: "new", IdempotencyKey: "key-1",
		Instances: []NewInstance{{ProductID: product1, Cycle: "3 MONTH", Country: "de", SiteID: site1}, {ProductID: product2, Cycle: reconcile.OneTime, Country: "AT"}},
	}
	return all
}

func TestSevenChanges(t *testing.T) {
	path, instance := "/resellers/v1/packages/", "/resellers/v1/packages/product-instances/"+instanceID(1)
	created := `{"externalId":"new","idempotencyKey":"key-1","products":[` +
		`{"catalogProductId":"` + product1 + `","siteId":"` + site1 + `","billingInfo":{"type":"RECURRING","cycleDuration":{"unit":"MONTH","count":3}},"countryCode":"DE"},` +
		`{"catalogProductId":"` + product2 + `","billingInfo":{"type":"ONE_TIME"},"countryCode":"AT"}]}`
	for kind, want := range map[ChangeKind]struct {
		line, body string
		hasPackage bool // in the response
		applied    func(*reconcile.Package) bool
	}{
		CreatePackage: {"POST /resellers/v2/packages", created, true, func(p *reconcile.Package) bool {
			return p.ExternalID == "new" && p.AccountID == accountID(2) && len(p.Instances) == 2 && p.Live()
		}},
		CancelPackage:  {"DELETE " + path + packageID(1), "", true, func(p *reconcile.Package) bool { return !p.Live() }},
		CancelInstance: {"DELETE " + instance, "", false, func(p *reconcile.Package) bool { return !p.Live() }},
		Assign:         {"PATCH " + instance + "/" + site2, "", false, func(p *reconcile.Package) bool { return p.Instances[0].SiteID == site2 }},
		Unassign:       {"PATCH " + instance + "/unassign", "", false, func(p *reconcile.Package) bool { return p.Instances[0].SiteID == "" }},
		Adjust:         {"PATCH " + instance, `{"catalogProductId":"` + product2 + `"}`, false, func(p *reconcile.Package) bool { return p.Instances[0].ProductID == product2 }},
		SetExternalID:  {"PATCH " + path + "update/" + packageID(1) + "/ext-2", "", true, func(p *reconcile.Package) bool { return p.ExternalID == "ext-2" }},
	} {
		for _, shape := range []wixsim.AnswerShape{wixsim.AnswerEmpty, wixsim.AnswerPackage, wixsim.AnswerInstance, wixsim.AnswerNoBody, wixsim.AnswerNoContent} {
			t.Run(string(kind)+" "+string(shape), func(t *testing.T) {
				s, c := serveSim(t, wixsim.ChangeOptions{Answer: shape})
				change := sevenChanges()[kind]
				sent := c.Send(context.Background(), change, nil)
				if sent.Err != nil || (sent.PackageID != "") != want.hasPackage {
					t.Fatalf("%+v", sent)
				}
				changes := s.Changes()
				if len(changes) != 1 || changes[0].Effect != wixsim.Done || string(changes[0].Kind) != string(kind) || c.Requests().Change != 1 {
					t.Fatalf("changes %+v", changes)
				}
				got := changes[0].Method + " " + changes[0].Path
				if diff := cmp.Diff(want.line+" of "+change.AccountID, got+" of "+changes[0].Header.Get("Wix-Account-Id")); diff != "" {
					t.Error(diff)
				}
				if diff := cmp.Diff(decoded(want.body), decoded(changes[0].Body)); diff != "" {
					t.Error(diff)
				}
				found, err := c.Get(context.Background(), change.AccountID, changes[0].PackageID)
				if err != nil || !want.applied(&found.Package) {
					t.Errorf("found %+v, error %v", found, err)
				}
			})
		}
	}
}

func decoded(text string) any {
	var v any
	_ = json.Unmarshal([]byte(text), &v)
	return v
}

// TestExternalIDEscaping checks the bytes of the request line, and what a server
// decodes from them.
func TestExternalIDEscaping(t *testing.T) {
	for id, segment := range map[string]string{
		"a/b":          "a%2Fb",
		"a?b=c&d":      "a%3Fb%3Dc%26d",
		"a#b":          "a%23b",
		"100%":         "100%25",
		"%2F":          "%252F",
		" a b ":        "%20a%20b%20",
		"a+b":          "a%2Bb",
		"a;b,c":        "a%3Bb%2Cc",
		"Müller":       "M%C3%BCller",
		"日本🦫":          "%E6%97%A5%E6%9C%AC%F0%9F%A6%AB",
		"u\u0308":      "u%CC%88",
		"a\\b\"c<d>":   "a%5Cb%22c%3Cd%3E",
		"a:b@c$d!":     "a%3Ab%40c%24d%21",
		"line\nbreak":  "line%0Abreak",
		"...":          "...",
		"../../cancel": "..%2F..%2Fcancel",
		"unassign":     "unassign",
		"A-z_0.9~":     "A-z_0.9~",
		strings.Repeat("ü", reconcile.MaxExternalID): strings.Repeat("%C3%BC", reconcile.MaxExternalID),
	} {
		var line string
		s := newSim(wixsim.ChangeOptions{})
		c := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { line = r.RequestURI; s.ServeHTTP(w, r) }))
		change := sevenChanges()[SetExternalID]
		change.ExternalID = id
		err := c.Send(context.Background(), change, nil).Err
		if want := "/resellers/v1/packages/update/" + packageID(1) + "/" + segment; err != nil || line != want {
			t.Errorf("%q: sent as %s, want %s; error %v", id, line, want, err)
		}
		if p, _ := s.Package(packageID(1)); p.ExternalID != id {
			t.Errorf("%q arrived as %q", id, p.ExternalID)
		}
	}
}

func TestExternalIDInCreateBody(t *testing.T) {
	s, c := serveSim(t, wixsim.ChangeOptions{})
	change := sevenChanges()[CreatePackage]
	change.ExternalID = "a/b?c#100% ü\"<\u2028日本"
	if err := c.Send(context.Background(), change, nil).Err; err != nil {
		t.Fatal(err)
	}
	if p, _ := s.Package(s.Changes()[0].PackageID); p.ExternalID != change.ExternalID {
		t.Errorf("%q arrived as %q", change.ExternalID, p.ExternalID)
	}
}

// TestInvalidChanges: an invalid change is not sent.
func TestInvalidChanges(t *testing.T) {
	requests := 0
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { requests++ }))
	defer server.Close()
	c := newTestClient(t, nil, func(o *Options) { o.BaseURL, o.Transport = server.URL, nil })
	defer c.Close()
	for name, test := range map[string]struct {
		kind  ChangeKind
		spoil func(*Change)
		want  string
	}{
		"kind":                  {Assign, func(c *Change) { c.Kind = "delete" }, `unknown kind of change "delete"`},
		"no kind":               {Assign, func(c *Change) { c.Kind = "" }, "unknown kind"},
		"account":               {CancelPackage, func(c *Change) { c.AccountID = "" }, "account id"},
		"package":               {CancelPackage, func(c *Change) { c.PackageID = "" }, "package id"},
		"package is a path":     {CancelPackage, func(c *Change) { c.PackageID = "product-instances" }, "package id"},
		"package is two dots":   {SetExternalID, func(c *Change) { c.PackageID = ".." }, "package id"},
		"instance":              {CancelInstance, func(c *Change) { c.InstanceID = "" }, "instance id"},
		"instance to unassign":  {Unassign, func(c *Change) { c.InstanceID = "." }, "instance id"},
		"instance to adjust":    {Adjust, func(c *Change) { c.InstanceID = "" }, "instance id"},
		"site":                  {Assign, func(c *Change) { c.SiteID = "" }, "site id"},
		"site is a call":        {Assign, func(c *Change) { c.SiteID = "unassign" }, `site id "unassign": not a GUID`},
		"adjust neither":        {Adjust, func(c *Change) { c.ProductID = "" }, "billing cycle"},
		"adjust both":           {Adjust, func(c *Change) { c.Cycle = "1 YEAR" }, "in one call"},
		"adjust product":        {Adjust, func(c *Change) { c.ProductID = "\xff" }, "product id"},
		"adjust cycle":          {Adjust, func(c *Change) { c.ProductID, c.Cycle = "", "1 HOUR" }, "billing cycle"},
		"adjust no count":       {Adjust, func(c *Change) { c.ProductID, c.Cycle = "", "0 YEAR" }, "billing cycle"},
		"external id":           {SetExternalID, func(c *Change) { c.ExternalID = "" }, "missing"},
		"external id of a dot":  {SetExternalID, func(c *Change) { c.ExternalID = "." }, "not possible in a path"},
		"external id of dots":   {SetExternalID, func(c *Change) { c.ExternalID = ".." }, "not possible in a path"},
		"external id not UTF-8": {SetExternalID, func(c *Change) { c.ExternalID = "M\xfcller" }, "not UTF-8"},
		"create not UTF-8":      {CreatePackage, func(c *Change) { c.ExternalID = "M\xfcller" }, "not UTF-8"},
		"create without an id":  {CreatePackage, func(c *Change) { c.ExternalID = "" }, "external id"},
		"create without a key":  {CreatePackage, func(c *Change) { c.IdempotencyKey = "" }, "idempotency key"},
		"create of a package":   {CreatePackage, func(c *Change) { c.PackageID = packageID(1) }, "can't have an id"},
		"create nothing":        {CreatePackage, func(c *Change) { c.Instances = nil }, "0 instances"},
		"create too much":       {CreatePackage, func(c *Change) { c.Instances = make([]NewInstance, 1001) }, "1001 instances"},
		"create, instances":     {CreatePackage, func(c *Change) { c.Instances = []NewInstance{{SiteID: "x", Country: "D1", Cycle: "?"}} }, `instance 1: product id "": missing or not UTF-8 site id "x": not a GUID country code "D1"`},
	} {
		change := sevenChanges()[test.kind]
		test.spoil(&change)
		sent := c.Send(context.Background(), change, nil)
		if sent.Status != execute.NotSent || !strings.Contains(sent.Err.Error(), test.want) || strings.Contains(sent.Err.Error(), "\n") || change.Check() == nil {
			t.Errorf("%s: error %v, want %q", name, sent.Err, test.want)
		}
	}
	if sent := c.Requests(); requests > 0 || sent.Change > 0 || sent.Failed > 0 {
		t.Errorf("%d requests arrived; %+v", requests, sent)
	}
}
