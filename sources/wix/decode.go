package wix

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
)

// The JSON of a package becomes a reconcile.Package. Unknown fields are ignored,
// missing ones stay empty, an unknown status or unit is kept unchanged. A field
// that can't be read is an error that names the package, never an empty field:
// an empty date or status would have a meaning. Only an external id that can't be
// read is not an error, because Wix takes any; the package is marked.

type wirePackage struct {
	ID         string         `json:"id"`
	AccountID  string         `json:"accountId"`
	ExternalID string         `json:"externalId"`
	Unreadable bool           `json:"-"` // the external id
	Instances  []wireInstance `json:"productInstances"`
	Created    string         `json:"createdDate"`
	Updated    string         `json:"updatedDate"`
}

type wireInstance struct {
	ID         string      `json:"instanceId"`
	ProductID  string      `json:"catalogProductId"`
	SiteID     string      `json:"siteId"`
	Status     string      `json:"status"`
	Billing    wireBilling `json:"billingInfo"`
	Country    string      `json:"countryCode"`
	Failure    wireFailure `json:"failure"`
	Discount   string      `json:"discountCode"`
	References string      `json:"referenceProductInstanceId"`
	Expires    string      `json:"expirationDate"`
	Created    string      `json:"createdDate"`
	Updated    string      `json:"updatedDate"`
}

type wireBilling struct {
	Type     string        `json:"type"`
	Duration *wireDuration `json:"cycleDuration,omitempty"`
}

type wireDuration struct {
	Unit  string      `json:"unit"`
	Count json.Number `json:"count"` // a number, also in quotes
}

type wireFailure struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// maxPackage is the maximum length of the JSON of a package. A thousand instances
// have less than a megabyte.
const maxPackage = 4 << 20

// decodePackage decodes the JSON of one package.
func decodePackage(raw []byte) (reconcile.Package, error) {
	var d packageDecoder
	return d.decode(raw)
}

// A packageDecoder decodes packages one after the other, for one goroutine. The
// instances of a package are valid until the next one.
type packageDecoder struct {
	wire      wirePackage
	instances []reconcile.Instance
}

func (d *packageDecoder) decode(raw []byte) (reconcile.Package, error) {
	if len(raw) > maxPackage {
		return reconcile.Package{}, fmt.Errorf("a package has %d bytes, the maximum is %d", len(raw), maxPackage)
	}
	w := &d.wire
	*w = wirePackage{Instances: w.Instances[:0]}
	if err := scanPackage(raw, w); err != nil {
		return reconcile.Package{}, fmt.Errorf("package %s: %w", showID(w.ID), err)
	}
	if strings.TrimSpace(w.ID) == "" {
		return reconcile.Package{}, errors.New("a package has no id")
	}
	p, err := w.convert(d.instances)
	if err != nil {
		return reconcile.Package{}, fmt.Errorf("package %s: %w", showID(w.ID), err)
	}
	d.instances = p.Instances
	return p, nil
}

// convert returns the package; its instances are in the array if there is room.
func (w *wirePackage) convert(array []reconcile.Instance) (reconcile.Package, error) {
	p := reconcile.Package{
		ID:         reconcile.FoldGUID(w.ID),
		AccountID:  reconcile.FoldGUID(w.AccountID),
		ExternalID: reconcile.TrimID(w.ExternalID), UnreadableID: w.Unreadable,
	}
	var dates dateParser
	p.Created = dates.parse("createdDate", w.Created)
	p.Updated = dates.parse("updatedDate", w.Updated)
	if dates.err != nil {
		return p, dates.err
	}
	p.Instances = slices.Grow(array[:0], len(w.Instances))[:len(w.Instances)]
	for i := range w.Instances {
		var err error
		if p.Instances[i], err = w.Instances[i].convert(); err != nil {
			return p, fmt.Errorf("instance %s: %w", showID(w.Instances[i].ID), err)
		}
	}
	if len(p.Instances) > 1 {
		slices.SortStableFunc(p.Instances, compareInstances)
	}
	return p, nil
}

func (w *wireInstance) convert() (reconcile.Instance, error) {
	cycle, err := w.Billing.cycle()
	if err != nil {
		return reconcile.Instance{}, err
	}
	var dates dateParser
	in := reconcile.Instance{
		ID:         reconcile.FoldGUID(w.ID),
		ProductID:  reconcile.FoldGUID(w.ProductID),
		SiteID:     reconcile.FoldGUID(w.SiteID),
		Status:     reconcile.Status(w.Status),
		Cycle:      cycle,
		Country:    strings.ToUpper(w.Country),
		Failure:    w.Failure.text(),
		Discount:   w.Discount,
		References: reconcile.FoldGUID(w.References),
		Expires:    dates.parse("expirationDate", w.Expires),
		Created:    dates.parse("createdDate", w.Created),
		Updated:    dates.parse("updatedDate", w.Updated),
	}
	return in, dates.err
}

// compareInstances orders by id and then by content, so that their order in the
// response does not matter.
func compareInstances(a, b reconcile.Instance) int {
	return cmp.Or(
		cmp.Compare(a.ID, b.ID), cmp.Compare(a.ProductID, b.ProductID), cmp.Compare(a.SiteID, b.SiteID),
		cmp.Compare(a.Status, b.Status), cmp.Compare(a.Cycle, b.Cycle), cmp.Compare(a.Country, b.Country),
		cmp.Compare(a.Failure, b.Failure), cmp.Compare(a.Discount, b.Discount), cmp.Compare(a.References, b.References),
		a.Expires.Compare(b.Expires), a.Created.Compare(b.Created), a.Updated.Compare(b.Updated),
	)
}

// cycle returns the billing cycle, empty if Wix states none. An unknown type is
// kept as it is: it equals no other cycle.
func (w *wireBilling) cycle() (reconcile.Cycle, error) {
	switch w.Type {
	case "ONE_TIME":
		return reconcile.OneTime, nil
	case "RECURRING", "":
	default:
		return reconcile.Cycle(w.Type), nil
	}
	if w.Duration == nil || w.Duration.Unit == "" {
		return "", nil
	}
	count := 1
	if text := w.Duration.Count.String(); text != "" {
		var err error
		if count, err = strconv.Atoi(text); err != nil {
			return "", fmt.Errorf("field billingInfo.cycleDuration.count: %s is not a whole number", showID(text))
		}
	}
	return reconcile.NewCycle(count, w.Duration.Unit), nil
}

func (w wireFailure) text() string {
	if w.Code == "" || w.Message == "" {
		return w.Code + w.Message
	}
	return w.Code + ": " + w.Message
}

// A dateParser parses dates and keeps the first error.
type dateParser struct{ err error }

// parse returns the date in UTC, which is also the zone of a date without one.
// An empty text is the zero time.
func (d *dateParser) parse(field, text string) time.Time {
	if text == "" {
		return time.Time{}
	}
	if at, ok := reconcile.ParseInstant(text); ok && len(text) > len(time.DateOnly) {
		return at
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		at, err = time.Parse("2006-01-02T15:04:05.999999999", text)
	}
	if err != nil && d.err == nil {
		d.err = fmt.Errorf("field %s: %s is not an RFC 3339 date", field, showID(text))
	}
	return at.UTC()
}
