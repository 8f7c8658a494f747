package ledger

// Words that can't be read are counted, so that a user can map all of them at once
// and not one a night.

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// FoldWord returns the form in which words of a cell are compared: lower case, with
// single blanks.
func FoldWord(word string) string {
	return strings.ToLower(strings.Join(strings.Fields(word), " "))
}

// maxWords limits the words that are counted: a column with more has other cells
// than words.
const maxWords = 200

// countedWord is a word, and how many rows have it.
type countedWord struct {
	word string // as the first of the rows has it
	rows int
}

// countedWords counts words by their folded form.
type countedWords map[string]*countedWord

func (c countedWords) add(word string, rows int) {
	folded := FoldWord(word)
	if s := c[folded]; s != nil {
		s.rows += rows
	} else if len(c) < maxWords {
		c[folded] = &countedWord{clipped(word, 60), rows}
	}
}

// merge adds the words of later rows.
func (c countedWords) merge(later countedWords) {
	for _, s := range later.list() {
		c.add(s.word, s.rows)
	}
}

// list returns the words, the most frequent first.
func (c countedWords) list() []*countedWord {
	return slices.SortedFunc(maps.Values(c), func(a, b *countedWord) int {
		return cmp.Or(cmp.Compare(b.rows, a.rows), cmp.Compare(a.word, b.word))
	})
}

// first returns the most frequent words, and a text with their counts.
func (c countedWords) first() (words []string, text string) {
	const most = 10
	all := c.list()
	var counts []string
	for _, s := range all[:min(len(all), most)] {
		counts, words = append(counts, fmt.Sprintf("%q (%s)", s.word, rows(s.rows))), append(words, s.word)
	}
	if len(all) > most {
		counts = append(counts, fmt.Sprintf("and %d more", len(all)-most))
	}
	return words, strings.Join(counts, ", ")
}

// mapWords returns the remedy for unknown words of status or cycle: a line of the
// settings file.
func mapWords(key, target string, words ...string) string {
	var pairs []string
	for _, word := range words {
		pairs = append(pairs, fmt.Sprintf("%q: %s", word, target))
	}
	return fmt.Sprintf("%s: {%s}", key, strings.Join(pairs, ", "))
}

// quotedList returns words as a list of the settings file.
func quotedList(words []string) string {
	var texts []string
	for _, word := range words {
		texts = append(texts, fmt.Sprintf("%q", word))
	}
	return "[" + strings.Join(texts, ", ") + "]"
}

func rows(n int) string {
	if n == 1 {
		return "1 row"
	}
	return fmt.Sprintf("%d rows", n)
}
