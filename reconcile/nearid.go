package reconcile

import (
	"html"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Spreadsheets, web pages and databases change ids on their way into a ledger.
// Two ids are near if such a change could have made one of the other. Near ids
// are never linked, only reported. Three things make ids near:
//
//   - They are equal without what programs change: the steps of idSteps, repeated
//     until nothing changes. What is left is the near id.
//   - One is a number in scientific notation, or rounded to 15 digits, and the
//     other begins with the same digits (scientific.go).
//   - Nothing is left of one of them, as of #NAME? (lost ids). It could be any id
//     of its sub-account.

// An idStep removes one kind of change from an id.
type idStep struct {
	name  string // what ids differ in that only this step makes equal
	apply func(string) string
}

// idSteps returns the steps in their order: what can't be seen goes first, so
// that it does not hide an entity, and zeros last.
func idSteps() []idStep {
	return []idStep{
		{"characters that can't be seen", dropInvisible},
		{"blanks", dropBlanks},
		{"quotes", dropQuotes},
		{"dashes", foldDashes},
		{"HTML entities", html.UnescapeString},
		{"Unicode form", norm.NFKC.String},
		{"case", foldCase},
		{"a leading sign", func(id string) string { return orZero(id, strings.TrimLeft(id, "=+")) }},
		{"leading zeros", func(id string) string { return orZero(id, strings.TrimLeft(id, "0")) }},
		{"separators of thousands", dropThousands},
		{"a trailing .0", func(id string) string { return orZero(id, trailingZeros.ReplaceAllString(id, "")) }},
	}
}

// NearID returns the id without what programs change in ids. Ids with the same
// near id are near.
func NearID(id string) string {
	if near, ok := nearASCII(id); ok {
		return near
	}
	return applySteps(id, idSteps())
}

// applySteps repeats the steps until nothing changes. Each step shortens the id
// or leaves it as it would leave its own result, so this ends.
func applySteps(id string, steps []idStep) string {
	for {
		before := id
		for _, step := range steps {
			id = step.apply(id)
		}
		if id == before {
			return id
		}
	}
}

// nearASCII is a short way to the near id of nearly all ids: letters, digits and
// signs that no step but those of case and leading zeros changes.
func nearASCII(id string) (string, bool) {
	start := 0
	for start < len(id)-1 && id[start] == '0' {
		start++
	}
	upper := false
	for i := start; i < len(id); i++ {
		switch c := id[i]; {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '_', c == '/', c == '@', c == ':':
		case 'A' <= c && c <= 'Z':
			upper = true
		case c == '-' && i > start && id[i-1] != '-':
		case c == '.' && i+1 < len(id) && isLetter(id[i+1]): // no decimals, and no thousands
		default:
			return "", false
		}
	}
	if upper {
		return strings.ToLower(id[start:]), true
	}
	return id[start:], id != ""
}

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

// idDifference returns what two near ids differ in: the steps without which their
// near ids are not the same.
func idDifference(a, b string) string {
	var names []string
	steps := idSteps()
	for i := range steps {
		others := slices.Delete(slices.Clone(steps), i, i+1)
		if applySteps(a, others) != applySteps(b, others) {
			names = append(names, steps[i].name)
		}
	}
	switch n := len(names); n {
	case 0:
		return "form"
	case 1:
		return names[0]
	default:
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
}

// isInvisible reports whether nobody sees the character: a format or control
// character, or one that Unicode says to ignore in print.
func isInvisible(r rune) bool {
	const brailleBlank = '\u2800'
	return !unicode.IsSpace(r) && (unicode.In(r, unicode.Cf, unicode.Cc, unicode.Variation_Selector,
		unicode.Other_Default_Ignorable_Code_Point) || r == brailleBlank)
}

// isDash reports whether the character is, or is taken for, a hyphen.
func isDash(r rune) bool {
	return unicode.Is(unicode.Pd, r) || strings.ContainsRune("\u2212\u02d7\u2043\u2500\u2796", r)
}

// isQuote reports whether the character is, or is taken for, a quote.
func isQuote(r rune) bool {
	return unicode.In(r, unicode.Pi, unicode.Pf) && r < '\u2e00' ||
		strings.ContainsRune("\"'`\u00b4\u2032\u2033\u2034\u2035\u2036\u2037\u02b9\u02ba\u02bb\u02bc\u02bd\u02be\u02bf\u02c8\u02ca\u02cb\u02ee\u05f3\u05f4\u201a\u201e\u275b\u275c\u275d\u275e\u301d\u301e\u301f\uff02\uff07", r)
}

func dropInvisible(id string) string { return drop(id, isInvisible) }
func dropBlanks(id string) string    { return drop(id, unicode.IsSpace) }
func dropQuotes(id string) string    { return drop(id, isQuote) }

func drop(id string, unwanted func(rune) bool) string {
	return strings.Map(func(r rune) rune {
		if unwanted(r) {
			return -1
		}
		return r
	}, id)
}

// foldDashes makes each run of dashes one hyphen: text programs turn two hyphens
// into one dash.
func foldDashes(id string) string {
	last := rune(0)
	return strings.Map(func(r rune) rune {
		if isDash(r) {
			r = '-'
		}
		if r == '-' && last == '-' {
			return -1
		}
		last = r
		return r
	}, id)
}

// foldCase makes characters equal that differ in case only, the dotless i and I
// among them.
func foldCase(id string) string {
	if isASCII(id) {
		return strings.ToLower(id)
	}
	return cases.Fold().String(strings.ToUpper(id))
}

func isASCII(id string) bool {
	return !strings.ContainsFunc(id, func(r rune) bool { return r > unicode.MaxASCII })
}

// orZero returns what is left of an id, "0" where that is nothing.
func orZero(id, rest string) string {
	if rest == "" && id != "" {
		return "0"
	}
	return rest
}

var (
	trailingZeros = regexp.MustCompile(`[.,]0+$`)
	thousands     = regexp.MustCompile(`^[1-9][0-9]{0,2}([.,][0-9]{3})+$`)
	sheetError    = regexp.MustCompile(`^(#.{1,20}[!?]|#+|#n/?[adv]|#getting_data|err:[0-9]{3})$`)
	numberAsText  = regexp.MustCompile(`^[0-9]+[.,]0+$`)
	scientific    = regexp.MustCompile(`^[0-9]+([.,][0-9]+)?[eE][+-][0-9]+$`)
	htmlEntity    = regexp.MustCompile(`&(#[0-9]+|#[xX][0-9a-fA-F]+|[a-zA-Z]+);`)
)

func dropThousands(id string) string {
	if thousands.MatchString(id) {
		return drop(id, func(r rune) bool { return r == '.' || r == ',' })
	}
	return id
}

// isLost reports whether nothing is left of an id: it is the error of a sheet, or
// a word that programs write for nothing.
func isLost(id string) bool {
	near := NearID(id)
	switch near {
	case "", "-", "?", "\\n", "na", "n/a", "<na>", "nan", "nat", "nil", "none", "null", "(null)", "<null>", "[null]",
		"undefined", "[objectobject]":
		return true
	}
	return (near[0] == '#' || strings.HasPrefix(near, "err:")) && sheetError.MatchString(near)
}

// looksMangled reports whether an id shows that a program changed it.
func looksMangled(id string) bool {
	visible := drop(id, isInvisible)
	lookAlike := func(r rune) bool {
		return r > unicode.MaxASCII && (isDash(r) || isQuote(r)) || r == unicode.ReplacementChar
	}
	return visible != id || isLost(id) || strings.HasPrefix(id, "=") || strings.HasPrefix(id, "'") ||
		strings.ContainsFunc(id, lookAlike) || numberAsText.MatchString(id) || scientific.MatchString(id) ||
		html.UnescapeString(htmlEntity.FindString(id)) != htmlEntity.FindString(id)
}
