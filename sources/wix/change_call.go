package wix

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/wixrecon/wixrecon/reconcile"
)

// How a change is written, and what is believed of its answer.
//
// Every id is one segment of the path. Whatever is not a letter or a digit of
// ASCII, or one of - . _ ~, is percent-encoded there: also what a path may
// hold as it is, because some servers take a + for a blank, and end a segment
// at a semicolon.
//
// The answers to create, cancel-package and external-id hold the package, and
// one that does not is no answer. What the four calls for instances answer is
// not certain: an object, or nothing, is good, and is not looked into.

const (
	createPath   = "/resellers/v2/packages"
	renamePath   = packagePath + "update/"
	instancePath = packagePath + "product-instances/"
)

// call writes a change that was checked. The answer goes into found.
func (c *Change) call(found *Answer) (*call, error) {
	method, path := c.route()
	body, err := c.body()
	if err != nil {
		return nil, err
	}
	return &call{
		op: c.String(), method: method, path: path, account: c.AccountID, body: body, once: true,
		decode: func(body []byte) (err error) { found.Package, err = c.decode(body); return err },
	}, nil
}

// String says what the change does, with its object.
func (c *Change) String() string {
	switch c.Kind {
	case CreatePackage:
		return "create package " + named(c.ExternalID) + " in account " + named(c.AccountID)
	case CancelPackage:
		return "cancel package " + named(c.PackageID)
	case CancelInstance:
		return "cancel instance " + named(c.InstanceID)
	case Assign:
		return "assign instance " + named(c.InstanceID) + " to site " + named(c.SiteID)
	case Unassign:
		return "unassign instance " + named(c.InstanceID)
	case Adjust:
		return "adjust instance " + named(c.InstanceID)
	case SetExternalID:
		return "set external id of package " + named(c.PackageID)
	}
	return "change package " + named(c.PackageID)
}

func (c *Change) route() (method, path string) {
	switch c.Kind {
	case CreatePackage:
		return http.MethodPost, createPath
	case CancelPackage:
		return http.MethodDelete, packagePath + escapeSegment(c.PackageID)
	case SetExternalID:
		return http.MethodPatch, renamePath + escapeSegment(c.PackageID) + "/" + escapeSegment(c.ExternalID)
	case CancelInstance:
		return http.MethodDelete, instancePath + escapeSegment(c.InstanceID)
	case Assign:
		return http.MethodPatch, instancePath + escapeSegment(c.InstanceID) + "/" + escapeSegment(c.SiteID)
	case Unassign:
		return http.MethodPatch, instancePath + escapeSegment(c.InstanceID) + "/unassign"
	default: // Adjust: no other kind is left after the check
		return http.MethodPatch, instancePath + escapeSegment(c.InstanceID)
	}
}

// escapeSegment writes any text as one segment of a path.
func escapeSegment(text string) string {
	const kept = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~"
	var b strings.Builder
	for i := range len(text) {
		if strings.IndexByte(kept, text[i]) >= 0 {
			b.WriteByte(text[i])
			continue
		}
		fmt.Fprintf(&b, "%%%02X", text[i])
	}
	return b.String()
}

// body gives the JSON of the calls that have one, nil for the others.
func (c *Change) body() ([]byte, error) {
	switch c.Kind {
	case CreatePackage:
		return c.createBody()
	case Adjust:
		return c.adjustBody()
	}
	return nil, nil
}

type wireProduct struct {
	ProductID string   `json:"catalogProductId"`
	SiteID    string   `json:"siteId,omitempty"`
	Billing   *billing `json:"billingInfo"`
	Country   string   `json:"countryCode"`
}

func (c *Change) createBody() ([]byte, error) {
	products := make([]wireProduct, len(c.Lines))
	for i, line := range c.Lines {
		cycle, err := billingOf(line.Cycle)
		if err != nil {
			return nil, err
		}
		products[i] = wireProduct{
			ProductID: line.ProductID, SiteID: line.SiteID, Billing: cycle, Country: strings.ToUpper(line.Country),
		}
	}
	return json.Marshal(struct {
		ExternalID string        `json:"externalId"`
		Key        string        `json:"idempotencyKey"`
		Products   []wireProduct `json:"products"`
	}{c.ExternalID, c.IdempotencyKey, products})
}

func (c *Change) adjustBody() ([]byte, error) {
	if c.ProductID != "" {
		return json.Marshal(map[string]string{"catalogProductId": c.ProductID})
	}
	cycle, err := billingOf(c.Cycle)
	if err != nil {
		return nil, err
	}
	return json.Marshal(map[string]*billing{"billingInfo": cycle})
}

// decode reads the answer; it gives no package where the call answers none.
func (c *Change) decode(body []byte) (*Copy, error) {
	var answer struct {
		Package json.RawMessage `json:"package"`
		Updated json.RawMessage `json:"updatedPackage"`
	}
	holdsPackage := c.Kind == CreatePackage || c.Kind == CancelPackage || c.Kind == SetExternalID
	if len(strings.TrimSpace(string(body))) == 0 && !holdsPackage {
		return nil, nil
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, jsonFault(err)
	}
	if !holdsPackage {
		return nil, nil
	}
	raw := answer.Package
	if absent(raw) {
		raw = answer.Updated
	}
	if absent(raw) {
		return nil, errors.New("the answer has no package")
	}
	return c.decodePackage(raw)
}

func absent(raw json.RawMessage) bool { return len(raw) == 0 || string(raw) == "null" }

// decodePackage reads the package of an answer, which must be the one that was
// to be changed.
func (c *Change) decodePackage(raw json.RawMessage) (*Copy, error) {
	p, err := decodePackage(raw)
	if err != nil {
		return nil, err
	}
	if c.PackageID != "" && p.ID != reconcile.FoldGUID(c.PackageID) {
		return nil, fmt.Errorf("the answer is package %s", named(p.ID))
	}
	return &Copy{Package: p, Raw: raw}, nil
}
