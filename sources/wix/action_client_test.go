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
	"github.com/wixrecon/wixrecon/reconcile/fix/execute"
	"github.com/wixrecon/wixrecon/sources/wix/wixsim"
)

// The actions of plans against the simulator: what each does, and the result of
// each fault.

var _ execute.Wix = ActionClient{}

// sevenActions returns one action per kind of change, all valid for simPackages.
func sevenActions() map[ChangeKind]fix.Action {
	base := fix.Action{AccountID: accountID(1), ExternalID: "ext-1", PackageID: packageID(1), InstanceID: instanceID(1)}
	action := func(name string, desired fix.Desired) fix.Action {
		a := base
		a.Fix, a.Desired = name, desired
		return a
	}
	cancelPackage := action(reconcile.FixCancel, fix.Desired{Status: "CANCELED"})
	cancelPackage.InstanceID = ""
	setExternalID := action(reconcile.FixExternalID, fix.Desired{ExternalID: "a/b é"})
	setExternalID.InstanceID = ""
	return map[ChangeKind]fix.Action{
		CancelPackage: cancelPackage, SetExternalID: setExternalID,
		CancelInstance: action(reconcile.FixCancel, fix.Desired{Status: "CANCELED"}),
		Assign:         action(reconcile.FixAssign, fix.Desired{SiteID: site2}),
		Unassign:       action(reconcile.FixUnassign, fix.Desired{SiteID: reconcile.Floating}),
		Adjust:         action(reconcile.FixAdjust, fix.Desired{Cycle: "2 YEAR"}),
		CreatePackage: {Fix: reconcile.FixCreate, AccountID: accountID(2), ExternalID: "new", Desired: fix.Desired{Lines: []fix.Line{
			{ProductID: product1, Cycle: "1 YEAR", Country: "DE", SiteID: site1, Quantity: 1},
			{ProductID: product2, Cycle: reconcile.OneTime, Country: "AT", Quantity: 2},
		}}},
	}
}

func TestActionsAtTheServer(t *testing.T) {
	for kind, applied := range map[ChangeKind]func(*reconcile.Package) bool{
		CancelPackage:  func(p *reconcile.Package) bool { return !p.Live() },
		CancelInstance: func(p *reconcile.Package) bool { return !p.Live() },
		SetExternalID:  func(p *reconcile.Package) bool { return p.ExternalID == "a/b é" },
		Assign:         func(p *reconcile.Package) bool { return p.Instances[0].SiteID == site2 },
		Unassign:       func(p *reconcile.Package) bool { return p.Instances[0].SiteID == "" },
		Adjust:         func(p *reconcile.Package) bool { return p.Instances[0].Cycle == "2 YEAR" },
		CreatePackage:  func(p *reconcile.Package) bool { return p.ExternalID == "new" && len(p.Instances) == 3 },
	} {
		t.Run(string(kind), func(t *testing.T) {
			s, c := serveSim(t, wixsim.ChangeOptions{})
			a := sevenActions()[kind]
			sent := ActionClient{c}.Send(context.Background(), parentID, &a, nil)
			changes := s.Changes()
			if sent.Status != execute.Answered || sent.Err != nil || len(changes) != 1 || string(changes[0].Kind) != string(kind) || changes[0].Effect != wixsim.Done {
				t.Fatalf("sent %+v, changes %+v", sent, changes)
			}
			if kind == CreatePackage {
				var body struct{ IdempotencyKey string }
				if err := json.Unmarshal([]byte(changes[0].Body), &body); err != nil || body.IdempotencyKey != a.IdempotencyKey(parentID) {
					t.Errorf("body %s, error %v", changes[0].Body, err)
				}
			}
			id := changes[0].PackageID
			if sent.PackageID != "" && sent.PackageID != id {
				t.Errorf("package %q, want %q", sent.PackageID, id)
			}
			p, err := ActionClient{c}.Get(context.Background(), a.AccountID, id)
			if err != nil || p == nil || !applied(p) {
				t.Errorf("package %+v, error %v", p, err)
			}
		})
	}
}

