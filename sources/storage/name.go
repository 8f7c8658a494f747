package storage

// A name without "://" is a path of the local file system, taken as it is:
// nothing in it is an escape. A name with "://" is a URL: its path is percent
// decoded, its query belongs to the driver. Secrets travel in user info and in
// query values, so both are replaced wherever a name is shown.

import (
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
)

// hidden stands for what is not shown.
const hidden = "…"

// A place is a parsed name.
type place struct {
	shown   string // the name as it may be shown
	secrets []string
	path    string   // of a local file or folder, absolute; empty elsewhere
	bucket  *url.URL // of the bucket, without a path; nil for local files
	key     string   // in the bucket, without the leading slash
}

func (p *place) local() bool { return p.bucket == nil }

func parseName(name string) (*place, error) {
	p := &place{shown: Redact(name)}
	if !strings.Contains(name, "://") {
		return p, p.setPath(name)
	}
	u, err := url.Parse(name)
	if err != nil {
		return nil, p.misnamed("is not a URL (%% in a name is written %%25)")
	}
	if u.Fragment != "" || strings.HasSuffix(name, "#") {
		return nil, p.misnamed("has a fragment (# in a name is written %%23)")
	}
	if u.Scheme == "file" {
		return p, p.setFile(u)
	}
	p.secrets = secretsOf(u)
	p.key = strings.TrimPrefix(u.Path, "/")
	u.Path, u.RawPath = "", ""
	p.bucket = u
	return p, nil
}

func (p *place) setFile(u *url.URL) error {
	for param := range u.Query() {
		switch param {
		case "no_tmp_dir", "create_dir", "metadata": // done so in any case
		default:
			return p.misnamed("unknown parameter %q of a file URL", param)
		}
	}
	switch u.Host {
	case "", "localhost":
		return p.setPath(u.Path)
	case ".":
		return p.setPath(strings.TrimPrefix(u.Path, "/"))
	}
	return p.misnamed("names the host %q (a local file is file:///path)", u.Host)
}

func (p *place) setPath(path string) error {
	if path == "" || strings.ContainsRune(path, 0) {
		return p.misnamed("is not a path")
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return p.misnamed("has no absolute path: %v", err)
	}
	p.path = abs
	return nil
}

func (p *place) misnamed(format string, args ...any) error {
	name := p.shown
	if name == "" {
		name = `""`
	}
	return &failure{text: name + ": " + fmt.Sprintf(format, args...), kind: ErrName}
}

// secretsOf gives what must not be shown of the URL in any spelling, longest
// first because one may hold another.
func secretsOf(u *url.URL) []string {
	all := partsOf(u)
	for _, values := range u.Query() {
		all = append(all, values...)
		for _, value := range values {
			if inner, err := url.Parse(value); err == nil { // an endpoint, which errors take apart
				all = append(all, inner.Path, inner.EscapedPath())
				all = append(all, partsOf(inner)...)
			}
		}
	}
	var spelled []string
	for _, secret := range all {
		if len(secret) > 2 && secret != "true" && secret != "false" { // those are switches
			spelled = append(spelled, secret, url.QueryEscape(secret), url.PathEscape(secret))
		}
	}
	slices.SortFunc(spelled, func(a, b string) int { return len(b) - len(a) })
	return spelled
}

// partsOf gives the user info of the URL and the values of its query as they
// are written.
func partsOf(u *url.URL) []string {
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

// Redact gives the name as it may be shown: a URL loses its user info and the
// values of its query, a path stays as it is. It works on what is no valid URL
// too, and hides more rather than less.
func Redact(name string) string {
	scheme, rest, isURL := strings.Cut(name, "://")
	if !isURL {
		return name
	}
	rest, _, _ = strings.Cut(rest, "#") // a fragment has no use in a name
	rest, query, hasQuery := strings.Cut(rest, "?")
	rest = withoutUser(rest)
	if hasQuery {
		rest += "?" + withoutValues(query)
	}
	return scheme + "://" + rest
}

// withoutUser drops all up to the last @ of the host part. A colon there that
// no port follows is a password with a stray slash: then all up to the last @.
func withoutUser(rest string) string {
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

func withoutValues(query string) string {
	pairs := strings.FieldsFunc(query, func(r rune) bool { return r == '&' || r == ';' })
	for i, pair := range pairs {
		if key, _, ok := strings.Cut(pair, "="); ok {
			pairs[i] = key + "=" + hidden
		} else {
			pairs[i] = hidden
		}
	}
	return strings.Join(pairs, "&")
}

// Sibling gives the name of the object called base in the folder of another.
func Sibling(name, base string) string {
	if u, err := url.Parse(name); err == nil && strings.Contains(name, "://") {
		u.Path, u.RawPath = u.Path[:strings.LastIndexByte(u.Path, '/')+1]+base, ""
		return u.String()
	}
	return filepath.Join(filepath.Dir(name), base)
}
