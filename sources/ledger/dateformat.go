package ledger

// A date format is a Go layout, which writes the 2nd of January 2006, or is
// spelt with letters: DD.MM.YYYY, M/D/YY hh:mm A. Letters and figures are never
// mixed, so nobody has to say which it is. A format must tell year, month and
// day, or two days would be one.

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// A DateFormat is one way to write a date. Its zero value reads nothing.
type DateFormat struct {
	text   string
	layout string
	clock  bool // it has a time of day
}

// String gives the format as it was typed.
func (f DateFormat) String() string { return f.text }

// ParseDateFormat reads a format.
func ParseDateFormat(text string) (DateFormat, error) {
	layout := text
	if !strings.ContainsAny(text, "0123456789") {
		layout = layoutOfLetters(text)
	}
	probe := time.Date(2013, time.November, 28, 17, 46, 39, 0, time.UTC)
	back, err := time.Parse(layout, probe.Format(layout))
	if err != nil || back.Year() != 2013 || back.Month() != time.November || back.Day() != 28 {
		return DateFormat{}, errors.New("want a date format with year, month and day, such as DD.MM.YYYY, MM/DD/YYYY hh:mm A or 02.01.2006 15:04")
	}
	hour, _, _ := back.Clock()
	if hour != 0 && hour != 17 {
		return DateFormat{}, errors.New("has an hour of twelve and nothing that tells morning from evening: add A, or PM in a Go layout")
	}
	return DateFormat{text: text, layout: layout, clock: hour != 0}, nil
}

// layoutOfLetters makes a Go layout of DD.MM.YYYY and its like.
func layoutOfLetters(text string) string {
	var layout strings.Builder
	afterHour := false
	for len(text) > 0 {
		n := 1
		for n < len(text) && text[n] == text[0] {
			n++
		}
		run, rest := text[:n], text[n:]
		minute := run[0] == 'm' && (afterHour || strings.HasPrefix(strings.TrimLeft(rest, ":."), "s"))
		layout.WriteString(layoutOfRun(run, minute))
		if strings.ContainsRune("hHkm", rune(run[0])) {
			afterHour = run[0] != 'm'
		}
		text = rest
	}
	return layout.String()
}

// layoutOfRun gives the layout of one letter, said once or more.
func layoutOfRun(run string, minute bool) string {
	spelt := map[string]string{
		"yyyy": "2006", "YYYY": "2006", "yy": "06", "YY": "06",
		"MMMM": "January", "MMM": "Jan", "MM": "01", "M": "1", "mmmm": "January", "mmm": "Jan", "mm": "01", "m": "1",
		"DD": "02", "D": "2", "dd": "02", "d": "2", "dddd": "Monday", "ddd": "Mon", "DDDD": "Monday", "DDD": "Mon",
		"HH": "15", "H": "15", "hh": "03", "h": "3", "ss": "05", "s": "5", "SSS": "000",
		"A": "PM", "a": "pm", "Z": "Z07:00", "ZZ": "Z0700",
	}
	if minute {
		return map[int]string{1: "4", 2: "04"}[len(run)]
	}
	if layout, ok := spelt[run]; ok {
		return layout
	}
	return run
}

// parse reads a cell that is written in the format.
func (f DateFormat) parse(cell string, zone *time.Location) (time.Time, error) {
	t, err := time.ParseInLocation(f.layout, cell, zone)
	if err != nil || f.clock {
		return t, err
	}
	return midnight(t.Format(time.DateOnly), zone)
}

// parseIn reads a cell in one of the formats, or ISO 8601. What two of them
// read as two moments is none.
func parseIn(formats []DateFormat, cell string, zone *time.Location) (time.Time, error) {
	t, err := parseDate(cell, zone)
	if err == nil || len(formats) == 0 {
		return t, err
	}
	cell = strings.ReplaceAll(cell, "\u00a0", " ")
	var by DateFormat
	for _, f := range formats {
		read, err := f.parse(cell, zone)
		switch {
		case err != nil:
		case by.text == "":
			t, by = read, f
		case !read.Equal(t):
			return time.Time{}, fmt.Errorf("%s reads it as %s, and %s as %s: give one date_format",
				by, t.Format(time.DateOnly), f, read.Format(time.DateOnly))
		}
	}
	switch {
	case by.text == "":
		return time.Time{}, errors.New("not a date in " + spoken(formats) + ", and no ISO 8601 date")
	case t.Year() < firstYear || t.Year() > lastYear:
		return time.Time{}, errYear
	}
	return t, nil
}

func spoken(formats []DateFormat) string {
	var texts []string
	for _, f := range formats {
		texts = append(texts, f.text)
	}
	return strings.Join(texts, " or ")
}
