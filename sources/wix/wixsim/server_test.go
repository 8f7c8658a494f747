package wixsim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// unknownID is an id that nothing has.
const unknownID = "00000000-0000-4000-8000-00000000dead"

func TestQueryIsStrict(t *testing.T) {
	plain := `{"query":{}}`
	for name, test := range map[string]struct {
		body   string
		modify func(*http.Request)
		status int
		answer string
	}{
		"right":                     {plain, nil, 200, ""},
		"charset":                   {plain, func(r *http.Request) { r.Header.Set("Content-Type", "application/json; charset=utf-8") }, 200, ""},
		"upper-case parent":         {plain, func(r *http.Request) { r.Header.Set("wix-account-id", strings.ToUpper(DefaultParent)) }, 200, ""},
		"no key":                    {plain, func(r *http.Request) { r.Header.Del("Authorization") }, 401, "UNAUTHENTICATED"},
		"bearer":                    {plain, func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+DefaultKey) }, 401, "UNAUTHENTICATED"},
		"no account":                {plain, func(r *http.Request) { r.Header.Del("wix-account-id") }, 400, "missing"},
		"account is no GUID":        {plain, func(r *http.Request) { r.Header.Set("wix-account-id", "me") }, 400, "not a GUID"},
		"another account":           {plain, func(r *http.Request) { r.Header.Set("wix-account-id", unknownID) }, 403, "PERMISSION_DENIED"},
		"text":                      {plain, func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }, 400, "application/json"},
		"put":                       {plain, func(r *http.Request) { r.Method = http.MethodPut }, 405, "want POST"},
		"other path":                {plain, func(r *http.Request) { r.URL.Path += "/all" }, 404, "no such call"},
		"query string":              {plain, func(r *http.Request) { r.URL.RawQuery = "limit=5" }, 400, "takes none"},
		"empty body":                {``, nil, 400, "body"},
		"not JSON":                  {`query`, nil, 400, "body"},
		"two values":                {plain + plain, nil, 400, "more than one"},
		"no query":                  {`{}`, nil, 400, "required"},
		"unknown field":             {`{"query":{},"account":"x"}`, nil, 400, "unknown field"},
		"unknown query field":       {`{"query":{"limit":5}}`, nil, 400, "unknown field"},
		"limit 101":                 {`{"query":{"cursorPaging":{"limit":101}}}`, nil, 400, "101 is not from 1 to 100"},
		"limit 0":                   {`{"query":{"cursorPaging":{"limit":0}}}`, nil, 400, "0 is not from 1 to 100"},
		"offset limit 101":          {`{"query":{"paging":{"limit":101}}}`, nil, 400, "101 is not from 1 to 100"},
		"negative offset":           {`{"query":{"paging":{"offset":-1}}}`, nil, 400, "negative"},
		"two pagings":               {`{"query":{"paging":{"limit":1},"cursorPaging":{"limit":1}}}`, nil, 400, "can't be combined"},
		"unknown filter field":      {`{"query":{"filter":{"name":{"$eq":"x"}}}}`, nil, 400, "can't be filtered"},
		"unknown operator":          {`{"query":{"filter":{"accountId":{"$gt":"x"}}}}`, nil, 400, "does not know"},
		"filter of instances":       {`{"query":{"filter":{"productInstances.status":{"$hasSome":["FAILED"]}}}}`, nil, 400, "can't be filtered"},
		"wrong operand":             {`{"query":{"filter":{"accountId":{"$eq":5}}}}`, nil, 400, "wrong type"},
		"null operand":              {`{"query":{"filter":{"accountId":{"$eq":null}}}}`, nil, 400, "wrong type"},
		"filter is a list":          {`{"query":{"filter":[]}}`, nil, 400, "object"},
		"sort":                      {`{"query":{"sort":[{"fieldName":"createdDate"}]}}`, nil, 200, ""},
		"sort by another field":     {`{"query":{"sort":[{"fieldName":"id"}]}}`, nil, 400, "can't be sorted by"},
		"sort in another order":     {`{"query":{"sort":[{"fieldName":"createdDate","order":"UP"}]}}`, nil, 400, "neither ASC nor DESC"},
		"sort beside a cursor":      {`{"query":{"sort":[{"fieldName":"createdDate"}],"cursorPaging":{"cursor":"CURSOR"}}}`, nil, 400, "INVALID_CURSOR"},
		"date by $in":               {`{"query":{"filter":{"createdDate":{"$in":[]}}}}`, nil, 400, "does not know"},
		"date that is none":         {`{"query":{"filter":{"createdDate":{"$lt":"today"}}}}`, nil, 400, "not an RFC 3339 date"},
		"made-up cursor":            {`{"query":{"cursorPaging":{"cursor":"abc"}}}`, nil, 400, "INVALID_CURSOR"},
		"cursor and filter":         {`{"query":{"filter":{"accountId":{"$eq":"x"}},"cursorPaging":{"cursor":"CURSOR"}}}`, nil, 400, "INVALID_CURSOR"},
		"cursor and paging":         {`{"query":{"paging":{"limit":1},"cursorPaging":{"cursor":"CURSOR"}}}`, nil, 400, "INVALID_CURSOR"},
		"cursor of another server":  {`{"query":{"cursorPaging":{"cursor":"OTHER"}}}`, nil, 400, "INVALID_CURSOR"},
		"cursor and another limit":  {`{"query":{"cursorPaging":{"cursor":"CURSOR","limit":3}}}`, nil, 200, ""},
		"cursor that was cut":       {`{"query":{"cursorPaging":{"cursor":"CURSORAA"}}}`, nil, 400, "INVALID_CURSOR"},
		"body of more than a MiB":   {`{"query":{}}` + strings.Repeat(" ", maxBody), nil, 400, "can't be read"},
		"empty filter, asked alone": {`{"query":{"filter":{}}}`, nil, 200, ""},
	} {
		t.Run(name, func(t *testing.T) {
			packages := healthy(30).Inventory
			r, other := serve(t, packages, nil), serve(t, packages, nil)
			ask := `{"query":{"cursorPaging":{"limit":10}}}`
			body := strings.ReplaceAll(test.body, "CURSOR", r.query(ask).Metadata.Cursors.Next)
			body = strings.ReplaceAll(body, "OTHER", other.query(ask).Metadata.Cursors.Next)
			req := r.queryRequest(body)
			if test.modify != nil {
				test.modify(req)
			}
			status, header, text, err := r.do(req)
			if err != nil || status != test.status || !strings.Contains(string(text), test.answer) {
				t.Fatalf("got %d %s %v, want %d with %q", status, text, err, test.status, test.answer)
			}
			if header.Get("X-Wix-Request-Id") == "" {
				t.Error("the answer has no request id")
			}
			if status != 200 {
				checkErrorShape(t, text)
			}
		})
	}
}

