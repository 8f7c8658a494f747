package join_test

import (
	"html"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/wixrecon/wixrecon/reconcile"
)

// The oracle's near ids and possible matches, by patterns over the few ids of
// random data sets.

var (
	unseen      = regexp.MustCompile(`[\p{Cf}\s"'\x{2018}\x{2019}]`)
	dashes      = regexp.MustCompile(`[\p{Pd}\x{2212}]+`)
	front       = regexp.MustCompile(`^[=+]*0*([^0]|0$)`)
	decimals    = regexp.MustCompile(`[.,]0+$`)
	short       = regexp.MustCompile(`^(\d+)[.,]?(\d*)e\+?(\d+)$`)
	whole       = regexp.MustCompile(`^\d+$`)
	nothingLeft = regexp.MustCompile(`^(#.*[?!]|null)$`)
	mangledForm = regexp.MustCompile(`[\p{Cf}\x{2010}-\x{2015}\x{2212}]|^[='"]|&\w+;|^\d+[.,]0+$|^\d+([.,]\d+)?[eE][+-]\d+$`)
)

// plain returns an id without what programs change.
func plain(id string) string {
	for range 3 {
		id = dashes.ReplaceAllString(unseen.ReplaceAllString(html.UnescapeString(id), ""), "-")
		id = cases.Fold().String(norm.NFKC.String(id))
		id = decimals.ReplaceAllString(front.ReplaceAllString(id, "$1"), "")
	}
	return id
}

func lost(id string) bool         { return nothingLeft.MatchString(plain(id)) }
func looksMangled(id string) bool { return mangledForm.MatchString(id) || lost(id) }

// plain returns what plain does, and computes it once for each id.
func (n *oracle) plain(id string) string {
	text, known := n.plainIDs[id]
	if !known {
		text = plain(id)
		n.plainIDs[id] = text
	}
	return text
}

func (n *oracle) lost(id string) bool { return nothingLeft.MatchString(n.plain(id)) }

// nearIDs reports whether two ids that are not lost are near.
func (n *oracle) nearIDs(a, b string) bool {
	a, b = n.plain(a), n.plain(b)
	return a == b || sameFirstDigits(a, b) || sameFirstDigits(b, a)
}

// near reports whether a live package is near to a subscription. A lost id is near
// to all of its account.
func (n *oracle) near(s *subscription, p *pkg) bool {
	if !p.Live() || p.ExternalID == "" || p.UnreadableID {
		return false
	}
	inAccount := func(l *reconcile.Line) bool { return l.AccountID == p.AccountID }
	return n.nearIDs(s.id, p.ExternalID) ||
		(n.lost(s.id) || n.lost(p.ExternalID)) && slices.ContainsFunc(n.currentLines(s), inAccount)
}

// sameFirstDigits reports whether a is a short form of the number b.
func sameFirstDigits(a, b string) bool {
	m, n := short.FindStringSubmatch(a), short.FindStringSubmatch(b)
	if n != nil { // written out
		zeros, _ := strconv.Atoi(n[3])
		b = n[1] + n[2] + strings.Repeat("0", max(0, zeros-len(n[2])))
	}
	if m == nil || !whole.MatchString(b) {
		return false
	}
	exponent, _ := strconv.Atoi(m[3])
	if exponent != len(b)-1 && exponent != len(b) {
		return false
	}
	digits := m[1] + m[2]
	value, _ := strconv.ParseFloat(b, 64)
	rounded := strconv.FormatFloat(value, 'e', len(digits)-1, 64)
	return exponent == len(b)-1 && strings.HasPrefix(b, digits) ||
		strings.Replace(rounded, ".", "", 1) == digits+"e+"+strconv.Itoa(exponent)
}

// unlinked reports whether the subscription has no package, and the package no
// subscription.
func (s *subscription) unlinked() bool {
	return !s.invalid && !s.crowd && len(s.matched) == 0 && s.linked == nil
}
func (p *pkg) unlinked() bool { return p.owner == nil && p.linkedBy == "" }

// markNear is the end of rule 2: near ids are ambiguous.
func (n *oracle) markNear() {
	type pair struct {
		s *subscription
		p *pkg
	}
	var near []pair
	for _, p := range n.packages {
		for _, s := range n.subscriptions {
			if p.unlinked() && s.unlinked() && n.near(s, p) {
				near = append(near, pair{s, p})
			}
		}
	}
	for _, x := range near {
		x.s.ambiguous, x.p.ambiguous, x.s.live = true, true, true
	}
}

// findPossible finds the orphans and the subscriptions without a package that
// could be each other.
func (n *oracle) findPossible() {
	smaller := func(old *string, id string) {
		if *old == "" || id < *old {
			*old = id
		}
	}
	for _, p := range n.packages {
		for _, s := range n.subscriptions {
			if p.free() && p.Live() && p.ExternalID != "" && s.unlinked() && n.couldBe(s, p) {
				smaller(&s.possible, p.ExternalID)
				smaller(&p.possible, s.id)
			}
		}
	}
}

func (n *oracle) couldBe(s *subscription, p *pkg) bool {
	agree := func(a, b string) bool { return a == "" || b == "" || a == b }
	for _, l := range n.notEnded(s) {
		for _, i := range p.Instances {
			if i.Status.Live() && l.AccountID == p.AccountID && agree(l.ProductID, i.ProductID) && agree(l.SiteID, i.SiteID) {
				return true
			}
		}
	}
	return false
}

func possibleReason(id string) string {
	switch {
	case id == "":
		return ""
	case looksMangled(id):
		return "possible_match " + strconv.QuoteToASCII(id)
	}
	return "possible_match " + id
}

// unlinkMangled undoes links by a named id under a near or mangled external id.
func (n *oracle) unlinkMangled() {
	for _, s := range n.subscriptions {
		p := s.linked
		if p == nil || p.linkedBy == place {
			continue
		}
		if field, _ := n.conflict(s); field != "" {
			continue
		}
		if looksMangled(s.id) || p.ExternalID != "" && (n.nearIDs(s.id, p.ExternalID) || n.lost(p.ExternalID)) {
			s.linked, p.linkedBy = nil, ""
			s.ambiguous, p.ambiguous, s.live = true, true, p.Live()
		}
	}
}
