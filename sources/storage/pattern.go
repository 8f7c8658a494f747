package storage

// The name of a ledger may contain a date, {2006-01-02}, and *, which matches any
// characters except a slash. Both apply only to the path of a name, and in a URL
// only as typed: %2A, %7B and %7D are plain characters. A * never matches a
// hidden file, a marker or a checksum, unless the pattern spells out what makes
// the file one.

import (
	"net/url"
	"path"
	"strings"
	"time"
)

// ExpandDate fills the date into a name: the text in braces is a Go layout.
func ExpandDate(name string, at time.Time) (string, error) {
	start, end := pathBounds(name)
	var filled strings.Builder
	rest := name[start:end]
	for {
		before, from, found := strings.Cut(rest, "{")
		filled.WriteString(before)
		if !found {
			return name[:start] + filled.String() + name[end:], nil
		}
		layout, after, closed := strings.Cut(from, "}")
		if !closed || !isLayout(layout) {
			l := &location{display: Redact(name)}
			return "", l.nameError("{%s is not a date such as {2006-01-02}; a brace in a URL is written %%7B", from[:len(from)-len(after)])
		}
		filled.WriteString(at.Format(layout))
		rest = after
	}
}

// isLayout reports whether the text is a layout: then two times that have
// nothing in common look different.
func isLayout(layout string) bool {
	a := time.Date(2001, 3, 4, 5, 6, 7, 0, time.UTC)
	b := time.Date(2012, 11, 23, 19, 48, 59, 0, time.UTC)
	return a.Format(layout) != b.Format(layout)
}

// pathBounds returns where the path in a name starts and ends: after the host,
// before the query. A plain path is all path.
func pathBounds(name string) (start, end int) {
	scheme, rest, isURL := strings.Cut(name, "://")
	if !isURL {
		return 0, len(name)
	}
	start = len(scheme) + len("://")
	if i := strings.IndexAny(rest, "?#"); i >= 0 {
		rest = rest[:i]
	}
	end = start + len(rest)
	if slash := strings.IndexByte(rest, '/'); slash >= 0 {
		return start + slash, end
	}
	return end, end
}

// A glob is a name with * in it.
type glob struct {
	folder  string // the name of the folder that contains all matches
	prefix  string // of the key in it: what every match begins with
	pattern string // of the key, for path.Match
}

// parseGlob parses a name with *; ok is false if there is none.
func parseGlob(name string) (g glob, ok bool, err error) {
	start, end := pathBounds(name)
	star := strings.IndexByte(name[start:end], '*')
	if star < 0 {
		return g, false, nil
	}
	split := start + strings.LastIndexByte(name[start:start+star], '/') + 1
	g.folder = name[:split] + name[end:]
	if split == 0 {
		g.folder = "."
	}
	parts := strings.Split(name[split:end], "*")
	for i, part := range parts {
		if start > 0 { // a URL
			if part, err = url.PathUnescape(part); err != nil {
				return g, true, (&location{display: Redact(name)}).nameError("is not a URL (%% in a name is written %%25)")
			}
		}
		if i == 0 {
			g.prefix = part
		}
		parts[i] = literal(part)
	}
	g.pattern = strings.Join(parts, "*")
	return g, true, nil
}

// literal returns the pattern that matches the text and nothing else: * is the
// only wildcard of a name.
func literal(text string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(text)
}

// crossesFolders reports whether a match may be in a subfolder.
func (g glob) crossesFolders() bool { return strings.Contains(g.pattern, "/") }

// matches reports whether the glob matches a key.
func (g glob) matches(key string) bool {
	if isIgnored(path.Base(key)) && !isIgnored(path.Base(g.pattern)) {
		return false
	}
	matched, err := path.Match(g.pattern, key)
	return matched && err == nil
}

// isIgnored reports whether a file in a folder of parts is not a part: its name
// begins with a dot or, like _SUCCESS, with an underscore, or it is a checksum.
func isIgnored(base string) bool {
	return strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") || strings.HasSuffix(base, checksumSuffix)
}
