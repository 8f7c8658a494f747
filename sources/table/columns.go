package table

// Headers match without regard to case, white space and underscores. A column
// that is known may stand there once. The others are carried under the name
// that the header gives, a second one of a name as name_2.

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Columns says where the known columns of a header are.
type Columns struct {
	At    []int    // of each known column, its index in the header; -1 where it is absent
	Rest  []int    // the indices of all others
	Names []string // of the others, distinct by Fold
}

// Map finds the known columns in a header. A known column that stands there
// twice is an error; all of them are told. The name of another column goes
// through rename, unless that is nil.
func Map(header, known []string, rename func(name string) string) (*Columns, error) {
	index := make(map[string]int, len(known))
	c := &Columns{At: make([]int, len(known))}
	for i, name := range known {
		index[Fold(name)], c.At[i] = i, -1
	}
	var faults []error
	for i, name := range header {
		column, ok := index[Fold(name)]
		switch {
		case !ok:
			c.Rest = append(c.Rest, i)
		case c.At[column] >= 0:
			faults = append(faults, fmt.Errorf("the column %q stands there twice: as column %d and %d", known[column], c.At[column]+1, i+1))
		default:
			c.At[column] = i
		}
	}
	c.Names = distinct(header, c.Rest, rename)
	return c, errors.Join(faults...)
}

func distinct(header []string, at []int, rename func(string) string) []string {
	taken := make(map[string]bool, len(at))
	var names []string
	for _, i := range at {
		name := strings.TrimSpace(header[i])
		if name == "" {
			name = "column_" + strconv.Itoa(i+1)
		}
		if rename != nil {
			name = rename(name)
		}
		free := name
		for n := 2; taken[Fold(free)]; n++ {
			free = name + "_" + strconv.Itoa(n)
		}
		taken[Fold(free)] = true
		names = append(names, free)
	}
	return names
}
