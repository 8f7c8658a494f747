package report

import "time"

// A night without any run, failed ones included, is a gap in the list of runs.

// nightsWithout returns how many nights passed between two starts without a run.
func nightsWithout(earlier, later time.Time) int {
	const day = 24 * time.Hour
	return max(0, int((later.Sub(earlier)+day/2)/day)-1)
}

// start returns when a run started; zero for one that does not read Wix, such as
// a replay.
func (r *RunLine) start() time.Time {
	switch s := r.Summary; {
	case r.Failure != nil:
		return r.Failure.Time
	case s == nil:
		return r.Written
	case s.Live:
		return s.Started
	}
	return time.Time{}
}

// nightGaps returns for each run how many nights without a run follow it, until the
// next run or now. Runs are ordered newest first.
func nightGaps(runs []RunLine, now time.Time) []int {
	nights := make([]int, len(runs))
	next := now
	for i := range runs {
		at := runs[i].start()
		if at.IsZero() {
			continue
		}
		if !next.IsZero() {
			nights[i] = nightsWithout(at, next)
		}
		next = at
	}
	return nights
}
