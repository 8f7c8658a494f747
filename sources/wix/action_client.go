package wix

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/fix"
	"github.com/wixrecon/wixrecon/reconcile/fix/execute"
)

// A package is missing only if Wix itself reports it: a 404 without an application
// code may come from a gateway. The packages of a sub-account are known only once
// its last page is read. There may be very many, so only those with the external
// id are kept. Of a package whose external id can't be read it is not known
// whether it has the id.

// An ActionClient sends the actions of plans to Wix: it implements execute.Wix.
type ActionClient struct{ Client *Client }

// Get reads a package. It returns nil if Wix reports that there is none.
func (c ActionClient) Get(ctx context.Context, accountID, packageID string) (*reconcile.Package, error) {
	found, err := c.Client.Get(ctx, accountID, packageID)
	if packageNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &found.Package, nil
}

func packageNotFound(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Status == http.StatusNotFound && e.Code != ""
}

// Find returns all packages of a sub-account that have an external id. Of several
// copies of a package the one updated last counts.
func (c ActionClient) Find(ctx context.Context, accountID, externalID string) ([]reconcile.Package, error) {
	s := externalIDSearch{externalID: reconcile.TrimID(externalID), newest: make(map[string]time.Time)}
	for page, err := range c.Client.Pages(ctx, OfAccount(accountID)) {
		if err != nil {
			return nil, err
		}
		for i := range page.Packages {
			p := &page.Packages[i].Package
			if p.UnreadableID {
				return nil, fmt.Errorf("find packages of %s: package %s has an external id that can't be read, so it may be the one", showID(s.externalID), showID(p.ID))
			}
			s.add(p)
		}
	}
	return s.found, nil
}

// An externalIDSearch collects the packages with an external id among copies.
type externalIDSearch struct {
	externalID string
	newest     map[string]time.Time // package id → updatedDate of its newest copy
	found      []reconcile.Package  // newest copies that have the external id
}

// add adds a copy. Of two with the same date the one that has the external id
// counts: to find one package too many keeps one from being created twice.
func (s *externalIDSearch) add(p *reconcile.Package) {
	newest, known := s.newest[p.ID]
	has := p.ExternalID == s.externalID
	if known && (p.Updated.Before(newest) || p.Updated.Equal(newest) && !has) {
		return
	}
	s.newest[p.ID] = p.Updated
	i := slices.IndexFunc(s.found, func(f reconcile.Package) bool { return f.ID == p.ID })
	switch {
	case i >= 0 && has:
		s.found[i] = *p
	case i >= 0:
		s.found = slices.Delete(s.found, i, i+1)
	case has:
		s.found = append(s.found, *p)
	}
}

// Send sends the one request of an action, unless ready returns an error right
// before it leaves.
func (c ActionClient) Send(ctx context.Context, parent string, a *fix.Action, ready func(context.Context) error) execute.SendResult {
	return c.Client.Send(ctx, changeOf(parent, a), ready)
}

// changeOf returns the change of an action. Change.Check finds what is invalid.
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
		change.IdempotencyKey, change.Instances = a.IdempotencyKey(parent), newInstances(a.Desired.Lines)
	case reconcile.FixCancel:
		change.Kind = CancelInstance
		if a.InstanceID == "" {
			change.Kind = CancelPackage
		}
	}
	return change
}

// newInstances returns one instance per unit of quantity. It stops at one more
// than a package can have, which Change.Check rejects.
func newInstances(lines []fix.Line) []NewInstance {
	var all []NewInstance
	for _, l := range lines {
		for range min(l.Quantity, reconcile.MaxQuantity+1-len(all)) {
			all = append(all, NewInstance{ProductID: l.ProductID, Cycle: l.Cycle, Country: l.Country, SiteID: l.SiteID})
		}
	}
	return all
}
