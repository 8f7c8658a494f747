package wix

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// How the actions of a plan become calls. A package is not there only where Wix
// itself says so, in its own words: a 404 without the code of an application
// may be a gateway's, and says nothing of packages. Of a sub-account nothing is
// said that was not read to its last page; it may hold very many packages, of
// which only those are kept that have the external id.

// A Carrier carries the actions of plans to Wix: it is fix.Wix.
type ActionClient struct{ Client *Client }

// Get reads a package, nil where Wix says that there is none.
func (c ActionClient) Get(ctx context.Context, accountID, packageID string) (*reconcile.Package, error) {
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
func (c ActionClient) Find(ctx context.Context, accountID, externalID string) ([]reconcile.Package, error) {
	s := search{externalID: reconcile.TrimID(externalID), newest: make(map[string]time.Time)}
	for page, err := range c.Client.Pages(ctx, Slice{Account: accountID}) {
		if err != nil {
			return nil, err
		}
		for i := range page.Packages {
			s.take(&page.Packages[i].Package)
		}
	}
	return s.found, nil
}

// A search looks for the packages of an external id among copies.
type search struct {
	externalID string
	newest     map[string]time.Time // by package: when its newest copy was updated
	found      []reconcile.Package  // whose newest copy has the external id
}

// take takes a copy. Of two of the same date the one that has the external id
// counts: to find a package too many keeps one from being made twice.
func (s *search) take(p *reconcile.Package) {
	newest, again := s.newest[p.ID]
	has := p.ExternalID == s.externalID
	if again && (p.Updated.Before(newest) || p.Updated.Equal(newest) && !has) {
		return
	}
	s.newest[p.ID] = p.Updated
	at := slices.IndexFunc(s.found, func(f reconcile.Package) bool { return f.ID == p.ID })
	switch {
	case at >= 0 && has:
		s.found[at] = *p
	case at >= 0:
		s.found = slices.Delete(s.found, at, at+1)
	case has:
		s.found = append(s.found, *p)
	}
}

// Send sends the one request of an action, unless ready says right before it
// leaves that it must not.
func (c ActionClient) Send(ctx context.Context, parent string, a *fix.Action, ready func(context.Context) error) fix.Sent {
	answer, err := c.Client.Send(ctx, changeOf(parent, a), ready)
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
		change.Kind, change.ExternalID = SetExternalID, a.Desired.ExternalID
	case reconcile.FixAssign:
		change.Kind, change.SiteID = Assign, a.Desired.SiteID
	case reconcile.FixUnassign:
		change.Kind = Unassign
	case reconcile.FixAdjust:
		change.Kind, change.ProductID, change.Cycle = Adjust, a.Desired.ProductID, reconcile.Cycle(a.Desired.Cycle)
	case reconcile.FixCreate:
		change.Kind, change.ExternalID = CreatePackage, a.ExternalID
		change.IdempotencyKey, change.Lines = a.IdempotencyKey(parent), instancesOfLines(a.Desired.Lines)
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
