package ledger

// Dates are ISO 8601: a date begins at midnight in the zone of the options, and
// a time of day is in that zone unless it names its own. Other formats must be
// set, because 03/04/2026 may be two days. A format is a Go layout, or letters
// such as DD.MM.YYYY; the two are never mixed.

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
)

const (
	firstYear = 1900
	lastYear  = 9999
)

// A zoneError is an abbreviation of a time zone that is not one of the zone of the
// options: EST is that of several countries.
type zoneError struct{ name, zone string }

func (e *zoneError) Error() string {
	return fmt.Sprintf("the zone %q is not one of %s: write an offset such as -05:00, or set in the settings file: tz: ZONE", e.name, e.zone)
}

var (
	errDate = errors.New("not an ISO 8601 date such as 2026-01-31 or 2026-01-31T15:04:05Z")
	errYear = errors.New("the year is not between 1900 and 9999")
)

// parseUsualDate reads the usual dates of ISO 8601 faster than parseISODate, and with
// the same result: a moment in UTC, or a day where that is the zone. It reports false
// for anything else.
func parseUsualDate(cell string, zone *time.Location) (time.Time, bool) {
	if len(cell) == len(time.DateOnly) && zone != time.UTC {
		return time.Time{}, false
	}
	t, ok := reconcile.ParseInstant(cell)
	return t, ok && validYear(t)
}

// parseISODate reads a date in ISO 8601.
func parseISODate(cell string, zone *time.Location) (time.Time, error) {
	cell = strings.ReplaceAll(cell, "\u00a0", " ")
	var t time.Time
	var err, zoneErr error
	if len(cell) == len(time.DateOnly) {
		t, err = midnight(cell, zone)
	} else if text, layout, ok := isoLayout(cell); ok {
		t, err = time.ParseInLocation(layout, text, zone)
		zoneErr = checkZone(t, layout, zone)
	} else {
		err = errDate
	}
	switch {
	case err == nil && zoneErr != nil:
		return time.Time{}, zoneErr
	case err != nil:
		return time.Time{}, errDate
	case !validYear(t):
		return time.Time{}, errYear
	}
	return t, nil
}

func validYear(t time.Time) bool { return t.Year() >= firstYear && t.Year() <= lastYear }

// midnight returns the first instant of a day, which is later than 0:00 where
// the clocks are set forward at midnight.
func midnight(date string, zone *time.Location) (time.Time, error) {
	t, err := time.ParseInLocation(time.DateOnly, date, zone)
	if err != nil {
		return t, err
	}
	if hour, minute, second := t.Clock(); hour > 12 { // of the day before
		elapsed := time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute + time.Duration(second)*time.Second
		t = t.Add(24*time.Hour - elapsed)
	}
	return t, nil
}

// checkZone returns an error if a date has the abbreviation of a zone and no offset,
// and it is neither UTC or GMT nor one of the zone: package time takes any other for
// UTC.
func checkZone(t time.Time, layout string, zone *time.Location) error {
	if !strings.HasSuffix(layout, "MST") || strings.Contains(layout, "07") || t.Location() == zone || t.Location() == time.UTC {
		return nil
	}
	name, offset := t.Zone()
	if name == "GMT" && offset == 0 {
		return nil
	}
	return &zoneError{name, zone.String()}
}

// isoLayout returns the layout of a date with a time of day, and the date as the
// layout has it. The zone may come after a blank, and an offset may be followed by
// an abbreviation. The layout has no fraction of a second: package time accepts one
// after any layout.
func isoLayout(cell string) (text, layout string, ok bool) {
	const minutes = len("2006-01-02T15:04")
	if len(cell) < minutes || cell[10] != 'T' && cell[10] != ' ' || cell[13] != ':' {
		return "", "", false
	}
	layout = "2006-01-02" + cell[10:11] + "15:04"
	seconds, zone := cell[minutes:], ""
	if i := strings.IndexAny(seconds, "+-Z "); i >= 0 {
		seconds, zone = seconds[:i], seconds[i:]
	}
	if seconds != "" {
		layout += ":05"
	}
	zones := strings.Fields(zone)
	if len(zones) > 2 || len(zones) == 0 && zone != "" {
		return "", "", false
	}
	text = cell[:minutes] + seconds
	for i, z := range zones {
		switch isOffset := strings.ContainsRune("+-Z", rune(z[0])) && (len(z) == 1 || z[0] != 'Z'); {
		case isOffset && i == 0:
			text, layout = text+z, layout+zoneLayout(z)
		case isOffset:
			return "", "", false
		default:
			text, layout = text+" "+z, layout+" MST"
		}
	}
	return text, layout, true
}

