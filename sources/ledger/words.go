package ledger

// Words of status that mean nothing here are counted, so that all of them can
// be mapped at once, and not one a night.

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// maxWords bounds the words that are counted: where there are more, the column
// is not one of statuses.
const maxWords = 200

// A WordCount is a word of status that is not mapped, and its rows.
type WordCount struct {
	Word string // as it stands in the first of them
	Rows int
}

// unmapped counts words, folded.
type unmapped map[string]*WordCount

func (u unmapped) see(word string) {
	folded := FoldWord(word)
	if c := u[folded]; c != nil {
		c.Rows++
	} else if len(u) < maxWords {
		u[folded] = &WordCount{clipped(word, 60), 1}
	}
}

// Unmapped gives the words of status that were met and are not mapped, the most
// frequent first.
func (l *Ledger) Unmapped() []WordCount {
	var all []WordCount
	for _, c := range l.parser.unmapped {
		all = append(all, *c)
	}
	slices.SortFunc(all, func(a, b WordCount) int {
		return cmp.Or(cmp.Compare(b.Rows, a.Rows), cmp.Compare(a.Word, b.Word))
	})
	return all
}

// unmappedText names the words in a line, or is empty.
func (l *Ledger) unmappedText() string {
	const most = 10
	all := l.Unmapped()
	if len(all) == 0 {
		return ""
	}
	var told []string
	for i, c := range all {
		if i == most {
			told = append(told, fmt.Sprintf("and %d more", len(all)-most))
			break
		}
		told = append(told, fmt.Sprintf("%q (%s)", c.Word, rows(c.Rows)))
	}
	return "status words that are not mapped: " + strings.Join(told, ", ") + ": say under status: what they mean"
}

func rows(n int) string {
	if n == 1 {
		return "1 row"
	}
	return fmt.Sprintf("%d rows", n)
}
