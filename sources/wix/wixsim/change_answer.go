package wixsim

import (
	"encoding/json"
	"net/http"
	"slices"
	"time"
)

// A change is answered in the order of every call: checked, decided, sent. To
// decide is to draw up an edit, which is new packages in place of old ones, and
// the inventory takes it in whole. A fault strikes between these steps; what breaks
// a rule is always told.

// An edit is what a change comes to.
type edit struct {
	packages []*Package
	answer   reply
	about    string // package
	effect   Effect
	key      string // of a create
	made     idempotent
}

func (s *Server) answerChange(order changeOrder, r *http.Request, rec *Request) reply {
	record, n := s.changes.begin(rec, order)
	fault := s.faultOf(n, order, record)
	if bad := s.checkHeader(r); bad != nil {
		return bad.reply()
	}
	if bad := order.check(r); bad != nil {
		return bad.reply()
	}
	s.changes.mu.Lock()
	defer s.changes.mu.Unlock()
	e, bad := s.drawUp(order)
	if bad != nil {
		return bad.reply()
	}
	if answer, ok := s.preempted(fault); ok {
		s.changes.note(record, NoEffect, order.holder(e))
		return answer
	}
	return s.make(order, e, fault, record)
}

// make lets the change happen, now or later, and gives its answer.
func (s *Server) make(order changeOrder, e *edit, fault Fault, record *changeRecord) reply {
	switch {
	case fault == DelayedEffect:
		s.delay(order, record)
		s.changes.note(record, Underway, order.holder(e))
		return reply{fault: fault}
	case fault == HalfAssign && order.kind == Assign:
		half, _ := s.drawUp(changeOrder{kind: Unassign, account: order.account, instanceID: order.instanceID})
		s.commit(half)
		s.changes.note(record, HalfDone, e.about)
		failed := failure(http.StatusInternalServerError)
		failed.fault = fault
		return failed
	}
	s.commit(e)
	s.changes.note(record, e.effect, e.about)
	return s.afterwards(fault, e.answer)
}

// holder gives the package that a change which was not made is about: none, if
// it was to be created.
func (o changeOrder) holder(e *edit) string {
	if o.kind == CreatePackage && e.effect == Done {
		return ""
	}
	return e.about
}

// drawUp checks the order against the inventory and says what it comes to. It
// changes nothing.
func (s *Server) drawUp(order changeOrder) (*edit, *refusal) {
	switch order.kind {
	case CreatePackage:
		return s.drawUpCreate(order)
	case CancelPackage:
		return s.drawUpCancel(order)
	case SetExternalID:
		return s.drawUpExternalID(order)
	}
	return s.drawUpInstance(order)
}

// alone runs f while no change is checked or made.
func (c *changes) alone(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f()
}

// commit takes an edit into the inventory.
func (s *Server) commit(e *edit) {
	for _, p := range e.packages {
		s.book.put(p)
	}
	if e.key == "" {
		return
	}
	if s.changes.made == nil {
		s.changes.made = map[string]idempotent{}
	}
	s.changes.made[e.key] = e.made
	if s.o.Changes.StayPending && e.effect == Done {
		if s.changes.fresh == nil {
			s.changes.fresh = map[string]bool{}
		}
		s.changes.fresh[e.about] = true
	}
}

// delay lets the order happen later: it is weighed anew then.
func (s *Server) delay(order changeOrder, record *changeRecord) {
	d := &delayed{land: func() {
		e, bad := s.drawUp(order)
		if bad != nil {
			s.changes.note(record, RefusedLater, "")
			return
		}
		s.commit(e)
		s.changes.note(record, DoneLater, e.about)
	}}
	d.timer = time.AfterFunc(s.o.Changes.EffectDelay, func() { s.landed(d) })
	s.changes.delayed = append(s.changes.delayed, d)
}

// landed makes one delayed change, if Land has not.
func (s *Server) landed(d *delayed) {
	s.changes.mu.Lock()
	defer s.changes.mu.Unlock()
	if i := slices.Index(s.changes.delayed, d); i >= 0 {
		s.changes.delayed = slices.Delete(s.changes.delayed, i, i+1)
		d.land()
	}
}

// Land makes every delayed change now, in order of arrival.
func (s *Server) Land() {
	s.changes.mu.Lock()
	defer s.changes.mu.Unlock()
	for _, d := range s.changes.delayed {
		d.timer.Stop()
		d.land()
	}
	s.changes.delayed = nil
}

// Deliver turns the instances of created packages from PENDING to ENABLED,
// where StayPending has left them so.
func (s *Server) Deliver() {
	s.changes.mu.Lock()
	defer s.changes.mu.Unlock()
	for id := range s.changes.fresh {
		if p, ok := s.book.get(id); ok {
			s.book.put(s.enabled(p))
		}
	}
	clear(s.changes.fresh)
}

func answerWith(fields map[string]any) reply {
	text, _ := json.Marshal(fields) // of our own types: it can't fail
	return reply{status: http.StatusOK, body: text}
}
