package table

// A cell is read as a wide enough column shows it: all digits of a number, a
// date as a date, a formula as its last stored result, if it has one. A sheet keeps 15 digits,
// so later ones are rounding errors; whole numbers are exact up to 2^53. Larger
// ones have lost digits, and get the kind Rounded.

import (
	"encoding/xml"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

const (
	maxExact = 1 << 53 // largest exact whole number
	digits   = 15
)

// value reads the current cell, which has a type and a format.
func (s *sheetRows) value(kind, format string) (string, Kind, error) {
	formula, err := s.rawValue()
	switch {
	case err != nil:
		return "", Text, err
	case formula != "" && (s.workbook.stale || len(s.text) == 0 && kind != "str"):
		return formula, NoResult, nil
	case len(s.text) == 0:
		return "", Text, nil
	}
	switch kind {
	case "s":
		n, err := strconv.Atoi(string(s.text))
		if err != nil {
			return "", Text, fmt.Errorf("%q is not the index of a shared string: the sheet is damaged", clip(string(s.text)))
		}
		text, err := s.workbook.strings.get(n)
		return text, Text, err
	case "str", "inlineStr":
		return string(unescape(s.text)), Text, nil
	case "e":
		return string(s.text), Error, nil
	case "b":
		if isTrue(string(s.text)) {
			return "TRUE", Bool, nil
		}
		return "FALSE", Bool, nil
	case "d":
		return string(s.text), Date, nil
	case "", "n":
		return s.numberOrDate(strings.TrimSpace(string(s.text)), format)
	}
	return "", Text, fmt.Errorf("unknown cell type %q: the sheet is damaged", clip(kind))
}

// rawValue reads the value of the current cell into s.text, and returns its
// formula, with the equals sign.
func (s *sheetRows) rawValue() (formula string, err error) {
	s.text = s.text[:0]
	for {
		token, err := s.part.token()
		if err != nil {
			return "", err
		}
		switch t := token.(type) {
		case xml.StartElement:
			switch t.Name.Local {
			case "v":
				s.text, err = s.part.content(s.text)
			case "is":
				s.text, err = s.part.richText(s.text)
			case "f":
				s.formula, err = s.part.content(s.formula[:0])
				formula = "=" + string(s.formula)
			default:
				err = s.part.skip()
			}
		case xml.EndElement:
			return formula, nil
		}
		if err != nil {
			return "", err
		}
	}
}

// numberOrDate returns a number, or a date where the format shows one.
func (s *sheetRows) numberOrDate(text, format string) (string, Kind, error) {
	if text == "" {
		return "", Text, nil
	}
	x, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(x) || math.IsInf(x, 0) || strings.ContainsAny(text, "_xX") {
		return "", Text, fmt.Errorf("%q is not a number: the sheet is damaged", clip(text))
	}
	var shown numberFormat
	if f, err := strconv.Atoi(format); err == nil && 0 <= f && f < len(s.workbook.formats) {
		shown = s.workbook.formats[f]
	}
	if shown.date {
		date, err := dateOfDays(x, s.workbook.in1904)
		if err != nil {
			return strconv.FormatFloat(x, 'f', -1, 64) + " (" + err.Error() + ")", Error, nil //nolint:nilerr // the cell is bad, not the sheet
		}
		return date, Date, nil
	}
	number, kind := formatNumber(x)
	number, kind = shown.show(x, number, kind)
	return number, kind, nil
}

// formatNumber returns a number in full digits.
func formatNumber(x float64) (string, Kind) {
	switch {
	case x == 0:
		return "0", Number // not -0
	case x == math.Trunc(x) && math.Abs(x) <= maxExact:
		return strconv.FormatFloat(x, 'f', 0, 64), Number
	case math.Abs(x) > maxExact:
		return strconv.FormatFloat(x, 'f', -1, 64), Rounded
	}
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(x, 'g', digits, 64), 64)
	if err != nil {
		rounded = x
	}
	return strconv.FormatFloat(rounded, 'f', -1, 64), Number
}

var errDate = errors.New("not a valid date of a sheet")

// dateOfDays returns the date and time of a number of days, to the millisecond. A
// sheet counts from the last day of 1899 and takes 1900 for a leap year: day 60
// does not exist, and later ones are a day ahead.
func dateOfDays(days float64, in1904 bool) (string, error) {
	const year10000 = 2958466
	if days < 0 || days >= year10000 {
		return "", errDate
	}
	day, millis := math.Floor(days), math.Round((days-math.Floor(days))*86_400_000)
	epoch := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	switch {
	case in1904:
		epoch = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	case day == 60:
		return "", errDate
	case day < 60:
		epoch = epoch.AddDate(0, 0, 1)
	}
	t := epoch.AddDate(0, 0, int(day)).Add(time.Duration(millis) * time.Millisecond)
	switch {
	case day == 0 && !in1904: // a time of day without a date
		return t.Format("15:04:05.999"), nil
	case t.Year() > 9999:
		return "", errDate
	case t.Equal(t.Truncate(24 * time.Hour)):
		return t.Format(time.DateOnly), nil
	}
	return t.Format("2006-01-02T15:04:05.999"), nil
}
