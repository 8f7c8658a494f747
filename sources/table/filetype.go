package table

// The file type is detected from the first bytes and never from the name: a
// renamed export is still read, and an unsupported file is named for what it is.

import (
	"bytes"
	"errors"
)

func isZip(head []byte) bool { return bytes.HasPrefix(head, []byte("PK\x03\x04")) }

const saveAs = "save it as .xlsx or .csv"

// checkFileType returns an error for file types that are often mistaken for a
// table and can't be read.
func checkFileType(head []byte) error {
	text := bytes.ToLower(bytes.TrimLeft(bytes.TrimPrefix(head, []byte(utf8Mark)), " \t\r\n"))
	starts := func(signatures ...string) bool { return hasAnyPrefix(head, signatures) }
	switch {
	case starts("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
		return oldOfficeError(head)
	case starts("%PDF-"):
		return errors.New("the file is a PDF: export the table itself, as .xlsx or .csv")
	case starts("\x1f\x8b", "\x28\xb5\x2f\xfd"):
		return errors.New("the file is compressed twice: decompress it once")
	case starts("PK\x05\x06"):
		return errors.New("the file is an empty zip archive")
	case starts("PAR1"):
		return errors.New("the file is in Parquet format: export it as .csv")
	case starts("Rar!", "7z\xbc\xaf\x27\x1c", "BZh", "\xfd7zXZ\x00"):
		return errors.New("the file is an archive of an unsupported type: unpack it, or compress it with gzip or zstd")
	case hasAnyPrefix(text, []string{"<!doctype", "<html", "<?xml", "<table", "<head", "<body", "<!--"}):
		return errors.New("the file is HTML or XML, whatever its name: it may be a login page, or an export for a browser: " + saveAs)
	case hasAnyPrefix(text, []string{"{", "[{"}):
		return errors.New("the file is JSON: export it as .csv")
	}
	return nil
}

// noTableError is the reason why a file is not a table.
type noTableError struct{ error }

func (e *noTableError) Is(target error) bool { return target == ErrNoTable }

func hasAnyPrefix(text []byte, prefixes []string) bool {
	for _, prefix := range prefixes {
		if bytes.HasPrefix(text, []byte(prefix)) {
			return true
		}
	}
	return false
}

// oldOfficeError distinguishes an encrypted workbook from an old one: both have
// the same signature, and a directory with names in UTF-16.
func oldOfficeError(head []byte) error {
	if bytes.Contains(head, utf16LE("EncryptedPackage")) {
		return errors.New("the workbook is protected by a password: save it without one")
	}
	if bytes.Contains(head, utf16LE("Workbook")) {
		return errors.New("the file is an old .xls workbook: " + saveAs)
	}
	return errors.New("the file is an old .xls workbook, or protected by a password: " + saveAs + ", without a password")
}

func utf16LE(ascii string) []byte {
	var b []byte
	for i := range len(ascii) {
		b = append(b, ascii[i], 0)
	}
	return b
}
