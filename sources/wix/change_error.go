package wix

import (
	"errors"
	"net/http"
	"time"
)

// What is known of a change that failed.
//
//	not sent: invalid, stopped before it was sent, the context ended, no connection
//	429 → throttled: not done, and may be sent again
//	any other 4xx → refused
//	everything else → lost: it may be done, or may still be done
//
// Everything else is 5xx, a redirect, a reset, a timeout, and a 2xx that can't be
// read.

// A Fate is what is known of a change that failed. Other errors are Lost.
type Fate int

// The fates.
const (
	Lost      Fate = iota // the outcome is unknown: it may be done, or may still be done
	NotSent               // the request was not sent
	Throttled             // not done: too many requests
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

// A ChangeError is a change that failed, or whose outcome is unknown.
type ChangeError struct {
	Fate Fate
	Wait time.Duration // from the Retry-After of a 429; 0: none
	Err  error         // an *Error, if the request was sent
}

func (e *ChangeError) Error() string { return e.Err.Error() + " (" + e.Fate.String() + ")" }

func (e *ChangeError) Unwrap() error { return e.Err }

// FateOf returns the fate of a change from the error of Send.
func FateOf(err error) Fate {
	var e *ChangeError
	if !errors.As(err, &e) {
		return Lost
	}
	return e.Fate
}

func fateOf(status int, sent bool) Fate {
	switch {
	case !sent:
		return NotSent
	case status == http.StatusTooManyRequests:
		return Throttled
	case status/100 == 4:
		return Refused
	}
	return Lost
}
