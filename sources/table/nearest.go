package table

// Somebody who mistypes a header, or has another one for the same thing, is
// told the one that was probably meant. It is a hint and never taken for it.

import "strings"

// Nearest gives the name that is probably meant, or nothing where none is near:
// one that takes few edits, or else shares the most words.
func Nearest(name string, names []string) string {
	best, most := "", 0
	for _, candidate := range names {
		if n := likeness(name, candidate); n > most {
			best, most = candidate, n
		}
	}
	return best
}

// likeness is 0 where two names have nothing to do with each other.
func likeness(a, b string) int {
	short, long := clipped(Fold(a)), clipped(Fold(b))
	if len(short) == 0 || len(long) == 0 {
		return 0
	}
	edits, size := distance(short, long), max(len(short), len(long))
	n := 0
	if edits*3 <= size {
		n = 1000 - 900*edits/size
	}
	return n + 100*shared(words(a), words(b))
}

// words gives the words of a name, in lower case.
func words(name string) []string {
	return strings.FieldsFunc(strings.ToLower(string(clipped(name))), func(r rune) bool {
		return strings.ContainsRune(" \t\u00a0_-./()[]:", r)
	})
}

// shared counts the words that both have. "id" says little: nearly every
// column is one.
func shared(a, b []string) int {
	n := 0
	for _, word := range a {
		for _, other := range b {
			if word == other && word != "id" && word != "date" {
				n++
				break
			}
		}
	}
	return n
}

const maxCompared = 80

func clipped(name string) []rune {
	runes := []rune(name[:min(len(name), 4*maxCompared)])
	return runes[:min(len(runes), maxCompared)]
}

// Distance counts the characters to insert, delete or replace between two
// names. Only the start of a name counts, so that a huge one costs nothing.
func Distance(a, b string) int { return distance(clipped(a), clipped(b)) }

func distance(from, to []rune) int {
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
