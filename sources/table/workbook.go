package table

// A workbook is opened by its parts: the list of sheets, the number formats of
// the cells, the shared strings. A library that reads all of it into memory, or
// that takes a torn sheet for a short one, or that does not say of a cell
// whether it is a number, a date or an error, is no use for a ledger.

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
	in1904  bool   // days are counted from 1904
	dates   []bool // whether a cell format is one of dates
	strings *stringStore
}

// sheetRef is a sheet as the workbook lists it.
type sheetRef struct {
	name   string
	id     string // of the relation to its part
	hidden bool
}

func openWorkbook(in io.Reader) (w *workbook, err error) {
	file, size, err := spool(in)
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
		return w, errors.New("is a workbook or a zip archive, and damaged or not whole")
	}
	for _, f := range archive.File {
		w.parts[partName(f.Name)] = f
	}
	if err := w.judge(archive); err != nil {
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

// partName gives a name as parts are compared by.
func partName(name string) string {
	return strings.TrimPrefix(strings.ToLower(strings.ReplaceAll(name, `\`, "/")), "/")
}

// judge says of an archive without a workbook what it is.
func (w *workbook) judge(archive *zip.Reader) error {
	w.main = "xl/workbook.xml"
	if target := w.related("", "/officedocument"); target != "" {
		w.main = target
	}
	if w.parts[w.main] != nil && !strings.HasSuffix(w.main, ".bin") && !strings.HasPrefix(w.main, "word/") && !strings.HasPrefix(w.main, "ppt/") {
		return nil
	}
	switch {
	case w.parts["xl/workbook.bin"] != nil:
		return errors.New("is a binary .xlsb workbook: " + saveAs)
	case w.parts["content.xml"] != nil && w.parts["mimetype"] != nil:
		return errors.New("is an OpenDocument file (.ods): " + saveAs)
	case w.parts["word/document.xml"] != nil:
		return errors.New("is a text document: " + saveAs)
	case len(archive.File) == 1:
		return fmt.Errorf("is a zip archive of %q: unpack it, or pack it with gzip or zstd", path.Base(archive.File[0].Name))
	}
	return errors.New("is a zip archive and no workbook: unpack it, or pack the ledger alone with gzip or zstd")
}

// readSheets reads the list of the sheets.
func (w *workbook) readSheets() error {
	return w.each(w.main, func(_ *part, e *xml.StartElement) (bool, error) {
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

// each calls see with every element that begins in a part, if there is one.
// see may read the element to its end, and says so.
func (w *workbook) each(name string, see func(*part, *xml.StartElement) (ended bool, err error)) error {
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
			ended, err := see(p, &t)
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

// related gives the part to which a part has a relation: of a type that ends
// as given, or of an id.
func (w *workbook) related(from, typeOrID string) (target string) {
	dir, base := path.Split(from)
	_ = w.each(dir+"_rels/"+base+".rels", func(_ *part, e *xml.StartElement) (bool, error) { // a damaged part has no relations
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

// find gives the sheet of a name, or the first that is shown.
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
			return s, nil, fmt.Errorf("the sheet %q holds no cells", s.name)
		}
	}
	if name == "" {
		return sheetRef{}, nil, errors.New("the workbook has no sheet that is shown" + w.listed())
	}
	return sheetRef{}, nil, fmt.Errorf("the workbook has no sheet %q%s", name, w.listed())
}

// listed names the sheets for a message of bearable length.
func (w *workbook) listed() string {
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
		return ""
	}
	return "; it has " + strings.Join(names, ", ")
}
