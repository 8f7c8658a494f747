package table

// What a file is, its first bytes say, and never its name: an export that was
// renamed is read all the same, and one that can't be read is told what it is.

import (
	"bytes"
	"errors"
	"fmt"
)

func isZip(head []byte) bool { return bytes.HasPrefix(head, []byte("PK\x03\x04")) }

const saveAs = "save it as .xlsx or .csv"

// foreign tells the kinds of files that people take for a table, and that are
// none here.
func foreign(head []byte) error {
	text := bytes.ToLower(bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n"))
	starts := func(mark string) bool { return bytes.HasPrefix(head, []byte(mark)) }
	switch {
	case starts("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
		return oldOffice(head)
	case starts("%PDF-"):
		return errors.New("is a PDF: export the table itself, as .xlsx or .csv")
	case starts("\x1f\x8b"), starts("\x28\xb5\x2f\xfd"):
		return errors.New("is packed twice: unpack it once")
	case starts("PK\x05\x06"):
		return errors.New("is a zip archive with nothing in it")
	case starts("PAR1"):
		return fmt.Errorf("is a Parquet file: export it as .csv")
	case starts("Rar!"), starts("7z\xbc\xaf\x27\x1c"), starts("BZh"), starts("\xfd7zXZ\x00"):
		return errors.New("is an archive of a kind that is not read here: unpack it, or pack it with gzip or zstd")
	case isMarkup(text):
		return errors.New("is a web page or another markup, whatever its name says: it may be a login page, or an export for a browser: " + saveAs)
	case bytes.HasPrefix(text, []byte("{")), bytes.HasPrefix(text, []byte("[{")):
		return errors.New("is JSON: export it as .csv")
	}
	return nil
}

func isMarkup(text []byte) bool {
	for _, mark := range []string{"<!doctype", "<html", "<?xml", "<table", "<head", "<body", "<!--"} {
		if bytes.HasPrefix(text, []byte(mark)) {
			return true
		}
	}
	return false
}

// oldOffice tells a workbook with a password from an old one: the directory of
// both names its streams in UTF-16.
func oldOffice(head []byte) error {
	if bytes.Contains(head, wide("EncryptedPackage")) {
		return errors.New("is a workbook that a password protects: save it without one")
	}
	if bytes.Contains(head, wide("Workbook")) {
		return errors.New("is an old .xls workbook: " + saveAs)
	}
	return errors.New("is an old .xls workbook, or one that a password protects: " + saveAs + ", without a password")
}

func wide(text string) []byte {
	var b []byte
	for i := range len(text) {
		b = append(b, text[i], 0)
	}
	return b
}
