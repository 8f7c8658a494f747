package storage

// An error of this package has a text without secrets and a kind for errors.Is.
// The driver's error is not in its chain, because its text contains URLs, and
// with them what must not be shown.
//
// Of a driver's error a user needs only what the server answered, or why it
// could not be reached. Drivers are not imported here, so their errors are
// recognized by their methods and, where they have none, by their text.

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"regexp"
	"strconv"
	"strings"
	"syscall"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"
)

var (
	// ErrName is the kind of errors that are in the name itself: not a URL, no
	// driver for its scheme, a folder where a file is expected.
	ErrName = errors.New("not a usable name")
	// ErrTooLarge is the kind of errors of an object that is larger than allowed.
	ErrTooLarge = errors.New("it is too large")
)

// An opError is an error of an operation on a named object or folder.
type opError struct {
	text string
	kind error // fs.ErrNotExist, fs.ErrExist, fs.ErrPermission, ErrName, a context's error, or nil
}

func (e *opError) Error() string { return e.text }
func (e *opError) Unwrap() error { return e.kind }

// NotExist reports whether the error means that the object does not exist.
func NotExist(err error) bool { return errors.Is(err, fs.ErrNotExist) }

// Exist reports whether the error means that the object already exists.
func Exist(err error) bool { return errors.Is(err, fs.ErrExist) }

// wrap describes what could not be done with name, which must be redacted.
func (l *location) wrap(verb, name string, err error) error {
	if err == nil || errors.As(err, new(*opError)) {
		return err
	}
	kind := kindOf(err)
	return &opError{text: verb + " " + name + ": " + l.cause(err, kind), kind: kind}
}

// wrapMissing is wrap, and distinguishes a missing bucket from a missing object.
func (l *location) wrapMissing(ctx context.Context, bucket *blob.Bucket, verb, name string, err error) error {
	if l.isLocal() || !errors.Is(kindOf(err), fs.ErrNotExist) {
		return l.wrap(verb, name, err)
	}
	if exists, failed := bucket.IsAccessible(ctx); failed == nil && !exists {
		return noBucket(verb, name)
	}
	return l.wrap(verb, name, err)
}

func noBucket(verb, name string) error {
	return &opError{text: verb + " " + name + ": there is no such bucket", kind: fs.ErrNotExist}
}

func kindOf(err error) error {
	for _, kind := range []error{context.Canceled, context.DeadlineExceeded, io.ErrUnexpectedEOF, fs.ErrNotExist, fs.ErrExist, fs.ErrPermission} {
		if errors.Is(err, kind) {
			return kind
		}
	}
	if isDenied(httpStatus(err)) || lacksCredentials(err) { // a driver may report these as "not found"
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

// The HTTP statuses with a meaning of their own.
const (
	statusUnauthorized = 401
	statusForbidden    = 403
	statusConflict     = 409
	statusTooMany      = 429
	statusSlowDown     = 503
)

// cause returns the reason of an error, without secrets.
func (l *location) cause(err, kind error) string {
	switch {
	case errors.Is(kind, fs.ErrNotExist):
		return "it does not exist"
	case errors.Is(kind, fs.ErrExist):
		return "it already exists"
	}
	if text := localCause(err); text != "" {
		return text
	}
	if lacksCredentials(err) {
		return "there are no credentials for it: " + l.credentialsHint()
	}
	return l.redact(remoteCause(err))
}

// credentialsHint returns how to set the credentials of the store.
func (l *location) credentialsHint() string {
	switch {
	case l.isLocal():
	case l.bucket.Scheme == "s3":
		return "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or run with a role that provides them"
	case l.bucket.Scheme == "gs":
		return "set GOOGLE_APPLICATION_CREDENTIALS, or run with a service account that provides them"
	}
	return "set those of the store"
}

// localCause describes an error of the local file system; empty for others.
func localCause(err error) string {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &link) && (errors.Is(link.Err, errors.ErrUnsupported) || errors.Is(link.Err, syscall.EPERM)):
		return "the file system has no hard links, so a file can't be created there without the risk of replacing another: choose another folder, or a bucket"
	case errors.As(err, &link):
		return link.Err.Error()
	case errors.As(err, &path):
		return path.Err.Error()
	}
	return ""
}

// remoteCause describes an error of a store, or of the connection to it.
func remoteCause(err error) string {
	var network *net.OpError
	status := httpStatus(err)
	switch {
	case isDenied(status):
		return "access is denied (" + describeResponse(err, status) + "): check the credentials and their permissions"
	case status == statusTooMany || status == statusSlowDown:
		return "the store still asks to slow down after all retries (" + describeResponse(err, status) + ")"
	case status != 0:
		return "the store answered " + describeResponse(err, status)
	case errors.As(err, &network):
		return "the store can't be reached: " + network.Error()
	}
	return strings.Join(strings.Fields(err.Error()), " ")
}

// redact removes the secrets of the name from a text.
func (l *location) redact(text string) string {
	for _, secret := range l.secrets {
		text = strings.ReplaceAll(text, secret, ellipsis)
	}
	return text
}

// lacksCredentials reports whether a client found no credentials to sign with.
func lacksCredentials(err error) bool {
	var missing interface{ NoCredentials() bool }
	if errors.As(err, &missing) {
		return missing.NoCredentials()
	}
	text := err.Error()
	return httpStatus(err) == 0 && strings.Contains(text, "get credentials:") || strings.Contains(text, "failed to refresh cached credentials")
}

func isDenied(status int) bool {
	return status == statusForbidden || status == statusUnauthorized
}

// googleError matches the status and the message in the text of a Google error.
var googleError = regexp.MustCompile(`googleapi: (?:got HTTP response code|Error) (\d{3})(?: with body)?:? ?(.*)`)

// httpStatus returns the HTTP status behind the error; 0 if there was no
// response.
func httpStatus(err error) int {
	var response interface{ HTTPStatusCode() int }
	if errors.As(err, &response) {
		return response.HTTPStatusCode()
	}
	if found := googleError.FindStringSubmatch(err.Error()); found != nil {
		status, _ := strconv.Atoi(found[1])
		return status
	}
	return 0
}

// describeResponse returns the status of a response with the store's message.
func describeResponse(err error, status int) string {
	var response interface {
		ErrorCode() string
		ErrorMessage() string
	}
	text, message := strconv.Itoa(status), ""
	if errors.As(err, &response) {
		message = response.ErrorCode() + ": " + response.ErrorMessage()
	} else if found := googleError.FindStringSubmatch(err.Error()); found != nil {
		message, _, _ = strings.Cut(found[2], "\n")
	}
	const maxLength = 200
	if message = strings.Trim(strings.Join(strings.Fields(message), " "), ": "); message == "" {
		return text
	}
	if runes := []rune(message); len(runes) > maxLength {
		message = string(runes[:maxLength]) + ellipsis
	}
	return text + ", " + message
}
