package wixsim

import (
	"net/http"
	"slices"
	"sync"
	"time"
	"unicode/utf8"
)

// A change is planned as an edit, which is packages that replace others, and
// then committed as a whole. A fault hits between these steps.

const maxExternalID = 100 // characters

// An edit is what a change comes to.
type edit struct {
	packages  []*Package
	packageID string // the package that is concerned or created
	effect    Effect
	answer    *reply
	key       string         // the idempotency key of a create
	created   createdPackage // what is stored under the key
}

// changeFault decides which fault a change meets.
func (s *Server) changeFault(c call, rec *record) Fault {
	if s.o.Changes.OnChange != nil {
		if fault := s.o.Changes.OnChange(rec.changeNumber, s.recorder.snapshot(rec)); fault != "" {
			return fault
		}
	}
	allowed := changes
	if c.kind == Assign {
		allowed |= assigns
	}
	return s.draw(c.String(), changes|assigns, allowed, s.o.Changes.Faults)
}

func (s *Server) answerChange(c call, fault Fault, rec *record) *reply {
	s.changing.Lock()
	defer s.changing.Unlock()
	e, bad := s.plan(c)
	if bad != nil {
		return bad
	}
	concerned := e.packageID
	if c.kind == CreatePackage && e.effect == Done {
		concerned = "" // it does not exist unless the change is made
	}
	switch {
	case fault != "" && !slices.Contains(ChangeFaults(), fault):
		return refuse(http.StatusNotImplemented, "NO_SUCH_FAULT", "%q is not a fault of changes", fault)
	case fault.rule().stage == before:
		s.recorder.note(rec, NoEffect, concerned)
		return s.preempt(fault)
	case fault == DelayedEffect:
		s.delay(c, rec)
		s.recorder.note(rec, Delayed, concerned)
		return &reply{fault: fault}
	case fault == HalfAssign && c.kind == Assign:
		half, _ := s.plan(call{kind: Unassign, account: c.account, instanceID: c.instanceID})
		s.commit(half)
		s.recorder.note(rec, HalfDone, concerned)
		answer := failure(http.StatusInternalServerError)
		answer.fault = fault
		return answer
	}
	s.commit(e)
	s.recorder.note(rec, e.effect, e.packageID)
	if r := fault.rule(); r.stage == after {
		return s.faultAnswer(r)
	}
	e.answer.fault = fault
	return e.answer
}

// plan checks the call against the inventory and returns its edit. It changes
// nothing.
func (s *Server) plan(c call) (*edit, *reply) {
	switch c.kind {
	case CreatePackage:
		return s.planCreate(c)
	case CancelPackage:
		return s.planCancel(c)
	case SetExternalID:
		return s.planExternalID(c)
	}
	return s.planInstance(c)
}

func (s *Server) commit(e *edit) {
	for _, p := range e.packages {
		s.inventory.put(p)
	}
	if e.key != "" {
		s.created[e.key] = e.created
	}
}

// delay makes the change later. It is checked again then.
func (s *Server) delay(c call, rec *record) {
	apply := sync.OnceFunc(func() {
		e, bad := s.plan(c)
		if bad != nil {
			s.recorder.note(rec, RefusedLater, "")
			return
		}
		s.commit(e)
		s.recorder.note(rec, DoneLater, e.packageID)
	})
	s.delayed = append(s.delayed, apply)
	time.AfterFunc(s.o.Changes.EffectDelay, func() {
		s.changing.Lock()
		defer s.changing.Unlock()
		apply()
	})
}

// ApplyDelayed makes every delayed change now, in order of arrival.
func (s *Server) ApplyDelayed() {
	s.changing.Lock()
	defer s.changing.Unlock()
	for _, apply := range s.delayed {
		apply()
	}
	s.delayed = nil
}

// now returns a date that is later than the one before, because the later of
// two copies of a package is the one that counts.
func (s *Server) now(before time.Time) time.Time {
	t := s.o.Changes.Now().UTC().Truncate(time.Millisecond)
	if t.After(before) {
		return t
	}
	return before.Add(time.Millisecond)
}

func (s *Server) planExternalID(c call) (*edit, *reply) {
	p, bad := s.owned(c)
	if bad != nil {
		return nil, bad
	}
	if !utf8.ValidString(c.externalID) || utf8.RuneCountInString(c.externalID) > maxExternalID {
		return nil, violate("externalId", "it is not UTF-8, or longer than %d characters", maxExternalID)
	}
	changed := p.clone()
	changed.ExternalID, changed.UpdatedDate = c.externalID, s.now(p.UpdatedDate)
	return &edit{
		packages: []*Package{changed}, packageID: p.ID, effect: Done,
		answer: answerWith(map[string]any{"updatedPackage": changed}),
	}, nil
}

// planCancel cancels everything in a package but what FAILED.
func (s *Server) planCancel(c call) (*edit, *reply) {
	p, bad := s.owned(c)
	if bad != nil {
		return nil, bad
	}
	var ids []string
	for i := range p.ProductInstances {
		if in := &p.ProductInstances[i]; in.live() {
			ids = append(ids, in.InstanceID)
		}
	}
	if len(ids) == 0 {
		return s.nothingToCancel(p, answerWith(map[string]any{"package": p}))
	}
	packages := s.canceled(ids)
	own := packages[0] // because its instances are the first
	own.UpdatedDate = s.now(p.UpdatedDate)
	return &edit{
		packages: packages, packageID: p.ID, effect: Done,
		answer: answerWith(map[string]any{"package": own}),
	}, nil
}

