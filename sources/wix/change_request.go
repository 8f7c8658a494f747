package wix

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/wixrecon/wixrecon/reconcile"
)

// The request of a change, and what is read of its response.
//
// Every id is one path segment. All but ASCII letters, digits and - . _ ~ is
// percent-encoded, also what a path may contain unescaped: some servers read a +
// as a space, and end a segment at a semicolon.
//
// A response to create, cancel-package and external-id must contain the package.
// The shape of the other four responses, about instances, is not certain: an
// object or an empty body is valid, and not inspected.

const (
	createPath    = "/resellers/v2/packages"
	updatePath    = packagesPath + "update/"
	instancesPath = packagesPath + "product-instances/"
)

// request returns the request of a valid change. The package of its response goes
// into found; it stays nil for the kinds that change an instance.
func (c *Change) request(found **Copy) (*request, error) {
	op, method, path := c.call()
	body, err := c.body()
	if err != nil {
		return nil, err
	}
	return &request{
		op: op, method: method, path: path, account: c.AccountID, body: body, once: true,
		decode: func(body []byte) (err error) { *found, err = c.decode(body); return err },
	}, nil
}

// String returns what the change does, and to what.
func (c *Change) String() string {
	op, _, _ := c.call()
	return op
}

// call returns the API call of the change. An unknown kind has no method.
func (c *Change) call() (op, method, path string) {
	pkg, instance := showID(c.PackageID), showID(c.InstanceID)
	packagePath, instancePath := packagesPath+escapeSegment(c.PackageID), instancesPath+escapeSegment(c.InstanceID)
	switch c.Kind {
	case CreatePackage:
		return "create package " + showID(c.ExternalID) + " in account " + showID(c.AccountID), http.MethodPost, createPath
	case CancelPackage:
		return "cancel package " + pkg, http.MethodDelete, packagePath
	case CancelInstance:
		return "cancel instance " + instance, http.MethodDelete, instancePath
	case Assign:
		return "assign instance " + instance + " to site " + showID(c.SiteID), http.MethodPatch, instancePath + "/" + escapeSegment(c.SiteID)
	case Unassign:
		return "unassign instance " + instance, http.MethodPatch, instancePath + "/unassign"
	case Adjust:
		return "adjust instance " + instance, http.MethodPatch, instancePath
	case SetExternalID:
		path = updatePath + escapeSegment(c.PackageID) + "/" + escapeSegment(c.ExternalID)
		return "set external id of package " + pkg, http.MethodPatch, path
	}
	return "change package " + pkg, "", ""
}

// escapeSegment encodes any text as one path segment.
func escapeSegment(text string) string {
	return percentEncode(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~")
}

// percentEncode encodes every byte that is not in unescaped.
func percentEncode(text, unescaped string) string {
	var b strings.Builder
	for i := range len(text) {
		if strings.IndexByte(unescaped, text[i]) >= 0 {
			b.WriteByte(text[i])
			continue
		}
		fmt.Fprintf(&b, "%%%02X", text[i])
	}
	return b.String()
}

// body returns the JSON body, nil for a kind without one.
func (c *Change) body() ([]byte, error) {
	switch {
	case c.Kind == CreatePackage:
		return c.createBody()
	case c.Kind == Adjust && c.ProductID != "":
		return json.Marshal(map[string]string{"catalogProductId": c.ProductID})
	case c.Kind == Adjust:
		cycle, err := encodeCycle(c.Cycle)
		if err != nil {
			return nil, err
		}
		return json.Marshal(map[string]*wireBilling{"billingInfo": cycle})
	}
	return nil, nil
}

type wireProduct struct {
	ProductID string       `json:"catalogProductId"`
	SiteID    string       `json:"siteId,omitempty"`
	Billing   *wireBilling `json:"billingInfo"`
	Country   string       `json:"countryCode"`
}

func (c *Change) createBody() ([]byte, error) {
	products := make([]wireProduct, len(c.Instances))
	for i, in := range c.Instances {
		cycle, err := encodeCycle(in.Cycle)
		if err != nil {
			return nil, err
		}
		products[i] = wireProduct{
			ProductID: in.ProductID, SiteID: in.SiteID, Billing: cycle, Country: strings.ToUpper(in.Country),
		}
	}
	return json.Marshal(struct {
		ExternalID string        `json:"externalId"`
		Key        string        `json:"idempotencyKey"`
		Products   []wireProduct `json:"products"`
	}{c.ExternalID, c.IdempotencyKey, products})
}

func encodeCycle(cycle reconcile.Cycle) (*wireBilling, error) {
	if cycle == reconcile.OneTime {
		return &wireBilling{Type: "ONE_TIME"}, nil
	}
	digits, unit, _ := strings.Cut(string(cycle), " ")
	count, err := strconv.Atoi(digits)
	switch {
	case err != nil || count < 1 || count > reconcile.MaxCycleCount:
	case unit == "DAY" || unit == "WEEK" || unit == "MONTH" || unit == "YEAR":
		duration := &wireDuration{Unit: unit, Count: json.Number(strconv.Itoa(count))}
		return &wireBilling{Type: "RECURRING", Duration: duration}, nil
	}
	return nil, fmt.Errorf("billing cycle %q: not ONE_TIME, nor a count and a unit", string(cycle))
}

// decode reads the response. It returns no package for the kinds that change an
// instance.
func (c *Change) decode(body []byte) (*Copy, error) {
	hasPackage := c.Kind == CreatePackage || c.Kind == CancelPackage || c.Kind == SetExternalID
	if !hasPackage && len(strings.TrimSpace(string(body))) == 0 {
		return nil, nil
	}
	raw, err := scanPackages(body, "package", "updatedPackage")
	switch {
	case err != nil:
		return nil, err
	case !hasPackage:
		return nil, nil
	case raw[0] == nil:
		return decodeCopy(raw[1], c.PackageID)
	}
	return decodeCopy(raw[0], c.PackageID)
}
