package table

// The delimiter is the one under which the header has the most wanted columns,
// else the most fields; between equals the order of the list decides.

import (
	"bytes"
	"encoding/csv"
)

func delimiters() []rune { return []rune{',', ';', '\t', '|'} }

func detect(head []byte, wanted func(folded string) bool) rune {
	best, bestWanted, bestFields := ',', -1, 0
	for _, delimiter := range delimiters() {
		r := csv.NewReader(bytes.NewReader(head))
		r.Comma, r.FieldsPerRecord = delimiter, -1
		header, err := r.Read()
		if err != nil {
			continue
		}
		if n := countWanted(header, wanted); n > bestWanted || n == bestWanted && len(header) > bestFields {
			best, bestWanted, bestFields = delimiter, n, len(header)
		}
	}
	return best
}

// countWanted counts a name once, however often it stands there.
func countWanted(header []string, wanted func(folded string) bool) int {
	seen := make(map[string]bool)
	for _, name := range header {
		if folded := Fold(name); wanted != nil && wanted(folded) {
			seen[folded] = true
		}
	}
	return len(seen)
}