// nothingToCancel answers a cancel of what is not live.
func (s *Server) nothingToCancel(p *Package, answer *reply) (*edit, *reply) {
	if !s.o.Changes.IdempotentCancel {
		return nil, refuse(http.StatusConflict, "FAILED_PRECONDITION", "nothing in package %s can be canceled", p.ID)
	}
	return &edit{packageID: p.ID, effect: Repeated, answer: answer}, nil
}

// canceled returns the packages of the instances, with these canceled and, where
// the options say so, all that depend on them.
func (s *Server) canceled(ids []string) []*Package {
	var packages []*Package
	for n := 0; n < len(ids); n++ {
		p, at := s.inventory.findInstance(ids[n])
		known := slices.IndexFunc(packages, func(q *Package) bool { return q.ID == p.ID })
		if known < 0 {
			known = len(packages)
			packages = append(packages, s.touched(p))
		}
		in := &packages[known].ProductInstances[at]
		in.Status, in.UpdatedDate = canceled, s.now(in.UpdatedDate)
		if s.o.Changes.CancelDependants {
			ids = s.withDependants(ids, ids[n])
		}
	}
	return packages
}

// withDependants adds the live instances that reference the instance.
func (s *Server) withDependants(ids []string, id string) []string {
	for {
		p, at := s.inventory.find(func(in *Instance) bool {
			return in.live() && fold(in.ReferenceProductInstanceID) == fold(id) && !slices.Contains(ids, in.InstanceID)
		})
		if p == nil {
			return ids
		}
		ids = append(ids, p.ProductInstances[at].InstanceID)
	}
}

// touched returns a copy of the package for a change of an instance in it.
func (s *Server) touched(p *Package) *Package {
	c := p.clone()
	if !s.o.Changes.KeepUpdatedDate {
		c.UpdatedDate = s.now(p.UpdatedDate)
	}
	return c
}

// planInstance plans the four calls for one instance. All but a cancel need it
// live; to set a state that it has already is allowed.
func (s *Server) planInstance(c call) (*edit, *reply) {
	p, at := s.inventory.findInstance(c.instanceID)
	if p == nil {
		return nil, refuse(http.StatusNotFound, "INSTANCE_NOT_FOUND", "instance %s does not exist", c.instanceID)
	}
	if fold(p.AccountID) != fold(c.account) {
		return nil, refuse(http.StatusForbidden, "INSTANCE_ACCOUNT_MISMATCH",
			"instance %s does not belong to account %s", c.instanceID, c.account)
	}
	if c.kind == CancelInstance {
		return s.planCancelInstance(p, at)
	}
	if in := &p.ProductInstances[at]; !slices.Contains([]string{pending, enabled, awaitingAction}, in.Status) {
		return nil, refuse(http.StatusConflict, "FAILED_PRECONDITION", "instance %s is %s", in.InstanceID, in.Status)
	}
	changed := s.touched(p)
	in := &changed.ProductInstances[at]
	switch c.kind {
	case Assign:
		in.SiteID = fold(c.siteID)
	case Unassign:
		in.SiteID = ""
	case Adjust:
		if bad := s.adjust(in, c.body); bad != nil {
			return nil, bad
		}
	default:
		return nil, refuse(http.StatusNotImplemented, "NO_SUCH_CHANGE", "%q is not a change of an instance", c.kind)
	}
	in.UpdatedDate = s.now(in.UpdatedDate)
	return &edit{packages: []*Package{changed}, packageID: p.ID, effect: Done, answer: s.instanceAnswer(changed, in)}, nil
}

func (s *Server) planCancelInstance(p *Package, at int) (*edit, *reply) {
	in := &p.ProductInstances[at]
	if !in.live() {
		return s.nothingToCancel(p, s.instanceAnswer(p, in))
	}
	packages := s.canceled([]string{in.InstanceID})
	own := packages[0]
	return &edit{packages: packages, packageID: p.ID, effect: Done, answer: s.instanceAnswer(own, &own.ProductInstances[at])}, nil
}

// adjust changes either the product or the billing cycle.
func (s *Server) adjust(in *Instance, body []byte) *reply {
	var b struct {
		CatalogProductID string       `json:"catalogProductId"`
		BillingInfo      *BillingInfo `json:"billingInfo"`
	}
	if err := decodeStrictly(body, &b); err != nil {
		return violate("body", "%v", err)
	}
	switch {
	case (b.CatalogProductID == "") == (b.BillingInfo == nil):
		return violate("body", "either catalogProductId or billingInfo is required")
	case b.BillingInfo != nil:
		if bad := s.checkBilling(in.CatalogProductID, b.BillingInfo); bad != nil {
			return bad
		}
		in.BillingInfo = b.BillingInfo
	case !isGUID(b.CatalogProductID):
		return violate("catalogProductId", "%q is not a GUID", b.CatalogProductID)
	default:
		in.CatalogProductID = fold(b.CatalogProductID)
	}
	return nil
}

func (s *Server) instanceAnswer(p *Package, in *Instance) *reply {
	switch s.o.Changes.Answer {
	case AnswerPackage:
		return answerWith(map[string]any{"package": p})
	case AnswerInstance:
		return answerWith(map[string]any{"productInstance": in})
	case AnswerNoBody:
		return &reply{status: http.StatusOK}
	case AnswerNoContent:
		return &reply{status: http.StatusNoContent}
	}
	return answerWith(map[string]any{})
}
