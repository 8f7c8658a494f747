package reconcile

import (
	"fmt"
	"html"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

func TestNearIDs(t *testing.T) {
	for _, ids := range [][2]string{
		{"00123", "123"}, {"ABC-1", "abc-1"}, {"A 1", "A1"}, {"A\u00a01", "A1"}, {"Straße", "STRASSE"},
		{"caf\u00e9", "cafe\u0301"}, {"\uff21\uff11", "A1"}, {"0", "00"}, {"ΣΑΣ", "σας"}, {"ı1", "I1"},
		{"SUB-1\u200b", "SUB-1"}, {"\ufeffSUB-1", "SUB-1"}, {"SUB-\u00ad1", "SUB-1"}, {"SUB\u2060-1", "SUB-1"}, {"SUB\ufe0f-1", "SUB-1"},
		{"SUB\u200e-1", "SUB-1"}, {"SUB\u034f-1", "SUB-1"}, {"SUB\u3164-1", "SUB-1"}, {"SUB\u2800-1", "SUB-1"}, {"SUB\U000e0041-1", "SUB-1"},
		{"SUB\u20131", "SUB-1"}, {"SUB\u20111", "SUB-1"}, {"SUB\u22121", "SUB-1"}, {"SUB\u20141", "SUB--1"}, {"SUB\uff0d1", "SUB-1"},
		{"'-77", "-77"}, {"'77", "77"}, {"O\u2019Brien", "O'Brien"}, {"O\u00b4Brien", "O'Brien"}, {"\u201cSUB-1\u201d", "SUB-1"}, {`="SUB-1"`, "SUB-1"}, {`"=""SUB-1"""`, "SUB-1"},
		{"=SUB-1", "SUB-1"}, {"491701234567", "+491701234567"},
		{"A&amp;B", "A&B"}, {"A&AMP;B", "a&b"}, {"A&#38;B", "A&B"}, {"A&#x26;B", "A&B"}, {"A&amp;amp;B", "A&B"}, {"A&nbsp;B", "A B"}, {"&lt;A&gt;", "<A>"},
		{"A&ndash;B", "A-B"}, {"&quot;A&quot;", "A"}, {"O&#39;Brien", "O'Brien"}, {"M&uuml;ller", "MÜLLER"},
		{"48213.0", "48213"}, {"48213,00", "48213"}, {"0048213.0", "48213"}, {"48,213", "48213"}, {"1.048.213", "1048213"}, {"'0.0", "0"},
		{"1.002E+12", "1002003004003"}, {"1,002E+12", "1002003004003"}, {"1.003E+12", "1002603004003"}, {"1E+04", "9996"}, {"1.00E+12", "1002003004003"},
		{"1.002e12", "1002003004003"}, {"1.002E+12", "1.0020E+12"}, {"='1.002E+12'", "1002003004003"}, {"1.20E+06", "12E5"}, {"4.8E+214", "48E213"},
		{"12345678901234500000", "12345678901234567890"}, {"12345678901234600000", "12345678901234567890"}, {"-1.5E+5", "-150123"}, {"1.0E-05", "1E-5"},
		{"#NAME?", "SUB-1"}, {"#N/A", "SUB-1"}, {"#¡REF!", "SUB-1"}, {"#######", "SUB-1"}, {"Err:502", "SUB-1"}, {"NULL", "SUB-1"}, {"NaN", "SUB-1"},
		{"[object Object]", "SUB-1"}, {"\u200b", "SUB-1"},
	} {
		if !near(ids[0], ids[1]) || !near(ids[1], ids[0]) {
			t.Errorf("%q and %q are not near: %q, %q", ids[0], ids[1], NearID(ids[0]), NearID(ids[1]))
		}
	}
	for _, ids := range [][2]string{
		{"A-1", "A1"}, {"1230", "123"}, {"A01", "A1"}, {"café", "cafe"}, {"0", "1"}, {"48213.5", "48213"}, {"48213.01", "48213"}, {"A&B", "AB"},
		{"1.002E+12", "1003003004003"}, {"1.002E+12", "100200300400"}, {"1.002E+12", "10020030040030"}, {"1.002E+12", "-1002003004003"}, {"1.004E+12", "1002603004003"},
		{"1.002E+12", "1.003E+12"}, {"1.002E+12", "SUB-1002"}, {"12345678901234500000", "12345678901234667890"}, {"1000000000000000", "1000000000000010"},
		{"#1", "SUB-1"}, {"NULL-1", "SUB-1"}, {"-77", "77"}, {"A-1", "A_1"}, {"12E5", "12E6"},
	} {
		if near(ids[0], ids[1]) || near(ids[1], ids[0]) {
			t.Errorf("%q and %q are near", ids[0], ids[1])
		}
	}
}

// Two numbers are not near because a third is near to both, whichever side it is
// on; and a lost id is near to no other of its own side.
func TestNearOnlyAcrossSides(t *testing.T) {
	var m MangledIDs
	m.AddLedgerID("1.002E+12")
	m.AddWixID("1.002E+12")
	m.AddLedgerID("#NAME?")
	m.AddWixID("#NAME?")
	wix := m.wixKeys("1002009999999", "a")
	for _, key := range m.ledgerKeys("1002003004001", []string{"a"}) {
		if slices.Contains(wix, key) {
			t.Errorf("two numbers share the key %q", key)
		}
	}
	for _, key := range m.ledgerKeys("#NAME?", []string{"b"}) {
		if slices.Contains(wix, key) {
			t.Errorf("a lost id is near to an id of another account: %q", key)
		}
	}
}

func TestIDDifference(t *testing.T) {
	for _, c := range [][3]string{
		{"0007000024", "7000024", "leading zeros"}, {"sub-1", "SUB-1", "case"}, {"SUB-1\u200b", "SUB-1", "characters that can't be seen"},
		{"SUB\u20131", "SUB-1", "dashes"}, {"'77", "77", "quotes"}, {`="SUB-1"`, "SUB-1", "quotes and a leading sign"}, {"A&amp;B", "A&B", "HTML entities"},
		{"48213.0", "48213", "a trailing .0"}, {"48,213", "48213", "separators of thousands"}, {"S 1", "S1", "blanks"},
		{"caf\u00e9", "cafe\u0301", "Unicode form"}, {"00a", "A", "case and leading zeros"},
	} {
		if got := idDifference(c[0], c[1]); got != c[2] {
			t.Errorf("%q and %q differ in %q, want %q", c[0], c[1], got, c[2])
		}
	}
}

func TestLooksMangled(t *testing.T) {
	for _, id := range []string{"SUB-1\u200b", "SUB\u20131", "1.002E+12", "1,002e+12", `="SUB-1"`, "'-77", "48213.0", "A&amp;B", "A&#38;B", "#NAME?", "#N/A", "NULL", "nan", "N/A", "undefined", "Err:502", "-", "None", "nil", "?",
		"\u2018x\u2019", "1E+12", "SUB\ufffd1"} {
		if !looksMangled(id) || isLost(id) && !mayBeMangled(id) {
			t.Errorf("%q does not look mangled", id)
		}
	}
	for _, id := range []string{"SUB-1", "0048213", "a b", "A&B", "A&B;C", "plan-1.0", "12E5", "48E213", "O'Brien", "müller@example.com", "sub_1MowQVLkdIwHu7ixeraBm864",
		"00BA7923-2655-402a-852d-2b2100568bcf", "#1", "x=1"} {
		if looksMangled(id) {
			t.Errorf("%q looks mangled", id)
		}
	}
}

// manglings are what programs are known to do to ids. A mangling that does not
// apply returns the id as it is.
func manglings() map[string]func(r *rand.Rand, id string) string {
	insert := func(r *rand.Rand, id string, what ...string) string {
		runes := []rune(id)
		at := r.IntN(len(runes) + 1)
		return string(runes[:at]) + what[r.IntN(len(what))] + string(runes[at:])
	}
	replace := func(r *rand.Rand, id, old string, by ...string) string {
		return strings.Replace(id, old, by[r.IntN(len(by))], 1)
	}
	return map[string]func(r *rand.Rand, id string) string{
		"upper":     func(_ *rand.Rand, id string) string { return strings.ToUpper(id) },
		"lower":     func(_ *rand.Rand, id string) string { return strings.ToLower(id) },
		"NFC":       func(_ *rand.Rand, id string) string { return norm.NFC.String(id) },
		"NFD":       func(_ *rand.Rand, id string) string { return norm.NFD.String(id) },
		"NFKD":      func(_ *rand.Rand, id string) string { return norm.NFKD.String(id) },
		"fullwidth": func(_ *rand.Rand, id string) string { return fullWidth(id) },
		"blank": func(r *rand.Rand, id string) string {
			return insert(r, id, " ", "\u00a0", "\u2009", "\u3000", "\u202f", "\t")
		},
		"unblank": func(_ *rand.Rand, id string) string { return strings.ReplaceAll(id, " ", "") },
		"zeros":   func(r *rand.Rand, id string) string { return strings.Repeat("0", 1+r.IntN(4)) + id },
		"unzero":  func(_ *rand.Rand, id string) string { return strings.TrimLeft(id, "0") },
		"invisible": func(r *rand.Rand, id string) string {
			return insert(r, id, "\u200b", "\u200c", "\u200d", "\u200e", "\u200f", "\u2060", "\ufeff", "\u00ad", "\u202a", "\u202c", "\u2066", "\u061c", "\u180e", "\ufe0f", "\u034f", "\U000e0001")
		},
		"dash": func(r *rand.Rand, id string) string {
			return replace(r, id, "-", "\u2010", "\u2011", "\u2012", "\u2013", "\u2014", "\u2015", "\u2212", "\uff0d", "\ufe58", "\ufe63")
		},
		"quote": func(r *rand.Rand, id string) string {
			return replace(r, id, "'", "\u2019", "\u2018", "`", "\u2032", "\uff07")
		},
		"apostrophe": func(_ *rand.Rand, id string) string { return "'" + id },
		"formula":    func(_ *rand.Rand, id string) string { return `="` + id + `"` },
		"quoted": func(r *rand.Rand, id string) string {
			return []string{`"`, "\u201c", "\u00ab"}[r.IntN(3)] + id + []string{`"`, "\u201d", "\u00bb"}[r.IntN(3)]
		},
		"html":    func(_ *rand.Rand, id string) string { return html.EscapeString(id) },
		"numeric": func(r *rand.Rand, id string) string { return numericEntity(r, id) },
		"named": func(r *rand.Rand, id string) string {
			if strings.ContainsAny(id, "&\uff06") { // a program would escape that too
				return id
			}
			return replace(r, replace(r, id, " ", "&nbsp;"), "-", "&ndash;", "&mdash;", "&minus;", "&shy;-")
		},
		"decimal": func(r *rand.Rand, id string) string { return id + []string{".0", ".00", ",0", ",00"}[r.IntN(4)] },
		"thousands": func(r *rand.Rand, id string) string {
			return groupThousands(id, []string{",", ".", " ", "'"}[r.IntN(4)])
		},
	}
}

func fullWidth(id string) string {
	return strings.Map(func(r rune) rune {
		if '!' <= r && r <= '~' {
			return r - '!' + '\uff01'
		}
		return r
	}, id)
}

func numericEntity(r *rand.Rand, id string) string {
	runes := []rune(id)
	if len(runes) == 0 || strings.ContainsAny(id, "&\uff06") { // a program would escape that too
		return id
	}
	at := r.IntN(len(runes))
	format := []string{"&#%d;", "&#x%x;", "&#x%X;", "&#0%d;"}[r.IntN(4)]
	return string(runes[:at]) + fmt.Sprintf(format, runes[at]) + string(runes[at+1:])
}

func groupThousands(id, separator string) string {
	if strings.Trim(id, "0123456789") != "" || strings.HasPrefix(id, "0") {
		return id
	}
	var groups []string
	for len(id) > 3 {
		groups = append(groups, id[len(id)-3:])
		id = id[:len(id)-3]
	}
	groups = append(groups, id)
	slices.Reverse(groups)
	return strings.Join(groups, separator)
}

// toScientific writes a whole number of at least 4 digits as a spreadsheet does
// that shows that many digits.
func toScientific(r *rand.Rand, id string) string {
	if strings.Trim(id, "0123456789") != "" || strings.HasPrefix(id, "0") || len(id) < 4 || len(id) > 100 {
		return id
	}
	value, err := strconv.ParseFloat(id, 64)
	if err != nil {
		return id
	}
	text := strconv.FormatFloat(value, 'e', r.IntN(8), 64)
	if r.IntN(2) == 0 {
		text = strings.ToUpper(text)
	}
	if r.IntN(3) == 0 {
		text = strings.Replace(text, ".", ",", 1)
	}
	return text
}

// randomID returns an id of a known shape, or of any characters.
func randomID(r *rand.Rand) string {
	if r.IntN(3) > 0 {
		shapes := idShapes()
		return shapes[r.IntN(len(shapes))].make(r, r.IntN(1_000_000))
	}
	const alphabet = "aZ09-_ .,'&;#/+=éßΣüжx"
	letters := []rune(alphabet)
	id := []rune{letters[r.IntN(2)]} // something of it is left
	for range r.IntN(12) {
		id = append(id, letters[r.IntN(len(letters))])
	}
	r.Shuffle(len(id), func(i, j int) { id[i], id[j] = id[j], id[i] })
	return TrimID(string(id))
}

// mangle applies a random chain of manglings, with at most one that drops
// digits.
func mangle(r *rand.Rand, id string) (mangled string, chain []string) {
	names := make([]string, 0)
	known := manglings()
	for name := range known {
		names = append(names, name)
	}
	slices.Sort(names)
	scientific := r.IntN(4) == 0
	for range 1 + r.IntN(5) {
		if scientific && r.IntN(2) == 0 {
			scientific = false
			if next := toScientific(r, id); next != id {
				id, chain = next, append(chain, "scientific")
			}
			continue
		}
		name := names[r.IntN(len(names))]
		if next := known[name](r, id); next != id && next != "" {
			id, chain = next, append(chain, name)
		}
	}
	return TrimID(id), chain
}

func TestMangledIsNear(t *testing.T) {
	rounds := 3_000
	if os.Getenv("WIXRECON_LONG") != "" {
		rounds = 300_000
	}
	r := rand.New(rand.NewPCG(12, 1))
	for range rounds {
		requireNear(t, r, randomID(r))
	}
}

func FuzzMangledIsNear(f *testing.F) {
	f.Add("SUB-1003", uint64(1))
	f.Add("1002003004003", uint64(2))
	f.Add("Müller & Söhne", uint64(3))
	f.Fuzz(func(t *testing.T, id string, seed uint64) {
		id = TrimID(strings.ToValidUTF8(id, ""))
		something := func(r rune) bool { return unicode.IsLetter(r) || '1' <= r && r <= '9' }
		if len(id) > 200 || !strings.ContainsFunc(NearID(id), something) || strings.ContainsAny(id, "İ") {
			return
		}
		requireNear(t, rand.New(rand.NewPCG(seed, 2)), id)
	})
}

// requireNear mangles an id, and fails where the two are not near.
func requireNear(t *testing.T, r *rand.Rand, id string) {
	t.Helper()
	mangled, chain := mangle(r, id)
	if !near(mangled, id) || !near(id, mangled) {
		t.Fatalf("%q became %q (%v), and is not near: %q, %q", id, mangled, chain, NearID(id), NearID(mangled))
	}
	for _, id := range []string{id, mangled} {
		if n, _ := parseNumber(NearID(id)); !mayBeMangled(id) && (isLost(id) || n.kept > 0) {
			t.Fatalf("%q is mangled", id)
		}
	}
	again, _ := mangle(r, id)
	if NearID(again) != NearID(NearID(again)) {
		t.Fatalf("the near id of %q is %q, and of that %q", again, NearID(again), NearID(NearID(again)))
	}
	if short, ok := nearASCII(id); ok && short != applySteps(id, idSteps()) {
		t.Fatalf("the short way makes %q of %q, the steps %q", short, id, applySteps(id, idSteps()))
	}
}

// An idShape is a public shape of ids.
type idShape struct {
	name string
	make func(r *rand.Rand, n int) string
}

func idShapes() []idShape {
	const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	words := []string{"bakery", "garden", "sonnen", "north", "blue", "river", "studio", "yoga", "law", "dental", "coffee", "bike", "art", "house", "west", "green"}
	word := func(r *rand.Rand) string { return words[r.IntN(len(words))] }
	return []idShape{
		{"UUID", func(r *rand.Rand, _ int) string {
			a, b := r.Uint64(), r.Uint64()
			return fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x", a>>32, a>>16&0xffff, a&0xfff, b>>48&0x3fff|0x8000, b&0xffffffffffff)
		}},
		{"sub_…", func(r *rand.Rand, _ int) string {
			id := []byte("sub_1")
			for range 23 {
				id = append(id, base62[r.IntN(len(base62))])
			}
			return string(id)
		}},
		{"number with a check digit", func(r *rand.Rand, n int) string { return withCheckDigit(4_500_000_000 + 7*n) }},
		{"SUB-000001", func(_ *rand.Rand, n int) string { return fmt.Sprintf("SUB-%06d", n) }},
		{"slug", func(r *rand.Rand, n int) string { return word(r) + "-" + word(r) + "-" + strconv.Itoa(n) }},
		{"e-mail address", func(r *rand.Rand, n int) string {
			return word(r) + "." + word(r) + strconv.Itoa(n) + "@" + word(r) + []string{".com", ".de", ".co.uk"}[r.IntN(3)]
		}},
	}
}

// withCheckDigit appends the check digit of Luhn.
func withCheckDigit(n int) string {
	sum, text := 0, strconv.Itoa(n)
	for i := range len(text) {
		d := int(text[len(text)-1-i] - '0')
		if i%2 == 0 {
			d = d*2%10 + d*2/10
		}
		sum += d
	}
	return text + strconv.Itoa((10-sum%10)%10)
}

// Distinct ids of a large ledger must not be near: at most one in 100,000 has a
// neighbour.
func TestDistinctIDsAreNotNear(t *testing.T) {
	count := 10_000
	if os.Getenv("WIXRECON_LONG") != "" {
		count = 1_000_000
	}
	for _, shape := range idShapes() {
		r := rand.New(rand.NewPCG(7, 7))
		ids := make(map[string]bool, count)
		for n := range count {
			ids[shape.make(r, n)] = true
		}
		neighbours := falseNeighbours(ids)
		t.Logf("%s: %d of %d ids have a false neighbour", shape.name, neighbours, len(ids))
		if neighbours*100_000 > len(ids) {
			t.Errorf("%s: %d of %d ids have a false neighbour", shape.name, neighbours, len(ids))
		}
	}
}

// falseNeighbours returns how many of the ids at Wix are near to another of the
// ledger, where both sides have all of them.
func falseNeighbours(ids map[string]bool) int {
	var m MangledIDs
	for id := range ids {
		m.AddLedgerID(id)
		m.AddWixID(id)
	}
	owners := make(map[string]string, len(ids))
	found := 0
	for id := range ids {
		for _, key := range m.ledgerKeys(id, []string{"a"}) {
			owners[key] = id
		}
	}
	for id := range ids {
		if slices.ContainsFunc(m.wixKeys(id, "a"), func(key string) bool { owner, ok := owners[key]; return ok && owner != id }) {
			found++
		}
	}
	return found
}

func BenchmarkAddID(b *testing.B) {
	b.ReportAllocs()
	var m MangledIDs
	for b.Loop() {
		m.AddLedgerID("sub_1MowQVLkdIwHu7ixeraBm864")
		m.AddLedgerID("5ba79232-2655-402a-852d-2b2100568bcf")
		m.AddLedgerID("SUB-000001")
		m.AddLedgerID("4500000007")
	}
}

func BenchmarkNearID(b *testing.B) {
	for _, id := range []string{"sub_1MowQVLkdIwHu7ixeraBm864", "user.name+tag@example.com", "Müller & Söhne 12", "1.002E+12"} {
		b.Run(id, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_ = NearID(id)
			}
		})
	}
}
