package execute

import (
	"testing"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
)

func TestEffects(t *testing.T) {
	p := pkgOf("p1", 3)
	p.Instances[2].Status = reconcile.StatusCanceled
	all := func(status reconcile.Status) func(*reconcile.Package) {
		return func(p *reconcile.Package) {
			p.Instances[0].Status, p.Instances[1].Status = status, status
		}
	}
	const guid, upper = "abcdef00-0000-4000-8000-000000000001", "ABCDEF00-0000-4000-8000-000000000001"
	same := func(*reconcile.Package) {}
	for name, tt := range map[string]struct {
		action fix.Action
		change func(*reconcile.Package) // nil: the package is gone
		want   effect
	}{
		"external id set":            {renameOf(&p, " new\u00a0"), func(p *reconcile.Package) { p.ExternalID = "new" }, effectDone},
		"external id as before":      {renameOf(&p, "new"), same, effectNone},
		"external id another":        {renameOf(&p, "new"), func(p *reconcile.Package) { p.ExternalID = "NEW" }, effectUnexpected},
		"external id, gone":          {renameOf(&p, "new"), nil, effectUnexpected},
		"assigned":                   {assignOf(&p, 1, upper), func(p *reconcile.Package) { p.Instances[0].SiteID = guid }, effectDone},
		"another assigned":           {assignOf(&p, 1, guid), func(p *reconcile.Package) { p.Instances[1].SiteID = guid }, effectNone},
		"assigned, and canceled":     {assignOf(&p, 1, guid), func(p *reconcile.Package) { all("CANCELED")(p); p.Instances[0].SiteID = guid }, effectDone},
		"left unassigned":            {assignOf(&p, 1, guid), func(p *reconcile.Package) { p.Instances[0].SiteID = "" }, effectUnexpected},
		"the instance is gone":       {assignOf(&p, 1, guid), func(p *reconcile.Package) { p.Instances = p.Instances[1:] }, effectUnexpected},
		"unassigned":                 {unassignOf(&p, 1), func(p *reconcile.Package) { p.Instances[0].SiteID = "" }, effectDone},
		"not unassigned":             {unassignOf(&p, 1), same, effectNone},
		"unassigned to another":      {unassignOf(&p, 1), func(p *reconcile.Package) { p.Instances[0].SiteID = "x" }, effectUnexpected},
		"product adjusted":           {productOf(&p, 1, "new"), func(p *reconcile.Package) { p.Instances[0].ProductID = "new" }, effectDone},
		"only the cycle adjusted":    {productOf(&p, 1, "new"), func(p *reconcile.Package) { p.Instances[0].Cycle = "1 YEAR" }, effectNone},
		"cycle adjusted":             {cycleOf(&p, 1, "1 YEAR"), func(p *reconcile.Package) { p.Instances[0].Cycle = "12 MONTH" }, effectDone},
		"cycle as before":            {cycleOf(&p, 1, "1 YEAR"), same, effectNone},
		"cycle adjusted to another":  {cycleOf(&p, 1, "1 YEAR"), func(p *reconcile.Package) { p.Instances[0].Cycle = "2 YEAR" }, effectUnexpected},
		"instance canceled":          {cancelOf(&p, 1), func(p *reconcile.Package) { p.Instances[0].Status = "CANCELED" }, effectDone},
		"instance and dependants":    {cancelOf(&p, 1), all("CANCELED"), effectDone},
		"another canceled":           {cancelOf(&p, 1), func(p *reconcile.Package) { p.Instances[1].Status = "CANCELED" }, effectNone},
		"delivered in the meantime":  {cancelOf(&p, 1), all("AWAITING_ACTION"), effectNone},
		"failed in the meantime":     {cancelOf(&p, 1), all("FAILED"), effectUnexpected},
		"an unknown status":          {cancelOf(&p, 1), all("CANCELING"), effectUnexpected},
		"package canceled":           {cancelOf(&p, 0), all("CANCELED"), effectDone},
		"package as before":          {cancelOf(&p, 0), all("PENDING"), effectNone},
		"half of a package canceled": {cancelOf(&p, 0), func(p *reconcile.Package) { p.Instances[0].Status = "CANCELED" }, effectUnexpected},
		"package canceled, one new": {cancelOf(&p, 0), func(p *reconcile.Package) {
			all("CANCELED")(p)
			p.Instances = append(p.Instances, reconcile.Instance{ID: "z", Status: "ENABLED"})
		}, effectDone},
		"package and one disappeared": {cancelOf(&p, 0), func(p *reconcile.Package) { all("CANCELED")(p); p.Instances = p.Instances[1:] }, effectUnexpected},
	} {
		var after *fix.State
		if tt.change != nil {
			c := copyOf(&p)
			tt.change(&c)
			after = fix.StateOf(&c)
		}
		x := compare(&tt.action, tt.action.Seen, after)
		if got := x.effect(); got != tt.want || x.String() == "" {
			t.Errorf("%s: %d, want %d: %s", name, got, tt.want, x.String())
		}
	}
}

