package wixsim

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"
)

// TestDateFilters compares windows of creation with the inventory.
func TestDateFilters(t *testing.T) {
	packages := healthy(60).Inventory
	at := packages[20].CreatedDate
	bound := at.Format(time.RFC3339Nano)
	for filter, want := range map[string]func(Package) bool{
		`{"createdDate":{"$gte":"` + bound + `"}}`:              func(p Package) bool { return !p.CreatedDate.Before(at) },
		`{"createdDate":{"$gt":"` + bound + `"}}`:               func(p Package) bool { return p.CreatedDate.After(at) },
		`{"createdDate":{"$lt":"` + bound + `"}}`:               func(p Package) bool { return p.CreatedDate.Before(at) },
		`{"createdDate":{"$lte":"` + bound + `"}}`:              func(p Package) bool { return !p.CreatedDate.After(at) },
		`{"createdDate":{"$eq":"` + bound + `"}}`:               func(p Package) bool { return p.CreatedDate.Equal(at) },
		`{"updatedDate":{"$lt":"` + bound + `"}}`:               func(p Package) bool { return p.UpdatedDate.Before(at) },
		`{"createdDate":{"$lt":"` + bound + `","$gte":"2020"}}`: nil,
	} {
		r := serve(t, packages, &Options{PageSize: 7})
		if want == nil {
			if status, _, _, _ := r.do(r.queryRequest(`{"query":{"filter":` + filter + `}}`)); status != http.StatusBadRequest {
				t.Errorf("%s: status %d", filter, status)
			}
			continue
		}
		expectIDs(t, filter, ids(r.walk(`{"query":{"filter":`+filter+`}}`)...), packages, want)
	}
}

func expectIDs(t *testing.T, what string, got []string, packages []Package, want func(Package) bool) {
	t.Helper()
	var expected []string
	for _, p := range packages {
		if want(p) {
			expected = append(expected, p.ID)
		}
	}
	slices.Sort(got)
	slices.Sort(expected)
	if !slices.Equal(got, expected) {
		t.Errorf("%s: %d packages, want %d", what, len(got), len(expected))
	}
}

// TestSort walks pages in all orders; ties go by id.
func TestSort(t *testing.T) {
	packages := healthy(40).Inventory
	for i := range packages {
		packages[i].CreatedDate = packages[i/4*4].CreatedDate
	}
	got := ids(serve(t, packages, &Options{PageSize: 7}).walk(`{"query":{"sort":[{"fieldName":"createdDate","order":"ASC"}]}}`)...)
	byID := map[string]Package{}
	for _, p := range packages {
		byID[p.ID] = p
	}
	if len(got) != len(packages) || !slices.IsSortedFunc(got, func(a, b string) int {
		return byID[a].CreatedDate.Compare(byID[b].CreatedDate)
	}) {
		t.Errorf("%d packages, or not in order", len(got))
	}
}

// TestFilterModes: a filter that is not obeyed shows too much or too little, or is
// refused.
func TestFilterModes(t *testing.T) {
	packages := healthy(200).Inventory
	in := fmt.Sprintf(`{"query":{"filter":{"accountId":{"$in":[%q]}}}}`, packages[0].AccountID)
	obeyed := len(ids(serve(t, packages, nil).walk(in)...))
	for mode, right := range map[FilterMode]func(n int) bool{
		"":           func(n int) bool { return n == obeyed },
		IgnoreFilter: func(n int) bool { return n == len(packages) },
		HalfFilter:   func(n int) bool { return n > obeyed && n < len(packages) },
		OmitFilter:   func(n int) bool { return n < obeyed && n > 0 },
	} {
		r := serve(t, packages, &Options{Filters: map[FilterName]FilterMode{AccountIn: mode}})
		if n := len(ids(r.walk(in)...)); !right(n) {
			t.Errorf("%q: %d of %d packages, obeyed %d", mode, n, len(packages), obeyed)
		}
	}
	for _, o := range []Options{{Filters: map[FilterName]FilterMode{AccountIn: RefuseFilter}}, {MaxIn: 1}} {
		two := fmt.Sprintf(`{"query":{"filter":{"accountId":{"$in":[%q,%q]}}}}`, packages[0].AccountID, unknownID)
		r := serve(t, packages, &o)
		if status, _, _, _ := r.do(r.queryRequest(two)); status != http.StatusBadRequest {
			t.Errorf("%+v: status %d", o, status)
		}
	}
}

func TestParseFilters(t *testing.T) {
	modes, err := ParseFilters(" account-in=refuse, created-date=half,")
	if err != nil || len(modes) != 2 || modes[AccountIn] != RefuseFilter || modes[CreatedDate] != HalfFilter {
		t.Errorf("%v, error %v", modes, err)
	}
	for _, text := range []string{"account=refuse", "account-in", "account-in=never"} {
		if _, err := ParseFilters(text); err == nil {
			t.Errorf("%q was accepted", text)
		}
	}
}

// TestThrottle: a second's requests at once, then one at a time.
func TestThrottle(t *testing.T) {
	var limit throttle
	now := time.Unix(0, 0)
	allowed := func() (n int) {
		for limit.allows(5, now) {
			n++
		}
		return n
	}
	if n := allowed(); n != 5 {
		t.Errorf("%d at once", n)
	}
	if now = now.Add(400 * time.Millisecond); allowed() != 2 {
		t.Error("not two after 400 ms")
	}
	if now = now.Add(time.Hour); allowed() != 5 {
		t.Error("not five after an hour")
	}
}

// TestExpiredCursor: the second request with a cursor is refused, once.
func TestExpiredCursor(t *testing.T) {
	r := serve(t, healthy(40).Inventory, &Options{PageSize: 5, ExpireCursor: 2})
	var body string
	var statuses []int
	for range 3 {
		a := r.query(`{"query":{}}`)
		body = fmt.Sprintf(`{"query":{"cursorPaging":{"cursor":%q}}}`, a.Metadata.Cursors.Next)
		status, _, _, _ := r.do(r.queryRequest(body))
		statuses = append(statuses, status)
	}
	if !slices.Equal(statuses, []int{200, 410, 200}) {
		t.Errorf("statuses %v", statuses)
	}
}
