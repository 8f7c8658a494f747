package wix

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"math"
	"net/http"
	"strings"
	"testing"
)

// readPages reads one slice and counts its packages and pages.
func readPages(c *Client, s Slice) (packages, pages int, err error) {
	for page, err := range c.Pages(context.Background(), s) {
		if err != nil {
			return packages, pages, err
		}
		packages += len(page.Packages)
		pages++
	}
	return packages, pages, nil
}

func TestPagesFollowsCursors(t *testing.T) {
	f := &fakeServer{packages: samplePackages(2, 250)}
	for _, test := range []struct {
		slice           Slice
		packages, pages int
		requests        []string
	}{
		{OfAccount(accountID(1)), 250, 3, []string{
			`{"query":{"cursorPaging":{"limit":100},"filter":{"accountId":{"$eq":"` + accountID(1) + `"}}}}`,
			`{"query":{"cursorPaging":{"cursor":"` + accountID(1) + `|100","limit":100}}}`,
		}},
		{Slice{}, 500, 5, []string{`{"query":{"cursorPaging":{"limit":100}}}`, `{"query":{"cursorPaging":{"cursor":"|100","limit":100}}}`}},
		{OfAccount(accountID(9)), 0, 1, nil},
	} {
		f.received = nil
		packages, pages, err := readPages(newTestClient(t, f), test.slice)
		if err != nil || packages != test.packages || pages != test.pages {
			t.Errorf("%+v: %d packages on %d pages, error %v", test.slice, packages, pages, err)
		}
		for i, want := range test.requests {
			if got := f.received[i].raw; got != want {
				t.Errorf("request %d is %s, want %s", i, got, want)
			}
		}
	}
	if got := f.received[0].header; got.Get("Wix-Account-Id") != parentID || got.Get("Authorization") != testKey {
		t.Errorf("headers %v", got)
	}
}

// A responseCase is a response to every query, and the expected error.
type responseCase struct {
	name, response, want string // want is empty if the response is valid
	requests             int
}

