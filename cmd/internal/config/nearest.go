package config

import (
	"maps"
	"slices"
	"strings"
)

// Nearest gives the known name that takes the fewest edits to reach, the first
// of several in order. Case, and - or _, make no difference; the beginning of a
// name is as near as one edit.
func Nearest(name string, known []string) string {
	best, least := "", -1
	for _, candidate := range known {
		d := edits(canonical(name), canonical(candidate))
		if least < 0 || d < least {
			best, least = candidate, d
		}
	}
	return best
}

func canonical(name string) string {
	return strings.ToLower(strings.ReplaceAll(name, "_", "-"))
}

// minBeginning is from how many characters on a beginning tells a name.
const minBeginning = 3

func edits(name, candidate string) int {
	if len(name) >= minBeginning && strings.HasPrefix(candidate, name) {
		return min(1, len(candidate)-len(name))
	}
	return distance(name, candidate)
}

// distance counts the characters to insert, delete or replace (Levenshtein).
// Only the start of a name counts, so that a huge one costs nothing.
func distance(a, b string) int {
	from, to := start(a), start(b)
	row := make([]int, len(to)+1)
	for j := range row {
		row[j] = j
	}
	for i, r := range from {
		corner := row[0]
		row[0] = i + 1
		for j, s := range to {
			replaced := corner
			if r != s {
				replaced++
			}
			corner = row[j+1]
			row[j+1] = min(replaced, corner+1, row[j]+1)
		}
	}
	return row[len(to)]
}

func start(name string) []rune {
	runes := []rune(name)
	return runes[:min(len(runes), maxShown)]
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
