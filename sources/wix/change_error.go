package wix

import (
	"errors"
	"net/http"
	"time"
)

// What is known of a change that has no good answer.
//
//	it never left: not allowed to be sent, held, the context ended, no connection → not sent
//	429 → throttled: nothing was done, and it may be sent again
//	any other 4xx → refused
//	everything else → lost: it may have been done, or may still be
//
// Everything else is 5xx, a redirect, a reset, the end of its time, and a
// success that can't be read.

// A Fate says what is known of a change. Of an error that says nothing, the
// change is Lost.
type Fate int

// The fates.
const (
	Lost      Fate = iota // no answer that tells: it may have been done, or may still be
	NotSent               // it never left
	Throttled             // nothing was done: too many requests
	Refused               // Wix did not accept it
)

func (f Fate) String() string {
	switch f {
	case NotSent:
		return "not sent"
	case Throttled:
		return "throttled"
	case Refused:
		return "refused"
	}
	return "outcome unknown"
}

// A ChangeError is a change that failed, or of which nothing is known.
type ChangeError struct {
	Fate Fate
	Wait time.Duration // how long a throttling answer asks to wait; 0: it does not say
	Err  error         // an *Error, where the request left
}

func (e *ChangeError) Error() string { return e.Err.Error() + " (" + e.Fate.String() + ")" }

func (e *ChangeError) Unwrap() error { return e.Err }

// FateOf gives the fate of a change from the error of Send.
func FateOf(err error) Fate {
	var e *ChangeError
	if !errors.As(err, &e) {
		return Lost
	}
	return e.Fate
}

func fateOf(status int, left bool) Fate {
	switch {
	case !left:
		return NotSent
	case status == http.StatusTooManyRequests:
		return Throttled
	case status/100 == 4:
		return Refused
	}
	return Lost
}
