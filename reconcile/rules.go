package reconcile

import "time"

// Rules is what the result of a group depends on, apart from the group itself.
type Rules struct {
	AsOf     time.Time
	InFlight time.Duration // the window before AsOf in which a change is in flight
	Coverage *Coverage
	Shields  *Shields    // nil: nothing is shielded
	Mangled  *MangledIDs // nil: no id is mangled
	MaxGroup int         // rows, and packages, that one external id may have; 0: MaxGroup

	Parent     string        // the parent account, part of every finding id
	Exceptions *Exceptions   // nil: none
	Known      KnownFindings // from earlier runs; nil: none
	Prices     *Prices       // nil: no price is known
}

// maxInFlightWindows is how many windows a finding may stay in flight.
const maxInFlightWindows = 3

// finalize sets the first-seen date and the final state of a complete finding: it
// may be excepted, and it is open once it has been in flight for too long.
func (r *Rules) finalize(f *Finding) {
	f.FirstSeen = r.AsOf
	since := r.AsOf
	if len(r.Known) > 0 {
		if known, ok := r.Known[f.ID(r.Parent)]; ok {
			f.FirstSeen = known.FirstSeen
			if known.Resolved.IsZero() {
				since = known.Since
			}
		}
	}
	if f.State == Unknown {
		return
	}
	if i := r.Exceptions.Find(f); i >= 0 {
		f.State, f.Exception, f.Reason = Excepted, i+1, r.Exceptions.List[i].Reason
		return
	}
	if f.State == InFlight && !since.Add(maxInFlightWindows*r.InFlight).After(r.AsOf) && since.Before(r.AsOf) {
		f.State = Open
	}
}

// stateOf returns the state of a new finding of the account. Exceptions apply
// later, in finalize.
func (r *Rules) stateOf(account string, inFlight bool) State {
	switch {
	case !r.accountRead(account):
		return Unknown
	case inFlight:
		return InFlight
	}
	return Open
}

// classOf returns the class of a row or package of the account: unknown where
// the account was not read whole.
func (r *Rules) classOf(account string, c Class) Class {
	if !r.accountRead(account) {
		return ClassUnknown
	}
	return c
}

// accountRead reports whether the account was read whole. Only bad rows have no
// account, and they are reported whatever was read.
func (r *Rules) accountRead(account string) bool { return account == "" || r.Coverage.Read(account) }

// packageInFlight reports whether Wix changed the package or one of its
// instances within the window, or after the as-of time.
func (r *Rules) packageInFlight(p *Package) bool { return !p.LastChanged().Before(r.windowStart()) }

// linesInFlight reports whether one of the lines started, ended or was updated
// within the window. A start or end in the future is not a change yet.
func (r *Rules) linesInFlight(lines []Line) bool {
	from := r.windowStart()
	inWindow := func(t time.Time) bool { return !t.Before(from) && !t.After(r.AsOf) }
	for i := range lines {
		l := &lines[i]
		if inWindow(l.Start) || inWindow(l.End) || !l.Updated.Before(from) {
			return true
		}
	}
	return false
}

func (r *Rules) windowStart() time.Time { return r.AsOf.Add(-r.InFlight) }
