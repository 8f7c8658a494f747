package wixsim

import (
	"cmp"
	"time"
)

// What the reference leaves open about the changing calls is an option, so that
// a client can be held against either reading.

// An AnswerShape is what the four calls for instances answer.
type AnswerShape string

// The shapes.
const (
	AnswerEmpty    AnswerShape = ""         // {}
	AnswerPackage  AnswerShape = "package"  // the package that holds the instance
	AnswerInstance AnswerShape = "instance" // the instance
	AnswerNothing  AnswerShape = "nothing"  // 200 without a body
	AnswerStatus   AnswerShape = "204"      // 204
)

// ChangeOptions say how the changing calls behave. The zero value follows the
// reference and never fails.
type ChangeOptions struct {
	// StayPending leaves created instances PENDING until Deliver; otherwise
	// they are ENABLED as soon as the call has answered.
	StayPending bool
	// IdempotentCancel answers a cancel of what is dead with 200; otherwise
	// with 409.
	IdempotentCancel bool
	// KeepUpdatedDate leaves the package's updatedDate where it is when an
	// instance changes.
	KeepUpdatedDate bool
	// CancelDependants cancels with an instance those that reference it.
	CancelDependants bool
	// Answer is the shape of the answers about instances.
	Answer AnswerShape
	// Cycles are the billing cycles of a product, such as "1 MONTH" and
	// "ONE_TIME", by catalogProductId; a product that is not in it has all.
	Cycles map[string][]string
	// ProductLimit is how many live instances of a product an account may
	// hold, by catalogProductId.
	ProductLimit map[string]int

	// Faults are the rates per changing request, in [0,1], by kind. Options.Faults
	// does not hold for changes.
	Faults map[ChangeKind]map[Fault]float64
	// OnChange is called for the n-th changing request (from 1), with no lock
	// held. The fault that it gives, one of ChangeFaults, is done to the
	// request in place of one that is drawn; empty leaves it to the rates.
	OnChange func(n int, c Change) Fault
	// EffectDelay is how long after its connection was dropped a change with
	// DelayedEffect is made; 90 s where 0. Land does not wait.
	EffectDelay time.Duration
	// Now is the clock of dates; time.Now where nil.
	Now func() time.Time
}

func (o ChangeOptions) settled() ChangeOptions {
	o.EffectDelay = cmp.Or(o.EffectDelay, 90*time.Second)
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// rates gives the rates of a kind.
func (o *ChangeOptions) rates(kind ChangeKind) map[Fault]float64 {
	if own, ok := o.Faults[kind]; ok {
		return own
	}
	return o.Faults[AnyChange]
}
