package repotest

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"
)

// A retiredWord is a word or phrase that names, comments, messages and docs don't
// use, because the field has a standard term. It is matched without regard to
// case, as whole words; a word of an identifier is a word, and words of a
// phrase may be on two lines. "mend*" is every word that begins so.
type retiredWord struct {
	words   string
	instead string
	except  []string // texts that begin with the retired words and are allowed
}

// retiredWords is the list. To retire a word, add a line.
var retiredWords = []retiredWord{
	{words: "mend*", instead: "fix"},
	{words: "the book", instead: "the inventory (in tests: the sample data)"},
	{words: "a book", instead: "an inventory (in tests: sample data)"},
	{words: "whole book", instead: "whole inventory"},
	{words: "weigh*", instead: "evaluate, check", except: []string{"weight", "weights", "weighted"}},
	{words: "weather", instead: "faults"},
	{words: "world", instead: "environment"},
	{words: "ward", instead: "environment"},
	{words: "doses", instead: "faults"},
	{words: "fate", instead: "send status, outcome"},
	{words: "fates", instead: "send statuses, outcomes"},
	{words: "carry out", instead: "execute, apply"},
	{words: "carries out", instead: "executes, applies"},
	{words: "carried out", instead: "executed, applied"},
	{words: "conclude*", instead: "finish, complete"},
	{words: "take away", instead: "cancel, unassign, remove"},
	{words: "takes away", instead: "cancels, unassigns, removes"},
	{words: "taken away", instead: "canceled, unassigned, removed"},
	{words: "took away", instead: "canceled, unassigned, removed"},
	{words: "stand against", instead: "block"},
	{words: "stands against", instead: "blocks"},
	{words: "stands under", instead: "is in column"},
	{words: "rests on", instead: "depends on, is based on"},
	{words: "lie in", instead: "be in"},
	{words: "lies in", instead: "is in"},
	{words: "on its way", instead: "the name of what it is: request, builder, …"},
	{words: "last words", instead: "shutdown"},
	{words: "a measure for", instead: "the baseline of"},
	{words: "tells", instead: "reports, shows, prints, returns"},
	{words: "told", instead: "reported, shown, printed, given"},
	{words: "nobody knows", instead: "it is not known"},
	{words: "whoever", instead: "who, a person who"},
	{words: "of late", instead: "recently"},
	{words: "thereof", instead: "of it"},
	{words: "be it that", instead: "unless, even if"},
	{words: "anew", instead: "again"},
	{words: "it is no", instead: "it is not"},
	{words: "let through", instead: "allow, accept"},
	{words: "lets through", instead: "allows, accepts"},
	{words: "goes on", instead: "continues"},
	{words: "gone on with", instead: "continued"},
	{words: "wanted", instead: "desired, expected", except: []string{`wanted":`, "wanted."}}, // a key of plan.json
	{words: "odd", instead: "unexpected", except: []string{"odd++", "odd >", "odd :=", "odd ==", "odd offsets", "oddfooter", `odd"`}}, // of numbers, and in the journal
	{words: "spent", instead: "usage, used"},
	{words: "gate", instead: "pre-send check"},
	{words: "shut", instead: "closed, stopped"},
	{words: "doubt*", instead: "unsettled", except: []string{`doubt"`, "doubt  the outcome"}}, // of object names
}

// wordsFile is this file, which is not checked.
const wordsFile = "internal/repotest/words_test.go"

// plainLanguage reports whether the words of a file are checked. The changelog
// isn't: it describes earlier versions in their own words.
func plainLanguage(name string) bool {
	if name == wordsFile || path.Base(name) == "CHANGELOG.md" {
		return false
	}
	return path.Base(name) == "Makefile" || slices.Contains([]string{".go", ".md", ".txtar", ".json"}, path.Ext(name))
}

func TestWordsArePlain(t *testing.T) {
	for name, text := range texts(t) {
		if !plainLanguage(name) {
			continue
		}
		for _, fault := range wordFaults(name, string(text), retiredWords) {
			t.Error(fault)
		}
	}
}

