package table

// The styles of a workbook list its number formats, and the format of each style
// of a cell. Formats below 164 are built in, unless the workbook defines them.

import (
	"encoding/xml"
	"strconv"
)

// maxFormats is how many cell formats of a workbook are read.
const maxFormats = 1 << 16

// readFormats reads the number formats of the cells.
func (w *workbook) readFormats() error {
	custom := make(map[int]numberFormat)
	inCellFormats := false
	return w.eachElement(w.relatedTo(w.main).byType("/styles"), func(_ *part, e *xml.StartElement) (bool, error) {
		switch e.Name.Local {
		case "numFmt":
			if id, err := strconv.Atoi(attribute(e, "numFmtId")); err == nil && len(custom) < maxFormats {
				custom[id] = parseFormat(attribute(e, "formatCode"))
			}
		case "cellXfs", "cellStyleXfs":
			inCellFormats = e.Name.Local == "cellXfs"
		case "cellStyles", "dxfs":
			inCellFormats = false
		case "xf":
			if inCellFormats && len(w.formats) < maxFormats {
				w.formats = append(w.formats, formatByID(attribute(e, "numFmtId"), custom))
			}
		}
		return false, nil
	})
}

// formatByID returns a format of the workbook, or else a built-in one.
func formatByID(id string, custom map[int]numberFormat) numberFormat {
	n, err := strconv.Atoi(id)
	if err != nil {
		return numberFormat{}
	}
	if f, ok := custom[n]; ok {
		return f
	}
	switch {
	case 14 <= n && n <= 22, 27 <= n && n <= 36, 45 <= n && n <= 47, 50 <= n && n <= 58:
		return numberFormat{date: true}
	case n == 9, n == 10:
		return parseFormat("0%")
	}
	return numberFormat{}
}
