package config

import (
	"maps"
	"slices"
	"strings"

	"github.com/wixrecon/wixrecon/sources/table"
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
	return table.Distance(name, candidate)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
