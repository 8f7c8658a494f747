package table

// A workbook stores a date as a number of days, with a number format that shows
// it as a date. The standard lists which built-in formats do so; a custom format
// does if one of its codes is a part of a date.

import (
	"encoding/xml"
	"strconv"
	"strings"
)

// maxFormats is how many cell formats of a workbook are read.
const maxFormats = 1 << 16

// readFormats finds the cell formats that show dates.
func (w *workbook) readFormats() error {
	custom := make(map[int]bool)
	inCellFormats := false
	return w.eachElement(w.related(w.main, "/styles"), func(_ *part, e *xml.StartElement) (bool, error) {
		switch e.Name.Local {
		case "numFmt":
			if id, err := strconv.Atoi(attribute(e, "numFmtId")); err == nil && len(custom) < maxFormats {
				custom[id] = isDateFormat(attribute(e, "formatCode"))
			}
		case "cellXfs", "cellStyleXfs":
			inCellFormats = e.Name.Local == "cellXfs"
		case "cellStyles", "dxfs":
			inCellFormats = false
		case "xf":
			if inCellFormats && len(w.isDate) < maxFormats {
				w.isDate = append(w.isDate, isDateFormatID(attribute(e, "numFmtId"), custom))
			}
		}
		return false, nil
	})
}

func isDateFormatID(id string, custom map[int]bool) bool {
	n, err := strconv.Atoi(id)
	if err != nil {
		return false
	}
	if date, ok := custom[n]; ok {
		return date
	}
	return 14 <= n && n <= 22 || 27 <= n && n <= 36 || 45 <= n && n <= 47 || 50 <= n && n <= 58
}

// isDateFormat reports whether a format has a code for a part of a date outside
// of its literals, colors and conditions.
func isDateFormat(format string) bool {
	for i := 0; i < len(format); i++ {
		switch c := format[i]; c {
		case '"':
			end := strings.IndexByte(format[i+1:], '"')
			if end < 0 {
				return false
			}
			i += 1 + end
		case '\\', '_', '*':
			i++
		case '[':
			end := strings.IndexByte(format[i:], ']')
			if end < 0 {
				return false
			}
			if isElapsedTime(strings.ToLower(format[i+1 : i+end])) {
				return true
			}
			i += end
		case 'y', 'Y', 'm', 'M', 'd', 'D', 'h', 'H', 's', 'S':
			return true
		case 'G', 'g':
			if len(format) >= i+7 && strings.EqualFold(format[i:i+7], "general") {
				i += 6
			}
		}
	}
	return false
}

// isElapsedTime reports whether a code in brackets is one of elapsed hours,
// minutes or seconds, such as the h of [h]:mm.
func isElapsedTime(code string) bool {
	return code != "" && strings.Trim(code, code[:1]) == "" && strings.Contains("hms", code[:1])
}
