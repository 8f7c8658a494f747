package reconcile

import (
	"slices"
	"strconv"
	"strings"
)

// An id in scientific notation has kept its first digits and its size; one with
// more than 15 digits may have lost all behind the 15th. Both are near to each
// number of that size that begins with these digits, or is rounded to them. A
// lost id is near to each id of its sub-account.
//
// Such ids are rare. MangledIDs collects their forms before the linking, so that
// other ids have only the keys that one of them may have too, and linking stays
// a pass over sorted keys. Each side has keys of its own: two numbers are not
// near because a third one, on either side, is near to both.

// MangledIDs are the forms of mangled ids that each side has.
type MangledIDs struct{ ledger, wix idForms }

// idForms are the forms of mangled ids of one side.
type idForms struct {
	precisions map[int][]int // of rounded numbers: how many digits were kept, by magnitude
	lost       bool
}

// AddLedgerID adds the external id of a row.
func (m *MangledIDs) AddLedgerID(id string) { m.ledger.add(id) }

// AddWixID adds the external id of a package.
func (m *MangledIDs) AddWixID(id string) { m.wix.add(id) }

// Merge adds all that another one has.
func (m *MangledIDs) Merge(other *MangledIDs) {
	m.ledger.merge(&other.ledger)
	m.wix.merge(&other.wix)
}

func (f *idForms) merge(other *idForms) {
	f.lost = f.lost || other.lost
	for magnitude, all := range other.precisions {
		for _, kept := range all {
			f.addPrecision(magnitude, kept)
		}
	}
}

func (f *idForms) add(id string) {
	if !mayBeMangled(id) {
		return
	}
	f.lost = f.lost || isLost(id)
	n, ok := parseNumber(NearID(id))
	if ok && n.kept > 0 {
		f.addPrecision(n.magnitude, n.kept)
	}
}

func (f *idForms) addPrecision(magnitude, kept int) {
	if f.precisions == nil {
		f.precisions = make(map[int][]int)
	}
	if !slices.Contains(f.precisions[magnitude], kept) {
		f.precisions[magnitude] = append(f.precisions[magnitude], kept)
	}
}

// mayBeMangled reports whether an id may be a rounded number or lost. It is false,
// at little cost, for nearly all others.
func mayBeMangled(id string) bool {
	if id == "" {
		return true
	}
	if IsGUID(id) {
		return false
	}
	exponent := false
	for i := range len(id) {
		c := id[i]
		if !isLetter(c) && (c < '-' || ':' < c) && c != '_' && c != '@' {
			return true
		}
		exponent = exponent || c|0x20 == 'e'
	}
	const words = "neu-" // how they begin, if they have none but these characters
	if len(id) < 12 && strings.IndexByte(words, id[0]|0x20) >= 0 {
		return true
	}
	rounded := len(id) > keptByPrograms && id[len(id)-1] == '0'
	return (id[0] <= '9') && (exponent || rounded)
}

// nearKeys returns the keys that an id of this side shares with ids of the other
// side that are near to it.
func (f *idForms) nearKeys(side string, other *idForms, otherSide, id string, accounts []string) []string {
	near := NearID(id)
	keys := []string{near}
	lost := isLost(id)
	for _, account := range accounts {
		if lost {
			keys = append(keys, side+account)
		}
		if other.lost {
			keys = append(keys, otherSide+account)
		}
	}
	n, ok := parseNumber(near)
	if !ok {
		return keys
	}
	if n.kept > 0 {
		keys = append(keys, side+n.key(n.digits[:n.kept], n.magnitude))
	}
	return append(keys, n.roundedKeys(otherSide, other)...)
}

// The keys of a side begin with one of these, which no near id contains.
const (
	ledgerSide = "\x01"
	wixSide    = "\x02"
)

// ledgerKeys returns the near keys of a subscription's external id.
func (m *MangledIDs) ledgerKeys(id string, accounts []string) []string {
	if m == nil {
		m = &MangledIDs{}
	}
	return m.ledger.nearKeys(ledgerSide, &m.wix, wixSide, id, accounts)
}

// wixKeys returns the near keys of a package's external id.
func (m *MangledIDs) wixKeys(id, account string) []string {
	if m == nil {
		m = &MangledIDs{}
	}
	return m.wix.nearKeys(wixSide, &m.ledger, ledgerSide, id, []string{account})
}

// A number is an id that is a number: the sign and 0.digits × 10^magnitude.
type number struct {
	sign      string
	digits    string // without leading zeros
	magnitude int
	kept      int // digits, where others may have been lost; 0: all are there
}

const (
	keptByPrograms = 15   // digits of a number that spreadsheets keep
	maxExponent    = 1000 // beyond every number that programs know
)

// parseNumber reads a near id that is a whole number, or one in scientific
// notation.
func parseNumber(near string) (n number, ok bool) {
	text, exponent, isScientific := strings.Cut(near, "e")
	text, negative := strings.CutPrefix(text, "-")
	if negative {
		n.sign = "-"
	}
	whole, fraction, _ := strings.Cut(strings.Replace(text, ",", ".", 1), ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	if digits == "" || strings.Trim(digits, "0123456789") != "" || fraction != "" && !isScientific {
		return number{}, false
	}
	n.digits, n.magnitude = digits, len(whole)-(len(whole)+len(fraction)-len(digits))
	if !isScientific {
		if len(digits) > keptByPrograms && strings.Trim(digits[keptByPrograms:], "0") == "" {
			n.kept = keptByPrograms
		}
		return n, true
	}
	e, err := strconv.Atoi(strings.TrimPrefix(exponent, "+"))
	if err != nil || e < -maxExponent || e > maxExponent {
		return number{}, false
	}
	n.magnitude += e
	n.kept = len(digits)
	return n, true
}

func (n *number) key(digits string, magnitude int) string {
	return n.sign + digits + "e" + strconv.Itoa(magnitude)
}

// roundedKeys returns the keys of the number with as many digits as numbers of
// its size on the other side have kept, cut off and rounded.
func (n *number) roundedKeys(otherSide string, other *idForms) []string {
	var keys []string
	for _, kept := range other.precisions[n.magnitude] {
		down, up, carried := n.round(kept)
		keys = append(keys, otherSide+n.key(down, n.magnitude))
		if !carried && up != down {
			keys = append(keys, otherSide+n.key(up, n.magnitude))
		}
	}
	for _, kept := range other.precisions[n.magnitude+1] {
		if _, up, carried := n.round(kept); carried { // 9996 becomes 1.00E+04
			keys = append(keys, otherSide+n.key(up, n.magnitude+1))
		}
	}
	return keys
}

// round returns that many digits, cut off and rounded. Where rounding makes one
// digit more, it has carried, and the last 0 is left out.
func (n *number) round(kept int) (down, up string, carried bool) {
	if kept >= len(n.digits) {
		down = n.digits + strings.Repeat("0", kept-len(n.digits))
		return down, down, false
	}
	down = n.digits[:kept]
	if n.digits[kept] < '5' {
		return down, down, false
	}
	nines := len(down) - len(strings.TrimRight(down, "9"))
	head := down[:len(down)-nines]
	if head == "" {
		return down, "1" + strings.Repeat("0", kept-1), true
	}
	return down, head[:len(head)-1] + string(head[len(head)-1]+1) + strings.Repeat("0", nines), false
}
