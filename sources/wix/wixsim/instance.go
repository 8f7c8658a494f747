package wixsim

import (
	"net/http"
)

// What happens to one instance. All but a cancel want it live; to set a state
// that holds already is no fault.

func (s *Server) drawUpInstance(order changeOrder) (*edit, *refusal) {
	p, at := s.book.holding(order.instanceID)
	if p == nil {
		return nil, refuse(http.StatusNotFound, "INSTANCE_NOT_FOUND", "instance %s does not exist", order.instanceID)
	}
	if fold(p.AccountID) != fold(order.account) {
		return nil, refuse(http.StatusForbidden, "INSTANCE_ACCOUNT_MISMATCH",
			"instance %s does not belong to account %s", order.instanceID, order.account)
	}
	if order.kind == CancelInstance {
		return s.drawUpCancelInstance(p, at)
	}
	if in := &p.ProductInstances[at]; in.Status != pending && in.Status != enabled && in.Status != awaitingAction {
		return nil, refuse(http.StatusConflict, "FAILED_PRECONDITION", "instance %s is %s", in.InstanceID, in.Status)
	}
	c := s.touched(p)
	in := &c.ProductInstances[at]
	if bad := s.alter(in, order); bad != nil {
		return nil, bad
	}
	in.UpdatedDate = s.now(in.UpdatedDate)
	return &edit{packages: []*Package{c}, about: c.ID, effect: Done, answer: s.instanceAnswer(c, in)}, nil
}

func (s *Server) alter(in *Instance, order changeOrder) *refusal {
	switch order.kind {
	case Assign:
		in.SiteID = fold(order.siteID)
	case Unassign:
		in.SiteID = ""
	case Adjust:
		return s.adjust(in, order.body)
	}
	return nil
}

func (s *Server) drawUpCancelInstance(p *Package, at int) (*edit, *refusal) {
	in := &p.ProductInstances[at]
	if !cancelable(in) {
		return s.deadAlready(p, s.instanceAnswer(p, in))
	}
	packages := s.canceled([]string{in.InstanceID})
	c := packages[0] // the instance's own, because it is the first
	return &edit{packages: packages, about: c.ID, effect: Done, answer: s.instanceAnswer(c, &c.ProductInstances[at])}, nil
}

type adjustBody struct {
	CatalogProductID string       `json:"catalogProductId"`
	BillingInfo      *BillingInfo `json:"billingInfo"`
}

// adjust changes either the product or the billing cycle.
func (s *Server) adjust(in *Instance, body []byte) *refusal {
	var b adjustBody
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

func (s *Server) instanceAnswer(p *Package, in *Instance) reply {
	switch s.o.Changes.Answer {
	case AnswerPackage:
		return answerWith(map[string]any{"package": p})
	case AnswerInstance:
		return answerWith(map[string]any{"productInstance": in})
	case AnswerNothing:
		return reply{status: http.StatusOK}
	case AnswerStatus:
		return reply{status: http.StatusNoContent}
	}
	return answerWith(map[string]any{})
}

// holding gives the package that holds the instance, and its place in it; nil
// where none does.
func (b *book) holding(instanceID string) (*Package, int) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	for _, p := range b.all {
		for i := range p.ProductInstances {
			if fold(p.ProductInstances[i].InstanceID) == fold(instanceID) {
				return p, i
			}
		}
	}
	return nil, 0
}

// dependants gives the instances that reference the instance and are not dead.
func (b *book) dependants(instanceID string) []string {
	b.mu.RLock()
	defer b.mu.RUnlock()
	var ids []string
	for _, p := range b.all {
		for i := range p.ProductInstances {
			in := &p.ProductInstances[i]
			if in.ReferenceProductInstanceID != "" && fold(in.ReferenceProductInstanceID) == fold(instanceID) && cancelable(in) {
				ids = append(ids, in.InstanceID)
			}
		}
	}
	return ids
}

// countLive counts the live instances of a product in an account.
func (b *book) countLive(account, product string) int {
	b.mu.RLock()
	defer b.mu.RUnlock()
	n := 0
	for _, p := range b.byAccount[account] {
		for i := range p.ProductInstances {
			if in := &p.ProductInstances[i]; fold(in.CatalogProductID) == product && cancelable(in) {
				n++
			}
		}
	}
	return n
}