func TestCreateTwiceMakesOnePackage(t *testing.T) {
	s, c := serveSim(t, wixsim.ChangeOptions{})
	a := sevenActions()[CreatePackage]
	first := ActionClient{c}.Send(context.Background(), parentID, &a, nil)
	second := ActionClient{c}.Send(context.Background(), parentID, &a, nil)
	found, err := ActionClient{c}.Find(context.Background(), a.AccountID, a.ExternalID)
	if first.PackageID != second.PackageID || err != nil || len(found) != 1 || len(s.Changes()) != 2 {
		t.Errorf("%+v, %+v, found %+v, error %v", first, second, found, err)
	}
}

func TestActionSendResults(t *testing.T) {
	for fault, want := range map[wixsim.Fault]execute.SendStatus{
		"": execute.Answered, wixsim.Slow: execute.Answered, wixsim.Throttle: execute.Throttled, wixsim.ThrottleRetryAfter: execute.Throttled,
		wixsim.InternalError: execute.Lost, wixsim.InternalErrorAfter: execute.Lost, wixsim.ResetConnection: execute.Lost, wixsim.ResetAfter: execute.Lost,
		wixsim.HTMLWithOKAfter: execute.Lost, wixsim.Truncate: execute.Lost, wixsim.DelayedEffect: execute.Lost, wixsim.HalfAssign: execute.Lost,
	} {
		s, c := serveSim(t, wixsim.ChangeOptions{OnChange: func(int, wixsim.Change) wixsim.Fault { return fault }})
		a := sevenActions()[Assign]
		sent := ActionClient{c}.Send(context.Background(), parentID, &a, nil)
		if sent.Status != want || (sent.Err == nil) != (want == execute.Answered) || len(s.Changes()) != 1 {
			t.Errorf("%s: %+v, want result %d", fault, sent, want)
		}
		if fault == wixsim.ThrottleRetryAfter && sent.Wait != 7*time.Second {
			t.Errorf("%s: wait %s", fault, sent.Wait)
		}
	}
}

func TestInvalidActions(t *testing.T) {
	s, c := serveSim(t, wixsim.ChangeOptions{})
	a := sevenActions()[Assign]
	a.AccountID = accountID(2)
	if sent := (ActionClient{c}).Send(context.Background(), parentID, &a, nil); sent.Status != execute.Refused || sent.Err == nil {
		t.Errorf("%+v", sent)
	}
	for name, change := range map[string]func(*fix.Action){
		"fix":          func(a *fix.Action) { a.Fix = "delete" },
		"site":         func(a *fix.Action) { a.Desired.SiteID = "unassign" },
		"instance":     func(a *fix.Action) { a.InstanceID = "" },
		"no cycle":     func(a *fix.Action) { a.Fix = reconcile.FixAdjust },
		"two dots":     func(a *fix.Action) { a.Fix, a.Desired.ExternalID = reconcile.FixExternalID, ".." },
		"no instances": func(a *fix.Action) { a.Fix, a.PackageID = reconcile.FixCreate, "" },
		"quantity":     func(a *fix.Action) { *a = sevenActions()[CreatePackage]; a.Desired.Lines[0].Quantity = 1 << 40 },
		"negative": func(a *fix.Action) {
			*a = sevenActions()[CreatePackage]
			a.Desired.Lines = a.Desired.Lines[:1]
			a.Desired.Lines[0].Quantity = -1
		},
	} {
		a := sevenActions()[Assign]
		change(&a)
		if sent := (ActionClient{c}).Send(context.Background(), parentID, &a, nil); sent.Status != execute.NotSent || sent.Err == nil {
			t.Errorf("%s: %+v", name, sent)
		}
	}
	if n := len(s.Changes()); n != 1 {
		t.Errorf("%d changes arrived", n)
	}
}

// TestActionContextEndsWhileWaiting: a change that still waits for the rate is not
// sent once the context has ended.
func TestActionContextEndsWhileWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSim(wixsim.ChangeOptions{})
		c := newTestClient(t, s, func(o *Options) { o.Rate = 2 })
		if _, err := (ActionClient{c}).Get(context.Background(), accountID(1), packageID(1)); err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithTimeout(context.Background(), time.Second)
		defer stop()
		a := sevenActions()[CancelPackage]
		if sent := (ActionClient{c}).Send(ctx, parentID, &a, nil); sent.Status != execute.NotSent || len(s.Changes()) != 0 {
			t.Errorf("%+v, %d changes", sent, len(s.Changes()))
		}
	})
}

