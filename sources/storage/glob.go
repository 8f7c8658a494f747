package storage

// The name of a ledger may hold a date, {2006-01-02}, and *, which stands for
// any characters but a slash. Both count in the path of a name only, and in a
// URL only as they are typed: %2A, %7B and %7D are plain characters. A name
// that * stands in never finds a hidden file, a marker or a checksum, unless it
// spells out what makes them one.

import (
	"net/url"
	"path"
	"strings"
	"time"
)

// Dated fills the date into a name: what stands in braces is a Go layout.
func ExpandDate(name string, at time.Time) (string, error) {
	start, end := pathOf(name)
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
			p := &place{shown: Redact(name)}
			return "", p.misnamed("{%s is no date such as {2006-01-02}; a brace in a URL is written %%7B", from[:len(from)-len(after)])
		}
		filled.WriteString(at.Format(layout))
		rest = after
	}
}

// IsDated reports whether a date must be filled into the name.
func HasDate(name string) bool {
	start, end := pathOf(name)
	return strings.Contains(name[start:end], "{")
}

// isLayout tells a layout by two moments that have nothing in common.
func isLayout(layout string) bool {
	a := time.Date(2001, 3, 4, 5, 6, 7, 0, time.UTC)
	b := time.Date(2012, 11, 23, 19, 48, 59, 0, time.UTC)
	return a.Format(layout) != b.Format(layout)
}

// pathOf gives the bounds of the path in a name: behind the host, before the
// query. A plain path is all path.
func pathOf(name string) (start, end int) {
	scheme, rest, isURL := strings.Cut(name, "://")
	if !isURL {
		return 0, len(name)
	}
	start = len(scheme) + len("://")
	if cut := strings.IndexAny(rest, "?#"); cut >= 0 {
		rest = rest[:cut]
	}
	end = start + len(rest)
	if slash := strings.IndexByte(rest, '/'); slash >= 0 {
		return start + slash, end
	}
	return end, end
}

// A glob is the last part of a name with * in it.
type glob struct {
	folder string   // the name of the folder that all matches are below
	parts  []string // of a key in it, between the stars; as they are stored
}

// globOf takes a name with * apart; ok is false where there is none.
func globOf(name string) (g glob, ok bool, err error) {
	start, end := pathOf(name)
	star := strings.IndexByte(name[start:end], '*')
	if star < 0 {
		return g, false, nil
	}
	cut := start + strings.LastIndexByte(name[start:start+star], '/') + 1
	g.folder = name[:cut] + name[end:]
	if cut == 0 {
		g.folder = "."
	}
	isURL := start > 0
	for part := range strings.SplitSeq(name[cut:end], "*") {
		if isURL {
			if part, err = url.PathUnescape(part); err != nil {
				return g, true, (&place{shown: Redact(name)}).misnamed("is not a URL (%% in a name is written %%25)")
			}
		}
		g.parts = append(g.parts, part)
	}
	return g, true, nil
}

// prefix is what every match begins with.
func (g glob) prefix() string { return g.parts[0] }

// deep reports whether a match may lie in a folder below.
func (g glob) deep() bool { return strings.Contains(strings.Join(g.parts, ""), "/") }

// matches reports whether a key is one that the glob stands for.
func (g glob) matches(key string) bool {
	typed := path.Base(strings.Join(g.parts, "*"))
	if isAside(path.Base(key)) && !isAside(typed) {
		return false
	}
	return matchStars(g.parts, key)
}

// matchStars matches the parts in their order, a star between each two. Taking
// the first place of each part is enough, because stars don't cross a slash:
// the text is matched folder by folder.
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

// isAside tells what stands beside the parts of a ledger and is none: names
// that begin with a dot or, as _SUCCESS does, with an underscore, and checksums.
func isAside(base string) bool {
	return strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") || strings.HasSuffix(base, checksumSuffix)
}
