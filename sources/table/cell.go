package table

// What a cell holds is what a person sees who widens its column: all digits of
// a number, a date as a date, the result of a formula as it was stored last. A
// sheet keeps 15 digits, so the noise behind them is no part of a number; whole
// numbers up to 2^53 it keeps exactly. Beyond that digits were lost, and the
// cell says so.

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
	maxExact = 1 << 53
	digits   = 15
)

// value reads the cell that was begun, of a type and a format.
func (s *sheetRows) value(kind, format string) (string, Kind, error) {
	if err := s.raw(); err != nil {
		return "", Text, err
	}
	if len(s.text) == 0 {
		return "", Text, nil
	}
	switch kind {
	case "s":
		n, err := strconv.Atoi(string(s.text))
		if err != nil {
			return "", Text, fmt.Errorf("%q is no number of a text: the sheet is damaged", clip(string(s.text)))
		}
		text, err := s.book.strings.get(n)
		return text, Text, err
	case "str", "inlineStr":
		return string(unescaped(s.text)), Text, nil
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
		return s.number15(strings.TrimSpace(string(s.text)), format)
	}
	return "", Text, fmt.Errorf("a cell of the unknown type %q", clip(kind))
}

// raw reads the value of the cell into s.text, and passes over its formula.
func (s *sheetRows) raw() error {
	s.text = s.text[:0]
	for {
		token, err := s.part.token()
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case xml.StartElement:
			switch t.Name.Local {
			case "v":
				s.text, err = s.part.content(s.text)
			case "is":
				s.text, err = s.part.richText(s.text)
			default:
				err = s.part.skip()
			}
		case xml.EndElement:
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// number15 gives a number or a date.
func (s *sheetRows) number15(text, format string) (string, Kind, error) {
	if text == "" {
		return "", Text, nil
	}
	x, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(x) || math.IsInf(x, 0) || strings.ContainsAny(text, "_xX") {
		return "", Text, fmt.Errorf("%q is no number: the sheet is damaged", clip(text))
	}
	if f, err := strconv.Atoi(format); err == nil && 0 <= f && f < len(s.book.dates) && s.book.dates[f] {
		date, err := dateOf(x, s.book.in1904)
		if err != nil {
			return strconv.FormatFloat(x, 'f', -1, 64) + " (" + err.Error() + ")", Error, nil //nolint:nilerr // the cell is bad, not the sheet
		}
		return date, Date, nil
	}
	number, kind := plain(x)
	return number, kind, nil
}

// plain gives a number in full digits.
func plain(x float64) (string, Kind) {
	switch {
	case x == 0:
		return "0", Number // not -0
	case x == math.Trunc(x) && math.Abs(x) <= maxExact:
		return strconv.FormatFloat(x, 'f', 0, 64), Number
	case math.Abs(x) > maxExact:
		return strconv.FormatFloat(x, 'f', -1, 64), Rounded
	}
	shown, err := strconv.ParseFloat(strconv.FormatFloat(x, 'g', digits, 64), 64)
	if err != nil {
		shown = x
	}
	return strconv.FormatFloat(shown, 'f', -1, 64), Number
}

var errDate = errors.New("no day that a sheet knows")

// dateOf gives the moment that is a number of days, to the millisecond. A sheet
// counts from the last day of 1899, and believes that 1900 was a leap year: the
// 60th day is none, and the later ones are a day ahead.
func dateOf(days float64, in1904 bool) (string, error) {
	const lastDay = 2958466 // the first of the year 10000
	if days < 0 || days >= lastDay {
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
	case day == 0 && !in1904: // a time of day, of no day
		return t.Format("15:04:05.999"), nil
	case t.Year() > 9999:
		return "", errDate
	case t.Equal(t.Truncate(24 * time.Hour)):
		return t.Format(time.DateOnly), nil
	}
	return t.Format("2006-01-02T15:04:05.999"), nil
}
