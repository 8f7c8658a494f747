package wixsim

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

// A Fault is a way in which an answer goes wrong.
type Fault string

// The faults.
const (
	Throttle           Fault = "throttle"             // 429
	ThrottleRetryAfter Fault = "throttle-retry-after" // 429 with Retry-After
	InternalError      Fault = "500"
	BadGateway         Fault = "502"
	Unavailable        Fault = "503"
	GatewayTimeout     Fault = "504"
	ResetConnection    Fault = "reset"    // before anything is answered
	HTMLBadGateway     Fault = "html-502" // a gateway's page
	HTMLWithOK         Fault = "html-200" // a page where JSON should be
	Hang               Fault = "hang"     // no answer until the client disconnects; nothing is done
	Truncate           Fault = "truncate" // Content-Length is longer than what is sent
	Slow               Fault = "slow"     // the answer is right, and late

	// RepeatPackage begins a page with the last package of the page before.
	RepeatPackage Fault = "repeat"
	// StaleCopy ends a page with the package that begins the next page, as it was
	// before its last change: an earlier updatedDate, everything canceled.
	StaleCopy Fault = "stale"
	// StuckCursor returns a new cursor each time, for the same page.
	StuckCursor Fault = "stuck-cursor"
	// LoopingCursor returns the very cursor that was sent; after a first page,
	// one that leads to it again.
	LoopingCursor Fault = "looping-cursor"
	// NoMetadata omits the paging metadata.
	NoMetadata Fault = "no-metadata"
	// UnknownFields adds unknown fields and enum values where nothing depends on
	// them.
	UnknownFields Fault = "unknown-fields"
	// UnknownStatus changes the status of the page's first package to an unknown one.
	UnknownStatus Fault = "unknown-status"

	// These contradict themselves, or state nothing; see lie.go.
	WrongCount        Fault = "wrong-count"        // the count is one more than the packages
	WrongTotal        Fault = "wrong-total"        // the total is one more than the packages
	HasNext           Fault = "has-next"           // there is a next page, and no cursor to it
	NothingStated     Fault = "nothing-stated"     // packages is null, and the metadata is empty
	ErrorWithOK       Fault = "error-200"          // an error with status 200, and no packages
	DuplicateName     Fault = "duplicate-name"     // the first package has a second list of instances
	OtherCase         Fault = "other-case"         // the cursors are named Cursors
	UnreadableID      Fault = "unreadable-id"      // the first external id is not text
	OversizedPackage  Fault = "oversized-package"  // the first package has 17 MB
	OversizedID       Fault = "oversized-id"       // the first package's account id has 20 KB
	InstancesForever  Fault = "instances-forever"  // the first package has a million empty instances
	BracketsForever   Fault = "brackets-forever"   // a million brackets in brackets
	CompressedNothing Fault = "compressed-nothing" // an error of half a gigabyte of white space, compressed

	// These make the change, and lose its answer.
	ResetAfter          Fault = "reset-after"
	InternalErrorAfter  Fault = "500-after"
	BadGatewayAfter     Fault = "502-after"
	UnavailableAfter    Fault = "503-after"
	GatewayTimeoutAfter Fault = "504-after"
	HTMLBadGatewayAfter Fault = "html-502-after"
	HTMLWithOKAfter     Fault = "html-200-after"
	HangAfter           Fault = "hang-after"

	// HalfAssign answers an assign with 500 and leaves the instance on no site.
	HalfAssign Fault = "half-assign"
	// DelayedEffect resets the connection, and makes the change later.
	DelayedEffect Fault = "delayed-effect"
)

// A scope is the set of requests that a fault can hit.
type scope uint8

const (
	reads   scope = 1 << iota
	pages         // reads of a page by cursor
	changes       // all changing calls
	assigns       // Assign only
)

// A stage is when a fault hits.
type stage uint8

const (
	modified stage = iota // the request is done, and its answer is modified
	before                // nothing is done, and the answer is replaced
	after                 // the change is made, and its answer is replaced
)

// A faultRule describes a fault. A status of 0 is no answer.
type faultRule struct {
	fault  Fault
	scope  scope
	stage  stage
	status int
	html   bool
}