func TestCreated(t *testing.T) {
	lines := []fix.Line{
		{ProductID: "A", SiteID: "site", Cycle: "1 YEAR", Quantity: 1},
		{ProductID: "A", Cycle: "1 YEAR", Quantity: 2},
		{ProductID: "B", Cycle: "ONE_TIME", Quantity: 1},
	}
	a := createOf("new", lines...)
	made := func(change ...func(*reconcile.Package)) []reconcile.Package {
		p := reconcile.Package{ID: "p", AccountID: testAccount, ExternalID: "new", Instances: []reconcile.Instance{
			{ID: "1", ProductID: "a", Cycle: "12 MONTH", Status: "PENDING"},
			{ID: "2", ProductID: "b", Cycle: "ONE_TIME", Status: "ENABLED"},
			{ID: "3", ProductID: "a", Cycle: "1 YEAR", Status: "ENABLED"},
			{ID: "4", ProductID: "a", Cycle: "1 YEAR", Status: "ENABLED", SiteID: "SITE"},
		}}
		for _, c := range change {
			c(&p)
		}
		return []reconcile.Package{p}
	}
	for name, tt := range map[string]struct {
		found []reconcile.Package
		want  effect
	}{
		"none":                       {nil, effectNone},
		"as asked":                   {made(), effectDone},
		"not placed yet":             {made(func(p *reconcile.Package) { p.Instances[3].SiteID, p.Instances[3].Status = "", "PENDING" }), effectDone},
		"never placed":               {made(func(p *reconcile.Package) { p.Instances[3].SiteID = ""; p.Instances[0].Status = "ENABLED" }), effectUnexpected},
		"placed elsewhere":           {made(func(p *reconcile.Package) { p.Instances[0].SiteID = "x" }), effectUnexpected},
		"one failed":                 {made(func(p *reconcile.Package) { p.Instances[0].Status = "FAILED" }), effectUnexpected},
		"another cycle":              {made(func(p *reconcile.Package) { p.Instances[0].Cycle = "1 MONTH" }), effectUnexpected},
		"another product":            {made(func(p *reconcile.Package) { p.Instances[0].ProductID = "c" }), effectUnexpected},
		"one more":                   {made(func(p *reconcile.Package) { p.Instances = append(p.Instances, p.Instances[0]) }), effectUnexpected},
		"one less":                   {made(func(p *reconcile.Package) { p.Instances = p.Instances[1:] }), effectUnexpected},
		"another id":                 {made(func(p *reconcile.Package) { p.ExternalID = "NEW" }), effectUnexpected},
		"with another":               {append(made(func(p *reconcile.Package) { p.Instances = p.Instances[1:] }), made()...), effectDone},
		"another, without instances": {made(func(p *reconcile.Package) { p.Instances = nil }), effectUnexpected},
	} {
		if got, p := created(&a, tt.found); got != tt.want || (p == nil) != (len(tt.found) == 0) {
			t.Errorf("%s: %d, want %d", name, got, tt.want)
		}
	}
}

// TestIdempotencyKey checks what the key is made of and what not.
func TestIdempotencyKey(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	lines := func(edit ...func([]fix.Line)) []fix.Line {
		all := []fix.Line{{ProductID: "A", SiteID: "site", Cycle: "1 YEAR", Country: "DE", Quantity: 1, Start: start}, {ProductID: "B", Cycle: "ONE_TIME", Country: "DE", Quantity: 2, Start: start}}
		for _, e := range edit {
			e(all)
		}
		return all
	}
	a := createOf("new", lines()...)
	key := a.IdempotencyKey(testParent)
	other := a
	other.Kind, other.FindingIDs, other.Rows, other.Waiting = "x", []string{"f"}, "h", &fix.Waiting{}
	other.Desired.Lines = lines(func(l []fix.Line) {
		l[0], l[1] = l[1], l[0]
		l[0].Start = start.In(time.FixedZone("", 3600))
	})
	if other.IdempotencyKey(testParent) != key || len(key) != 32 {
		t.Error("the key depends on more than what is to be created")
	}
	seen := map[string]bool{key: true, a.IdempotencyKey("another"): true}
	for _, edit := range []func(*fix.Action){
		func(a *fix.Action) { a.AccountID = "x" },
		func(a *fix.Action) { a.ExternalID = "x" },
		func(a *fix.Action) { a.Desired.Lines = a.Desired.Lines[:1] },
		func(a *fix.Action) { a.Desired.Lines[0].ProductID = "x" },
		func(a *fix.Action) { a.Desired.Lines[0].SiteID = "" },
		func(a *fix.Action) { a.Desired.Lines[0].Cycle = "1 MONTH" },
		func(a *fix.Action) { a.Desired.Lines[0].Quantity = 2 },
		func(a *fix.Action) { a.Desired.Lines[0].Start = start.Add(1) },
	} {
		b := createOf("new", lines()...)
		edit(&b)
		if k := b.IdempotencyKey(testParent); seen[k] {
			t.Errorf("%+v has the key of another", b)
		} else {
			seen[k] = true
		}
	}
}
