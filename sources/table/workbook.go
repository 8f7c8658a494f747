package table

// A workbook is a zip archive with a list of sheets, the number formats of the
// cells and the shared strings. The common libraries are not used here: they
// read all of it into memory, accept a truncated sheet, or don't report whether
// a cell is a number, a date or an error.

import (
	"archive/zip"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"

	"github.com/wixrecon/wixrecon/internal/tempfile"
)

// workbook is an open workbook.
type workbook struct {
	tempDir string
	file    *os.File
	parts   map[string]*zip.File // by name, in lower case
	main    string               // the name of the part that lists the sheets
	sheets  []sheetRef
	in1904  bool           // dates count from 1904
	stale   bool           // results of formulas were stored before they were calculated
	formats []numberFormat // by the index of a cell format
	strings *stringStore
}

// sheetRef is a sheet as the workbook lists it.
type sheetRef struct {
	name   string
	id     string // of the relationship to its part
	hidden bool
}

// String returns the name for a message.
func (s *sheetRef) String() string {
	if s.hidden {
		return fmt.Sprintf("%q (hidden)", s.name)
	}
	return fmt.Sprintf("%q", s.name)
}

func openWorkbook(in io.Reader, tempDir string) (w *workbook, err error) {
	file, size, err := copyToTemporary(in, tempDir)
	if err != nil {
		return nil, err
	}
	w = &workbook{file: file, tempDir: tempDir, parts: make(map[string]*zip.File)}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.close())
		}
	}()
	archive, err := zip.NewReader(file, size)
	if err != nil {
		return w, errors.New("the file is a workbook or zip archive, and damaged or incomplete")
	}
	if err := w.addParts(archive); err != nil {
		return w, err
	}
	if err := w.checkArchive(archive); err != nil {
		return w, err
	}
	return w, errors.Join(w.readSheets(), w.readFormats())
}

// addParts indexes the parts of the archive. Of two entries with one name, programs
// read one or the other.
func (w *workbook) addParts(archive *zip.Reader) error {
	for _, f := range archive.File {
		name := partName(f.Name)
		if w.parts[name] != nil && !strings.HasSuffix(name, "/") {
			return fmt.Errorf("the workbook has the entry %q twice: save it again in a spreadsheet program", clip(f.Name))
		}
		w.parts[name] = f
	}
	return nil
}

func (w *workbook) close() error {
	if w.strings != nil {
		return errors.Join(w.strings.close(), w.file.Close())
	}
	return w.file.Close()
}

// copyToTemporary stores a workbook, because a zip archive is read from its end
// and a ledger may come through a pipe.
func copyToTemporary(in io.Reader, dir string) (f *os.File, size int64, err error) {
	if f, err = tempfile.Create(dir); err != nil {
		return nil, 0, err
	}
	if size, err = io.Copy(f, in); err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	return f, size, nil
}

