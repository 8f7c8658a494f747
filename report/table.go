package report

import (
	"strconv"
	"strings"
)

// A table is a list of columns over one kind of row. CSV and workbook share
// it, so that a name means the same and holds the same in both.

type column[T any] struct {
	name   string
	width  float64 // in the workbook, in characters
	cell   func(*T) cell
	tone   func(*T) tone // how it is coloured in the workbook; nil is plain
	number bool          // in the workbook its header stands to the right, as its cells do
}

func (c *column[T]) toneOf(row *T) tone {
	if c.tone == nil {
		return tonePlain
	}
	return c.tone(row)
}

func names[T any](columns []column[T]) []string {
	all := make([]string, len(columns))
	for i := range columns {
		all[i] = columns[i].name
	}
	return all
}

// reordered puts the columns called first to the front, in that order, and
// keeps the others behind them as they are.
func reordered[T any](columns []column[T], first ...string) []column[T] {
	all := make([]column[T], 0, len(columns))
	taken := make(map[int]bool, len(first))
	for _, name := range first {
		for i := range columns {
			if columns[i].name == name && !taken[i] {
				all, taken[i] = append(all, columns[i]), true
			}
		}
	}
	for i := range columns {
		if !taken[i] {
			all = append(all, columns[i])
		}
	}
	return all
}

// carriedNames gives the headers of the carried columns: as the ledger has
// them, with "ledger_" before a name that is taken already, and a number
// behind one that is taken even so. Names that differ by case, space and
// underscore alone are the same name.
func carriedNames(taken, carried []string) []string {
	seen := make(map[string]bool, len(taken)+len(carried))
	for _, name := range taken {
		seen[foldName(name)] = true
	}
	all := make([]string, len(carried))
	for i, name := range carried {
		all[i] = freeName(seen, strings.TrimSpace(name))
		seen[foldName(all[i])] = true
	}
	return all
}

func freeName(seen map[string]bool, name string) string {
	if name == "" {
		name = "column"
	}
	if !seen[foldName(name)] {
		return name
	}
	base := "ledger_" + name
	for n, try := 2, base; ; n++ {
		if !seen[foldName(try)] {
			return try
		}
		try = base + "_" + strconv.Itoa(n)
	}
}

func foldName(name string) string {
	return strings.NewReplacer(" ", "", "_", "").Replace(strings.ToLower(name))
}
