package report

import (
	"fmt"

	"github.com/xuri/excelize/v2"
)

// A tone is what the style of a cell expresses: red is urgent, amber needs
// attention, grey can be ignored. Only a bad verdict has a loud background.
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

// Colours of sheet tabs.
const (
	tabFindings = "B91C1C"
	tabFixes    = "B45309"
	tabQuiet    = "BCCCDC"
	tabSummary  = "334E68"
)

// A styleKey is what a style depends on.
type styleKey struct {
	kind  cellKind
	tone  tone
	scale int  // decimal places, of an amount
	right bool // aligned right, as numbers always are
}

// styles registers each style once, when it is first used.
type styles struct {
	file *excelize.File
	ids  map[styleKey]int
}

func (s *styles) id(k styleKey) (int, error) {
	if id, ok := s.ids[k]; ok {
		return id, nil
	}
	id, err := s.file.NewStyle(k.style())
	if err != nil {
		return 0, fmt.Errorf("add cell style: %w", err)
	}
	s.ids[k] = id
	return id, nil
}

func (k styleKey) style() *excelize.Style {
	style := &excelize.Style{
		Font:      &excelize.Font{Family: "Calibri", Size: 10, Color: ink},
		Alignment: &excelize.Alignment{Vertical: "center", Horizontal: "left"},
	}
	k.setFormat(style)
	k.tone.setColors(style)
	return style
}

func (k styleKey) setFormat(s *excelize.Style) {
	switch k.kind {
	case cellWhole:
		s.NumFmt = 3 // #,##0
	case cellAmount:
		format := "#,##0"
		if k.scale > 0 {
			format += fmt.Sprintf(".%0*d", k.scale, 0)
		}
		s.CustomNumFmt = &format
	case cellTime:
		format := "yyyy-mm-dd hh:mm"
		s.CustomNumFmt = &format
	case cellText, emptyCell:
		s.NumFmt = 49 // stays text when it is edited
	}
	if k.right || k.kind == cellWhole || k.kind == cellAmount {
		s.Alignment.Horizontal, s.Alignment.Indent = "right", 1
	}
}

func (t tone) setColors(s *excelize.Style) {
	switch t {
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
