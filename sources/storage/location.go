package storage

// A name without "://" is a path of the local file system, taken literally:
// nothing in it is an escape. A name with "://" is a URL: its path is percent
// decoded, its query is for the driver. Secrets are in user info and in query
// values, so both are hidden wherever a name is shown.

import (
	"fmt"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ellipsis replaces hidden text.
const ellipsis = "…"

// A location is a parsed name.
type location struct {
	display string // the redacted name
	secrets []string
	path    string   // of a local file or folder, absolute; empty otherwise
	bucket  *url.URL // of the bucket, without a path; nil for local files
	key     string   // in the bucket, without the leading slash
}

func (l *location) isLocal() bool { return l.bucket == nil }

func parseName(name string) (*location, error) {
	l := &location{display: Redact(name)}
	if scheme := mistyped.FindStringSubmatch(name); scheme != nil {
		return nil, l.nameError("is not a URL: expected %s://bucket/key (a local file of that name is ./%s…)", scheme[1], scheme[0])
	}
	if !strings.Contains(name, "://") {
		return l, l.setPath(name)
	}
	u, err := url.Parse(name)
	if err != nil {
		return nil, l.nameError("is not a URL (%% in a name is written %%25)")
	}
	if u.Fragment != "" || strings.HasSuffix(name, "#") {
		return nil, l.nameError("has a fragment (# in a name is written %%23)")
	}
	if u.Scheme == "file" {
		return l, l.setFile(u)
	}
	l.secrets = secretsOf(u)
	l.key = strings.TrimPrefix(u.Path, "/")
	u.Path, u.RawPath = "", ""
	l.bucket = u
	return l, nil
}

func (l *location) setFile(u *url.URL) error {
	for param := range u.Query() {
		switch param {
		case "no_tmp_dir", "create_dir", "metadata": // always in effect
		default:
			return l.nameError("unknown parameter %q of a file URL", param)
		}
	}
	switch u.Host {
	case "", "localhost":
		return l.setPath(u.Path)
	case ".":
		return l.setPath(strings.TrimPrefix(u.Path, "/"))
	}
	return l.nameError("names the host %q (a local file is file:///path)", u.Host)
}

func (l *location) setPath(path string) error {
	if path == "" || strings.ContainsRune(path, 0) {
		return l.nameError("is not a path")
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return l.nameError("has no absolute path: %v", err)
	}
	l.path = abs
	return nil
}

func (l *location) nameError(format string, args ...any) error {
	name := l.display
	if name == "" {
		name = `""`
	}
	return &opError{text: name + ": " + fmt.Sprintf(format, args...), kind: ErrName}
}

// secretsOf returns what must not be shown of the URL, in every spelling. The
// longest come first, because one may contain another.
func secretsOf(u *url.URL) []string {
	all := rawSecrets(u)
	for _, values := range u.Query() {
		all = append(all, values...)
		for _, value := range values {
			if inner, err := url.Parse(value); err == nil { // an endpoint, of which errors show parts
				all = append(all, inner.Path, inner.EscapedPath())
				all = append(all, rawSecrets(inner)...)
			}
		}
	}
	var spellings []string
	for _, secret := range all {
		if len(secret) > 2 && secret != "true" && secret != "false" { // those are switches
			spellings = append(spellings, secret, url.QueryEscape(secret), url.PathEscape(secret))
		}
	}
	slices.SortFunc(spellings, func(a, b string) int { return len(b) - len(a) })
	return spellings
}

// rawSecrets returns the user info and the query values of the URL as written.
func rawSecrets(u *url.URL) []string {
	var all []string
	if u.User != nil {
		password, _ := u.User.Password()
		all = append(all, u.User.String(), u.User.Username(), password)
	}
	for pair := range strings.SplitSeq(u.RawQuery, "&") {
		_, value, _ := strings.Cut(pair, "=")
		all = append(all, value)
	}
	return all
}

// mistyped matches the start of a name that was meant as a URL: s3:/b, gs//b.
var mistyped = regexp.MustCompile(`^(?i)(s3|gs|file|mem|azblob|https?)(?::/?|//)(?:[^/]|$)`)

// schemeLike matches the start of a path that may be a URL without its slashes.
var schemeLike = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]+(?::|//)`)

// redactPath returns a path unchanged, unless it may be a mistyped URL: then
// without what may be its user info and query values.
func redactPath(name string) string {
	scheme := schemeLike.FindString(name)
	if scheme == "" {
		return name
	}
	rest, query, hasQuery := strings.Cut(name[len(scheme):], "?")
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		scheme, rest = "", ellipsis+rest[at:]
	}
	if hasQuery {
		rest += "?" + redactQuery(query)
	}
	return scheme + rest
}

// printable returns the name on one line, without control characters.
func printable(name string) string {
	if !strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) && utf8.ValidString(name) {
		return name
	}
	var b strings.Builder
	for _, r := range name {
		if unicode.IsPrint(r) {
			b.WriteRune(r)
		} else {
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
		}
	}
	return b.String()
}

// Redact returns the name as it may be shown: on one line, a URL without its user
// info and query values, a path unchanged. For an invalid URL it hides too much rather
// than too little.
func Redact(name string) string {
	name = printable(name)
	scheme, rest, isURL := strings.Cut(name, "://")
	if !isURL {
		return redactPath(name)
	}
	rest, _, _ = strings.Cut(rest, "#") // names have no fragment
	rest, query, hasQuery := strings.Cut(rest, "?")
	rest = removeUser(rest)
	if hasQuery {
		rest += "?" + redactQuery(query)
	}
	return scheme + "://" + rest
}

// removeUser removes everything up to the last @ of the host part. A colon there
// without a port after it means a password with a slash in it: then everything
// up to the last @ at all.
func removeUser(rest string) string {
	host, path, hasPath := strings.Cut(rest, "/")
	_, port, hasPort := strings.Cut(host, ":")
	if hasPort && !strings.Contains(host, "@") && strings.Trim(port, "0123456789") != "" {
		return rest[strings.LastIndex(rest, "@")+1:]
	}
	host = host[strings.LastIndex(host, "@")+1:]
	if hasPath {
		host += "/" + path
	}
	return host
}

func redactQuery(query string) string {
	pairs := strings.FieldsFunc(query, func(r rune) bool { return r == '&' || r == ';' })
	for i, pair := range pairs {
		if key, _, ok := strings.Cut(pair, "="); ok {
			pairs[i] = key + "=" + ellipsis
		} else {
			pairs[i] = ellipsis
		}
	}
	return strings.Join(pairs, "&")
}

// Sibling returns the name of the object called base in the folder of another.
func Sibling(name, base string) string {
	if u, err := url.Parse(name); err == nil && strings.Contains(name, "://") {
		u.Path, u.RawPath = u.Path[:strings.LastIndexByte(u.Path, '/')+1]+base, ""
		return u.String()
	}
	return filepath.Join(filepath.Dir(name), base)
}
