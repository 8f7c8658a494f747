package storage

// What is called a ledger is one object, or a folder whose parts are one
// ledger together. It is found once, and asked at the end of the reading
// whether it still is what was found: a part that was added, taken away or
// written again while others were read makes no ledger.
//
// The newest match of a * is a guess where another one is nearly as new: then
// two exports ran at once, or one is still being written. Below a folder there
// may be no folder, because rows that are passed over in silence look like
// subscriptions that ended; one that is meant to be passed over begins with a
// dot or an underscore.

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

// apart is how much newer than any other match the newest must be.
const apart = time.Hour

// A Source is what a name stands for: one object, or the parts of a folder.
type Source struct {
	Name  string // fit to be shown, with the date and the match that was found
	Parts []Part // in the order of their names, at least one

	typed  string // the name of the one object, or of the folder
	folder *Dir   // nil where the name is that of one object
	places *Opener
	whole  bool // the folder is read, not one object of it
}

// A Part is one object of a source.
type Part struct {
	Name string // fit to be shown

	key     string
	size    int64
	modTime time.Time
}

// Find finds what a name stands for at a moment: it may hold a date, or a *, or
// end in a slash. What is not there is an error that NotExist knows, here or,
// for a name of one object, when the part is opened.
func (s *Opener) Find(ctx context.Context, name string, at time.Time) (*Source, error) {
	dated, err := ExpandDate(name, at)
	if err != nil {
		return nil, err
	}
	g, isGlob, err := globOf(dated)
	start, end := pathOf(dated)
	switch isFolder := strings.HasSuffix(dated[start:end], "/"); {
	case err != nil:
		return nil, err
	case isGlob && isFolder:
		return nil, (&place{shown: Redact(dated)}).misnamed("has both a * and a / at its end: want one of them")
	case isGlob:
		return s.newest(ctx, dated, g)
	case isFolder:
		return s.allOf(ctx, dated)
	}
	shown := Redact(dated)
	return &Source{Name: shown, Parts: []Part{{Name: shown}}, typed: dated, places: s}, nil
}

// newest finds the match that was modified last.
func (s *Opener) newest(ctx context.Context, name string, g glob) (*Source, error) {
	d, err := s.OpenDir(ctx, g.folder)
	if err != nil {
		return nil, err
	}
	found, err := d.newest(ctx, Redact(name), g)
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return &Source{Name: found.Name, Parts: []Part{found}, folder: d, places: s}, nil
}

func (d *Dir) newest(ctx context.Context, shown string, g glob) (Part, error) {
	delimiter := "/"
	if g.deep() {
		delimiter = ""
	}
	entries, err := d.List(ctx, g.prefix(), delimiter)
	if err != nil {
		return Part{}, err
	}
	entries = slices.DeleteFunc(entries, func(e Entry) bool { return isFolder(e) || !g.matches(e.Key) })
	slices.SortStableFunc(entries, func(a, b Entry) int { return b.ModTime.Compare(a.ModTime) })
	if len(entries) == 0 {
		return Part{}, &failure{text: "open " + shown + ": nothing matches", kind: fs.ErrNotExist}
	}
	newest := d.part(entries[0])
	if len(entries) > 1 && newest.modTime.Sub(entries[1].ModTime) < apart {
		other := d.part(entries[1])
		return Part{}, fmt.Errorf("open %s: two matches are less than an hour apart: %s (modified %s) and %s (%s): name the one that is meant",
			shown, newest.Name, moment(newest.modTime), other.Name, moment(other.modTime))
	}
	return newest, nil
}

func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05Z") }

func isFolder(e Entry) bool { return strings.HasSuffix(e.Key, "/") }

func (d *Dir) part(e Entry) Part {
	return Part{Name: d.shown(e.Key), key: e.Key, size: e.Size, modTime: e.ModTime}
}

// allOf finds the parts of a folder.
func (s *Opener) allOf(ctx context.Context, name string) (*Source, error) {
	d, err := s.OpenDir(ctx, name)
	if err != nil {
		return nil, err
	}
	parts, err := d.parts(ctx)
	if err == nil && len(parts) == 0 {
		err = &failure{text: "open " + d.Name + ": the folder holds no part of a ledger", kind: fs.ErrNotExist}
	}
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return &Source{Name: d.Name, Parts: parts, folder: d, places: s, whole: true}, nil
}

// parts lists what is not aside, in the order of names.
func (d *Dir) parts(ctx context.Context) ([]Part, error) {
	entries, err := d.List(ctx, "", "/")
	if err != nil {
		return nil, err
	}
	var parts []Part
	for _, e := range entries {
		base := strings.TrimSuffix(e.Key, "/")
		switch {
		case base == "" || isAside(base): // some tools keep a folder as an empty object
		case isFolder(e):
			return nil, fmt.Errorf("open %s: it holds the folder %s: want parts only (a folder that begins with a dot or an underscore is passed over)",
				d.Name, d.shown(e.Key))
		default:
			parts = append(parts, d.part(e))
		}
	}
	slices.SortFunc(parts, byKey)
	return parts, nil
}

// IsFolder reports whether the parts of a folder are the source.
func (s *Source) IsFolder() bool { return s.whole }

// Open opens a part by its index.
func (s *Source) Open(ctx context.Context, part int) (*Reader, error) {
	if s.folder == nil {
		return s.places.Open(ctx, s.typed)
	}
	return s.folder.Open(ctx, s.Parts[part].key)
}

// Unchanged asks the store whether the folder still holds the parts that were
// found, and gives an error if it does not. A source of one object is asked
// through its Reader.
func (s *Source) Unchanged(ctx context.Context) error {
	if !s.whole {
		return nil
	}
	now, err := s.folder.parts(ctx)
	if err != nil {
		return err
	}
	for _, part := range now {
		at, found := slices.BinarySearchFunc(s.Parts, part, byKey)
		if !found || s.Parts[at].size != part.size || !s.Parts[at].modTime.Equal(part.modTime) {
			return fmt.Errorf("read %s: it changed while it was read: %s is new, or was written again", s.Name, part.Name)
		}
	}
	for _, part := range s.Parts {
		if _, found := slices.BinarySearchFunc(now, part, byKey); !found {
			return fmt.Errorf("read %s: it changed while it was read: %s is gone", s.Name, part.Name)
		}
	}
	return nil
}

func byKey(a, b Part) int { return cmp.Compare(a.key, b.key) }

// Close lets go of the folder.
func (s *Source) Close() error {
	if s.folder == nil {
		return nil
	}
	return s.folder.Close()
}