func responseCases() []responseCase {
	one, _ := json.Marshal(pkg(1, 1))
	upper := strings.ToUpper(accountID(1))
	foreign, _ := json.Marshal(pkg(2, 2))
	return []responseCase{
		{"no metadata", `{"packages":[` + string(one) + `]}`, "no paging metadata", 1},
		{"null metadata", `{"packages":[],"metadata":null,"pagingMetadata":null}`, "no paging metadata", 1},
		{"an empty response", `{}`, "no paging metadata", 1},
		{"a null response", `null`, "unexpected JSON null", 1},
		{"metadata of another type", `{"metadata":[]}`, "metadata: unexpected JSON array", 1},
		{"a cursor of another type", `{"metadata":{"cursors":{"next":7}}}`, "cursors.next: unexpected JSON number", 1},
		{"metadata that disagree", `{"packages":[],"metadata":{"cursors":{}},"pagingMetadata":{"cursors":{"next":"x"}}}`, "disagree", 1},
		{"totals that disagree", `{"packages":[],"metadata":{"total":1},"pagingMetadata":{"total":2}}`, "disagree", 1},
		{"no new package", `{"packages":[` + string(one) + `],"metadata":{"cursors":{"next":"x"}}}`, "no new package, after 1", 2},
		{"no package at all", `{"packages":[],"metadata":{"cursors":{"next":"x"}}}`, "no new package, after 0", 1},
		{"a package without an id", `{"packages":[{"accountId":"` + accountID(1) + `"}],"metadata":{"cursors":{}}}`, "a package has no id", 1},
		{"a null package", `{"packages":[null],"metadata":{"cursors":{}}}`, "unexpected JSON null", 1},
		{"an array", `[]`, "unexpected JSON array", 1},
		{"a bad date", `{"packages":[{"id":"p7","createdDate":"yesterday"}],"metadata":{"cursors":{}}}`, `package p7: field createdDate: yesterday is not an RFC 3339 date`, 1},
		{"a status of another type", `{"packages":[{"id":"p7","productInstances":[{"status":1}]}],"metadata":{"cursors":{}}}`, "package p7: field productInstances.status: unexpected JSON number", 1},
		{"a foreign account", `{"packages":[` + string(foreign) + `],"metadata":{"cursors":{}}}`, "of account " + accountID(2) + " does not match the filter on account " + accountID(1), 1},
		{"no account", `{"packages":[{"id":"p7"}],"metadata":{"cursors":{}}}`, "package p7 of account (none)", 1},
		{"truncated", `{"packages":[` + string(one), "truncated or not JSON", 6},
		{"HTML", `<html><body>maintenance</body></html>`, "truncated or not JSON", 6},
		{"nothing", ``, "truncated or not JSON", 6},
		{"valid, in upper case", `{"packages":[{"id":"p","accountId":"` + upper + `","productInstances":[{"instanceId":"i"}]}],"metadata":{"cursors":{}}}`, "", 1},
		{"an error with status 200", `{"message":"internal","packages":[],"metadata":{"cursors":{}}}`, "not a page of packages", 1},
		{"items in place of packages", `{"items":[],"metadata":{"cursors":{}}}`, "not a page of packages", 1},
		{"a count and no packages", `{"packages":[],"metadata":{"count":5,"cursors":{}}}`, "its count is 5", 1},
		{"a next page without a cursor", `{"packages":[],"metadata":{"hasNext":true,"cursors":{}}}`, "no cursor to it", 1},
		{"no instances", `{"packages":[{"id":"p","accountId":"` + upper + `"}],"metadata":{"cursors":{}}}`, "has no product instance", 1},
		{"an instance twice", `{"packages":[{"id":"p","accountId":"` + upper + `","productInstances":[{"instanceId":"i"},{"instanceId":"i"}]}],"metadata":{"cursors":{}}}`, "instance i twice", 1},
		{"a million elements", `{"packages":[` + strings.Repeat("0,", 1<<20) + `0],"metadata":{"cursors":{}}}`, "more than 1000 elements", 1},
		{"cursors without a next one", `{"packages":[],"pagingMetadata":{"cursors":{}}}`, "", 1},
		{"metadata under both names", `{"packages":[],"metadata":{"total":0},"pagingMetadata":{"count":0,"cursors":{"next":""}}}`, "", 1},
		{"one package by its count", `{"packages":[` + string(one) + `],"metadata":{"count":1}}`, "", 1},
		{"one package by its total", `{"packages":[` + string(one) + `],"metadata":{"total":"1","hasNext":false}}`, "", 1},
		{"null packages", `{"packages":null,"metadata":{"cursors":{}}}`, "no array of packages", 1},
		{"no packages", `{"metadata":{"count":0,"cursors":{}}}`, "no array of packages", 1},
		{"an error and nothing else", `{"metadata":{"requestId":"x"},"error":{"code":7}}`, "not a page of packages: it has the field error", 1},
		{"an error beside an empty page", `{"packages":[],"metadata":{"count":0},"details":{}}`, "not a page of packages", 1},
		{"metadata that state nothing", `{"packages":[],"metadata":{"requestId":"x","cursors":null,"total":null,"hasNext":false}}`, "no cursors, no count and no total", 1},
		{"too many to count", `{"packages":[],"metadata":{"total":0,"tooManyToCount":true}}`, "no cursors, no count and no total", 1},
		{"fewer packages than the count", `{"packages":[` + string(one) + `],"metadata":{"count":2,"cursors":{}}}`, "1 packages, but its count is 2", 1},
		{"more packages than the count", `{"packages":[` + string(one) + `],"metadata":{"count":0,"cursors":{}}}`, "1 packages, but its count is 0", 1},
		{"fewer packages than the total", `{"packages":[` + string(one) + `],"metadata":{"total":250,"cursors":{}}}`, "the total is 250, but 1 packages were read", 1},
		{"more packages than the total", `{"packages":[` + string(one) + `],"metadata":{"total":0,"cursors":{"next":"x"}}}`, "the total is 0, but 1 packages were read", 1},
		{"a total of twenty digits", `{"packages":[],"metadata":{"total":10000000000000000000}}`, "the total is 9223372036854775807", 1},
		{"a total that is no whole number", `{"packages":[],"metadata":{"cursors":{},"total":1e3}}`, "total: 1e3 is not a whole number", 1},
		{"a count of another type", `{"packages":[],"metadata":{"cursors":{},"count":true}}`, "count: unexpected JSON bool", 1},
		{"a next page beside a total, and no cursor", `{"packages":[` + string(one) + `],"metadata":{"total":1,"hasNext":true}}`, "no cursor to it", 1},
		{"a cursor, and no next page", `{"packages":[` + string(one) + `],"metadata":{"hasNext":false,"cursors":{"next":"x"}}}`, "but a cursor to it", 1},
		{"a next page of another type", `{"packages":[],"metadata":{"count":0,"hasNext":"true"}}`, "hasNext: unexpected JSON string", 1},
		{"packages twice", `{"packages":[` + string(one) + `],"packages":[],"metadata":{"count":0}}`, "packages: the name occurs twice", 1},
		{"cursors twice", `{"packages":[],"metadata":{"cursors":{"next":"x"},"cursors":{}}}`, "metadata.cursors: the name occurs twice", 1},
		{"cursors in another case", `{"packages":[],"metadata":{"count":0,"Cursors":{"next":"x"}}}`, "metadata.cursors: the name is in another case", 1},
		{"a status twice", `{"packages":[{"id":"p7","productInstances":[{"status":"ENABLED","status":"CANCELED"}]}],"metadata":{"count":1}}`, "package p7: field productInstances.status: the name occurs twice", 1},
		{"a large package", `{"packages":[{"id":"p7","x":"` + strings.Repeat("x", 17<<20) + `"}],"metadata":{"count":1}}`, "a package has 17825", 1},
		{"a long account id", `{"packages":[{"id":"p7","accountId":"` + strings.Repeat("x", 20<<10) + `"}],"metadata":{"count":1}}`, "package p7: field accountId: it has 20480 bytes", 1},
	}
}

