package wix

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
	"github.com/wixrecon/wixrecon/sources/wix/wixsim"
)

// The actions of plans, held against a server that was written apart from this
// client: what each of them does there, and what is told of each fault.

var _ fix.Wix = ActionClient{}

// sevenActions gives an action for each of the seven calls that simBook allows.
func sevenActions() map[ChangeKind]fix.Action {
	base := fix.Action{AccountID: accountID(1), ExternalID: "ext-1", PackageID: packageID(1), InstanceID: instanceID(1)}
	action := func(name string, wanted fix.Desired) fix.Action {
		a := base
		a.Fix, a.Desired = name, wanted
		return a
	}
	whole := action(reconcile.FixCancel, fix.Desired{Status: "CANCELED"})
	whole.InstanceID = ""
	named := action(reconcile.FixExternalID, fix.Desired{ExternalID: "a/b é"})
	named.InstanceID = ""
	return map[ChangeKind]fix.Action{
		CancelPackage: whole, SetExternalID: named,
		CancelInstance: action(reconcile.FixCancel, fix.Desired{Status: "CANCELED"}),
		Assign:         action(reconcile.FixAssign, fix.Desired{SiteID: otherSite}),
		Unassign:       action(reconcile.FixUnassign, fix.Desired{SiteID: reconcile.Floating}),
		Adjust:         action(reconcile.FixAdjust, fix.Desired{Cycle: "1 YEAR"}),
		CreatePackage: {Fix: reconcile.FixCreate, AccountID: accountID(2), ExternalID: "new", Desired: fix.Desired{Lines: []fix.Line{
			{ProductID: aProduct, Cycle: "1 YEAR", Country: "DE", SiteID: liveSite, Quantity: 1},
			{ProductID: another, Cycle: reconcile.OneTime, Country: "AT", Quantity: 2},
		}}},
	}
}

func TestActionsAtTheServer(t *testing.T) {
	for kind, held := range map[ChangeKind]func(*reconcile.Package) bool{
		CancelPackage:  func(p *reconcile.Package) bool { return !p.Live() },
		CancelInstance: func(p *reconcile.Package) bool { return !p.Live() },
		SetExternalID:  func(p *reconcile.Package) bool { return p.ExternalID == "a/b é" },
		Assign:         func(p *reconcile.Package) bool { return p.Instances[0].SiteID == otherSite },
		Unassign:       func(p *reconcile.Package) bool { return p.Instances[0].SiteID == "" },
		Adjust:         func(p *reconcile.Package) bool { return p.Instances[0].Cycle == "1 YEAR" },
		CreatePackage:  func(p *reconcile.Package) bool { return p.ExternalID == "new" && len(p.Instances) == 3 },
	} {
		t.Run(string(kind), func(t *testing.T) {
			s, c := simOf(t, wixsim.ChangeOptions{})
			a := sevenActions()[kind]
			sent := ActionClient{c}.Send(context.Background(), parentID, &a, nil)
			made := s.Changes()
			if sent.Fate != fix.Answered || sent.Err != nil || len(made) != 1 || string(made[0].Kind) != string(kind) || made[0].Effect != wixsim.Done {
				t.Fatalf("sent %+v, made %+v", sent, made)
			}
			if kind == CreatePackage {
				var body struct{ IdempotencyKey string }
				if err := json.Unmarshal([]byte(made[0].Body), &body); err != nil || body.IdempotencyKey != a.IdempotencyKey(parentID) {
					t.Errorf("body %s, error %v", made[0].Body, err)
				}
			}
			id := made[0].PackageID
			if sent.PackageID != "" && sent.PackageID != id {
				t.Errorf("package %q, made %q", sent.PackageID, id)
			}
			p, err := ActionClient{c}.Get(context.Background(), a.AccountID, id)
			if err != nil || p == nil || !held(p) {
				t.Errorf("package %+v, error %v", p, err)
			}
		})
	}
}

// TestCreateIsMadeOnce holds that a create which is sent twice makes one package.
func TestCreateIsMadeOnce(t *testing.T) {
	s, c := simOf(t, wixsim.ChangeOptions{})
	a := sevenActions()[CreatePackage]
	first := ActionClient{c}.Send(context.Background(), parentID, &a, nil)
	second := ActionClient{c}.Send(context.Background(), parentID, &a, nil)
	found, err := ActionClient{c}.Find(context.Background(), a.AccountID, a.ExternalID)
	if first.PackageID != second.PackageID || err != nil || len(found) != 1 || len(s.Changes()) != 2 {
		t.Errorf("%+v, %+v, found %+v, error %v", first, second, found, err)
	}
}

