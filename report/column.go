package report

import "time"

// A column is a named property of a row. CSV and workbook share columns, so that
// a name means the same in both.
type column[T any] struct {
	name   string
	width  float64 // in the workbook, in characters
	cell   func(*T) cell
	text   func(*T) string // in a column of text: what cell has, at less cost
	tone   func(*T) tone   // style in the workbook; nil is plain
	number bool            // the header is aligned right, as the cells are
}

func textColumn[T any](name string, width float64, of func(*T) string) column[T] {
	return column[T]{name: name, width: width, text: of, cell: func(row *T) cell { return textCell(of(row)) }}
}

// appendCSV spells the column's cell of a row out.
func (c *column[T]) appendCSV(b []byte, row *T) []byte {
	if c.text != nil {
		return appendCSVText(b, neutralizeFormula(c.text(row)))
	}
	value := c.cell(row)
	return value.appendCSV(b)
}

func timeColumn[T any](name string, width float64, of func(*T) time.Time) column[T] {
	return column[T]{name: name, width: width, cell: func(row *T) cell { return timeCell(of(row)) }}
}

func countColumn[T any](name string, width float64, of func(*T) int) column[T] {
	return numberColumn(name, width, func(row *T) cell { return wholeCell(of(row)) })
}

// numberColumn is a column of numbers, some of which may be empty.
func numberColumn[T any](name string, width float64, of func(*T) cell) column[T] {
	return column[T]{name: name, width: width, cell: of, number: true}
}

// in returns the column with a tone for its cells.
func (c column[T]) in(tone func(*T) tone) column[T] {
	c.tone = tone
	return c
}

func (c *column[T]) toneOf(row *T) tone {
	if c.tone == nil {
		return tonePlain
	}
	return c.tone(row)
}

// columnsFirst moves the columns called names to the front, in that order.
func columnsFirst[T any](columns []column[T], names ...string) []column[T] {
	all := make([]column[T], 0, len(columns))
	moved := make(map[int]bool, len(names))
	for _, name := range names {
		for i := range columns {
			if columns[i].name == name && !moved[i] {
				all, moved[i] = append(all, columns[i]), true
			}
		}
	}
	for i := range columns {
		if !moved[i] {
			all = append(all, columns[i])
		}
	}
	return all
}
