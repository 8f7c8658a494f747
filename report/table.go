package report

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
