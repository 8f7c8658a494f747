package wixsim

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Which requests are hit depends on the seed and on the requests themselves,
// never on the order in which they arrive: the n-th try of one logical request
// meets the same fate however many workers there are. A logical request is a
// method, a path, an account, a filter, a sort and a position; a retry is the
// same, and so is a page asked for by another token.

// A Fault is a way in which an answer goes wrong.
type Fault string

// The faults. The first group never reaches the answer, the second spoils how
// it is sent, the third what it says.
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

	Truncate Fault = "truncate" // Content-Length is longer than what is sent
	Slow     Fault = "slow"     // the answer is right, and late

	// RepeatPackage opens a page with the last package of the page before.
	RepeatPackage Fault = "repeat"
	// StaleCopy ends a page with the package that opens the next page, as it
	// was before its last change: an earlier updatedDate, everything canceled.
	StaleCopy Fault = "stale"
	// StuckCursor gives a new cursor each time, for the same page.
	StuckCursor Fault = "stuck-cursor"
	// LoopingCursor gives the very cursor back that it was sent; after a first
	// page, one that leads to it again.
	LoopingCursor Fault = "looping-cursor"
	// NoMetadata leaves the paging metadata out.
	NoMetadata Fault = "no-metadata"
	// UnknownFields adds fields and enum values that nobody knows, in places
	// that nothing depends on.
	UnknownFields Fault = "unknown-fields"
	// UnknownStatus gives the first package of the page a status that nobody
	// knows.
	UnknownStatus Fault = "unknown-status"
)

// Faults gives all faults, in the order in which they are drawn.
func Faults() []Fault {
	return []Fault{
		Throttle, ThrottleRetryAfter, InternalError, BadGateway, Unavailable, GatewayTimeout,
		ResetConnection, HTMLBadGateway, HTMLWithOK, Truncate, Slow,
		RepeatPackage, StaleCopy, StuckCursor, LoopingCursor, NoMetadata, UnknownFields, UnknownStatus,
	}
}

// ParseFaults reads rates as people write them: "throttle=0.05,reset=0.01".
func ParseFaults(text string) (map[Fault]float64, error) {
	return parseRates(text, Faults())
}

func parseRates(text string, known []Fault) (map[Fault]float64, error) {
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

// forPages reports whether the fault is about a page and its cursor.
func (f Fault) forPages() bool {
	switch f {
	case RepeatPackage, StaleCopy, StuckCursor, LoopingCursor, NoMetadata, UnknownFields, UnknownStatus:
		return true
	}
	return false
}

// draws knows how often each logical request came, and was hit in a row.
type draws struct {
	mu    sync.Mutex
	tries map[uint64]tries
}

type tries struct{ all, inARow int }

func (d *draws) reset() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.tries = nil
}

// draw decides what is done to this try of a request. page says that it asks
// for a page by cursor.
func (s *Server) draw(request string, page bool) Fault {
	return s.drawOf(request, Faults(), s.o.Faults, func(f Fault) bool { return page || !f.forPages() })
}

// drawOf decides by rates of its own, among the faults that can hit.
func (s *Server) drawOf(request string, faults []Fault, rates map[Fault]float64, can func(Fault) bool) Fault {
	h := fnv.New64a()
	_, _ = h.Write([]byte(request))
	key := h.Sum64()
	s.draws.mu.Lock()
	defer s.draws.mu.Unlock()
	t := s.draws.tries[key]
	t.all++
	fault := Fault("")
	if s.o.MaxFaultsPerRequest < 0 || t.inARow < s.o.MaxFaultsPerRequest {
		rng := rand.New(rand.NewPCG(s.o.Seed, key+uint64(t.all)))
		fault = pick(rng, faults, rates, can)
	}
	t.inARow++
	if fault == "" {
		t.inARow = 0
	}
	if s.draws.tries == nil {
		s.draws.tries = map[uint64]tries{}
	}
	s.draws.tries[key] = t
	return fault
}

func pick(rng *rand.Rand, faults []Fault, rates map[Fault]float64, can func(Fault) bool) Fault {
	for _, fault := range faults {
		hit := rng.Float64() < rates[fault]
		if hit && can(fault) {
			return fault
		}
	}
	return ""
}
