package wixsim

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// An inventory on disk is JSON lines: one package a line, as the API writes it. A
// line is read strictly, because a rehearsal with a misspelt field would
// rehearse something else.

// maxLine bounds a line of an inventory: 1000 instances take less than 1 MiB.
const maxLine = 4 << 20

// maxFaultyLines bounds how many lines at fault are told.
const maxFaultyLines = 20

// ReadBook reads an inventory. Every faulty line is told, up to 20; blank lines are
// skipped.
func ReadInventory(r io.Reader) ([]Package, error) {
	var (
		book   []Package
		faults []error
		seen   = map[string]int{}
		lines  = bufio.NewScanner(r)
	)
	lines.Buffer(nil, maxLine)
	for n := 1; lines.Scan() && len(faults) < maxFaultyLines; n++ {
		text := bytes.TrimSpace(lines.Bytes())
		if len(text) == 0 {
			continue
		}
		p, err := readPackage(text, seen)
		if err != nil {
			faults = append(faults, fmt.Errorf("read book: line %d: %w", n, err))
			continue
		}
		seen[p.ID] = n
		book = append(book, p)
	}
	if err := lines.Err(); err != nil {
		faults = append(faults, fmt.Errorf("read book: %w", err))
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return book, nil
}

func readPackage(text []byte, seen map[string]int) (Package, error) {
	var p Package
	if !json.Valid(text) {
		return p, errors.New("not JSON")
	}
	if err := decodeStrictly(text, &p); err != nil {
		return p, errors.New(strings.TrimPrefix(err.Error(), "json: "))
	}
	switch line, twice := seen[p.ID]; {
	case !isGUID(p.ID):
		return p, fmt.Errorf("id %q is not a GUID", p.ID)
	case !isGUID(p.AccountID):
		return p, fmt.Errorf("package %s: accountId %q is not a GUID", p.ID, p.AccountID)
	case len(p.ProductInstances) == 0:
		return p, fmt.Errorf("package %s: it has no productInstances", p.ID)
	case twice:
		return p, fmt.Errorf("package %s stands on line %d already", p.ID, line)
	}
	return p, nil
}

// WriteBook writes an inventory as ReadBook reads it.
func WriteInventory(w io.Writer, book []Package) error {
	out := bufio.NewWriter(w)
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	for i := range book {
		if err := enc.Encode(&book[i]); err != nil {
			return fmt.Errorf("write book: package %s: %w", book[i].ID, err)
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write book: %w", err)
	}
	return nil
}

// decodeStrictly reads exactly one JSON value and refuses fields it doesn't know.
func decodeStrictly(text []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is more than one JSON value")
	}
	return nil
}
