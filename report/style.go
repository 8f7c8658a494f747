package report

import (
	"fmt"

	"github.com/xuri/excelize/v2"
)

// Colour says one thing at a time, and quietly: red is for what presses, amber
// for what should be looked at, grey for what does not count. Only the
// verdict of an incomplete run is loud.

type tone uint8

const (
	tonePlain tone = iota
	toneStrong
	toneAlarm
	toneWarning
	toneMuted
	toneTitle
	toneHeading
	toneHeader
	toneTotal
	toneGood
	toneBad
)

const (
	ink   = "1F2933"
	slate = "334E68"
	cloud = "F0F4F8"
	grey  = "7B8794"
)

// A look is what a style depends on.
type look struct {
	form  form
	tone  tone
	scale int  // digits behind the point, of an amount
	right bool // to the right, as numbers always are
}

// styles makes each style once, when it is first asked for.
type styles struct {
	file *excelize.File
	ids  map[look]int
}

func (s *styles) of(l look) (int, error) {
	if id, ok := s.ids[l]; ok {
		return id, nil
	}
	id, err := s.file.NewStyle(l.style())
	if err != nil {
		return 0, fmt.Errorf("make cell style: %w", err)
	}
	s.ids[l] = id
	return id, nil
}

func (l look) style() *excelize.Style {
	style := &excelize.Style{
		Font:      &excelize.Font{Family: "Calibri", Size: 10, Color: ink},
		Alignment: &excelize.Alignment{Vertical: "center", Horizontal: "left"},
	}
	l.format(style)
	l.paint(style)
	return style
}

func (l look) format(s *excelize.Style) {
	switch l.form {
	case asWhole:
		s.NumFmt = 3 // #,##0
	case asAmount:
		format := "#,##0"
		if l.scale > 0 {
			format += fmt.Sprintf(".%0*d", l.scale, 0)
		}
		s.CustomNumFmt = &format
	case asMoment:
		format := "yyyy-mm-dd hh:mm"
		s.CustomNumFmt = &format
	case asText, asNothing:
		s.NumFmt = 49 // stays text when it is edited
	}
	if l.right || l.form == asWhole || l.form == asAmount {
		s.Alignment.Horizontal, s.Alignment.Indent = "right", 1
	}
}

func (l look) paint(s *excelize.Style) {
	switch l.tone {
	case tonePlain:
	case toneStrong:
		s.Font.Bold = true
	case toneAlarm:
		s.Font.Color, s.Font.Bold = "9B1C1C", true
	case toneWarning:
		s.Font.Color = "9A5B00"
	case toneMuted:
		s.Font.Color = grey
	case toneTitle:
		s.Font.Size, s.Font.Bold, s.Font.Color = 16, true, slate
	case toneHeading:
		s.Font.Size, s.Font.Bold, s.Font.Color = 12, true, slate
	case toneHeader:
		s.Font.Bold, s.Font.Color, s.Fill = true, "FFFFFF", fill(slate)
	case toneTotal:
		s.Font.Bold, s.Fill = true, fill(cloud)
		s.Border = []excelize.Border{{Type: "top", Color: slate, Style: 1}}
	case toneGood:
		s.Font.Bold, s.Font.Color, s.Font.Size, s.Fill = true, "14532D", 12, fill("DDF3E4")
	case toneBad:
		s.Font.Bold, s.Font.Color, s.Font.Size, s.Fill = true, "FFFFFF", 12, fill("B91C1C")
	}
}

func fill(color string) excelize.Fill {
	return excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{color}}
}