func TestFatesOfActions(t *testing.T) {
	for fault, want := range map[wixsim.Fault]fix.Fate{
		"": fix.Answered, wixsim.Slow: fix.Answered, wixsim.Throttle: fix.Throttled, wixsim.ThrottleRetryAfter: fix.Throttled,
		wixsim.InternalError: fix.Lost, wixsim.InternalErrorAfter: fix.Lost, wixsim.ResetConnection: fix.Lost, wixsim.ResetAfter: fix.Lost,
		wixsim.HTMLWithOKAfter: fix.Lost, wixsim.Truncate: fix.Lost, wixsim.DelayedEffect: fix.Lost, wixsim.HalfAssign: fix.Lost,
	} {
		s, c := simOf(t, wixsim.ChangeOptions{OnChange: func(int, wixsim.Change) wixsim.Fault { return fault }})
		a := sevenActions()[Assign]
		sent := ActionClient{c}.Send(context.Background(), parentID, &a, nil)
		if sent.Fate != want || (sent.Err == nil) != (want == fix.Answered) || len(s.Changes()) != 1 {
			t.Errorf("%s: %+v, want fate %d", fault, sent, want)
		}
		if fault == wixsim.ThrottleRetryAfter && sent.Wait != 7*time.Second {
			t.Errorf("%s: wait %s", fault, sent.Wait)
		}
	}
}

func TestActionsThatAreRefused(t *testing.T) {
	s, c := simOf(t, wixsim.ChangeOptions{})
	a := sevenActions()[Assign]
	a.AccountID = accountID(2)
	if sent := (ActionClient{c}).Send(context.Background(), parentID, &a, nil); sent.Fate != fix.Refused || sent.Err == nil {
		t.Errorf("%+v", sent)
	}
	for name, spoil := range map[string]func(*fix.Action){
		"fix":      func(a *fix.Action) { a.Fix = "delete" },
		"site":     func(a *fix.Action) { a.Desired.SiteID = "unassign" },
		"instance": func(a *fix.Action) { a.InstanceID = "" },
		"no cycle": func(a *fix.Action) { a.Fix = reconcile.FixAdjust },
		"two dots": func(a *fix.Action) { a.Fix, a.Desired.ExternalID = reconcile.FixExternalID, ".." },
		"no lines": func(a *fix.Action) { a.Fix, a.PackageID = reconcile.FixCreate, "" },
		"quantity": func(a *fix.Action) { *a = sevenActions()[CreatePackage]; a.Desired.Lines[0].Quantity = 1 << 40 },
		"less than": func(a *fix.Action) {
			*a = sevenActions()[CreatePackage]
			a.Desired.Lines = a.Desired.Lines[:1]
			a.Desired.Lines[0].Quantity = -1
		},
	} {
		a := sevenActions()[Assign]
		spoil(&a)
		if sent := (ActionClient{c}).Send(context.Background(), parentID, &a, nil); sent.Fate != fix.NotSent || sent.Err == nil {
			t.Errorf("%s: %+v", name, sent)
		}
	}
	if n := len(s.Changes()); n != 1 {
		t.Errorf("%d changes arrived", n)
	}
}

// TestStoppedBeforeItLeaves holds that a request which still waits for its place
// in the rate does not leave once its time, or the run's, is over.
func TestStoppedBeforeItLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := wixsim.New(simBook(), &wixsim.Options{Key: testKey, Parent: parentID})
		c := clientOf(t, nil, func(o *Options) { o.Transport, o.Rate = aborting{s}, 2 })
		if _, err := (ActionClient{c}).Get(context.Background(), accountID(1), packageID(1)); err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithTimeout(context.Background(), time.Second)
		defer stop()
		a := sevenActions()[CancelPackage]
		if sent := (ActionClient{c}).Send(ctx, parentID, &a, nil); sent.Fate != fix.NotSent || len(s.Changes()) != 0 {
			t.Errorf("%+v, %d changes", sent, len(s.Changes()))
		}
	})
}

func TestGetTellsWhatIsNotThere(t *testing.T) {
	_, c := simOf(t, wixsim.ChangeOptions{})
	if p, err := (ActionClient{c}).Get(context.Background(), accountID(1), packageID(9)); p != nil || err != nil {
		t.Errorf("no such package: %+v, error %v", p, err)
	}
	if p, err := (ActionClient{c}).Get(context.Background(), accountID(2), packageID(1)); p != nil || !Forbidden(err) {
		t.Errorf("another account: %+v, error %v", p, err)
	}
	for name, body := range map[string]string{"nothing": "", "a page": "<html>404</html>", "a gateway": `{"message":"no route"}`} {
		c := clientOf(t, nil, func(o *Options) {
			o.Transport = aborting{http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(http.StatusNotFound)
				_, _ = w.Write([]byte(body))
			})}
		})
		if p, err := (ActionClient{c}).Get(context.Background(), accountID(1), packageID(1)); p != nil || err == nil {
			t.Errorf("%s: %+v, error %v", name, p, err)
		}
	}
}