// faultRules returns all faults in the order in which they are drawn.
func faultRules() []faultRule {
	return []faultRule{
		{Throttle, reads | changes, before, 429, false},
		{ThrottleRetryAfter, reads | changes, before, 429, false},
		{InternalError, reads | changes, before, 500, false},
		{BadGateway, reads | changes, before, 502, false},
		{Unavailable, reads | changes, before, 503, false},
		{GatewayTimeout, reads | changes, before, 504, false},
		{ResetConnection, reads | changes, before, 0, false},
		{HTMLBadGateway, reads | changes, before, 502, true},
		{HTMLWithOK, reads | changes, before, 200, true},
		{Hang, changes, before, 0, false},
		{Truncate, reads | changes, modified, 0, false},
		{Slow, reads | changes, modified, 0, false},
		{RepeatPackage, pages, modified, 0, false},
		{StaleCopy, pages, modified, 0, false},
		{StuckCursor, pages, modified, 0, false},
		{LoopingCursor, pages, modified, 0, false},
		{NoMetadata, pages, modified, 0, false},
		{UnknownFields, pages, modified, 0, false},
		{UnknownStatus, pages, modified, 0, false},
		{WrongCount, pages, modified, 0, false},
		{WrongTotal, pages, modified, 0, false},
		{HasNext, pages, modified, 0, false},
		{NothingStated, pages, modified, 0, false},
		{ErrorWithOK, pages, modified, 0, false},
		{DuplicateName, pages, modified, 0, false},
		{OtherCase, pages, modified, 0, false},
		{UnreadableID, pages, modified, 0, false},
		{OversizedPackage, pages, modified, 0, false},
		{OversizedID, pages, modified, 0, false},
		{InstancesForever, pages, modified, 0, false},
		{BracketsForever, pages, modified, 0, false},
		{CompressedNothing, pages, modified, 0, false},
		{ResetAfter, changes, after, 0, false},
		{InternalErrorAfter, changes, after, 500, false},
		{BadGatewayAfter, changes, after, 502, false},
		{UnavailableAfter, changes, after, 503, false},
		{GatewayTimeoutAfter, changes, after, 504, false},
		{HTMLBadGatewayAfter, changes, after, 502, true},
		{HTMLWithOKAfter, changes, after, 200, true},
		{HangAfter, changes, after, 0, false},
		{HalfAssign, assigns, modified, 0, false},
		{DelayedEffect, changes, modified, 0, false},
	}
}

// rule returns the rule of a fault; the zero value for no fault.
func (f Fault) rule() faultRule {
	for _, r := range faultRules() {
		if r.fault == f {
			return r
		}
	}
	return faultRule{}
}

// Faults returns the faults that can hit a read.
func Faults() []Fault { return faultsOf(reads | pages) }

// ChangeFaults returns the faults that can hit a change.
func ChangeFaults() []Fault { return faultsOf(changes | assigns) }

func faultsOf(sc scope) []Fault {
	var all []Fault
	for _, r := range faultRules() {
		if r.scope&sc != 0 {
			all = append(all, r.fault)
		}
	}
	return all
}

// ParseFaults reads the rates of known faults: "throttle=0.05,reset=0.01".
func ParseFaults(text string, known []Fault) (map[Fault]float64, error) {
	rates := map[Fault]float64{}
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		if !slices.Contains(known, Fault(name)) {
			return nil, fmt.Errorf("read faults: %q is none of %q", name, known)
		}
		rate, err := strconv.ParseFloat(value, 64)
		if err != nil || !(rate >= 0 && rate <= 1) {
			return nil, fmt.Errorf("read faults: %s: %q is not a rate from 0 to 1", name, value)
		}
		rates[Fault(name)] = rate
	}
	return rates, nil
}

const gatewayPage = "<!DOCTYPE html>\n<html><head><title>Bad gateway</title></head>" +
	"<body><h1>Bad gateway</h1><p>The server is not available.</p></body></html>\n"

// faultAnswer returns the answer of a fault that replaces the right one.
func (s *Server) faultAnswer(r faultRule) *reply {
	answer := &reply{}
	switch {
	case r.html:
		answer = &reply{status: r.status, body: []byte(gatewayPage), html: true}
	case r.status != 0:
		answer = failure(r.status)
	}
	if r.fault == ThrottleRetryAfter {
		answer.retryAfter = s.o.RetryAfter
	}
	answer.fault = r.fault
	return answer
}

// preempt returns the answer of a fault that hits before the work; nil for any
// other.
func (s *Server) preempt(fault Fault) *reply {
	if r := fault.rule(); r.stage == before {
		return s.faultAnswer(r)
	}
	return nil
}

// tries are how often a logical request arrived, and failed in a row.
//
// Which requests fail depends on the seed and on the requests themselves, never
// on their order of arrival: the n-th try of a logical request meets the same
// fault whatever the number of workers. A logical request is a method, a path,
// an account, a filter and a position; a retry is the same, and so is a page
// requested by another token.
type tries struct{ all, failed int }

// draw decides which fault this try of a request meets: one of the group, by the
// rates, that is allowed for the request.
func (s *Server) draw(request string, group, allowed scope, rates map[Fault]float64) Fault {
	key := hash(request)
	s.triesMu.Lock()
	defer s.triesMu.Unlock()
	t := s.tries[key]
	t.all++
	fault := Fault("")
	if s.o.MaxFaultsPerRequest < 0 || t.failed < s.o.MaxFaultsPerRequest {
		fault = pick(rand.New(rand.NewPCG(s.o.Seed, key+uint64(t.all))), group, allowed, rates)
	}
	t.failed++
	if fault == "" {
		t.failed = 0
	}
	s.tries[key] = t
	return fault
}

func pick(rng *rand.Rand, group, allowed scope, rates map[Fault]float64) Fault {
	for _, r := range faultRules() {
		if r.scope&group == 0 {
			continue
		}
		if rng.Float64() < rates[r.fault] && r.scope&allowed != 0 {
			return r.fault
		}
	}
	return ""
}
