package wix

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const usualPackage = `{"id":"bbbbbbbb-0000-4000-8000-00000000000a","accountId":"aaaaaaaa-0000-4000-8000-000000000001","externalId":"SUB-000038",
	"revision":"7","createdDate":"2026-01-02T03:04:05.678Z","updatedDate":"2026-01-02T03:04:05Z","contract":{"tags":["a",{"b":null}],"active":true},
	"productInstances":[{"instanceId":"cccccccc-0000-4000-8000-00000000000b","catalogProductId":"Premium","siteId":null,"status":"ENABLED",
	"billingInfo":{"type":"RECURRING","cycleDuration":{"unit":"MONTH","count":3}},"countryCode":"DE","failure":null,"discountCode":"ÄÖ",
	"expirationDate":"2026-12-31T00:00:00Z"},{"instanceId":"z","status":"FAILED","failure":{"code":"TIMEOUT","message":"late"}}]}`

// scanned compares scanPackage with encoding/json, and reports whether it gave up.
func scanned(t *testing.T, raw []byte) bool {
	t.Helper()
	var got, want wirePackage
	if !scanPackage(raw, &got) {
		return false
	}
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatalf("%s: read, but encoding/json refuses it: %v", raw, err)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("%s: %s", raw, diff)
	}
	return true
}

func TestScanPackage(t *testing.T) {
	for _, raw := range []string{
		usualPackage, `{}`, ` {"id" : "p" } `, `{"id":null,"productInstances":null}`, `{"productInstances":[]}`,
		`{"productInstances":[{"billingInfo":null},{"billingInfo":{"cycleDuration":null}}]}`, `{"unknown":[[],{},12,false]}`,
	} {
		if !scanned(t, []byte(raw)) {
			t.Errorf("gave up on %s", raw)
		}
	}
	for name, raw := range map[string]string{
		"an escape": `{"id":"\u0041"}`, "a field twice": `{"id":"a","id":"b"}`, "another case": `{"ID":"a"}`, "a Kelvin sign": `{"bacKup":"a"}`,
		"another type": `{"id":7}`, "no end": `{"id":"a"`, "more behind": `{"id":"a"}x`, "a control character": "{\"id\":\"a\nb\"}",
		"invalid UTF-8": "{\"id\":\"\xff\"}", "a count in quotes": `{"productInstances":[{"billingInfo":{"cycleDuration":{"count":"3"}}}]}`,
		"a fraction": `{"x":1.5}`, "a leading zero": `{"x":01}`, "a comma too many": `{"id":"a",}`, "an empty text": ``, "null": `null`,
	} {
		if scanPackage([]byte(raw), new(wirePackage)) {
			t.Errorf("%s: did not give up on %s", name, raw)
		}
	}
}

// FuzzScanPackage holds scanPackage to encoding/json: the same package, or it
// gives up.
func FuzzScanPackage(f *testing.F) {
	for _, raw := range []string{usualPackage, `{"x":[1,{"y":null}],"id":"a"}`, `{"productInstances":[{"billingInfo":{"cycleDuration":{"count":12}}}]}`} {
		f.Add([]byte(raw))
	}
	f.Fuzz(func(t *testing.T, raw []byte) { scanned(t, raw) })
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
		if _, err := w.convert(); err != nil {
			b.Fatal(err)
		}
	}
}
