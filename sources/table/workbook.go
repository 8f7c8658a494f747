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
)

// workbook is an open workbook.
type workbook struct {
	file    *os.File
	parts   map[string]*zip.File // by name, in lower case
	main    string               // the name of the part that lists the sheets
	sheets  []sheetRef
	in1904  bool   // dates count from 1904
	isDate  []bool // by the index of a cell format
	strings *stringStore
}

// sheetRef is a sheet as the workbook lists it.
type sheetRef struct {
	name   string
	id     string // of the relationship to its part
	hidden bool
}

func openWorkbook(in io.Reader) (w *workbook, err error) {
	file, size, err := copyToTemporary(in)
	if err != nil {
		return nil, err
	}
	w = &workbook{file: file, parts: make(map[string]*zip.File)}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.close())
		}
	}()
	archive, err := zip.NewReader(file, size)
	if err != nil {
		return w, errors.New("the file is a workbook or zip archive, and damaged or incomplete")
	}
	for _, f := range archive.File {
		w.parts[partName(f.Name)] = f
	}
	if err := w.checkArchive(archive); err != nil {
		return w, err
	}
	return w, errors.Join(w.readSheets(), w.readFormats())
}

func (w *workbook) close() error {
	if w.strings != nil {
		return errors.Join(w.strings.close(), w.file.Close())
	}
	return w.file.Close()
}

// copyToTemporary stores a workbook, because a zip archive is read from its end
// and a ledger may come through a pipe.
func copyToTemporary(in io.Reader) (f *os.File, size int64, err error) {
	if f, err = temporaryFile(); err != nil {
		return nil, 0, err
	}
	if size, err = io.Copy(f, in); err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	return f, size, nil
}

// temporaryFile returns a file without a name: it disappears with the process,
// however that ends.
func temporaryFile() (*os.File, error) {
	f, err := os.CreateTemp("", "wixrecon-table-*")
	if err != nil {
		return nil, fmt.Errorf("create temporary file: %w", err)
	}
	if err := os.Remove(f.Name()); err != nil {
		return nil, errors.Join(fmt.Errorf("unlink temporary file: %w", err), f.Close())
	}
	return f, nil
}

// partName returns the form in which names of parts are compared.
func partName(name string) string {
	return strings.TrimPrefix(strings.ToLower(strings.ReplaceAll(name, `\`, "/")), "/")
}

// checkArchive finds the main part. The error names what the archive is, where
// it is not a workbook.
func (w *workbook) checkArchive(archive *zip.Reader) error {
	w.main = "xl/workbook.xml"
	if target := w.related("", "/officedocument"); target != "" {
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

// related returns the part to which a part has a relationship, by its id or by
// the end of its type.
func (w *workbook) related(from, typeOrID string) (target string) {
	dir, base := path.Split(from)
	_ = w.eachElement(dir+"_rels/"+base+".rels", func(_ *part, e *xml.StartElement) (bool, error) { // a damaged part has no relationships
		id := attribute(e, "Id")
		if e.Name.Local != "Relationship" || target != "" || attribute(e, "TargetMode") == "External" {
			return false, nil
		}
		if id == typeOrID || strings.HasSuffix(strings.ToLower(attribute(e, "Type")), typeOrID) {
			target = attribute(e, "Target")
			if !strings.HasPrefix(target, "/") {
				target = path.Join(dir, target)
			}
			target = partName(target)
		}
		return false, nil
	})
	return target
}

// find returns the sheet with a name, or the first that is not hidden.
func (w *workbook) find(name string) (sheetRef, *zip.File, error) {
	for _, s := range w.sheets {
		if name == "" && s.hidden || name != "" && !strings.EqualFold(strings.TrimSpace(s.name), strings.TrimSpace(name)) {
			continue
		}
		target := w.related(w.main, s.id)
		if f := w.parts[target]; f != nil && !strings.Contains(target, "chartsheets/") {
			return s, f, nil
		}
		if name != "" {
			return s, nil, fmt.Errorf("the sheet %q has no cells: %s", s.name, w.chooseSheet())
		}
	}
	if name == "" {
		return sheetRef{}, nil, errors.New("the workbook has no visible sheet: " + w.chooseSheet())
	}
	return sheetRef{}, nil, fmt.Errorf("the workbook has no sheet %q: %s", name, w.chooseSheet())
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
		name := fmt.Sprintf("%q", s.name)
		if s.hidden {
			name += " (hidden)"
		}
		names = append(names, name)
	}
	if len(names) == 0 {
		return "it lists no sheets"
	}
	return "set sheet to one of " + strings.Join(names, ", ")
}
