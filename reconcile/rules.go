package reconcile

import "time"

// Rules is what the outcome of a group depends on beside the group itself.
type Rules struct {
	AsOf     time.Time
	InFlight time.Duration // the window before AsOf in which a change is in flight
	Coverage *Coverage
	Shields  *Shields // nil: nothing is shielded
}

// state gives the first state that holds for a finding of the account. (Excepted
// is decided later, by those who know the exceptions.)
func (r *Rules) state(account string, inFlight bool) State {
	switch {
	case account != "" && !r.Coverage.Read(account):
		return Unknown
	case inFlight:
		return InFlight
	}
	return Open
}

// packageInFlight reports whether Wix changed the package or one of its
// instances within the window, or later than the as-of.
func (r *Rules) packageInFlight(p *Package) bool { return !p.Changed().Before(r.windowStart()) }

// linesInFlight reports whether one of the lines began, ended or was updated
// within the window. A start or an end that is still to come is no change.
func (r *Rules) linesInFlight(lines []Line) bool {
	from := r.windowStart()
	for i := range lines {
		l := &lines[i]
		if r.within(l.Start, from) || r.within(l.End, from) || !l.Updated.Before(from) {
			return true
		}
	}
	return false
}

func (r *Rules) windowStart() time.Time { return r.AsOf.Add(-r.InFlight) }

func (r *Rules) within(t, from time.Time) bool { return !t.Before(from) && !t.After(r.AsOf) }

// class gives the class of what belongs to the account: unknown where the
// account was not read whole.
func (r *Rules) class(account string, c Class) Class {
	if account != "" && !r.Coverage.Read(account) {
		return UnknownClass
	}
	return c
}
