package wixsim

import (
	"fmt"
	"net/http"
	"slices"
)

// How a change goes wrong: before the work, and nothing was done; after it, and
// the answer is lost; or long after the connection is gone. A fault of the
// first group that reads know too means the same here.

// The faults of changes only.
const (
	Hang Fault = "hang" // no answer until the client hangs up; nothing is done

	ResetAfter          Fault = "reset-after"    // done, and no answer
	InternalErrorAfter  Fault = "500-after"      // done
	BadGatewayAfter     Fault = "502-after"      // done
	UnavailableAfter    Fault = "503-after"      // done
	GatewayTimeoutAfter Fault = "504-after"      // done
	HTMLBadGatewayAfter Fault = "html-502-after" // done
	HTMLWithOKAfter     Fault = "html-200-after" // done
	HangAfter           Fault = "hang-after"     // done, and no answer until the client hangs up

	// HalfAssign answers an assign with 500 and leaves the instance on no
	// site. It hits nothing else.
	HalfAssign Fault = "half-assign"
	// DelayedEffect drops the connection, and makes the change later.
	DelayedEffect Fault = "delayed-effect"
)

// ChangeFaults gives the faults that can hit a change, in the order in which
// they are drawn. Truncate cuts the answer of a change that was made, Slow
// delays it.
func ChangeFaults() []Fault {
	return []Fault{
		Throttle, ThrottleRetryAfter, InternalError, BadGateway, Unavailable, GatewayTimeout,
		ResetConnection, HTMLBadGateway, HTMLWithOK, Hang, Truncate, Slow,
		ResetAfter, InternalErrorAfter, BadGatewayAfter, UnavailableAfter, GatewayTimeoutAfter,
		HTMLBadGatewayAfter, HTMLWithOKAfter, HangAfter, HalfAssign, DelayedEffect,
	}
}

// ParseChangeFaults reads rates as people write them: "504-after=0.05,hang=0.01".
func ParseChangeFaults(text string) (map[Fault]float64, error) {
	return parseRates(text, ChangeFaults())
}

// twin gives the fault whose answer one after the work has.
func (f Fault) twin() (Fault, bool) {
	twin, ok := map[Fault]Fault{
		ResetAfter: ResetConnection, InternalErrorAfter: InternalError, BadGatewayAfter: BadGateway,
		UnavailableAfter: Unavailable, GatewayTimeoutAfter: GatewayTimeout,
		HTMLBadGatewayAfter: HTMLBadGateway, HTMLWithOKAfter: HTMLWithOK, HangAfter: Hang,
	}[f]
	return twin, ok
}

// hangs reports whether the answer waits until the client has gone.
func (f Fault) hangs() bool { return f == Hang || f == HangAfter }

// faultOf decides what is done to a change.
func (s *Server) faultOf(n int, order changeOrder, record *changeRecord) Fault {
	if s.o.Changes.OnChange != nil {
		if fault := s.o.Changes.OnChange(n, s.copyOf(record)); fault != "" {
			return fault
		}
	}
	return s.drawOf(order.String(), ChangeFaults(), s.o.Changes.rates(order.kind), func(f Fault) bool {
		return f != HalfAssign || order.kind == Assign
	})
}

// preempted gives the answer of a fault that comes before the work.
func (s *Server) preempted(fault Fault) (reply, bool) {
	if fault == Hang {
		return reply{fault: fault}, true
	}
	if fault != "" && !slices.Contains(ChangeFaults(), fault) {
		return refuse(http.StatusNotImplemented, "NO_SUCH_FAULT", "%s", fmt.Sprintf("%q can't be done to a change", fault)).reply(), true
	}
	return s.spoil(fault)
}

// afterwards gives the answer of a change that was made.
func (s *Server) afterwards(fault Fault, good reply) reply {
	good.fault = fault
	twin, ok := fault.twin()
	if !ok {
		return good
	}
	spoiled, _ := s.preempted(twin)
	spoiled.fault = fault
	return spoiled
}
