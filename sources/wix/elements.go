package wix

// The API bounds the packages of a page and the instances of a package by a
// thousand each. An answer with a longer array is refused before it is
// decoded: thirty million zeros are short on the wire, and gigabytes decoded.

const maxElements = 1000

// longestArray gives the number of elements of the longest array in a JSON
// text, which need not be valid; it stops counting at the first that is too
// long.
func longestArray(text []byte) int {
	var open []int // commas so far by nesting; -1 in an object
	longest, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[':
			open = append(open, 0)
		case c == '{':
			open = append(open, -1)
		case (c == ']' || c == '}') && len(open) > 0:
			open = open[:len(open)-1]
		case c == ',' && len(open) > 0 && open[len(open)-1] >= 0:
			open[len(open)-1]++
			if longest = max(longest, open[len(open)-1]+1); longest > maxElements {
				return longest
			}
		}
	}
	return longest
}
