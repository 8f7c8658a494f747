package report

import (
	"os"
	"path/filepath"
	"testing"
)

// TestSampleWorkbooks writes sample workbooks to the folder WIXRECON_SAMPLES, for a
// visual check: soffice --headless --convert-to pdf, then pdftoppm -png.
func TestSampleWorkbooks(t *testing.T) {
	folder := os.Getenv("WIXRECON_SAMPLES")
	if folder == "" {
		t.Skip("WIXRECON_SAMPLES is not set")
	}
	whole, partial := sampleData(200, 180), sampleData(200, 180)
	incomplete(partial.Summary)
	for name, b := range map[string]*WorkbookData{
		"complete.xlsx": whole, "incomplete.xlsx": partial, "fixed.xlsx": fixedData(200, 180), "refused.xlsx": refusedData(200, 180),
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
