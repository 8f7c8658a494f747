package wix

import (
	"context"
	"errors"
	"net/http"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// How the actions of a plan become calls. A package is not there only where Wix
// itself says so, in its own words: a 404 without the code of an application
// may be a gateway's, and says nothing of packages. Of a sub-account nothing is
// said that was not read to its last page.

// A Carrier carries the actions of plans to Wix: it is fix.Wix.
type Carrier struct{ Client *Client }

// Get reads a package, nil where Wix says that there is none.
func (c Carrier) Get(ctx context.Context, accountID, packageID string) (*reconcile.Package, error) {
	found, err := c.Client.Get(ctx, accountID, packageID)
	if notThere(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &found.Package, nil
}

func notThere(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Status == http.StatusNotFound && e.Code != ""
}

// Find reads all packages of a sub-account that have an external id. Of a
// package that was shown twice it takes the copy that was updated last.
func (c Carrier) Find(ctx context.Context, accountID, externalID string) ([]reconcile.Package, error) {
	var found []reconcile.Package
	places := make(map[string]int)
	for page, err := range c.Client.Pages(ctx, Slice{Account: accountID}) {
		if err != nil {
			return nil, err
		}
		for i := range page.Packages {
			p := page.Packages[i].Package
			at, again := places[p.ID]
			switch {
			case !again:
				places[p.ID] = len(found)
				found = append(found, p)
			case p.Updated.After(found[at].Updated):
				found[at] = p
			}
		}
	}
	return having(found, reconcile.TrimID(externalID)), nil
}

func having(packages []reconcile.Package, externalID string) []reconcile.Package {
	var all []reconcile.Package
	for i := range packages {
		if packages[i].ExternalID == externalID {
			all = append(all, packages[i])
		}
	}
	return all
}

// Send sends the one request of an action.
func (c Carrier) Send(ctx context.Context, parent string, a *fix.Action) fix.Sent {
	answer, err := c.Client.Send(ctx, changeOf(parent, a))
	if err == nil {
		sent := fix.Sent{Fate: fix.Answered}
		if answer.Package != nil {
			sent.PackageID = answer.Package.Package.ID
		}
		return sent
	}
	sent := fix.Sent{Fate: fix.Lost, Err: err}
	switch FateOf(err) {
	case NotSent:
		sent.Fate = fix.NotSent
	case Throttled:
		sent.Fate = fix.Throttled
	case Refused:
		sent.Fate = fix.Refused
	}
	var e *ChangeError
	if errors.As(err, &e) {
		sent.Wait = e.Wait
	}
	return sent
}

// changeOf gives the change that an action asks for. One that asks for none, or
// for what can't be sent, is found out when it is checked.
func changeOf(parent string, a *fix.Action) Change {
	change := Change{AccountID: a.AccountID, PackageID: a.PackageID, InstanceID: a.InstanceID}
	switch a.Fix {
	case reconcile.FixExternalID:
		change.Kind, change.ExternalID = SetExternalID, a.Wanted.ExternalID
	case reconcile.FixAssign:
		change.Kind, change.SiteID = Assign, a.Wanted.SiteID
	case reconcile.FixUnassign:
		change.Kind = Unassign
	case reconcile.FixAdjust:
		change.Kind, change.ProductID, change.Cycle = Adjust, a.Wanted.ProductID, reconcile.Cycle(a.Wanted.Cycle)
	case reconcile.FixCreate:
		change.Kind, change.ExternalID = CreatePackage, a.ExternalID
		change.IdempotencyKey, change.Lines = a.IdempotencyKey(parent), instancesOfLines(a.Wanted.Lines)
	case reconcile.FixCancel:
		change.Kind = CancelInstance
		if a.InstanceID == "" {
			change.Kind = CancelPackage
		}
	}
	return change
}

// instancesOfLines gives an instance for every one of each line; one more than
// a package may hold is enough to be refused.
func instancesOfLines(lines []fix.Line) []NewInstance {
	var all []NewInstance
	for _, l := range lines {
		for range min(l.Quantity, reconcile.MaxQuantity+1-len(all)) {
			all = append(all, NewInstance{ProductID: l.ProductID, Cycle: l.Cycle, Country: l.Country, SiteID: l.SiteID})
		}
	}
	return all
}
