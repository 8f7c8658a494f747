package wixsim

import (
	"mime"
	"net/http"
	"net/url"
	"strings"
)

// A ChangeKind is one of the seven calls that change something.
type ChangeKind string

// The kinds.
const (
	CreatePackage  ChangeKind = "create"
	CancelPackage  ChangeKind = "cancel-package"
	CancelInstance ChangeKind = "cancel-instance"
	Assign         ChangeKind = "assign"
	Unassign       ChangeKind = "unassign"
	Adjust         ChangeKind = "adjust"
	SetExternalID  ChangeKind = "external-id"

	queryPackages ChangeKind = "query" // a read, as getPackage is
	getPackage    ChangeKind = "get"
)

func (k ChangeKind) read() bool { return k == queryPackages || k == getPackage || k == "" }

// A call is a request by method and path.
type call struct {
	kind       ChangeKind
	account    string // of the header
	packageID  string
	instanceID string
	siteID     string
	externalID string
	body       []byte
}

type endpoint struct {
	method, path string
	kind         ChangeKind
}

// endpoints returns the calls. The first that matches counts.
func endpoints() []endpoint {
	return []endpoint{
		{"POST", "v1/packages/query", queryPackages},
		{"GET", "v1/packages/{package}", getPackage},
		{"POST", "v2/packages", CreatePackage},
		{"DELETE", "v1/packages/{package}", CancelPackage},
		{"PATCH", "v1/packages/update/{package}/{externalId}", SetExternalID},
		{"DELETE", "v1/packages/product-instances/{instance}", CancelInstance},
		{"PATCH", "v1/packages/product-instances/{instance}", Adjust},
		{"PATCH", "v1/packages/product-instances/{instance}/unassign", Unassign},
		{"PATCH", "v1/packages/product-instances/{instance}/{site}", Assign},
	}
}

// route finds the call of a request.
func route(r *http.Request, body []byte) (call, *reply) {
	path, _ := strings.CutPrefix(r.URL.EscapedPath(), "/resellers/")
	bad := refuse(http.StatusNotFound, "NOT_FOUND", "there is no such call")
	for _, e := range endpoints() {
		c := call{kind: e.kind, account: r.Header.Get("wix-account-id"), body: body}
		switch {
		case !c.match(e.path, path):
		case e.method == r.Method:
			return c, nil
		case bad.status == http.StatusNotFound:
			bad = refuse(http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED", "want %s", e.method)
		}
	}
	return call{account: r.Header.Get("wix-account-id"), body: body}, bad
}

// match reports whether the path is the endpoint's, and reads its ids. It is
// split before it is unescaped, so that an external id may contain any character.
func (c *call) match(endpoint, path string) bool {
	names, segments := strings.Split(endpoint, "/"), strings.Split(path, "/")
	if len(names) != len(segments) {
		return false
	}
	ids := map[string]*string{
		"{package}": &c.packageID, "{instance}": &c.instanceID, "{site}": &c.siteID, "{externalId}": &c.externalID,
	}
	for i, name := range names {
		id, isID := ids[name]
		if !isID && name != segments[i] {
			return false
		}
		text, err := url.PathUnescape(segments[i])
		if err != nil || text == "" {
			return false
		}
		if isID {
			*id = text
		}
	}
	return true
}

// String identifies the logical change: a retry has the same.
func (c call) String() string {
	return strings.Join([]string{
		"CHANGE", string(c.kind), fold(c.account), fold(c.packageID), fold(c.instanceID), fold(c.siteID), c.externalID, string(c.body),
	}, "\x00")
}

// check checks the form of the request, independently of the inventory.
func (c call) check(r *http.Request) *reply {
	if r.URL.RawQuery != "" {
		return violate("query string", "the call takes none")
	}
	for _, id := range []struct{ name, value string }{
		{"packageId", c.packageID}, {"instanceId", c.instanceID}, {"siteId", c.siteID},
	} {
		if id.value != "" && !isGUID(id.value) {
			return violate(id.name, "%q is not a GUID", id.value)
		}
	}
	if c.kind == queryPackages || c.kind == CreatePackage || c.kind == Adjust {
		media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
		if err != nil || media != "application/json" {
			return violate("Content-Type", "want application/json")
		}
		return nil
	}
	if text := strings.TrimSpace(string(c.body)); text != "" && (text != "{}" || c.kind.read()) {
		return violate("body", "the call takes none")
	}
	return nil
}
