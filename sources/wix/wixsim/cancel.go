package wixsim

import (
	"net/http"
	"slices"
	"unicode/utf8"
)

// What happens to packages as a whole. A cancel takes everything in it but what
// FAILED, which never was; what references a canceled instance goes with it
// where the options say so.

// owned gives a package, if it belongs to the account of the header.
func (s *Server) owned(packageID, account string) (*Package, *refusal) {
	p, ok := s.book.get(packageID)
	if !ok {
		return nil, refuse(http.StatusNotFound, "PACKAGE_NOT_FOUND", "package %s does not exist", packageID)
	}
	if fold(p.AccountID) != fold(account) {
		return nil, refuse(http.StatusForbidden, "PACKAGE_ACCOUNT_MISMATCH",
			"package %s does not belong to account %s", packageID, account)
	}
	return p, nil
}

func (s *Server) drawUpCancel(order changeOrder) (*edit, *refusal) {
	p, bad := s.owned(order.packageID, order.account)
	if bad != nil {
		return nil, bad
	}
	var ids []string
	for i := range p.ProductInstances {
		if cancelable(&p.ProductInstances[i]) {
			ids = append(ids, p.ProductInstances[i].InstanceID)
		}
	}
	if len(ids) == 0 {
		return s.deadAlready(p, answerWith(map[string]any{"package": p}))
	}
	packages := s.canceled(ids)
	at := slices.IndexFunc(packages, func(q *Package) bool { return q.ID == p.ID })
	packages[at].UpdatedDate = s.now(p.UpdatedDate) // the package itself was changed, whatever holds for instances
	return &edit{
		packages: packages, about: p.ID, effect: Done,
		answer: answerWith(map[string]any{"package": packages[at]}),
	}, nil
}

func cancelable(i *Instance) bool { return i.Status != canceled && i.Status != failed }

// deadAlready answers a cancel of what is dead.
func (s *Server) deadAlready(p *Package, good reply) (*edit, *refusal) {
	if !s.o.Changes.IdempotentCancel {
		return nil, refuse(http.StatusConflict, "FAILED_PRECONDITION", "nothing in package %s can be canceled", p.ID)
	}
	return &edit{about: p.ID, effect: Repeated, answer: good}, nil
}

// canceled gives the packages that hold the instances, with these canceled and,
// where the options say so, all that depend on them.
func (s *Server) canceled(ids []string) []*Package {
	changed := map[string]*Package{}
	var packages []*Package
	for n := 0; n < len(ids); n++ {
		p, at := s.book.holding(ids[n])
		if changed[p.ID] == nil {
			changed[p.ID] = s.touched(p)
			packages = append(packages, changed[p.ID])
		}
		in := &changed[p.ID].ProductInstances[at]
		in.Status, in.UpdatedDate = canceled, s.now(in.UpdatedDate)
		if !s.o.Changes.CancelDependants {
			continue
		}
		for _, id := range s.book.dependants(ids[n]) {
			if !slices.ContainsFunc(ids, func(known string) bool { return fold(known) == fold(id) }) {
				ids = append(ids, id)
			}
		}
	}
	return packages
}

// touched gives a copy of the package for a change of an instance in it.
func (s *Server) touched(p *Package) *Package {
	c := p.clone()
	if !s.o.Changes.KeepUpdatedDate {
		c.UpdatedDate = s.now(p.UpdatedDate)
	}
	return c
}

func (s *Server) drawUpExternalID(order changeOrder) (*edit, *refusal) {
	p, bad := s.owned(order.packageID, order.account)
	if bad != nil {
		return nil, bad
	}
	if !utf8.ValidString(order.externalID) || utf8.RuneCountInString(order.externalID) > maxExternalID {
		return nil, violate("externalId", "it is not UTF-8, or longer than %d characters", maxExternalID)
	}
	c := p.clone()
	c.ExternalID, c.UpdatedDate = order.externalID, s.now(p.UpdatedDate)
	return &edit{
		packages: []*Package{c}, about: c.ID, effect: Done,
		answer: answerWith(map[string]any{"updatedPackage": c}),
	}, nil
}
