package wix

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const usualPackage = `{"id":"bbbbbbbb-0000-4000-8000-00000000000a","accountId":"aaaaaaaa-0000-4000-8000-000000000001","externalId":"SUB-000038",
	"revision":"7","createdDate":"2026-01-02T03:04:05.678Z","updatedDate":"2026-01-02T03:04:05Z","contract":{"tags":["a",{"b":null}],"active":true},
	"productInstances":[{"instanceId":"cccccccc-0000-4000-8000-00000000000b","catalogProductId":"Premium","siteId":null,"status":"ENABLED",
	"billingInfo":{"type":"RECURRING","cycleDuration":{"unit":"MONTH","count":3}},"countryCode":"DE","failure":null,"discountCode":"ÄÖ",
	"expirationDate":"2026-12-31T00:00:00Z"},{"instanceId":"z","status":"FAILED","failure":{"code":"TIMEOUT","message":"late"}}]}`

// plainPackage reads a package by encoding/json, which takes names as written
// only where it decodes into maps.
func plainPackage(raw []byte) (w wirePackage, err error) {
	var top map[string]json.RawMessage
	var instances []map[string]json.RawMessage
	read := func(from map[string]json.RawMessage, name string, to any) {
		if text, ok := from[name]; ok && err == nil {
			err = json.Unmarshal(text, to)
		}
	}
	err = json.Unmarshal(raw, &top)
	for name, to := range map[string]any{
		"id": &w.ID, "accountId": &w.AccountID, "externalId": &w.ExternalID, "createdDate": &w.Created, "updatedDate": &w.Updated, "productInstances": &instances,
	} {
		read(top, name, to)
	}
	for _, fields := range instances {
		var in wireInstance
		var billing, duration, failure map[string]json.RawMessage
		for name, to := range map[string]any{
			"instanceId": &in.ID, "catalogProductId": &in.ProductID, "siteId": &in.SiteID, "status": &in.Status, "countryCode": &in.Country,
			"discountCode": &in.Discount, "referenceProductInstanceId": &in.References, "expirationDate": &in.Expires,
			"createdDate": &in.Created, "updatedDate": &in.Updated, "billingInfo": &billing, "failure": &failure,
		} {
			read(fields, name, to)
		}
		read(billing, "type", &in.Billing.Type)
		read(billing, "cycleDuration", &duration)
		if duration != nil {
			in.Billing.Duration = new(wireDuration)
			read(duration, "unit", &in.Billing.Duration.Unit)
			var count any
			read(duration, "count", &count)
			if text, isText := count.(string); isText {
				in.Billing.Duration.Count = json.Number(text)
			} else {
				read(duration, "count", &in.Billing.Duration.Count)
			}
		}
		read(failure, "code", &in.Failure.Code)
		read(failure, "message", &in.Failure.Message)
		w.Instances = append(w.Instances, in)
	}
	return w, err
}

// scanned compares scanPackage with encoding/json.
func scanned(t *testing.T, raw []byte) error {
	t.Helper()
	var got wirePackage
	err := scanPackage(raw, &got)
	if err != nil {
		if strings.HasSuffix(err.Error(), "invalid JSON") && json.Valid(raw) {
			t.Fatalf("%s: %v, but it is valid", raw, err)
		}
		return err
	}
	want, plainErr := plainPackage(raw)
	if got.Unreadable && json.Valid(raw) {
		return nil
	}
	if plainErr != nil {
		t.Fatalf("%s: read, but encoding/json refuses it: %v", raw, plainErr)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" && len(raw) < maxMessage {
		t.Fatalf("%s: %s", raw, diff)
	}
	return nil
}

