package storage

// Beside an object may stand its checksum, <name>.sha256: what sha256sum
// prints, or the digits alone. One line holds for the object whatever file it
// names, because exports are renamed on their way; of several lines the one
// that names it.

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
	checksumSuffix = ".sha256"
	maxChecksum    = 1 << 20 // bytes of a checksum file
)

// ErrUnknowable says that the store does not tell whether there is a checksum:
// who may read an object but not list its bucket is refused what is not there.
var ErrExistenceUnknown = errors.New("whether it exists is not told")

// Checksum gives the SHA-256, as hexadecimal digits in lower case, that stands
// beside a part, and the name of what holds it; empty where there is none.
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
	text, err := io.ReadAll(io.LimitReader(in, maxChecksum+1))
	if err = errors.Join(err, in.Close()); err != nil {
		return "", "", err
	}
	if sum, err = parseChecksum(string(text), path.Base(s.baseOf(part))); err != nil {
		return "", "", fmt.Errorf("read %s: %w", in.Name, err)
	}
	return sum, in.Name, nil
}

func (s *Source) openChecksum(ctx context.Context, part int) (*Reader, error) {
	if s.folder != nil {
		return s.folder.Open(ctx, s.Parts[part].key+checksumSuffix)
	}
	_, end := pathOf(s.typed)
	return s.places.Open(ctx, s.typed[:end]+checksumSuffix+s.typed[end:])
}

// baseOf gives the name of a part as it is stored.
func (s *Source) baseOf(part int) string {
	if s.folder != nil {
		return s.Parts[part].key
	}
	p, err := parseName(s.typed)
	switch {
	case err != nil:
		return s.typed
	case p.local():
		return p.path
	}
	return p.key
}

// parseChecksum reads the digits for an object called base.
func parseChecksum(text, base string) (string, error) {
	if len(text) > maxChecksum {
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
			return "", errors.New("it is no checksum: want 64 hexadecimal digits, or what sha256sum prints")
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
		return "", errors.New("it is empty: want 64 hexadecimal digits, or what sha256sum prints")
	case len(named) != 1:
		return "", fmt.Errorf("it has %d lines, and %d of them name %s: want one", len(sums), len(named), base)
	}
	return named[0], nil
}