func checkErrorShape(t *testing.T, text []byte) {
	t.Helper()
	var body struct {
		Message string
		Details struct {
			ApplicationError *struct {
				Code, Description string
				Data              map[string]any
			}
			ValidationError *struct {
				FieldViolations []struct{ Field, Description, ViolatedRule string }
			}
		}
	}
	if err := decodeStrictly(text, &body); err != nil {
		t.Fatal(err)
	}
	if body.Message == "" || (body.Details.ApplicationError == nil) == (body.Details.ValidationError == nil) {
		t.Errorf("error has not the documented shape: %s", text)
	}
}

func TestGet(t *testing.T) {
	packages := healthy(10).Inventory
	p := packages[3]
	path := "/resellers/v1/packages/"
	for name, test := range map[string]struct {
		method, id, account, body string
		status                    int
		code                      string
	}{
		"right":           {"GET", p.ID, p.AccountID, "", 200, ""},
		"upper case":      {"GET", strings.ToUpper(p.ID), strings.ToUpper(p.AccountID), "", 200, ""},
		"another account": {"GET", p.ID, unknownID, "", 403, "PACKAGE_ACCOUNT_MISMATCH"},
		"the parent":      {"GET", p.ID, DefaultParent, "", 403, "PACKAGE_ACCOUNT_MISMATCH"},
		"unknown":         {"GET", unknownID, p.AccountID, "", 404, "PACKAGE_NOT_FOUND"},
		"no GUID":         {"GET", "first", p.AccountID, "", 400, "not a GUID"},
		"no id":           {"GET", "", p.AccountID, "", 404, "NOT_FOUND"},
		"body":            {"GET", p.ID, p.AccountID, "{}", 400, "takes none"},
		"a change":        {"PUT", p.ID, p.AccountID, "", 405, "METHOD_NOT_ALLOWED"},
	} {
		t.Run(name, func(t *testing.T) {
			r := serve(t, packages, nil)
			status, _, text, err := r.do(r.request(test.method, path+test.id, test.account, test.body))
			if err != nil || status != test.status || !strings.Contains(string(text), test.code) {
				t.Fatalf("got %d %s %v, want %d with %q", status, text, err, test.status, test.code)
			}
			if status != 200 {
				checkErrorShape(t, text)
				return
			}
			var got struct{ Package Package }
			if err := json.Unmarshal(text, &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(p, got.Package); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestKindsOfServer(t *testing.T) {
	packages := healthy(250).Inventory
	account := fmt.Sprintf(`{"query":{"filter":{"accountId":{"$eq":%q}}}}`, packages[0].AccountID)
	count := `{"query":{"paging":{"limit":1}}}`
	other := `{"query":{"filter":{"externalId":{"$eq":"x"}}}}`
	two := fmt.Sprintf(`{"query":{"filter":{"accountId":{"$eq":%q,"$in":[%q]}}}}`, packages[0].AccountID, packages[0].AccountID)
	for name, test := range map[string]struct {
		o      Options
		body   string
		status int
	}{
		"no offset":                {Options{NoOffset: true}, count, 400},
		"no offset, cursor":        {Options{NoOffset: true}, account, 200},
		"only accounts, other":     {Options{OnlyAccountFilter: true}, other, 400},
		"only accounts, and more":  {Options{OnlyAccountFilter: true}, two, 400},
		"only accounts, account":   {Options{OnlyAccountFilter: true}, account, 200},
		"only accounts, no filter": {Options{OnlyAccountFilter: true}, `{"query":{}}`, 200},
		"failing account":          {Options{FailAccounts: map[string]int{strings.ToUpper(packages[0].AccountID): 403}}, account, 403},
		"failing account, sweep":   {Options{FailAccounts: map[string]int{packages[0].AccountID: 403}}, `{"query":{}}`, 200},
		"failing pages":            {Options{FailSweepPagesOf: map[string]int{packages[0].AccountID: 503}}, `{"query":{}}`, 503},
		"failing pages, account":   {Options{FailSweepPagesOf: map[string]int{packages[0].AccountID: 503}}, account, 200},
	} {
		t.Run(name, func(t *testing.T) {
			r := serve(t, packages, &test.o)
			status, _, text, err := r.do(r.queryRequest(test.body))
			if err != nil || status != test.status {
				t.Errorf("got %d %v, want %d: %s", status, err, test.status, text)
			}
			if status != 200 {
				checkErrorShape(t, text)
			}
		})
	}
}

func TestTotals(t *testing.T) {
	packages := healthy(50).Inventory
	own := 0
	for _, p := range packages {
		if p.AccountID == DefaultParent {
			own++
		}
	}
	count := `{"query":{"paging":{"limit":2,"offset":1}}}`
	for name, test := range map[string]struct {
		o    Options
		want *int
	}{
		"whole":       {Options{}, new(len(packages))},
		"wrong":       {Options{TotalDelta: -3}, new(len(packages) - 3)},
		"parent only": {Options{ParentOnly: true}, new(own)},
		"too many":    {Options{TooManyToCount: true}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			m := serve(t, packages, &test.o).query(count).Metadata
			if diff := cmp.Diff(test.want, m.Total); diff != "" {
				t.Error(diff)
			}
			if *m.Offset != 1 || m.TooManyToCount != test.o.TooManyToCount || m.Cursors != nil {
				t.Errorf("metadata is %+v", m)
			}
		})
	}
}

func TestMetadataName(t *testing.T) {
	a := serve(t, healthy(5).Inventory, &Options{MetadataName: "pagingMetadata"}).query(`{"query":{}}`)
	if a.Metadata != nil || a.PagingMetadata == nil || a.PagingMetadata.Cursors == nil || a.PagingMetadata.Cursors.Next != "" {
		t.Errorf("got %+v and %+v", a.Metadata, a.PagingMetadata)
	}
}