func TestFindReadsTheWholeAccount(t *testing.T) {
	var book []wixsim.Package
	for n := 1; n <= 23; n++ {
		p := simBook()[0]
		p.ID, p.ExternalID = packageID(n), "other"
		p.CreatedDate = p.CreatedDate.Add(time.Duration(n) * time.Minute)
		book = append(book, p)
	}
	book[0].ExternalID, book[22].ExternalID, book[7].ExternalID = "\u00a0mine ", "mine", "MINE"
	book[7].AccountID, book[9].ExternalID = accountID(2), "mine"
	book[9].ProductInstances[0].Status = "CANCELED"
	s := wixsim.New(book, &wixsim.Options{Key: testKey, Parent: parentID, PageSize: 5})
	c := serve(t, s)
	found, err := ActionClient{c}.Find(context.Background(), accountID(1), " mine")
	var ids []string
	for i := range found {
		ids = append(ids, found[i].ID)
	}
	if want := strings.Join([]string{packageID(23), packageID(10), packageID(1)}, " "); err != nil || strings.Join(ids, " ") != want {
		t.Errorf("found %q, want %q; error %v", ids, want, err)
	}
	if found, err := (ActionClient{c}).Find(context.Background(), accountID(3), "mine"); len(found) != 0 || err != nil {
		t.Errorf("empty account: %+v, error %v", found, err)
	}
	pages := 0
	broken := wixsim.New(book, &wixsim.Options{Key: testKey, Parent: parentID, PageSize: 5, OnRequest: func(int) { pages++ },
		Faults: map[wixsim.Fault]float64{wixsim.NoMetadata: 1}, MaxFaultsPerRequest: -1})
	if found, err := (ActionClient{serve(t, broken)}).Find(context.Background(), accountID(1), "mine"); err == nil || found != nil {
		t.Errorf("a chain that breaks: %+v after %d pages", found, pages)
	}
}

// TestSearch takes copies of packages in any order, a name each with the second
// at which it was updated.
func TestSearch(t *testing.T) {
	at := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	copyOf := func(id, externalID string, second int) reconcile.Package {
		return reconcile.Package{ID: id, ExternalID: externalID, Updated: at.Add(time.Duration(second) * time.Second)}
	}
	for name, test := range map[string]struct {
		copies []reconcile.Package
		want   string
		second int // of the one that is found
	}{
		"none":                   {nil, "", 0},
		"another":                {[]reconcile.Package{copyOf("a", "other", 1)}, "", 0},
		"one":                    {[]reconcile.Package{copyOf("b", "other", 1), copyOf("a", "mine", 1)}, "a", 1},
		"two":                    {[]reconcile.Package{copyOf("a", "mine", 1), copyOf("b", "mine", 1)}, "a b", 1},
		"got it later":           {[]reconcile.Package{copyOf("a", "other", 1), copyOf("a", "mine", 2)}, "a", 2},
		"got it earlier":         {[]reconcile.Package{copyOf("a", "mine", 2), copyOf("a", "other", 1)}, "a", 2},
		"lost it":                {[]reconcile.Package{copyOf("b", "mine", 1), copyOf("a", "mine", 1), copyOf("a", "other", 2)}, "b", 1},
		"had it":                 {[]reconcile.Package{copyOf("a", "other", 2), copyOf("a", "mine", 1)}, "", 0},
		"kept it":                {[]reconcile.Package{copyOf("a", "mine", 1), copyOf("a", "mine", 3), copyOf("a", "mine", 2)}, "a", 3},
		"both at once":           {[]reconcile.Package{copyOf("a", "other", 1), copyOf("a", "mine", 1)}, "a", 1},
		"both at once, reversed": {[]reconcile.Package{copyOf("a", "mine", 1), copyOf("a", "other", 1)}, "a", 1},
	} {
		s := search{externalID: "mine", newest: make(map[string]time.Time)}
		for i := range test.copies {
			s.take(&test.copies[i])
		}
		var ids []string
		for _, p := range s.found {
			ids = append(ids, p.ID)
			if !p.Updated.Equal(at.Add(time.Duration(test.second) * time.Second)) {
				t.Errorf("%s: %s of %s", name, p.ID, p.Updated)
			}
		}
		if got := strings.Join(ids, " "); got != test.want {
			t.Errorf("%s: found %q, want %q", name, got, test.want)
		}
	}
}
