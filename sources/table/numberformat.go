package table

// A workbook stores a number, and a format by which people see another text: a
// date, 0048211 or SUB-1001. A number is read as people see it: with leading
// zeros, and with the letters and signs of its format. Rounding and separators of
// thousands are ignored, since they only hide digits, and so are parentheses and
// signs around a number. Percentages, scaled and hidden numbers are not read.

import (
	"strings"
)

// numberFormat is how a cell format shows numbers.
type numberFormat struct {
	date     bool
	sections []formatSection // positive, negative, zero; none is the general format
}

// formatSection is one section of a number format.
type formatSection struct {
	unclear bool    // it shows another value than the stored one
	tokens  []token // placeholders of the whole part, and literals
}

// A token is a literal, or the place of a digit.
type token struct {
	text  string
	digit byte // '0' shows a zero where there is no digit, '#' and '?' nothing; 'G' is the whole number
}

// parseFormat reads a format code.
func parseFormat(code string) numberFormat {
	if isDateFormat(code) {
		return numberFormat{date: true}
	}
	var f numberFormat
	if code == "" {
		return f
	}
	for _, text := range splitSections(code) {
		f.sections = append(f.sections, parseSection(text))
	}
	return f
}

// splitSections splits a format at the semicolons outside of its literals.
func splitSections(code string) []string {
	var sections []string
	start := 0
	for i := 0; i < len(code); i++ {
		switch code[i] {
		case '"':
			i += 1 + max(strings.IndexByte(code[i+1:], '"'), 0)
		case '\\', '_', '*':
			i++
		case ';':
			sections, start = append(sections, code[start:i]), i+1
		}
	}
	return append(sections, code[min(start, len(code)):])
}

// parseSection reads one section.
func parseSection(code string) formatSection {
	var s formatSection
	fraction, exponent := false, false
	for code != "" {
		text, literal, size := nextCode(code)
		rest := code[size:]
		switch {
		case literal:
			s.literal(text)
		case text == "General", text == "@":
			s.tokens = append(s.tokens, token{digit: 'G'})
		case strings.HasPrefix(text, "["):
			s.unclear = s.unclear || strings.ContainsAny(text, "<>=")
		case strings.ContainsAny(text, "0#?"):
			if !fraction && !exponent {
				s.tokens = append(s.tokens, token{digit: text[0]})
			}
		case text == ".":
			fraction = true
		case text == ",":
			s.unclear = s.unclear || !strings.HasPrefix(rest, "#") && !strings.HasPrefix(rest, "0") && !strings.HasPrefix(rest, "?")
		case text == "%":
			s.unclear = true
		case text == "E":
			exponent = true
		case text == "/":
			return formatSection{tokens: []token{{digit: 'G'}}} // a fraction: all digits are shown instead
		}
		code = rest
	}
	if exponent {
		return formatSection{tokens: []token{{digit: 'G'}}}
	}
	return s
}

func (s *formatSection) literal(text string) {
	if text != "" {
		s.tokens = append(s.tokens, token{text: text})
	}
}

// nextCode returns the first code of a format, whether it is a literal, and its
// size.
func nextCode(code string) (text string, literal bool, size int) {
	switch c := code[0]; c {
	case '"':
		end := strings.IndexByte(code[1:], '"')
		if end < 0 {
			return code[1:], true, len(code)
		}
		return code[1 : 1+end], true, end + 2
	case '\\':
		return code[1:min(2, len(code))], true, min(2, len(code))
	case '_', '*':
		return "", true, min(2, len(code)) // a space, or a fill
	case '[':
		end := strings.IndexByte(code, ']')
		if end < 0 {
			return code, true, len(code)
		}
		if currency, ok := strings.CutPrefix(code[:end], "[$"); ok {
			currency, _, _ = strings.Cut(currency, "-")
			return currency, true, end + 1
		}
		return code[:end], false, end + 1
	case 'E', 'e':
		if len(code) > 1 && (code[1] == '+' || code[1] == '-') {
			return "E", false, 2
		}
	case 'G', 'g':
		if len(code) >= 7 && strings.EqualFold(code[:7], "general") {
			return "General", false, 7
		}
	case '0', '#', '?', '.', ',', '%', '/', '@':
		return string(c), false, 1
	}
	size = 1
	for size < len(code) && code[size]&0xc0 == 0x80 { // the rest of the character
		size++
	}
	return code[:size], true, size
}