func zoneLayout(zone string) string {
	switch {
	case strings.Contains(zone, ":"):
		return "Z07:00"
	case len(zone) == len("+0100"):
		return "Z0700"
	}
	return "Z07"
}

// A DateFormat is one way to write a date. Its zero value reads nothing.
type DateFormat struct {
	text      string
	layout    string
	clock     bool // it has a time of day
	twoDigits bool // of the year
}

// String returns the format as it was set.
func (f DateFormat) String() string { return f.text }

// ParseDateFormat reads a format, which must have year, month and day.
func ParseDateFormat(text string) (DateFormat, error) {
	layout := text
	if !strings.ContainsAny(text, "0123456789") {
		layout = layoutOfLetters(text)
	}
	probe := time.Date(2013, time.November, 28, 17, 46, 39, 0, time.UTC)
	back, err := time.Parse(layout, probe.Format(layout))
	if err != nil || back.Year() != 2013 || back.Month() != time.November || back.Day() != 28 {
		return DateFormat{}, errors.New("expected a date format with year, month and day, such as DD.MM.YYYY, MM/DD/YYYY hh:mm A or 02.01.2006 15:04")
	}
	hour, _, _ := back.Clock()
	if hour != 0 && hour != 17 {
		return DateFormat{}, errors.New("the format has a 12-hour clock without morning or evening: add A, or PM in a Go layout")
	}
	twoDigits := !strings.Contains(layout, "2006")
	return DateFormat{text: text, layout: layout, clock: hour != 0, twoDigits: twoDigits}, nil
}

// layoutOfLetters returns the Go layout of a format such as DD.MM.YYYY.
func layoutOfLetters(text string) string {
	var layout strings.Builder
	afterHour := false
	for len(text) > 0 {
		n := 1
		for n < len(text) && text[n] == text[0] {
			n++
		}
		code, rest := text[:n], text[n:]
		minute := code[0] == 'm' && (afterHour || strings.HasPrefix(strings.TrimLeft(rest, ":."), "s"))
		layout.WriteString(layoutOfCode(code, minute))
		if strings.ContainsRune("hHkm", rune(code[0])) {
			afterHour = code[0] != 'm'
		}
		text = rest
	}
	return layout.String()
}

// layoutOfCode returns the Go layout of one code: a letter, once or repeated.
func layoutOfCode(code string, minute bool) string {
	layouts := map[string]string{
		"yyyy": "2006", "YYYY": "2006", "yy": "06", "YY": "06",
		"MMMM": "January", "MMM": "Jan", "MM": "01", "M": "1", "mmmm": "January", "mmm": "Jan", "mm": "01", "m": "1",
		"DD": "02", "D": "2", "dd": "02", "d": "2", "dddd": "Monday", "ddd": "Mon", "DDDD": "Monday", "DDD": "Mon",
		"HH": "15", "H": "15", "hh": "03", "h": "3", "ss": "05", "s": "5", "SSS": "000",
		"A": "PM", "a": "pm", "Z": "Z07:00", "ZZ": "Z0700",
	}
	if minute {
		return map[int]string{1: "4", 2: "04"}[len(code)]
	}
	if layout, ok := layouts[code]; ok {
		return layout
	}
	return code
}

// parse reads a date in this format.
func (f DateFormat) parse(cell string, zone *time.Location) (time.Time, error) {
	t, err := time.ParseInLocation(f.layout, cell, zone)
	if err == nil {
		err = checkZone(t, f.layout, zone)
	}
	if err != nil || f.clock {
		return t, err
	}
	return midnight(t.Format(time.DateOnly), zone)
}

