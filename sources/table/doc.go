// Package table reads tables from CSV and XLSX files. It detects the file type,
// the encoding, the delimiter or the sheet, reads the header, and streams the
// rows with their record number and line. It does not know what a column means.
//
// A record that is malformed but has a certain end becomes a bad row, and
// reading continues. Where the end of a record is uncertain, reading stops: a
// guess would return rows that are not in the file.
package table
