package wix

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/wixrecon/wixrecon/reconcile"
)

func TestDecodePackage(t *testing.T) {
	const raw = `{"id":"BBBBBBBB-0000-4000-8000-00000000000A","accountId":"AAAAAAAA-0000-4000-8000-000000000001","externalId":"\u00a0 Sub-1\t",
		"revision":"7","createdDate":"2026-01-02T03:04:05.678Z","updatedDate":"2026-01-02T03:04:05+02:00",
		"productInstances":[
		{"instanceId":"z","status":"FAILED","failure":{"code":"DELIVERY_TIMEOUT","message":"late"},"billingInfo":{"type":"ONE_TIME"},"countryCode":"de"},
		{"instanceId":"CCCCCCCC-0000-4000-8000-00000000000B","catalogProductId":"P","siteId":"DDDDDDDD-0000-4000-8000-00000000000C","status":"NEW_ONE",
		 "billingInfo":{"type":"RECURRING","cycleDuration":{"unit":"month","count":3}},"expirationDate":"2026-12-31T00:00:00","discountCode":"D",
		 "referenceProductInstanceId":"EEEEEEEE-0000-4000-8000-00000000000D","createdDate":null,"updatedDate":""}]}`
	want := reconcile.Package{
		ID: "bbbbbbbb-0000-4000-8000-00000000000a", AccountID: "aaaaaaaa-0000-4000-8000-000000000001", ExternalID: "Sub-1",
		Created: time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC), Updated: time.Date(2026, 1, 2, 1, 4, 5, 0, time.UTC),
		Instances: []reconcile.Instance{
			{
				ID: "cccccccc-0000-4000-8000-00000000000b", ProductID: "P", SiteID: "dddddddd-0000-4000-8000-00000000000c", Status: "NEW_ONE",
				Cycle: "3 MONTH", Discount: "D", References: "eeeeeeee-0000-4000-8000-00000000000d", Expires: time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC),
			},
			{ID: "z", Status: "FAILED", Failure: "DELIVERY_TIMEOUT: late", Cycle: "ONE_TIME", Country: "DE"},
		},
	}
	got, err := decodePackage([]byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestDecodeCycle(t *testing.T) {
	for billing, want := range map[string]reconcile.Cycle{
		`null`: "", `{}`: "", `{"type":null}`: "", `{"type":"METERED"}`: "METERED", `{"type":"RECURRING"}`: "",
		`{"cycleDuration":{"unit":"MONTH","count":1}}`: "1 MONTH", `{"type":"ONE_TIME","cycleDuration":null}`: "ONE_TIME",
		`{"type":"RECURRING","cycleDuration":{"unit":"YEAR"}}`:               "1 YEAR",
		`{"type":"RECURRING","cycleDuration":{"unit":"YEAR","count":null}}`:  "1 YEAR",
		`{"type":"RECURRING","cycleDuration":{"unit":"MONTH","count":"12"}}`: "12 MONTH",
		`{"type":"RECURRING","cycleDuration":{"unit":"DECADE","count":2}}`:   "2 DECADE",
	} {
		p, err := decodePackage([]byte(`{"id":"p","productInstances":[{"billingInfo":` + billing + `}]}`))
		if err != nil || p.Instances[0].Cycle != want {
			t.Errorf("%s: %+v, error %v, want %q", billing, p, err, want)
		}
	}
}

func TestDecodeErrors(t *testing.T) {
	for raw, want := range map[string]string{
		`{"id":"p","updatedDate":"2026-13-01T00:00:00Z"}`:                                                                   "package p: field updatedDate: 2026-13-01T00:00:00Z is not an RFC 3339 date",
		`{"id":"p","updatedDate":1767225600}`:                                                                               "package p: field updatedDate: unexpected JSON number",
		`{"id":"p","productInstances":[{"instanceId":"i","expirationDate":"never"}]}`:                                       "package p: instance i: field expirationDate: never",
		`{"id":"p","productInstances":[{"status":["ENABLED"]}]}`:                                                            "package p: field productInstances.status: unexpected JSON array",
		`{"id":"p","productInstances":[{"billingInfo":{"type":"RECURRING","cycleDuration":{"unit":"MONTH","count":1.5}}}]}`: "package p: instance without an id: field billingInfo.cycleDuration.count: 1.5",
		`{"id":" "}`:                    "a package has no id",
		`{"id":null,"createdDate":"x"}`: "a package has no id",
		`{"externalId":7}`:              "a package has no id",
		`7`:                             "package without an id: field (top level): unexpected JSON number",
		`{"id":"` + strings.Repeat("x", 200) + `","createdDate":"x"}`: "package (of 200 characters)",
	} {
		if _, err := decodePackage([]byte(raw)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", raw, err, want)
		}
	}
}

// TestDecodeIgnoresOrder: the order of instances does not matter, even if their
// ids are equal or missing.
func TestDecodeIgnoresOrder(t *testing.T) {
	a, b := `{"status":"ENABLED","siteId":"s"}`, `{"status":"CANCELED"}`
	one, err1 := decodePackage([]byte(`{"id":"p","productInstances":[` + a + `,` + b + `]}`))
	two, err2 := decodePackage([]byte(`{"id":"p","productInstances":[` + b + `,` + a + `]}`))
	if err1 != nil || err2 != nil || !reflect.DeepEqual(one, two) || contentHash(&one) != contentHash(&two) {
		t.Errorf("%+v and %+v", one, two)
	}
}

// FuzzDecodePackage checks that nothing panics, and that an encoded package is
// decoded to the same one.
func FuzzDecodePackage(f *testing.F) {
	f.Add([]byte(`{"id":"p","productInstances":[{"billingInfo":{"type":"RECURRING","cycleDuration":{"unit":"month","count":3}},"failure":{"code":"a","message":"b"}}]}`))
	f.Add([]byte(`{"id":"BBBBBBBB-0000-4000-8000-00000000000A","externalId":" x ","createdDate":"2026-01-02T03:04:05.678+23:59"}`))
	f.Add([]byte(`{"id":"p","updatedDate":"9999-12-31T23:59:59-05:00"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, err := decodePackage(raw)
		if err != nil {
			return
		}
		var spaced bytes.Buffer
		if err := json.Indent(&spaced, raw, "\n", " "); err != nil {
			t.Fatalf("decoded invalid JSON: %v", err)
		}
		for _, again := range [][]byte{spaced.Bytes(), encodePackage(t, &p)} {
			q, err := decodePackage(again)
			if err != nil || contentHash(&p) != contentHash(&q) {
				t.Fatalf("%s\n%+v\n%+v\n%v", again, p, q, err)
			}
		}
	})
}

// encodePackage returns the JSON of a package as Wix would send it.
func encodePackage(t *testing.T, p *reconcile.Package) []byte {
	w := wirePackage{ID: p.ID, AccountID: p.AccountID, ExternalID: p.ExternalID, Created: encodeDate(p.Created), Updated: encodeDate(p.Updated)}
	for _, in := range p.Instances {
		i := wireInstance{
			ID: in.ID, ProductID: in.ProductID, SiteID: in.SiteID, Status: string(in.Status), Country: in.Country,
			Failure: wireFailure{Code: in.Failure}, Discount: in.Discount, References: in.References,
			Expires: encodeDate(in.Expires), Created: encodeDate(in.Created), Updated: encodeDate(in.Updated),
		}
		count, unit, recurring := strings.Cut(string(in.Cycle), " ")
		if i.Billing.Type = string(in.Cycle); recurring {
			i.Billing = wireBilling{Type: "RECURRING", Duration: &wireDuration{Unit: unit, Count: json.Number(count)}}
		}
		w.Instances = append(w.Instances, i)
	}
	raw, err := json.Marshal(w)
	if err != nil {
		t.Skip(err)
	}
	return raw
}

func encodeDate(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	if at.Year() > 9999 || at.Year() < 0 { // a date at the limit of the calendar, in UTC
		return at.In(time.FixedZone("", map[bool]int{true: -86340, false: 86340}[at.Year() > 9999])).Format(time.RFC3339Nano)
	}
	return at.Format(time.RFC3339Nano)
}

// FuzzDecodePage checks that nothing panics, and that a page has paging metadata.
func FuzzDecodePage(f *testing.F) {
	f.Add([]byte(`{"packages":[{"id":"p"}],"metadata":{"total":"7","cursors":{"next":"x"}}}`))
	f.Add([]byte(`{"packages":null,"pagingMetadata":{"tooManyToCount":true}}`))
	f.Add([]byte(`{"packages":[],"pagingMetadata":{"count":0,"hasNext":false},"metadata":{"total":1e3}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		page, err := decodePage(raw)
		if err == nil && !bytes.Contains(bytes.ToLower(raw), []byte("etadata")) && !bytes.Contains(raw, []byte(`\u`)) {
			t.Fatalf("%s: %+v", raw, page)
		}
		_, _ = decodeGet(raw, "p")
	})
}
