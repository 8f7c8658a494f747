package storage

// The checksum of an object may be stored next to it as <name>.sha256: the
// output of sha256sum, or the digits alone. A single line applies to the object
// whatever file it names, because exports get renamed. Of several lines, the one
// that names the object applies.

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
)

const (
	checksumSuffix  = ".sha256"
	maxChecksumSize = 1 << 20 // of a checksum file, in bytes
)

// ErrExistenceUnknown means that the store does not reveal whether there is a
// checksum: a client that may read an object but not list its bucket gets
// "denied" for objects that do not exist.
var ErrExistenceUnknown = errors.New("the store does not reveal whether it exists")

// Checksum returns the SHA-256 of a part, as hexadecimal digits in lower case,
// and the name of the checksum file; empty if there is none.
func (s *Source) Checksum(ctx context.Context, part int) (sum, from string, err error) {
	in, err := s.openChecksum(ctx, part)
	switch {
	case NotExist(err):
		return "", "", nil
	case errors.Is(err, fs.ErrPermission):
		return "", "", fmt.Errorf("%w: %w", ErrExistenceUnknown, err)
	case err != nil:
		return "", "", err
	}
	text, err := io.ReadAll(io.LimitReader(in, maxChecksumSize+1))
	if err = errors.Join(err, in.Close()); err != nil {
		return "", "", err
	}
	if sum, err = parseChecksum(string(text), path.Base(s.storedName(part))); err != nil {
		return "", "", fmt.Errorf("read %s: %w", in.Name, err)
	}
	return sum, in.Name, nil
}

func (s *Source) openChecksum(ctx context.Context, part int) (*Reader, error) {
	if s.folder != nil {
		return s.folder.Open(ctx, s.Parts[part].key+checksumSuffix)
	}
	_, end := pathBounds(s.name)
	return s.opener.OpenBeside(ctx, s.name[:end]+checksumSuffix+s.name[end:])
}

// storedName returns the path or key of a part.
func (s *Source) storedName(part int) string {
	if s.folder != nil {
		return s.Parts[part].key
	}
	l, err := parseName(s.name)
	switch {
	case err != nil:
		return s.name
	case l.isLocal():
		return l.path
	}
	return l.key
}

// parseChecksum returns the digits for an object called base.
func parseChecksum(text, base string) (string, error) {
	if len(text) > maxChecksumSize {
		return "", errors.New("it is too large for a checksum")
	}
	var sums, named []string
	for line := range strings.Lines(strings.TrimPrefix(text, "\ufeff")) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		sum, file, _ := strings.Cut(strings.TrimPrefix(line, `\`), " ")
		if digits, err := hex.DecodeString(sum); err != nil || len(digits) != 32 {
			return "", errors.New("it is not a checksum: expected 64 hexadecimal digits, or the output of sha256sum")
		}
		sums = append(sums, strings.ToLower(sum))
		if path.Base(strings.TrimLeft(file, " *")) == base {
			named = append(named, strings.ToLower(sum))
		}
	}
	switch {
	case len(sums) == 1:
		return sums[0], nil
	case len(sums) == 0:
		return "", errors.New("it is empty: expected 64 hexadecimal digits, or the output of sha256sum")
	case len(named) != 1:
		return "", fmt.Errorf("it has %d lines, and %d of them name %s: expected exactly one", len(sums), len(named), base)
	}
	return named[0], nil
}
