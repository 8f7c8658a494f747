package report

import (
	"os"
	"path/filepath"
	"testing"
)

// TestLook writes the sample workbooks where REPORT_LOOK says, for eyes:
// soffice --headless --convert-to pdf, then pdftoppm -png.
func TestLook(t *testing.T) {
	folder := os.Getenv("REPORT_LOOK")
	if folder == "" {
		t.Skip("REPORT_LOOK is not set")
	}
	whole, partial := sampleBook(200, 180), sampleBook(200, 180)
	incomplete(partial.Summary)
	for name, b := range map[string]*WorkbookData{
		"complete.xlsx": whole, "incomplete.xlsx": partial, "fixed.xlsx": fixedBook(200, 180), "refused.xlsx": refusedBook(200, 180),
	} {
		f, err := os.Create(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := Workbook(f, b); err != nil {
			t.Error(err)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}
