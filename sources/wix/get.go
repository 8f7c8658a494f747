package wix

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/wixrecon/wixrecon/reconcile"
)

// A Copy is a package as one response showed it.
type Copy struct {
	Package reconcile.Package
	Raw     json.RawMessage // as Wix sent it
}

// Get fetches one package, which must belong to the account. An error is an
// *Error, or wraps the context's.
func (c *Client) Get(ctx context.Context, accountID, packageID string) (*Copy, error) {
	op := "get package " + showID(packageID)
	if packageID == "" || packageID == "." || packageID == ".." {
		return nil, fmt.Errorf("%s: not a valid id", op)
	}
	return fetch(ctx, c, &request{
		op: op, method: http.MethodGet, path: packagesPath + url.PathEscape(packageID), account: accountID, count: &c.counts.get,
	}, func(body []byte) (*Copy, error) { return decodeGet(body, packageID) })
}

func decodeGet(body []byte, packageID string) (*Copy, error) {
	raw, err := scanPackages(body, "package")
	if err != nil {
		return nil, err
	}
	return decodeCopy(raw[0], packageID)
}

// decodeCopy decodes the package of a response. It must have the id, unless
// that is empty.
func decodeCopy(raw json.RawMessage, packageID string) (*Copy, error) {
	if raw == nil {
		return nil, errors.New("the response has no package")
	}
	p, err := decodePackage(raw)
	if err != nil {
		return nil, err
	}
	if packageID != "" && !strings.EqualFold(p.ID, packageID) {
		return nil, fmt.Errorf("the response has package %s", showID(p.ID))
	}
	return &Copy{Package: p, Raw: raw}, nil
}

// scanPackages returns the raw values of fields of a response, nil where there is
// none or null.
func scanPackages(body []byte, names ...string) ([]json.RawMessage, error) {
	raw := make([]json.RawMessage, len(names))
	err := scanObject(body, names, func(s *scanner, field int) (ok bool) {
		if s.null() {
			return true
		}
		raw[field], ok = s.raw()
		return ok
	})
	return raw, err
}