// partName returns the form in which names of parts are compared.
func partName(name string) string {
	return strings.TrimPrefix(strings.ToLower(strings.ReplaceAll(name, `\`, "/")), "/")
}

// checkArchive finds the main part. The error names what the archive is, where
// it is not a workbook.
func (w *workbook) checkArchive(archive *zip.Reader) error {
	w.main = "xl/workbook.xml"
	if target := w.relatedTo("").byType("/officedocument"); target != "" {
		w.main = target
	}
	if w.parts[w.main] != nil && !strings.HasSuffix(w.main, ".bin") && !strings.HasPrefix(w.main, "word/") && !strings.HasPrefix(w.main, "ppt/") {
		return nil
	}
	switch {
	case w.parts["xl/workbook.bin"] != nil:
		return errors.New("the file is a binary .xlsb workbook: " + saveAs)
	case w.parts["content.xml"] != nil && w.parts["mimetype"] != nil:
		return errors.New("the file is an OpenDocument file (.ods): " + saveAs)
	case w.parts["word/document.xml"] != nil:
		return errors.New("the file is a text document: " + saveAs)
	case len(archive.File) == 1:
		return fmt.Errorf("the file is a zip archive of %q: unpack it, or compress it with gzip or zstd", path.Base(archive.File[0].Name))
	}
	return errors.New("the file is a zip archive and not a workbook: unpack it, or compress the table alone with gzip or zstd")
}

// readSheets reads the list of the sheets.
func (w *workbook) readSheets() error {
	return w.eachElement(w.main, func(_ *part, e *xml.StartElement) (bool, error) {
		switch e.Name.Local {
		case "workbookPr":
			w.in1904 = isTrue(attribute(e, "date1904"))
		case "calcPr":
			completed := attribute(e, "calcCompleted")
			w.stale = isTrue(attribute(e, "fullCalcOnLoad")) || completed != "" && !isTrue(completed)
		case "sheet":
			state := attribute(e, "state")
			w.sheets = append(w.sheets, sheetRef{
				name: attribute(e, "name"), id: attribute(e, "id"), hidden: state == "hidden" || state == "veryHidden",
			})
		}
		return false, nil
	})
}

func isTrue(text string) bool { return text == "1" || strings.EqualFold(text, "true") || text == "on" }

// eachElement calls visit with the start of every element of a part, if the part
// exists. visit may read the element to its end, and reports whether it has.
func (w *workbook) eachElement(name string, visit func(*part, *xml.StartElement) (ended bool, err error)) error {
	f := w.parts[name]
	if f == nil {
		return nil
	}
	p, err := openPart(f)
	if err != nil {
		return err
	}
	return p.eachElement(visit)
}

// eachElement calls visit with the start of every element of the part, and closes
// the part.
func (p *part) eachElement(visit func(*part, *xml.StartElement) (ended bool, err error)) error {
	for depth := 0; ; {
		token, err := p.token()
		if err != nil {
			return errors.Join(err, p.file.Close())
		}
		switch t := token.(type) {
		case xml.StartElement:
			ended, err := visit(p, &t)
			if err != nil {
				return errors.Join(err, p.file.Close())
			}
			if !ended {
				depth++
			}
		case xml.EndElement:
			if depth--; depth == 0 {
				return p.finish()
			}
		}
	}
}

// A relationship is one part to which another has a relationship.
type relationship struct {
	id, kind string // kind is the end of its type, in lower case
	target   string
}

type relationships []relationship

// relatedTo returns the relationships of a part.
func (w *workbook) relatedTo(from string) (all relationships) {
	dir, base := path.Split(from)
	_ = w.eachElement(dir+"_rels/"+base+".rels", func(_ *part, e *xml.StartElement) (bool, error) { // a damaged part has no relationships
		if e.Name.Local != "Relationship" || attribute(e, "TargetMode") == "External" || len(all) == maxRelationships {
			return false, nil
		}
		target := attribute(e, "Target")
		if !strings.HasPrefix(target, "/") {
			target = path.Join(dir, target)
		}
		all = append(all, relationship{attribute(e, "Id"), strings.ToLower(attribute(e, "Type")), partName(target)})
		return false, nil
	})
	return all
}

// maxRelationships is how many relationships of a part are read.
const maxRelationships = 1 << 16

// byType returns the first part whose type has an end, or "".
func (r relationships) byType(end string) string {
	for _, one := range r {
		if strings.HasSuffix(one.kind, end) {
			return one.target
		}
	}
	return ""
}

// cells returns the sheets that have cells, and their parts.
func (w *workbook) cells() []sheetPart {
	byID := make(map[string]string)
	for _, r := range w.relatedTo(w.main) {
		if _, known := byID[r.id]; !known {
			byID[r.id] = r.target
		}
	}
	var all []sheetPart
	for _, s := range w.sheets {
		target := byID[s.id]
		if f := w.parts[target]; f != nil && !strings.Contains(target, "chartsheets/") {
			all = append(all, sheetPart{s, f})
		}
	}
	return all
}

// sheetPart is a sheet with cells.
type sheetPart struct {
	sheetRef
	file *zip.File
}

// chooseSheet returns the end of a message: which sheets can be set.
func (w *workbook) chooseSheet() string {
	const most = 20
	var names []string
	for i, s := range w.sheets {
		if i == most {
			names = append(names, fmt.Sprintf("and %d more", len(w.sheets)-most))
			break
		}
		names = append(names, s.String())
	}
	if len(names) == 0 {
		return "it lists no sheets"
	}
	return "set sheet to one of " + strings.Join(names, ", ")
}
