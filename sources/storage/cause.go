package storage

// The stores' clients tell a failure in their own words, of which a user needs
// few: what the server answered, or why it could not be asked. Drivers are not
// imported here, so what their errors are is told by what they can be asked,
// and where that is nothing, by their text.

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"regexp"
	"strconv"
	"strings"
	"syscall"
)

// The answers of a store that mean something of their own.
const (
	statusUnauthorized = 401
	statusForbidden    = 403
	statusConflict     = 409
	statusTooMany      = 429
	statusSlowDown     = 503
)

// cause gives the reason of a failure, fit to be shown.
func (p *place) cause(err, kind error) string {
	switch {
	case errors.Is(kind, fs.ErrNotExist):
		return "it does not exist"
	case errors.Is(kind, fs.ErrExist):
		return "it exists already"
	}
	if text := localCause(err); text != "" {
		return text
	}
	if lacksCredentials(err) {
		return "there are no credentials for it: " + p.wantedCredentials()
	}
	return p.withoutSecrets(remoteCause(err))
}

// wantedCredentials says where credentials are looked for.
func (p *place) wantedCredentials() string {
	switch {
	case p.local():
	case p.bucket.Scheme == "s3":
		return "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or run where a role gives them"
	case p.bucket.Scheme == "gs":
		return "set GOOGLE_APPLICATION_CREDENTIALS, or run where a service account gives them"
	}
	return "set those of the store"
}

// localCause tells a failure of the local file system.
func localCause(err error) string {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &link) && (errors.Is(link.Err, errors.ErrUnsupported) || errors.Is(link.Err, syscall.EPERM)):
		return "the file system has no hard links, so nothing can be created there without the risk of replacing it: choose another folder, or a bucket"
	case errors.As(err, &link):
		return link.Err.Error()
	case errors.As(err, &path):
		return path.Err.Error()
	}
	return ""
}

// remoteCause tells a failure of a store, or of the way to it.
func remoteCause(err error) string {
	var network *net.OpError
	status := statusOf(err)
	switch {
	case isDenied(status):
		return "access is denied (" + answerOf(err, status) + "): are these its credentials, and may they do this?"
	case status == statusTooMany || status == statusSlowDown:
		return "the store asks to slow down, and did so to the last try (" + answerOf(err, status) + ")"
	case status != 0:
		return "the store answers " + answerOf(err, status)
	case errors.As(err, &network):
		return "the store can't be reached: " + network.Error()
	}
	return strings.Join(strings.Fields(err.Error()), " ")
}

// withoutSecrets hides what the name hides.
func (p *place) withoutSecrets(text string) string {
	for _, secret := range p.secrets {
		text = strings.ReplaceAll(text, secret, hidden)
	}
	return text
}

// lacksCredentials knows the error of a client that found none to sign with.
func lacksCredentials(err error) bool {
	var missing interface{ NoCredentials() bool }
	if errors.As(err, &missing) {
		return missing.NoCredentials()
	}
	text := err.Error()
	return statusOf(err) == 0 && strings.Contains(text, "get credentials:") || strings.Contains(text, "failed to refresh cached credentials")
}

func isDenied(status int) bool {
	return status == statusForbidden || status == statusUnauthorized
}

// googleAnswer finds the status and the message in the text of a Google error.
var googleAnswer = regexp.MustCompile(`googleapi: (?:got HTTP response code|Error) (\d{3})(?: with body)?:? ?(.*)`)

// statusOf gives the HTTP status of the answer that made the error; 0 where
// there was none.
func statusOf(err error) int {
	var answer interface{ HTTPStatusCode() int }
	if errors.As(err, &answer) {
		return answer.HTTPStatusCode()
	}
	if found := googleAnswer.FindStringSubmatch(err.Error()); found != nil {
		status, _ := strconv.Atoi(found[1])
		return status
	}
	return 0
}

// answerOf tells the answer: its status, and what the store said beside it.
func answerOf(err error, status int) string {
	var told interface {
		ErrorCode() string
		ErrorMessage() string
	}
	text, said := strconv.Itoa(status), ""
	if errors.As(err, &told) {
		said = told.ErrorCode() + ": " + told.ErrorMessage()
	} else if found := googleAnswer.FindStringSubmatch(err.Error()); found != nil {
		said, _, _ = strings.Cut(found[2], "\n")
	}
	const most = 200
	if said = strings.Trim(strings.Join(strings.Fields(said), " "), ": "); said == "" {
		return text
	}
	if runes := []rune(said); len(runes) > most {
		said = string(runes[:most]) + hidden
	}
	return text + ", " + said
}
