package ledger

// Programs write words where there is nothing: NULL, N/A, 0000-00-00. The user sets
// which words mean nothing, for all columns or for one. Until then a cell with such
// a word is bad, except in a label, and in external_id, where it is compared as it
// is: it must not be read as a product that Wix should have, or as a date of long
// ago.

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
)

// EmptyWords are words that mean nothing.
type EmptyWords struct {
	Column string // of the contract; empty is all columns
	Words  []string
	From   string // where it was set, for messages; may be empty
}

// emptyWords are the words that mean nothing: by column of the contract, folded.
type emptyWords struct {
	of       []map[string]bool
	floating bool // the word none of site_id means nothing too
}

func emptyWordsOf(settings []EmptyWords) (emptyWords, error) {
	e := emptyWords{of: make([]map[string]bool, len(columns()))}
	var errs []error
	for _, s := range settings {
		if s.Column != "" && !slices.Contains(Columns(), s.Column) {
			errs = append(errs, fromSetting(s.From, fmt.Errorf("empty: %q is not a column of the ledger", s.Column)))
		}
		for i, name := range Columns() {
			if s.Column != "" && s.Column != name {
				continue
			}
			if e.of[i] == nil {
				e.of[i] = make(map[string]bool)
			}
			for _, word := range s.Words {
				e.of[i][FoldWord(word)] = true
			}
		}
		if s.Column == "site_id" && slices.Contains(s.Words, reconcile.Floating) {
			e.floating = true
		}
	}
	return e, errors.Join(errs...)
}

// means reports whether a cell of a column means nothing. The word none of site_id
// is the contract's own, unless the list of that column has it in lower case.
func (e *emptyWords) means(column int, cell string) bool {
	words := e.of[column]
	if words == nil {
		return false
	}
	if cell == reconcile.Floating && Columns()[column] == "site_id" {
		return e.floating
	}
	return words[FoldWord(cell)]
}

// isNothing reports whether a cell is a common word for nothing, the text of an
// error of a spreadsheet, or a date of zeros.
func isNothing(cell string) bool {
	switch strings.Trim(strings.ToLower(cell), "()<>[]") {
	case "null", "nil", "none", "n/a", "na", "n.a.", "nan", "nat", `\n`, "-", "--", "---", "–", "—", "undefined", "not available", "blank", "empty", "":
		return true
	case "#n/a", "#name?", "#ref!", "#value!", "#div/0!", "#null!", "#num!", "#spill!", "#calc!", "#getting_data", "#error!":
		return true
	}
	return strings.Count(cell, "0") >= 6 && strings.Trim(cell, "0-/.:T Z") == ""
}

// isNoDate reports whether a date is one that programs write for none: the first
// of 1970, 1900 and so on. Subscriptions are younger.
func isNoDate(t time.Time) bool {
	return t.Unix() == 0 || t.Month() == time.January && t.Day() == 1 && (t.Year() == 1900 || t.Year() == 1970)
}

// nothingError is a cell with a word that seems to mean nothing.
func nothingError(cell string) error {
	return fmt.Errorf("%q usually means that there is no value%s", clipped(cell, 60), setIn("empty: "+quotedList([]string{clipped(cell, 60)})))
}
