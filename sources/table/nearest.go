package table

// Where a header is misspelled, or has another common name, the error suggests
// the one that was probably meant. A suggestion is never applied.

import "strings"

// Nearest returns the most similar of the names, or "" where none is similar:
// few edits apart, or else sharing the most words.
func Nearest(name string, names []string) string {
	const most = 1000 // a wide ledger has many more, which would take seconds
	best, bestScore := "", 0
	for _, candidate := range names[:min(len(names), most)] {
		if n := similarity(name, candidate); n > bestScore {
			best, bestScore = candidate, n
		}
	}
	return best
}

// similarity is 0 where two names have nothing in common.
func similarity(a, b string) int {
	short, long := comparedRunes(Fold(a)), comparedRunes(Fold(b))
	if len(short) == 0 || len(long) == 0 {
		return 0
	}
	edits, size := distance(short, long), max(len(short), len(long))
	n := 0
	if edits*3 <= size {
		n = 1000 - 900*edits/size
	}
	return n + 100*sharedWords(words(a), words(b))
}

// words returns the words of a name, in lower case.
func words(name string) []string {
	return strings.FieldsFunc(strings.ToLower(string(comparedRunes(name))), func(r rune) bool {
		return strings.ContainsRune(" \t\u00a0_-./()[]:", r)
	})
}

// sharedWords counts the words of a that b has too, except for those that most
// columns have.
func sharedWords(a, b []string) int {
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

// comparedRunes limits the part of a name that is compared, so that a huge one
// costs nothing.
func comparedRunes(name string) []rune {
	const most = 80
	runes := []rune(name[:min(len(name), 4*most)])
	return runes[:min(len(runes), most)]
}

// Distance returns the edit distance between two names: how many characters to
// insert, delete or replace. Only the first 80 characters count.
func Distance(a, b string) int { return distance(comparedRunes(a), comparedRunes(b)) }

func distance(from, to []rune) int {
	row := make([]int, len(to)+1)
	for j := range row {
		row[j] = j
	}
	for i, r := range from {
		diagonal := row[0]
		row[0] = i + 1
		for j, s := range to {
			replaced := diagonal
			if r != s {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, diagonal+1, row[j]+1)
		}
	}
	return row[len(to)]
}
