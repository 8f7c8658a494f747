package table

// A workbook has no dates: it has numbers of days, and formats that show them
// as dates. Which formats do so, the standard fixes for the built-in ones; a
// format of one's own does if any of its codes stands for a part of a date.

import (
	"encoding/xml"
	"strconv"
	"strings"
)

// maxFormats is how many cell formats a workbook may have.
const maxFormats = 1 << 16

// readFormats finds out which cell formats are dates.
func (w *workbook) readFormats() error {
	own := make(map[int]bool)
	inCells := false
	styles := w.related(w.main, "/styles")
	return w.each(styles, func(_ *part, e *xml.StartElement) (bool, error) {
		switch e.Name.Local {
		case "numFmt":
			if id, err := strconv.Atoi(attribute(e, "numFmtId")); err == nil && len(own) < maxFormats {
				own[id] = isDateFormat(attribute(e, "formatCode"))
			}
		case "cellXfs", "cellStyleXfs":
			inCells = e.Name.Local == "cellXfs"
		case "cellStyles", "dxfs":
			inCells = false
		case "xf":
			if inCells && len(w.dates) < maxFormats {
				w.dates = append(w.dates, isDate(attribute(e, "numFmtId"), own))
			}
		}
		return false, nil
	})
}

func isDate(id string, own map[int]bool) bool {
	n, err := strconv.Atoi(id)
	if err != nil {
		return false
	}
	if date, ok := own[n]; ok {
		return date
	}
	return 14 <= n && n <= 22 || 27 <= n && n <= 36 || 45 <= n && n <= 47 || 50 <= n && n <= 58
}

// isDateFormat looks for a code of a date among those of a format, of which
// literals, colours and conditions are no part.
func isDateFormat(code string) bool {
	for i := 0; i < len(code); i++ {
		switch c := code[i]; c {
		case '"':
			end := strings.IndexByte(code[i+1:], '"')
			if end < 0 {
				return false
			}
			i += 1 + end
		case '\\', '_', '*':
			i++
		case '[':
			end := strings.IndexByte(code[i:], ']')
			if end < 0 {
				return false
			}
			if inside := strings.ToLower(code[i+1 : i+end]); inside != "" && strings.Trim(inside, inside[:1]) == "" && strings.Contains("hms", inside[:1]) {
				return true // [h]: hours that passed
			}
			i += end
		case 'y', 'Y', 'm', 'M', 'd', 'D', 'h', 'H', 's', 'S':
			return true
		case 'G', 'g':
			if len(code) >= i+7 && strings.EqualFold(code[i:i+7], "general") {
				i += 6
			}
		}
	}
	return false
}