// section returns the section that shows a number, and whether it shows the sign.
func (f *numberFormat) section(x float64) (s formatSection, signed bool) {
	switch n := len(f.sections); {
	case n == 0:
		return formatSection{tokens: []token{{digit: 'G'}}}, true
	case x < 0 && n >= 2:
		return f.sections[1], false
	case x == 0 && n >= 3:
		return f.sections[2], true
	}
	return f.sections[0], true
}

// show returns a number, in full digits, as its format shows it.
func (f *numberFormat) show(x float64, number string, kind Kind) (string, Kind) {
	s, signed := f.section(x)
	digits, negative := strings.CutPrefix(number, "-")
	switch {
	case kind == Rounded:
		return number, kind
	case s.unclear || x != 0 && !s.hasDigits():
		return number, Unclear
	case s.isPlain():
		text := s.fill(digits, true)
		if negative {
			text = "-" + text
		}
		return text, kind
	}
	text := s.fill(digits, false)
	if negative && signed {
		text = "-" + text
	}
	return text, Formatted
}

func (s *formatSection) hasDigits() bool {
	for _, t := range s.tokens {
		if t.digit != 0 {
			return true
		}
	}
	return false
}

// isPlain reports whether a section shows nothing but a number, with signs, blanks
// or parentheses around it.
func (s *formatSection) isPlain() bool {
	first, last := -1, -1
	for i, t := range s.tokens {
		if t.digit != 0 {
			if first < 0 {
				first = i
			}
			last = i
		} else if strings.Trim(t.text, " \u00a0-+()") != "" {
			return false
		}
	}
	for i := first; i < last; i++ {
		if s.tokens[i].digit == 0 {
			return false
		}
	}
	return true
}

// fill puts the digits of a number into the places of a section, from the right.
func (s *formatSection) fill(number string, plain bool) string {
	whole, fraction, _ := strings.Cut(number, ".")
	if whole == "0" {
		whole = ""
	}
	if fraction != "" {
		fraction = "." + fraction
	}
	var parts []string // from the right
	places := 0
	for _, t := range s.tokens {
		if t.digit != 0 {
			places++
		}
	}
	for i := len(s.tokens) - 1; i >= 0; i-- {
		t := s.tokens[i]
		if t.digit == 0 {
			if !plain {
				parts = append(parts, t.text)
			}
			continue
		}
		places--
		digit := t.fillPlace(&whole, places == 0)
		parts, fraction = append(parts, digit+fraction), ""
	}
	text := ""
	for _, part := range parts {
		text = part + text
	}
	if places == 0 && text == "" || strings.HasPrefix(text, ".") {
		text = "0" + text
	}
	return text
}

// fillPlace takes the digits of a place from the end of a whole number: one, or
// all that are left for the first place.
func (t token) fillPlace(whole *string, first bool) string {
	n := len(*whole)
	switch {
	case t.digit == 'G' && n == 0, t.digit == '0' && n == 0:
		return "0"
	case n == 0:
		return ""
	case first || t.digit == 'G':
		digits := *whole
		*whole = ""
		return digits
	}
	digit := (*whole)[n-1:]
	*whole = (*whole)[:n-1]
	return digit
}

// isDateFormat reports whether a format has a code for a part of a date outside
// of its literals, colors and conditions.
func isDateFormat(format string) bool {
	for i := 0; i < len(format); i++ {
		switch c := format[i]; c {
		case '"':
			end := strings.IndexByte(format[i+1:], '"')
			if end < 0 {
				return false
			}
			i += 1 + end
		case '\\', '_', '*':
			i++
		case '[':
			end := strings.IndexByte(format[i:], ']')
			if end < 0 {
				return false
			}
			if isElapsedTime(strings.ToLower(format[i+1 : i+end])) {
				return true
			}
			i += end
		case 'y', 'Y', 'm', 'M', 'd', 'D', 'h', 'H', 's', 'S':
			return true
		case 'G', 'g':
			if len(format) >= i+7 && strings.EqualFold(format[i:i+7], "general") {
				i += 6
			}
		}
	}
	return false
}

// isElapsedTime reports whether a code in brackets is one of elapsed hours,
// minutes or seconds, such as the h of [h]:mm.
func isElapsedTime(code string) bool {
	return code != "" && strings.Trim(code, code[:1]) == "" && strings.Contains("hms", code[:1])
}
