package wixsim

import (
	"net/http"
	"net/url"
	"strings"
)

// The seven calls that change something, told apart by method and path. A path
// is cut at its slashes before it is unescaped, so that an external id may hold
// any character. The word unassign in the place of a site is the other call.

// A ChangeKind names one of the seven.
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
)

// AnyChange stands for every kind that has no rates of its own.
const AnyChange ChangeKind = ""

// A changeOrder is what one request asks for.
type changeOrder struct {
	kind       ChangeKind
	account    string // of the header
	packageID  string
	instanceID string
	siteID     string
	externalID string
	body       []byte
}

// orderOf reads a request that changes something; ok is false for any other.
func orderOf(r *http.Request, body []byte) (o changeOrder, ok bool) {
	segments, ok := segmentsOf(r.URL.EscapedPath())
	if !ok {
		return o, false
	}
	o = changeOrder{account: r.Header.Get("wix-account-id"), body: body}
	if r.Method == http.MethodPost && len(segments) == 1 && segments[0] == "v2/packages" {
		o.kind = CreatePackage
		return o, true
	}
	if segments[0] != "v1/packages" {
		return o, false
	}
	return o.route(r.Method, segments[1:])
}

// segmentsOf gives version and noun as the first segment, the rest unescaped.
func segmentsOf(escaped string) ([]string, bool) {
	parts := strings.Split(escaped, "/")
	if len(parts) < 4 || parts[0] != "" || parts[1] != "resellers" {
		return nil, false
	}
	segments := []string{parts[2] + "/" + parts[3]}
	for _, part := range parts[4:] {
		text, err := url.PathUnescape(part)
		if err != nil || text == "" {
			return nil, false
		}
		segments = append(segments, text)
	}
	return segments, true
}

func (o changeOrder) route(method string, rest []string) (changeOrder, bool) {
	if len(rest) > 1 && rest[0] == "product-instances" {
		return o.routeInstance(method, rest[1:])
	}
	switch {
	case method == http.MethodDelete && len(rest) == 1:
		o.kind, o.packageID = CancelPackage, rest[0]
	case method == http.MethodPatch && len(rest) == 3 && rest[0] == "update":
		o.kind, o.packageID, o.externalID = SetExternalID, rest[1], rest[2]
	default:
		return o, false
	}
	return o, true
}

func (o changeOrder) routeInstance(method string, rest []string) (changeOrder, bool) {
	o.instanceID = rest[0]
	switch {
	case method == http.MethodDelete && len(rest) == 1:
		o.kind = CancelInstance
	case method == http.MethodPatch && len(rest) == 1:
		o.kind = Adjust
	case method == http.MethodPatch && len(rest) == 2 && rest[1] == "unassign":
		o.kind = Unassign
	case method == http.MethodPatch && len(rest) == 2:
		o.kind, o.siteID = Assign, rest[1]
	default:
		return o, false
	}
	return o, true
}

// String names the logical request: a retry is the same.
func (o changeOrder) String() string {
	return strings.Join([]string{
		"CHANGE", string(o.kind), fold(o.account), fold(o.packageID), fold(o.instanceID), fold(o.siteID), o.externalID, string(o.body),
	}, "\x00")
}

// check holds the form of the request against the reference, whatever the inventory
// holds.
func (o changeOrder) check(r *http.Request) *refusal {
	if r.URL.RawQuery != "" {
		return violate("query string", "the call takes none")
	}
	for _, id := range []struct{ name, value string }{
		{"packageId", o.packageID}, {"instanceId", o.instanceID}, {"siteId", o.siteID},
	} {
		if id.value != "" && !isGUID(id.value) {
			return violate(id.name, "%q is not a GUID", id.value)
		}
	}
	if o.kind == CreatePackage || o.kind == Adjust {
		return checkJSON(r)
	}
	if text := strings.TrimSpace(string(o.body)); text != "" && text != "{}" {
		return violate("body", "the call takes none")
	}
	return nil
}
