package storage

// An error of this package carries text that is fit to be shown and a kind to
// be told apart by. The error of the driver is not in its chain: its text holds
// URLs, and with them what a name may not show.

import (
	"context"
	"errors"
	"io"
	"io/fs"

	"gocloud.dev/gcerrors"
)

// ErrName is the kind of errors that lie in the name itself: not a URL, no
// driver for its scheme, a folder where a file is wanted.
var ErrName = errors.New("not a usable name")

type failure struct {
	text string
	kind error // fs.ErrNotExist, fs.ErrExist, fs.ErrPermission, ErrName, a context's error, or nil
}

func (f *failure) Error() string { return f.text }
func (f *failure) Unwrap() error { return f.kind }

// NotExist reports whether the error says that what was named is not there.
func NotExist(err error) bool { return errors.Is(err, fs.ErrNotExist) }

// Exist reports whether the error says that the object is there already.
func Exist(err error) bool { return errors.Is(err, fs.ErrExist) }

// fail tells what could not be done with name, which must be fit to be shown.
func (p *place) fail(verb, name string, err error) error {
	if err == nil {
		return nil
	}
	var told *failure
	if errors.As(err, &told) {
		return err
	}
	kind := kindOf(err)
	return &failure{text: verb + " " + name + ": " + p.cause(err, kind), kind: kind}
}

func kindOf(err error) error {
	for _, kind := range []error{context.Canceled, context.DeadlineExceeded, io.ErrUnexpectedEOF, fs.ErrNotExist, fs.ErrExist, fs.ErrPermission} {
		if errors.Is(err, kind) {
			return kind
		}
	}
	if isDenied(statusOf(err)) || lacksCredentials(err) { // to a driver a refusal may be an absence
		return fs.ErrPermission
	}
	switch gcerrors.Code(err) {
	case gcerrors.NotFound:
		return fs.ErrNotExist
	case gcerrors.AlreadyExists, gcerrors.FailedPrecondition:
		return fs.ErrExist
	case gcerrors.PermissionDenied:
		return fs.ErrPermission
	case gcerrors.Canceled:
		return context.Canceled
	case gcerrors.DeadlineExceeded:
		return context.DeadlineExceeded
	}
	return nil
}