// TestPagesInvalidResponses: no invalid response is mistaken for the last page.
func TestPagesInvalidResponses(t *testing.T) {
	for _, test := range responseCases() {
		t.Run(test.name, func(t *testing.T) {
			f := &fakeServer{before: respondWith(test.response)}
			_, _, err := readPages(newTestClient(t, f), OfAccount(accountID(1)))
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
			if len(f.received) != test.requests {
				t.Errorf("%d requests, want %d", len(f.received), test.requests)
			}
			var typed *Error
			if err != nil && (!errors.As(err, &typed) || typed.Retryable != (test.requests == 6 || strings.HasPrefix(test.want, "the total is"))) {
				t.Errorf("error %#v", err)
			}
		})
	}
}

// TestPagesLoopingCursor sends the cursor of an earlier page after three valid ones.
func TestPagesLoopingCursor(t *testing.T) {
	f := &fakeServer{packages: samplePackages(1, 250)}
	f.rewrite = func(body map[string]any, _ []fakePackage) {
		cursors := body["metadata"].(map[string]any)["cursors"].(map[string]any)
		if cursors["next"] == nil {
			cursors["next"] = accountID(1) + "|100"
		}
	}
	packages, pages, err := readPages(newTestClient(t, f), OfAccount(accountID(1)))
	if err == nil || pages != 3 || packages != 250 {
		t.Errorf("%d packages on %d pages, error %v", packages, pages, err)
	}
}

// TestPagesOverlap repeats packages of earlier pages on each page.
func TestPagesOverlap(t *testing.T) {
	f := &fakeServer{packages: samplePackages(1, 250)}
	f.rewrite = func(body map[string]any, page []fakePackage) {
		body["packages"] = append(page, f.packages[0], page[0])
		body["metadata"].(map[string]any)["count"] = len(page) + 2
	}
	if _, pages, err := readPages(newTestClient(t, f), OfAccount(accountID(1))); err != nil || pages != 3 {
		t.Errorf("%d pages, error %v", pages, err)
	}
}

// respondWith responds to every request with a body.
func respondWith(body string) func(receivedRequest, http.ResponseWriter) bool {
	return func(_ receivedRequest, w http.ResponseWriter) bool {
		_, _ = io.WriteString(w, body)
		return true
	}
}

func TestCount(t *testing.T) {
	for response, want := range map[string]int{
		`{"metadata":{"total":7}}`:                         7,
		`{"metadata":{"total":"7"}}`:                       7,
		`{"pagingMetadata":{"total":0}}`:                   0,
		`{"metadata":{}}`:                                  -1,
		`{"metadata":{"total":null}}`:                      -1,
		`{"metadata":{"total":10000000000000000000}}`:      math.MaxInt,
		`{"metadata":{"total":7,"tooManyToCount":true}}`:   -1,
		`{"metadata":{"count":1},"packages":[{"id":"p"}]}`: -1,
	} {
		f := &fakeServer{before: respondWith(response)}
		page, err := newTestClient(t, f).Query(context.Background(), Query{Count: true})
		if err != nil || page.Counted != (want >= 0) || page.Counted && page.Total != want {
			t.Errorf("%s: %+v, error %v", response, page, err)
		}
		if got := f.received[0].raw; got != `{"query":{"paging":{"limit":1,"offset":0}}}` {
			t.Errorf("sent %s", got)
		}
	}
}

// TestCountErrors: a total that can't be believed is not the same as none.
func TestCountErrors(t *testing.T) {
	for response, want := range map[string]string{
		`{"metadata":{"total":-1}}`:                        "-1 is not a whole number",
		`{"metadata":{"total":1.5}}`:                       "1.5 is not a whole number",
		`{"metadata":{"total":1e3}}`:                       "1e3 is not a whole number",
		`{"metadata":{"total":"many"}}`:                    "many is not a whole number",
		`{"metadata":{"total":[7]}}`:                       "unexpected JSON array",
		`{"metadata":{"total":7,"total":8}}`:               "the name occurs twice",
		`{"metadata":{"Total":7}}`:                         "the name is in another case",
		`{"metadata":{"total":0},"packages":[{"id":"p"}]}`: "its total is 0",
		`{"metadata":{"count":0},"packages":[{"id":"p"}]}`: "its count is 0",
		`{"metadata":{"total":0},"error":"x"}`:             "not a page of packages",
	} {
		_, err := newTestClient(t, &fakeServer{before: respondWith(response)}).Query(context.Background(), Query{Count: true})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", response, err, want)
		}
	}
}