// parseDate reads a date in ISO 8601 or in one of the formats, and returns the
// format. A cell that two formats read as different moments is an error.
func parseDate(formats []DateFormat, cell string, zone *time.Location) (time.Time, DateFormat, error) {
	t, err := parseISODate(cell, zone)
	if err == nil || len(formats) == 0 {
		return t, DateFormat{}, err
	}
	cell = strings.ReplaceAll(cell, "\u00a0", " ")
	var used DateFormat
	var zoneErr *zoneError
	errors.As(err, &zoneErr)
	for _, f := range formats {
		other, err := f.parse(cell, zone)
		switch {
		case err != nil:
			errors.As(err, &zoneErr)
		case used.text == "":
			t, used = other, f
		case !other.Equal(t):
			return time.Time{}, used, fmt.Errorf("ambiguous: %s with %s, %s with %s%s",
				t.Format(time.DateOnly), used, other.Format(time.DateOnly), f, setIn("date_format: "+used.text+" or date_format: "+f.text))
		}
	}
	switch {
	case zoneErr != nil:
		return time.Time{}, used, zoneErr
	case used.text == "" && errors.Is(err, errYear):
		return time.Time{}, used, errYear
	case used.text == "":
		return time.Time{}, used, &formatsError{formats}
	case !validYear(t):
		return time.Time{}, used, errYear
	}
	return t, used, nil
}

// A formatsError is a cell that is not a date in the formats that are set.
type formatsError struct{ formats []DateFormat }

func (e *formatsError) Error() string {
	return fmt.Sprintf("not a date in %s or ISO 8601", joinFormats(e.formats, " or "))
}

// Is reports that the cell is not a date.
func (e *formatsError) Is(target error) bool { return target == errDate }

// dayNumber explains a number in place of a date; it is empty for other cells.
func dayNumber(cell string) string {
	whole, fraction, _ := strings.Cut(cell, ".")
	if !allDigits(whole) || !allDigits(fraction) {
		return ""
	}
	switch len(whole) {
	case 5:
		return "the number of a day, as a spreadsheet stores it, and not a date: format the column as a date, such as 2026-01-31, before you export it"
	case 10, 13:
		return "seconds or milliseconds since 1970, and not a date: export dates in ISO 8601, such as 2026-01-31T15:04:05Z"
	}
	return ""
}

func joinFormats(formats []DateFormat, separator string) string {
	var texts []string
	for _, f := range formats {
		texts = append(texts, f.text)
	}
	return strings.Join(texts, separator)
}

// commonFormats are those that a message suggests.
func commonFormats() []DateFormat {
	var formats []DateFormat
	for _, text := range []string{
		"DD.MM.YYYY", "D.M.YYYY", "DD.MM.YY", "DD/MM/YYYY", "MM/DD/YYYY", "D/M/YYYY", "M/D/YYYY", "D/M/YY", "M/D/YY", "YYYY/MM/DD",
		"DD-MM-YYYY", "MM-DD-YYYY", "YYYYMMDD", "DD-MMM-YYYY", "D MMM YYYY", "MMM D, YYYY", "MMMM D, YYYY",
		"DD.MM.YYYY HH:mm", "DD.MM.YYYY HH:mm:ss", "DD/MM/YYYY HH:mm", "MM/DD/YYYY HH:mm", "DD/MM/YYYY HH:mm:ss", "MM/DD/YYYY HH:mm:ss", "M/D/YYYY h:mm A", "DD-MMM-YYYY HH:mm:ss",
	} {
		if f, err := ParseDateFormat(text); err == nil {
			formats = append(formats, f)
		}
	}
	return formats
}

// fittingFormats returns the candidates that read all the cells; of those that
// read the same dates only the first.
func fittingFormats(candidates []DateFormat, cells []string, zone *time.Location) []string {
	var fitting []string
	seen := make(map[string]bool) // by the dates that were read
	for _, f := range candidates {
		var dates strings.Builder
		fits := len(cells) > 0
		for _, cell := range cells {
			t, _, err := parseDate([]DateFormat{f}, cell, zone)
			fits = fits && err == nil
			dates.WriteString(t.String() + " ")
		}
		if fits && !seen[dates.String()] {
			seen[dates.String()] = true
			fitting = append(fitting, f.text)
		}
	}
	return fitting
}
