package storage

// A ledger is one object, or a folder whose parts together are one ledger. It is
// found once, and checked again after reading: a part that was added, removed or
// rewritten meanwhile makes the ledger unusable.
//
// The newest match of a * is uncertain if another match is almost as new: then
// two exports ran at the same time, or one is still being written. A folder of
// parts must not contain folders, because rows that are silently skipped look
// like subscriptions that ended. A folder to be ignored begins with a dot or an
// underscore.

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"
)

// minNewestGap is how much newer than any other match the newest must be.
const minNewestGap = time.Hour

// checkFiles refuses a local folder that has a relevant file which a listing leaves
// out, or which is not a regular file.
func (d *Dir) checkFiles(ctx context.Context, subfolders bool, relevant func(key string) bool) error {
	if !d.location.isLocal() {
		return nil
	}
	return d.walk(ctx, d.location.path, func(key string, file fs.DirEntry) error {
		switch {
		case file.IsDir() && !subfolders:
			return fs.SkipDir
		case file.IsDir() || isTemporary(file.Name()) || !relevant(key):
			return nil
		}
		err := checkKey(key)
		if err == nil {
			err = checkRegular(d.localPath(key))
		}
		if err != nil {
			return fmt.Errorf("open %s: %w: rename or remove it", d.display(key), err)
		}
		return nil
	})
}

// A Source is what a name refers to: one object, or the parts of a folder.
type Source struct {
	Name  string // redacted, with the date and the match filled in
	Parts []Part // in the order of their names, at least one

	name     string // of the one object, unredacted
	folder   *Dir   // nil if the name is that of one object
	opener   *Opener
	allParts bool // the whole folder is read, not one object of it
}

// A Part is one object of a source.
type Part struct {
	Name string // redacted

	key     string
	size    int64
	modTime time.Time
}

// Find returns what a name refers to at a time: it may contain a date, or a *,
// or end in a slash. If there is nothing, the error satisfies NotExist; for the
// name of one object, Open returns it.
func (o *Opener) Find(ctx context.Context, name string, at time.Time) (*Source, error) {
	dated, err := ExpandDate(name, at)
	if err != nil {
		return nil, err
	}
	g, isGlob, err := parseGlob(dated)
	start, end := pathBounds(dated)
	switch isFolder := strings.HasSuffix(dated[start:end], "/"); {
	case err != nil:
		return nil, err
	case isGlob && isFolder:
		return nil, (&location{display: Redact(dated)}).nameError("has both a * and a trailing /: use only one of them")
	case isGlob:
		return o.findNewest(ctx, dated, g)
	case isFolder:
		return o.findParts(ctx, dated)
	}
	display := Redact(dated)
	return &Source{Name: display, Parts: []Part{{Name: display}}, name: dated, opener: o}, nil
}

// findNewest finds the match that was modified last.
func (o *Opener) findNewest(ctx context.Context, name string, g glob) (*Source, error) {
	d, err := o.OpenDir(ctx, g.folder)
	if err != nil {
		return nil, err
	}
	found, err := d.newest(ctx, Redact(name), g)
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return &Source{Name: found.Name, Parts: []Part{found}, folder: d, opener: o}, nil
}

func (d *Dir) newest(ctx context.Context, display string, g glob) (Part, error) {
	delimiter := "/"
	if g.crossesFolders() {
		delimiter = ""
	}
	entries, err := d.List(ctx, g.prefix, delimiter)
	if err == nil {
		err = d.checkFiles(ctx, g.crossesFolders(), g.matches)
	}
	if err != nil {
		return Part{}, err
	}
	entries = slices.DeleteFunc(entries, func(e Entry) bool { return e.isFolder() || !g.matches(e.Key) })
	slices.SortStableFunc(entries, func(a, b Entry) int { return b.ModTime.Compare(a.ModTime) })
	if len(entries) == 0 {
		return Part{}, &opError{text: "open " + display + ": nothing matches", kind: fs.ErrNotExist}
	}
	newest := d.part(entries[0])
	if len(entries) > 1 && newest.modTime.Sub(entries[1].ModTime) < minNewestGap {
		other := d.part(entries[1])
		return Part{}, fmt.Errorf("open %s: two matches are less than an hour apart: %s (modified %s) and %s (%s): name the one to read",
			display, newest.Name, formatTime(newest.modTime), other.Name, formatTime(other.modTime))
	}
	return newest, nil
}

func formatTime(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05Z") }

func (d *Dir) part(e Entry) Part {
	return Part{Name: d.display(e.Key), key: e.Key, size: e.Size, modTime: e.ModTime}
}

// findParts finds the parts of a folder.
func (o *Opener) findParts(ctx context.Context, name string) (*Source, error) {
	d, err := o.OpenDir(ctx, name)
	if err != nil {
		return nil, err
	}
	parts, err := d.parts(ctx)
	if err == nil && len(parts) == 0 {
		err = &opError{text: "open " + d.Name + ": the folder contains no ledger files", kind: fs.ErrNotExist}
	}
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return &Source{Name: d.Name, Parts: parts, folder: d, opener: o, allParts: true}, nil
}

// parts lists the parts in the folder, in the order of their names.
func (d *Dir) parts(ctx context.Context) ([]Part, error) {
	entries, err := d.List(ctx, "", "/")
	if err == nil {
		err = d.checkFiles(ctx, false, func(name string) bool { return !isIgnored(name) })
	}
	if err != nil {
		return nil, err
	}
	var parts []Part
	for _, e := range entries {
		base := strings.TrimSuffix(e.Key, "/")
		switch {
		case base == "" || isIgnored(base): // some tools store a folder as an empty object
		case e.isFolder():
			return nil, fmt.Errorf("open %s: it contains the folder %s, and only ledger files are allowed (a folder that begins with a dot or an underscore is ignored)",
				d.Name, d.display(e.Key))
		default:
			parts = append(parts, d.part(e))
		}
	}
	return parts, nil
}

// Open opens a part by its index.
func (s *Source) Open(ctx context.Context, part int) (*Reader, error) {
	if s.folder == nil {
		return s.opener.Open(ctx, s.name)
	}
	return s.folder.Open(ctx, s.Parts[part].key)
}

// Unchanged returns an error unless the folder still contains the same parts. A
// source of one object is checked through its Reader.
func (s *Source) Unchanged(ctx context.Context) error {
	if !s.allParts {
		return nil
	}
	now, err := s.folder.parts(ctx)
	if err != nil {
		return err
	}
	for _, part := range now {
		before := findPart(s.Parts, part.key)
		if before == nil || before.size != part.size || !before.modTime.Equal(part.modTime) {
			return fmt.Errorf("read %s: it changed while it was read: %s is new or was rewritten", s.Name, part.Name)
		}
	}
	for _, part := range s.Parts {
		if findPart(now, part.key) == nil {
			return fmt.Errorf("read %s: it changed while it was read: %s is gone", s.Name, part.Name)
		}
	}
	return nil
}

// findPart returns the part of the key, or nil. Parts are ordered by key.
func findPart(parts []Part, key string) *Part {
	i, found := slices.BinarySearchFunc(parts, key, func(p Part, key string) int { return cmp.Compare(p.key, key) })
	if !found {
		return nil
	}
	return &parts[i]
}

// Close closes the folder.
func (s *Source) Close() error {
	if s.folder == nil {
		return nil
	}
	return s.folder.Close()
}
