package reconcile

// LinkRule is how the packages of a group came to its lines.
type LinkRule uint8

// The rules, strongest first.
const (
	ByExternalID  LinkRule = iota // equal external ids, or one side is empty
	ByPackageID                   // a row names the package
	ByInstanceID                  // a row names an instance of it
	ByPlace                       // account, product and site
	ByNearID                      // nearly equal external ids; never a link
	LinkAmbiguous                 // several candidates; nothing is linked
)

// A Group is everything under one external id on both sides, or a subscription
// with the package that was linked to it. A package that has no external id and
// was linked to nothing is a group of its own.
type Group struct {
	Lines         []Line
	Bad           []BadRow
	Packages      []Package
	Link          LinkRule
	LiveCandidate bool       // of an ambiguous subscription: one of its candidates is live
	Shared        []SharedID // ids in its rows that rows of other groups name too
}

// A SharedID is an id that rows of two subscriptions name.
type SharedID struct {
	Field string // package_id or instance_id
	ID    string
}

// A GroupResult is what matching a group produced. The findings are not ordered.
type GroupResult struct {
	Findings []Finding
	Census   Census
	Classes  []Class // of Packages, in the group's order
	Pairs    int     // live packages that were matched to lines
}
