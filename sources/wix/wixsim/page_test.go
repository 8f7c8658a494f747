package wixsim

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestWalkReturnsEveryPackageOnce(t *testing.T) {
	packages := healthy(331).Inventory
	account := packages[0].AccountID
	all := func(Package) bool { return true }
	of := func(account string) func(Package) bool { return func(p Package) bool { return p.AccountID == account } }
	ofAccount := fmt.Sprintf(`{"query":{"filter":{"accountId":{"$eq":%q}}}}`, strings.ToUpper(account))
	for name, test := range map[string]struct {
		o    Options
		body string
		want func(Package) bool
	}{
		"sweep":               {Options{}, `{"query":{}}`, all},
		"pages of 100":        {Options{}, `{"query":{"cursorPaging":{"limit":100}}}`, all},
		"small pages":         {Options{PageSize: 7}, `{"query":{}}`, all},
		"shuffled":            {Options{PageSize: 7, ShufflePages: 5}, `{"query":{}}`, all},
		"account":             {Options{PageSize: 7}, ofAccount, of(account)},
		"shuffled account":    {Options{PageSize: 7, ShufflePages: 9}, ofAccount, of(account)},
		"parent only":         {Options{ParentOnly: true, PageSize: 2}, `{"query":{}}`, of(DefaultParent)},
		"parent only, asked":  {Options{ParentOnly: true, PageSize: 7}, ofAccount, of(account)},
		"ignoring":            {Options{IgnoreFilters: true}, ofAccount, all},
		"ignoring, parent":    {Options{IgnoreFilters: true, ParentOnly: true}, ofAccount, of(DefaultParent)},
		"unknown account":     {Options{}, fmt.Sprintf(`{"query":{"filter":{"accountId":{"$eq":%q}}}}`, unknownID), of(unknownID)},
		"repeats and retries": {Options{PageSize: 30, Seed: 3, Faults: map[Fault]float64{Slow: .3, UnknownFields: .3}, Delay: time.Nanosecond}, `{"query":{}}`, all},
	} {
		t.Run(name, func(t *testing.T) {
			var want []string
			for _, p := range packages {
				if test.want(p) {
					want = append(want, p.ID)
				}
			}
			got := ids(serve(t, packages, &test.o).walk(test.body)...)
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("got %d packages, want %d: %s", len(got), len(want), cmp.Diff(want, got))
			}
		})
	}
}

func TestOrder(t *testing.T) {
	packages := healthy(60).Inventory
	for i := range packages {
		packages[i].CreatedDate = packages[i/3*3].CreatedDate // ties go by id
	}
	newest := slices.Clone(packages)
	slices.SortFunc(newest, func(p, q Package) int {
		if c := q.CreatedDate.Compare(p.CreatedDate); c != 0 {
			return c
		}
		return strings.Compare(p.ID, q.ID)
	})
	r := serve(t, packages, &Options{PageSize: 9})
	if diff := cmp.Diff(ids(newest), ids(r.walk(`{"query":{}}`)...)); diff != "" {
		t.Error(diff)
	}
	shuffled := ids(serve(t, packages, &Options{ShufflePages: 8}).walk(`{"query":{}}`)...)
	again := ids(serve(t, packages, &Options{ShufflePages: 8}).walk(`{"query":{}}`)...)
	if slices.Equal(shuffled, ids(newest)) || !slices.Equal(shuffled, again) {
		t.Error("a seed must give one permutation, and not the order of the inventory")
	}
}

func TestFilters(t *testing.T) {
	packages := healthy(80).Inventory
	a, b := packages[0], packages[7]
	for filter, want := range map[string]func(Package) bool{
		`{"id":{"$eq":"` + strings.ToUpper(a.ID) + `"}}`: func(p Package) bool { return p.ID == a.ID },
		`{"id":{"$in":["` + a.ID + `","` + b.ID + `"]}}`: func(p Package) bool { return p.ID == a.ID || p.ID == b.ID },
		`{"externalId":{"$eq":"` + a.ExternalID + `"}}`:  func(p Package) bool { return p.ExternalID == a.ExternalID },
		`{"externalId":{"$eq":"` + a.ExternalID + `"},"accountId":{"$eq":"` + b.AccountID + `"}}`: func(p Package) bool {
			return p.ExternalID == a.ExternalID && p.AccountID == b.AccountID
		},
	} {
		t.Run(filter, func(t *testing.T) {
			var expected []string
			for _, p := range packages {
				if want(p) {
					expected = append(expected, p.ID)
				}
			}
			got := ids(serve(t, packages, &Options{PageSize: 3}).walk(`{"query":{"filter":` + filter + `}}`)...)
			slices.Sort(got)
			slices.Sort(expected)
			if diff := cmp.Diff(expected, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestForeignPackage(t *testing.T) {
	packages := healthy(20).Inventory
	r := serve(t, packages, &Options{ForeignPackage: true})
	body := fmt.Sprintf(`{"query":{"filter":{"accountId":{"$eq":%q}}}}`, packages[0].AccountID)
	foreign := slices.ContainsFunc(r.query(body).Packages, func(p Package) bool { return p.AccountID != packages[0].AccountID })
	if !foreign {
		t.Error("no package of another account is answered")
	}
}

func TestInventoryChangesWhileItIsRead(t *testing.T) {
	packages := healthy(20).Inventory
	var r *testServer
	moved := *packages[0].clone()
	moved.CreatedDate, moved.ExternalID = moved.CreatedDate.AddDate(5, 0, 0), "moved"
	r = serve(t, packages, &Options{PageSize: 5, OnRequest: func(n int) {
		if n == 2 {
			r.Put(moved)
			r.Remove(packages[1].ID)
		}
	}})
	got := ids(r.walk(`{"query":{}}`)...)
	for _, p := range packages[2:] {
		if !slices.Contains(got, p.ID) {
			t.Errorf("package %s, which nothing was done to, was lost", p.ID)
		}
	}
	if p, ok := r.Package(moved.ID); !ok || p.ExternalID != "moved" {
		t.Errorf("package %s is %+v", moved.ID, p)
	}
	if _, ok := r.Package(packages[1].ID); ok {
		t.Errorf("package %s is still there", packages[1].ID)
	}
	if n := len(ids(r.walk(`{"query":{}}`)...)); n != 19 {
		t.Errorf("%d packages are left, want 19", n)
	}
}

// Concurrent walks and changes: nothing is lost that was not changed.
func TestConcurrentUse(t *testing.T) {
	packages := healthy(60).Inventory
	r := serve(t, packages, &Options{PageSize: 4, Seed: 1, Faults: map[Fault]float64{RepeatPackage: .3, StaleCopy: .3}})
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			got := ids(r.walk(`{"query":{}}`)...)
			for _, p := range packages[10:] {
				if !slices.Contains(got, p.ID) {
					t.Errorf("package %s was lost", p.ID)
				}
			}
		})
	}
	all.Go(func() {
		for _, p := range packages[:10] {
			p.ExternalID += "-moved"
			r.Put(p)
			r.Remove(p.ID)
		}
	})
	all.Wait()
}
