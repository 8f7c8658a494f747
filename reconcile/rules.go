package reconcile

import "time"

// Rules is what the outcome of a group depends on beside the group itself.
type Rules struct {
	AsOf     time.Time
	InFlight time.Duration // the window before AsOf in which a change is in flight
	Coverage *Coverage
	Shields  *Shields // nil: nothing is shielded

	Parent     string        // the parent account, which the ids of findings rest on
	Exceptions *Exceptions   // nil: there are none
	Known      KnownFindings // what earlier runs know; nil: nothing
	Prices     *Prices       // what Wix bills; nil: no price is known
}

// strandedAfter is how many windows a finding may stay in flight.
const strandedAfter = 3

// conclude gives a finding the state that holds, once it is complete, and when
// it was first seen. What has been in flight for three windows since it was
// first seen is open all the same.
func (r *Rules) conclude(f *Finding) {
	f.FirstSeen = r.AsOf
	since := r.AsOf
	if past, known := r.Known[f.ID(r.Parent)]; known {
		f.FirstSeen = past.FirstSeen
		if past.Resolved.IsZero() {
			since = past.Since
		}
	}
	if f.State == Unknown {
		return
	}
	if i := r.Exceptions.Of(f); i >= 0 {
		f.State, f.Exception, f.Reason = Excepted, i+1, r.Exceptions.List[i].Reason
		return
	}
	if f.State == InFlight && !since.Add(strandedAfter*r.InFlight).After(r.AsOf) && since.Before(r.AsOf) {
		f.State = Open
	}
}

// state gives the first state that holds for a finding of the account. (Excepted
// is decided later, by those who know the exceptions.)
func (r *Rules) state(account string, inFlight bool) State {
	switch {
	case !r.read(account):
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
	if !r.read(account) {
		return UnknownClass
	}
	return c
}

// read reports whether the account was read whole. Only a row that can't be
// read has no account, and such a row is what it is, whatever was read.
func (r *Rules) read(account string) bool { return account == "" || r.Coverage.Read(account) }
