package wixsim

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

const goodProduct = `{"catalogProductId":"` + productX + `","countryCode":"DE","billingInfo":{"type":"RECURRING","cycleDuration":{"unit":"MONTH","count":1}}}`

func creating(key, externalID string, products ...string) string {
	return fmt.Sprintf(`{"idempotencyKey":%q,"externalId":%q,"products":[%s]}`, key, externalID, strings.Join(products, ","))
}

func (r *testServer) create(body string) Package {
	r.t.Helper()
	status, text, err := r.change("POST", v2, accountB, body)
	if err != nil || status != 200 {
		r.t.Fatalf("answered %d %s, %v", status, text, err)
	}
	var a struct {
		IdempotencyKey string
		Package        Package
	}
	if err := json.Unmarshal([]byte(text), &a); err != nil || !strings.Contains(body, `"`+a.IdempotencyKey+`"`) {
		r.t.Fatalf("answered %s, %v", text, err)
	}
	return a.Package
}

func TestCreate(t *testing.T) {
	for _, stay := range []bool{false, true} {
		r := serveSmall(t, ChangeOptions{StayPending: stay})
		body := creating("k1", "new", goodProduct, strings.Replace(goodProduct, "{", `{"siteId":"`+siteNew+`",`, 1))
		p := r.create(body)
		if p.AccountID != accountB || p.ExternalID != "new" || len(p.ProductInstances) != 2 || p.ProductInstances[0].Status != pending ||
			p.ProductInstances[1].SiteID != siteNew || p.ProductInstances[0].InstanceID == p.ProductInstances[1].InstanceID || !isGUID(p.ID) {
			t.Errorf("created %+v", p)
		}
		want := map[bool]string{false: enabled, true: pending}[stay]
		if stored, _ := r.Package(p.ID); stored.ProductInstances[1].Status != want {
			t.Errorf("then it is %+v, want %s", stored, want)
		}
		r.Deliver()
		delivered, _ := r.Package(p.ID)
		if delivered.ProductInstances[0].Status != enabled || !delivered.UpdatedDate.After(p.UpdatedDate) {
			t.Errorf("delivered it is %+v", delivered)
		}
		if again := r.create(body); again.ID != p.ID || again.ProductInstances[0].Status != enabled {
			t.Errorf("created again it is %+v", again)
		}
		if status, text, _ := r.change("POST", v2, accountB, creating("k1", "other", goodProduct)); status != 409 || !strings.Contains(text, "IDEMPOTENCY_KEY_REUSED") {
			t.Errorf("another under the key is answered %d %s", status, text)
		}
		if status, text, _ := r.change("POST", v2, accountA, body); status != 409 {
			t.Errorf("another account's is answered %d %s", status, text)
		}
		if other := r.create(creating("k2", "new", goodProduct)); other.ID == p.ID {
			t.Error("another key gave the same package")
		}
		if effects := effectsOf(r); !slices.Equal(effects, []Effect{Done, Repeated, NoEffect, NoEffect, Done}) {
			t.Errorf("recorded as %q", effects)
		}
	}
}

func TestCreateIsRefused(t *testing.T) {
	with := func(old, new string) string { return strings.Replace(goodProduct, old, new, 1) }
	cycle := `"billingInfo":{"type":"RECURRING","cycleDuration":{"unit":"MONTH","count":1}}`
	var many []string
	for range maxProducts + 1 {
		many = append(many, goodProduct)
	}
	for name, test := range map[string]struct {
		body   string
		status int
		answer string
	}{
		"no products":            {creating("", "x"), 400, "from 1 to 1000"},
		"1001 products":          {creating("", "x", many...), 400, "from 1 to 1000"},
		"no body":                {"", 400, "body"},
		"the example's field":    {`{"external_id":"x","products":[` + goodProduct + `]}`, 400, "unknown field"},
		"long external id":       {creating("", strings.Repeat("ü", 101), goodProduct), 400, "externalId"},
		"no country":             {creating("", "x", with(`"countryCode":"DE",`, "")), 400, "countryCode"},
		"long country":           {creating("", "x", with(`"DE"`, `"DEU"`)), 400, "two letters"},
		"no product":             {creating("", "x", with(productX, "")), 400, "catalogProductId"},
		"no site":                {creating("", "x", with("{", `{"siteId":"home",`)), 400, "siteId"},
		"a discount":             {creating("", "x", with("{", `{"discountCode":"SALE",`)), 400, "unknown field"},
		"no cycle":               {creating("", "x", with(","+cycle, "")), 428, "MISSING_BILLING_CYCLE"},
		"no duration":            {creating("", "x", with(cycle, `"billingInfo":{"type":"RECURRING"}`)), 428, "MISSING_BILLING_CYCLE"},
		"another type":           {creating("", "x", with("RECURRING", "FREE")), 428, "INVALID_BILLING_CYCLE"},
		"another unit":           {creating("", "x", with("MONTH", "HOUR")), 428, "INVALID_BILLING_CYCLE"},
		"no count":               {creating("", "x", with(`"count":1`, `"count":0`)), 428, "INVALID_BILLING_CYCLE"},
		"one time with duration": {creating("", "x", with("RECURRING", "ONE_TIME")), 428, "INVALID_BILLING_CYCLE"},
		"not sold so":            {creating("", "x", with(productX, productY)), 428, "INCOMPATIBLE_BILLING_CYCLE"},
	} {
		t.Run(name, func(t *testing.T) {
			r := serveSmall(t, ChangeOptions{
				Cycles: map[string][]string{productY: {"1 YEAR"}},
			})
			status, text, err := r.change("POST", v2, accountB, test.body)
			if err != nil || status != test.status || !strings.Contains(text, test.answer) {
				t.Errorf("answered %d %q, %v, want %d with %q", status, text, err, test.status, test.answer)
			}
			checkErrorShape(t, []byte(text))
			checkUntouched(t, r)
		})
	}
}

func TestCreateWithoutJSON(t *testing.T) {
	r := serveSmall(t, ChangeOptions{})
	req := r.request("POST", v2, accountB, creating("", "x", goodProduct))
	req.Header.Set("Content-Type", "text/plain")
	if status, _, text, _ := r.do(req); status != 400 {
		t.Errorf("answered %d %s", status, text)
	}
}
