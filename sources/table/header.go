package table

// Headers match regardless of case, white space and underscores: "Account ID",
// "account_id" and "AccountId" are the same name.

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// Fold returns the form in which headers are compared: lower case, without
// white space and underscores.
func Fold(name string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || unicode.IsSpace(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, name)
}

// Columns is the position of each column in a header.
type Columns struct {
	Index  []int    // of each known column, its index in the header; -1 where it is absent
	Others []int    // the indices of all other columns
	Names  []string // of the other columns, distinct by Fold
}

// maxTwice is how many columns that appear twice are reported.
const maxTwice = 20

// MapColumns finds the known columns in a header. A known column that appears
// twice is an error; the errors of all columns are joined. Other columns keep
// their header, changed by rename where that is not nil; a repeated name gets a
// suffix: name_2.
func MapColumns(header, known []string, rename func(name string) string) (*Columns, error) {
	index := make(map[string]int, len(known))
	c := &Columns{Index: make([]int, len(known))}
	for i, name := range known {
		index[Fold(name)], c.Index[i] = i, -1
	}
	var errs []error
	for i, name := range header {
		column, ok := index[Fold(name)]
		switch {
		case !ok:
			c.Others = append(c.Others, i)
		case c.Index[column] >= 0 && len(errs) < maxTwice:
			errs = append(errs, fmt.Errorf("the header has the column %q twice, as column %d and %d: remove or rename one of them", known[column], c.Index[column]+1, i+1))
		default:
			c.Index[column] = i
		}
	}
	c.Names = distinctNames(header, c.Others, rename)
	return c, errors.Join(errs...)
}

func distinctNames(header []string, indices []int, rename func(string) string) []string {
	used := make(map[string]bool, len(indices))
	next := make(map[string]int) // suffix to try for a name, so that many of one name are not tried again
	var names []string
	for _, i := range indices {
		name := strings.TrimSpace(header[i])
		if name == "" {
			name = "column_" + strconv.Itoa(i+1)
		}
		if rename != nil {
			name = rename(name)
		}
		unique := name
		for n := max(next[Fold(name)], 2); used[Fold(unique)]; n++ {
			unique = name + "_" + strconv.Itoa(n)
			next[Fold(name)] = n + 1
		}
		used[Fold(unique)] = true
		names = append(names, unique)
	}
	return names
}
