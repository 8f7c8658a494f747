package ledger

// Unknown words of status are counted, so that a user can map all of them at
// once and not one a night.

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/wixrecon/wixrecon/reconcile"
)

// A StatusWord is a word of the file and its status.
type StatusWord struct {
	Word   string
	Status reconcile.LineStatus
	From   string // where it was set, for messages; may be empty
}

// statuses returns the status of each word, folded. A mapped word takes
// precedence over the contract's own.
func statuses(words []StatusWord) map[string]reconcile.LineStatus {
	status := map[string]reconcile.LineStatus{
		"active": reconcile.Active, "pending": reconcile.Pending,
		"canceled": reconcile.Canceled, "cancelled": reconcile.Canceled,
	}
	for _, w := range words {
		status[FoldStatus(w.Word)] = w.Status
	}
	return status
}

// FoldStatus returns the form in which words of status are compared: lower case,
// with single blanks.
func FoldStatus(word string) string {
	return strings.ToLower(strings.Join(strings.Fields(word), " "))
}

// maxUnknown limits the unknown words that are counted: a column with more is
// not one of statuses.
const maxUnknown = 200

// unknownStatus is a word that is not mapped, and how many rows have it.
type unknownStatus struct {
	word string // as the first of the rows has it
	rows int
}

// unknownStatuses counts words by their folded form.
type unknownStatuses map[string]*unknownStatus

func (u unknownStatuses) add(word string) {
	folded := FoldStatus(word)
	if s := u[folded]; s != nil {
		s.rows++
	} else if len(u) < maxUnknown {
		u[folded] = &unknownStatus{clipped(word, 60), 1}
	}
}

// list returns the unknown words, the most frequent first.
func (u unknownStatuses) list() []*unknownStatus {
	return slices.SortedFunc(maps.Values(u), func(a, b *unknownStatus) int {
		return cmp.Or(cmp.Compare(b.rows, a.rows), cmp.Compare(a.word, b.word))
	})
}

// String returns a message that names the words and how to map them, or "".
func (u unknownStatuses) String() string {
	const most = 10
	all := u.list()
	if len(all) == 0 {
		return ""
	}
	var counts, words []string
	for _, s := range all[:min(len(all), most)] {
		counts, words = append(counts, fmt.Sprintf("%q (%s)", s.word, rows(s.rows))), append(words, s.word)
	}
	if len(all) > most {
		counts = append(counts, fmt.Sprintf("and %d more", len(all)-most))
	}
	return "unknown status " + strings.Join(counts, ", ") + ". " + mapStatuses(words...)
}

// mapStatuses returns the remedy for unknown words.
func mapStatuses(words ...string) string {
	object := "it"
	if len(words) > 1 {
		object = "each"
	}
	var pairs []string
	for _, word := range words {
		pairs = append(pairs, fmt.Sprintf("%q: active", word))
	}
	return fmt.Sprintf("Map %s to active, pending or canceled in the settings file: status: {%s}", object, strings.Join(pairs, ", "))
}

func rows(n int) string {
	if n == 1 {
		return "1 row"
	}
	return fmt.Sprintf("%d rows", n)
}