func TestScanPackage(t *testing.T) {
	for _, raw := range []string{
		usualPackage, `{}`, ` {"id" : "p" } `, `{"id":null,"productInstances":null}`, `{"productInstances":[]}`,
		`{"productInstances":[{"billingInfo":null},{"billingInfo":{"cycleDuration":null}}]}`, `{"unknown":[[],{},12,false,-1.5e+7]}`,
		`{"id":"\u0041\"\\\/\b\f\n\r\t\ud83d\ude00ä"}`, `{"id":"a","ID":"b","Id":"c","iD":7}`, `{"x":1,"x":2}`, "{\"bac\u212aup\":\"a\"}",
		`{"productInstances":[{"billingInfo":{"cycleDuration":{"count":"3"}}}]}`,
	} {
		if err := scanned(t, []byte(raw)); err != nil {
			t.Errorf("%s: %v", raw, err)
		}
	}
	for raw, want := range map[string]string{
		`{"id":"a","id":"a"}`: "field id: the name occurs twice", `{"ID":"a"}`: "field id: the name is in another case", `{"id":7}`: "field id: unexpected JSON number",
		`{"productInstances":[{"status":"ENABLED","\u0073tatus":"CANCELED"}]}`: "field productInstances.status: the name occurs twice",
		`{"productInstances":[{"Status":"CANCELED"}]}`:                         "field productInstances.status: the name is in another case",
		"{\"\u017fiteId\":\"a\",\"productInstances\":[{\"\u017fiteId\":1}]}":   "field productInstances.siteId: the name is in another case",
		`{"id":"a"`: "invalid JSON", `{"id":"a"}x`: "invalid JSON", "{\"id\":\"a\nb\"}": "invalid JSON", `{"x":01}`: "invalid JSON", `{"id":"a",}`: "invalid JSON",
		``: "invalid JSON", `null`: "unexpected JSON null", `{"x":1.}`: "invalid JSON", `{"x":-}`: "invalid JSON", `{"x":1e}`: "invalid JSON", `{"id":"\x"}`: "invalid JSON",
		"{\"id\":\"\xff\"}": "field id: it is not valid Unicode", `{"accountId":"\ud800"}`: "field accountId: it is not valid Unicode",
		`{"accountId":"` + strings.Repeat("a", 20<<10) + `"}`: "field accountId: it has 20480 bytes",
		`{"x":` + strings.Repeat("[", 1<<20):                  "nested more than 64 deep",
	} {
		if err := scanned(t, []byte(raw)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s: %v, want %q", raw, err, want)
		}
	}
}

// An external id that is not text marks the package, and does not become another's.
func TestScanExternalID(t *testing.T) {
	for raw, want := range map[string]string{
		`"\ud800x"`: "\ufffdx", `"x\udc00"`: "x\ufffd", `"\udc00\ud800"`: "\ufffd\ufffd", "\"a\xc3(\"": "a\ufffd(", `7`: "7", `{"a":[1]}`: `{"a":[1]}`, `true`: "true",
		`"` + strings.Repeat("x", 1001) + `"`: strings.Repeat("x", maxID) + "…",
	} {
		var w wirePackage
		if err := scanPackage([]byte(`{"id":"p","externalId":`+raw+`}`), &w); err != nil || !w.Unreadable || w.ExternalID != want {
			t.Errorf("%.60s: %+v, %v", raw, w, err)
		}
	}
	for raw, want := range map[string]string{`"\ufffd"`: "\ufffd", `"\ud83d\ude00"`: "😀", `null`: "", `""`: "", `"\u0000"`: "\x00", `"` + strings.Repeat("x", 1000) + `"`: strings.Repeat("x", 1000)} {
		var w wirePackage
		if err := scanPackage([]byte(`{"id":"p","externalId":`+raw+`}`), &w); err != nil || w.Unreadable || w.ExternalID != want {
			t.Errorf("%.60s: %+v, %v", raw, w, err)
		}
	}
}

// FuzzScanPackage holds scanPackage to encoding/json.
func FuzzScanPackage(f *testing.F) {
	for _, raw := range []string{
		usualPackage, `{"x":[1,{"y":null}],"id":"a"}`, `{"productInstances":[{"billingInfo":{"cycleDuration":{"count":12}}}]}`,
		`{"id":"a","externalId":"\ud800","ID":"\u0041"}`, `{"externalId":1e3,"productInstances":[{"failure":{"code":"a\n","message":"b"},"billingInfo":{"cycleDuration":{"count":"12","unit":"x"}}}]}`,
	} {
		f.Add([]byte(raw))
	}
	f.Fuzz(func(t *testing.T, raw []byte) { _ = scanned(t, raw) })
}

func BenchmarkDecodePackage(b *testing.B) {
	raw := []byte(usualPackage)
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := decodePackage(raw); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodePackageByEncodingJSON(b *testing.B) {
	raw := []byte(usualPackage)
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		var w wirePackage
		if err := json.Unmarshal(raw, &w); err != nil {
			b.Fatal(err)
		}
		if _, err := w.convert(nil); err != nil {
			b.Fatal(err)
		}
	}
}