func TestGetMissingPackage(t *testing.T) {
	_, c := serveSim(t, wixsim.ChangeOptions{})
	if p, err := (ActionClient{c}).Get(context.Background(), accountID(1), packageID(9)); p != nil || err != nil {
		t.Errorf("unknown package: %+v, error %v", p, err)
	}
	if p, err := (ActionClient{c}).Get(context.Background(), accountID(2), packageID(1)); p != nil || !Forbidden(err) {
		t.Errorf("another account: %+v, error %v", p, err)
	}
	for name, body := range map[string]string{"empty": "", "HTML": "<html>404</html>", "gateway": `{"message":"no route"}`} {
		c := newTestClient(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(body))
		}))
		if p, err := (ActionClient{c}).Get(context.Background(), accountID(1), packageID(1)); p != nil || err == nil {
			t.Errorf("%s: %+v, error %v", name, p, err)
		}
	}
}

func TestFindReadsWholeAccount(t *testing.T) {
	var packages []wixsim.Package
	for n := 1; n <= 23; n++ {
		p := simPackages()[0]
		p.ID, p.ExternalID = packageID(n), "other"
		p.CreatedDate = p.CreatedDate.Add(time.Duration(n) * time.Minute)
		packages = append(packages, p)
	}
	packages[0].ExternalID, packages[22].ExternalID, packages[7].ExternalID = "\u00a0mine ", "mine", "MINE"
	packages[7].AccountID, packages[9].ExternalID = accountID(2), "mine"
	packages[9].ProductInstances[0].Status = "CANCELED"
	s := wixsim.New(packages, &wixsim.Options{Key: testKey, Parent: parentID, PageSize: 5})
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
	broken := wixsim.New(packages, &wixsim.Options{Key: testKey, Parent: parentID, PageSize: 5, OnRequest: func(int) { pages++ },
		Faults: map[wixsim.Fault]float64{wixsim.NoMetadata: 1}, MaxFaultsPerRequest: -1})
	if found, err := (ActionClient{serve(t, broken)}).Find(context.Background(), accountID(1), "mine"); err == nil || found != nil {
		t.Errorf("invalid page: %+v after %d pages", found, pages)
	}
}

// TestExternalIDSearch adds copies of packages in different orders. Each has an id
// and the second of its updatedDate.
func TestExternalIDSearch(t *testing.T) {
	at := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	copyOf := func(id, externalID string, second int) reconcile.Package {
		return reconcile.Package{ID: id, ExternalID: externalID, Updated: at.Add(time.Duration(second) * time.Second)}
	}
	for name, test := range map[string]struct {
		copies []reconcile.Package
		want   string
		second int // of the one found
	}{
		"none":                       {nil, "", 0},
		"another":                    {[]reconcile.Package{copyOf("a", "other", 1)}, "", 0},
		"one":                        {[]reconcile.Package{copyOf("b", "other", 1), copyOf("a", "mine", 1)}, "a", 1},
		"two":                        {[]reconcile.Package{copyOf("a", "mine", 1), copyOf("b", "mine", 1)}, "a b", 1},
		"added later":                {[]reconcile.Package{copyOf("a", "other", 1), copyOf("a", "mine", 2)}, "a", 2},
		"added earlier":              {[]reconcile.Package{copyOf("a", "mine", 2), copyOf("a", "other", 1)}, "a", 2},
		"removed later":              {[]reconcile.Package{copyOf("b", "mine", 1), copyOf("a", "mine", 1), copyOf("a", "other", 2)}, "b", 1},
		"removed earlier":            {[]reconcile.Package{copyOf("a", "other", 2), copyOf("a", "mine", 1)}, "", 0},
		"kept":                       {[]reconcile.Package{copyOf("a", "mine", 1), copyOf("a", "mine", 3), copyOf("a", "mine", 2)}, "a", 3},
		"both at one date":           {[]reconcile.Package{copyOf("a", "other", 1), copyOf("a", "mine", 1)}, "a", 1},
		"both at one date, reversed": {[]reconcile.Package{copyOf("a", "mine", 1), copyOf("a", "other", 1)}, "a", 1},
	} {
		s := externalIDSearch{externalID: "mine", newest: make(map[string]time.Time)}
		for i := range test.copies {
			s.add(&test.copies[i])
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
