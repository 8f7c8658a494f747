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

func TestWalkGivesEveryPackageOnce(t *testing.T) {
	book := healthy(331).Book
	account := book[0].AccountID
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
		"sorted":              {Options{PageSize: 50}, `{"query":{"sort":[{"fieldName":"updatedDate"},{"fieldName":"createdDate","order":"DESC"}]}}`, all},
		"parent only":         {Options{ParentOnly: true, PageSize: 2}, `{"query":{}}`, of(DefaultParent)},
		"parent only, asked":  {Options{ParentOnly: true, PageSize: 7}, ofAccount, of(account)},
		"ignoring":            {Options{IgnoreFilters: true}, ofAccount, all},
		"ignoring, parent":    {Options{IgnoreFilters: true, ParentOnly: true}, ofAccount, of(DefaultParent)},
		"account of nobody":   {Options{}, fmt.Sprintf(`{"query":{"filter":{"accountId":{"$eq":%q}}}}`, nobody), of(nobody)},
		"repeats and retries": {Options{PageSize: 30, Seed: 3, Faults: map[Fault]float64{Slow: .3, UnknownFields: .3}, Delay: time.Nanosecond}, `{"query":{}}`, all},
	} {
		t.Run(name, func(t *testing.T) {
			var want []string
			for _, p := range book {
				if test.want(p) {
					want = append(want, p.ID)
				}
			}
			got := ids(serve(t, book, &test.o).walk(test.body)...)
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("got %d packages, want %d: %s", len(got), len(want), cmp.Diff(want, got))
			}
		})
	}
}

func TestOrder(t *testing.T) {
	book := healthy(60).Book
	for i := range book {
		book[i].CreatedDate = book[i/3*3].CreatedDate // ties go by id
	}
	newest := slices.Clone(book)
	slices.SortFunc(newest, func(p, q Package) int {
		if c := q.CreatedDate.Compare(p.CreatedDate); c != 0 {
			return c
		}
		return strings.Compare(p.ID, q.ID)
	})
	r := serve(t, book, &Options{PageSize: 9})
	if diff := cmp.Diff(ids(newest), ids(r.walk(`{"query":{}}`)...)); diff != "" {
		t.Error(diff)
	}
	oldest := r.walk(`{"query":{"sort":[{"fieldName":"createdDate","order":"ASC"}]}}`)
	if first := oldest[0][0]; !first.CreatedDate.Equal(newest[len(newest)-1].CreatedDate) {
		t.Errorf("first of ASC was created %s", first.CreatedDate)
	}
	shuffled := ids(serve(t, book, &Options{ShufflePages: 8}).walk(`{"query":{}}`)...)
	again := ids(serve(t, book, &Options{ShufflePages: 8}).walk(`{"query":{}}`)...)
	if slices.Equal(shuffled, ids(newest)) || !slices.Equal(shuffled, again) {
		t.Error("a seed must give one permutation, and not the order of the inventory")
	}
}

