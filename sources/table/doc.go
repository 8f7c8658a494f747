// Package table turns bytes into rows: it finds out what kind of file they are,
// the encoding and the delimiter or the sheet, reads the header, and streams
// records with their number and line. What a column means is not its business.
//
// A record that can't be trusted but ends where it seems to is a bad row, and
// reading goes on. Where it is not certain where a record ends, reading stops:
// a guess there would give rows that nobody wrote.
package table
