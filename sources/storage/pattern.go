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
	folder string   // the name of the folder that contains all matches
	parts  []string // of the key in it, between the stars, unescaped
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
	isURL := start > 0
	for part := range strings.SplitSeq(name[split:end], "*") {
		if isURL {
			if part, err = url.PathUnescape(part); err != nil {
				return g, true, (&location{display: Redact(name)}).nameError("is not a URL (%% in a name is written %%25)")
			}
		}
		g.parts = append(g.parts, part)
	}
	return g, true, nil
}

// prefix returns what every match begins with.
func (g glob) prefix() string { return g.parts[0] }

// crossesFolders reports whether a match may be in a subfolder.
func (g glob) crossesFolders() bool { return strings.Contains(strings.Join(g.parts, ""), "/") }

// matches reports whether the glob matches a key.
func (g glob) matches(key string) bool {
	base := path.Base(strings.Join(g.parts, "*"))
	if isIgnored(path.Base(key)) && !isIgnored(base) {
		return false
	}
	return matchStars(g.parts, key)
}

// matchStars reports whether the text is the parts in their order, with a star
// between each two. Stars don't cross a slash, so the text is matched folder by
// folder, and the first occurrence of each part is enough.
func matchStars(parts []string, text string) bool {
	pattern := strings.Split(strings.Join(parts, "\x00"), "/")
	names := strings.Split(text, "/")
	if len(pattern) != len(names) {
		return false
	}
	for i := range pattern {
		if !matchName(strings.Split(pattern[i], "\x00"), names[i]) {
			return false
		}
	}
	return true
}

func matchName(parts []string, name string) bool {
	last := len(parts) - 1
	if last == 0 {
		return name == parts[0]
	}
	name, ok := strings.CutPrefix(name, parts[0])
	if !ok {
		return false
	}
	for _, part := range parts[1:last] {
		at := strings.Index(name, part)
		if at < 0 {
			return false
		}
		name = name[at+len(part):]
	}
	return strings.HasSuffix(name, parts[last])
}

// isIgnored reports whether a file in a folder of parts is not a part: its name
// begins with a dot or, like _SUCCESS, with an underscore, or it is a checksum.
func isIgnored(base string) bool {
	return strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") || strings.HasSuffix(base, checksumSuffix)
}