func TestFilters(t *testing.T) {
	book := healthy(80).Book
	a, b := book[0], book[7]
	inst := b.ProductInstances[0]
	some := func(f func(Instance) bool) func(Package) bool {
		return func(p Package) bool { return slices.ContainsFunc(p.ProductInstances, f) }
	}
	for filter, want := range map[string]func(Package) bool{
		`{"id":{"$eq":"` + strings.ToUpper(a.ID) + `"}}`:                   func(p Package) bool { return p.ID == a.ID },
		`{"id":{"$in":["` + a.ID + `","` + b.ID + `"]}}`:                   func(p Package) bool { return p.ID == a.ID || p.ID == b.ID },
		`{"accountId":{"$ne":"` + a.AccountID + `"}}`:                      func(p Package) bool { return p.AccountID != a.AccountID },
		`{"externalId":{"$eq":"` + a.ExternalID + `"}}`:                    func(p Package) bool { return p.ExternalID == a.ExternalID },
		`{"externalId":{"$exists":false}}`:                                 func(p Package) bool { return p.ExternalID == "" },
		`{"createdDate":{"$gt":"` + date(a.CreatedDate) + `T00:00:00Z"}}`:  func(p Package) bool { return p.CreatedDate.After(a.CreatedDate.Truncate(24 * time.Hour)) },
		`{"updatedDate":{"$lte":"` + moment(a.UpdatedDate) + `"}}`:         func(p Package) bool { return !p.UpdatedDate.After(a.UpdatedDate) },
		`{"productInstances.status":{"$hasSome":["CANCELED","PENDING"]}}`:  some(func(i Instance) bool { return i.Status == "CANCELED" || i.Status == "PENDING" }),
		`{"productInstances.siteId":{"$hasSome":["` + inst.SiteID + `"]}}`: some(func(i Instance) bool { return i.SiteID == inst.SiteID }),
		`{"productInstances.catalogProductId":{"$hasAll":["` + inst.CatalogProductID + `"]},"accountId":{"$eq":"` + b.AccountID + `"}}`: func(p Package) bool {
			return p.AccountID == b.AccountID && some(func(i Instance) bool { return i.CatalogProductID == inst.CatalogProductID })(p)
		},
		`{"productInstances.instanceId":{"$hasAll":["` + inst.InstanceID + `","` + nobody + `"]}}`: func(Package) bool { return false },
	} {
		t.Run(filter, func(t *testing.T) {
			var wanted []string
			for _, p := range book {
				if want(p) {
					wanted = append(wanted, p.ID)
				}
			}
			got := ids(serve(t, book, &Options{PageSize: 3}).walk(`{"query":{"filter":` + filter + `}}`)...)
			slices.Sort(got)
			slices.Sort(wanted)
			if diff := cmp.Diff(wanted, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestForeignPackage(t *testing.T) {
	book := healthy(20).Book
	r := serve(t, book, &Options{ForeignPackage: true})
	body := fmt.Sprintf(`{"query":{"filter":{"accountId":{"$eq":%q}}}}`, book[0].AccountID)
	foreign := slices.ContainsFunc(r.query(body).Packages, func(p Package) bool { return p.AccountID != book[0].AccountID })
	if !foreign {
		t.Error("no package of another account is answered")
	}
}

func TestBookChangesWhileItIsRead(t *testing.T) {
	book := healthy(20).Book
	var r *rig
	moved := *book[0].clone()
	moved.CreatedDate, moved.ExternalID = moved.CreatedDate.AddDate(5, 0, 0), "moved"
	r = serve(t, book, &Options{PageSize: 5, OnRequest: func(n int) {
		if n == 2 {
			r.Put(moved)
			r.Remove(book[1].ID)
		}
	}})
	got := ids(r.walk(`{"query":{}}`)...)
	for _, p := range book[2:] {
		if !slices.Contains(got, p.ID) {
			t.Errorf("package %s, which nothing was done to, was lost", p.ID)
		}
	}
	if p, ok := r.Package(moved.ID); !ok || p.ExternalID != "moved" {
		t.Errorf("package %s is %+v", moved.ID, p)
	}
	if _, ok := r.Package(book[1].ID); ok {
		t.Errorf("package %s is still there", book[1].ID)
	}
	if n := len(ids(r.walk(`{"query":{}}`)...)); n != 19 {
		t.Errorf("%d packages are left, want 19", n)
	}
}

// Walks and changes at one time: nothing is lost that was not changed.
func TestConcurrentUse(t *testing.T) {
	book := healthy(60).Book
	r := serve(t, book, &Options{PageSize: 4, Seed: 1, Faults: map[Fault]float64{RepeatPackage: .3, StaleCopy: .3}})
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			got := ids(r.walk(`{"query":{}}`)...)
			for _, p := range book[10:] {
				if !slices.Contains(got, p.ID) {
					t.Errorf("package %s was lost", p.ID)
				}
			}
		})
	}
	all.Go(func() {
		for _, p := range book[:10] {
			p.ExternalID += "-moved"
			r.Put(p)
			r.Remove(p.ID)
		}
	})
	all.Wait()
}