func wordFaults(name, text string, retired []retiredWord) []string {
	var faults []string
	lower := lowerASCII(text)
	for _, r := range retired {
		for _, at := range r.find(text, lower) {
			line := 1 + strings.Count(text[:at], "\n")
			faults = append(faults, fmt.Sprintf("%s:%d: %q: want %s", name, line, strings.TrimSuffix(r.words, "*"), r.instead))
		}
	}
	return faults
}

// lowerASCII keeps the length of a text in bytes, unlike strings.ToLower.
func lowerASCII(text string) string {
	lower := []byte(text)
	for i, b := range lower {
		if 'A' <= b && b <= 'Z' {
			lower[i] = b + 'a' - 'A'
		}
	}
	return string(lower)
}

// find returns where the words are in a text. Names in JSON tags are left out:
// they are in files that earlier versions wrote.
func (r retiredWord) find(text, lower string) []int {
	words, prefix := strings.Fields(r.words), strings.HasSuffix(r.words, "*")
	words[len(words)-1] = strings.TrimSuffix(words[len(words)-1], "*")
	var found []int
	for from := 0; ; {
		i := strings.Index(lower[from:], words[0])
		if i < 0 {
			return found
		}
		at := from + i
		from = at + len(words[0])
		end := r.end(text, lower, at, words)
		if end < 0 || !prefix && !wordEnds(text, end) || inJSONTag(text[:at]) {
			continue
		}
		if rest := lower[at:]; !slices.ContainsFunc(r.except, func(e string) bool { return strings.HasPrefix(rest, e) }) {
			found = append(found, at)
		}
	}
}

// end returns where the words that begin at a position end; -1 where they are
// not there.
func (r retiredWord) end(text, lower string, at int, words []string) int {
	if !wordBegins(text, at) {
		return -1
	}
	for i, word := range words {
		if i > 0 {
			next := at + len(lower[at:]) - len(strings.TrimLeft(lower[at:], " \t\n/#"))
			if next == at {
				return -1
			}
			at = next
		}
		if !strings.HasPrefix(lower[at:], word) {
			return -1
		}
		at += len(word)
	}
	return at
}

// wordBegins reports whether a word begins at a position: no letter is before
// it, or it is the upper-case letter after a lower-case one of an identifier.
func wordBegins(text string, at int) bool {
	return at == 0 || !isLetter(text[at-1]) || isLower(text[at-1]) && !isLower(text[at])
}

func wordEnds(text string, at int) bool {
	return at == len(text) || !isLetter(text[at]) || isLower(text[at-1]) && !isLower(text[at])
}

func isLower(b byte) bool { return 'a' <= b && b <= 'z' }

func isLetter(b byte) bool { return isLower(b) || 'A' <= b && b <= 'Z' }

func inJSONTag(before string) bool {
	line := before[strings.LastIndexByte(before, '\n')+1:]
	_, tag, ok := strings.Cut(line, "`json:\"")
	return ok && !strings.Contains(tag, `"`)
}

func TestRetiredWordRule(t *testing.T) {
	retired := []retiredWord{
		{words: "mend*"}, {words: "the book"}, {words: "weigh*", except: []string{"weight"}}, {words: "fate"},
	}
	tests := map[string]int{
		"Mend it":               1,
		"mending":               1,
		"runMender":             1,
		"amend, recommend":      0,
		"fix the book":          1,
		"// of the\n\t// book.": 1,
		"the bookkeeper":        0,
		"the-book":              0,
		"theBook":               0,
		"weighed":               1,
		"net weight":            0,
		"Fate Status":           1,
		"fateful":               0,
		"sendFate, fateOf":      2,
		"x int `json:\"fate\"`": 0,
		"`json:\"x\"` // fate":  1,
	}
	for text, want := range tests {
		if faults := wordFaults("x", text, retired); len(faults) != want {
			t.Errorf("%q: got %q, want %d faults", text, faults, want)
		}
	}
}
