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

// How a package of Wix becomes a reconcile.Package. What Wix adds is passed
// over, what it leaves out stays empty, a status or a unit that is not known
// is kept as it is. What can't be read is an error that names the package,
// never an empty field: an empty date or status would be a statement.

type wirePackage struct {
	ID         string         `json:"id"`
	AccountID  string         `json:"accountId"`
	ExternalID string         `json:"externalId"`
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
	Type     string `json:"type"`
	Duration struct {
		Unit  string      `json:"unit"`
		Count json.Number `json:"count"` // a number, or one in quotes
	} `json:"cycleDuration"`
}

type wireFailure struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// decodePackage reads one package as Wix sends it.
func decodePackage(raw []byte) (reconcile.Package, error) {
	var w wirePackage
	if err := json.Unmarshal(raw, &w); err != nil {
		return reconcile.Package{}, fmt.Errorf("package %s: %w", named(w.ID), jsonFault(err))
	}
	if strings.TrimSpace(w.ID) == "" {
		return reconcile.Package{}, errors.New("a package has no id")
	}
	p, err := w.noun()
	if err != nil {
		return reconcile.Package{}, fmt.Errorf("package %s: %w", named(w.ID), err)
	}
	return p, nil
}

// jsonFault words an error of the decoder in the terms of the answer.
func jsonFault(err error) error {
	var mistyped *json.UnmarshalTypeError
	if errors.As(err, &mistyped) {
		return fmt.Errorf("field %s: a JSON %s is not what belongs there", orDefault(mistyped.Field, "(whole)"), mistyped.Value)
	}
	return err
}

// named shows an id of the server in an error: whole or not at all, because a
// part of the key, were it echoed there, could no longer be found.
func named(id string) string {
	const longest = 100
	if id = oneLine(id, len(id)+1, Secret{}); id == "" {
		return "without an id"
	}
	if len(id) > longest {
		return fmt.Sprintf("(of %d characters)", len(id))
	}
	return id
}

func (w *wirePackage) noun() (reconcile.Package, error) {
	p := reconcile.Package{
		ID:         reconcile.FoldGUID(w.ID),
		AccountID:  reconcile.FoldGUID(w.AccountID),
		ExternalID: reconcile.TrimID(w.ExternalID),
	}
	var dates dateReader
	p.Created = dates.read("createdDate", w.Created)
	p.Updated = dates.read("updatedDate", w.Updated)
	if dates.err != nil {
		return p, dates.err
	}
	p.Instances = make([]reconcile.Instance, len(w.Instances))
	for i := range w.Instances {
		var err error
		if p.Instances[i], err = w.Instances[i].noun(); err != nil {
			return p, fmt.Errorf("instance %s: %w", named(w.Instances[i].ID), err)
		}
	}
	slices.SortStableFunc(p.Instances, compareInstances)
	return p, nil
}

func (w *wireInstance) noun() (reconcile.Instance, error) {
	cycle, err := w.Billing.cycle()
	if err != nil {
		return reconcile.Instance{}, err
	}
	var dates dateReader
	return reconcile.Instance{
		ID:         reconcile.FoldGUID(w.ID),
		ProductID:  reconcile.FoldGUID(w.ProductID),
		SiteID:     reconcile.FoldGUID(w.SiteID),
		Status:     reconcile.Status(w.Status),
		Cycle:      cycle,
		Country:    strings.ToUpper(w.Country),
		Failure:    w.Failure.text(),
		Discount:   w.Discount,
		References: reconcile.FoldGUID(w.References),
		Expires:    dates.read("expirationDate", w.Expires),
		Created:    dates.read("createdDate", w.Created),
		Updated:    dates.read("updatedDate", w.Updated),
	}, dates.err
}

// compareInstances orders by id, and instances of one id by what they say, so
// that their order in the answer is forgotten.
func compareInstances(a, b reconcile.Instance) int {
	return cmp.Or(
		cmp.Compare(a.ID, b.ID), cmp.Compare(a.ProductID, b.ProductID), cmp.Compare(a.SiteID, b.SiteID),
		cmp.Compare(a.Status, b.Status), cmp.Compare(a.Cycle, b.Cycle), cmp.Compare(a.Country, b.Country),
		cmp.Compare(a.Failure, b.Failure), cmp.Compare(a.Discount, b.Discount), cmp.Compare(a.References, b.References),
		a.Expires.Compare(b.Expires), a.Created.Compare(b.Created), a.Updated.Compare(b.Updated),
	)
}

// cycle gives the billing cycle, or none where Wix does not say one. A type
// that is not known is kept as a word of its own: it equals no other cycle.
func (w *wireBilling) cycle() (reconcile.Cycle, error) {
	switch w.Type {
	case "ONE_TIME":
		return reconcile.OneTime, nil
	case "RECURRING", "":
	default:
		return reconcile.Cycle(w.Type), nil
	}
	if w.Duration.Unit == "" {
		return "", nil
	}
	count := 1
	if text := w.Duration.Count.String(); text != "" {
		var err error
		if count, err = strconv.Atoi(text); err != nil {
			return "", fmt.Errorf("field billingInfo.cycleDuration.count: %s is not a whole number", named(text))
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

// A dateReader reads dates and keeps the first fault.
type dateReader struct{ err error }

// read gives the date in UTC, which is also the zone of one that names none,
// and no date for an empty text.
func (d *dateReader) read(field, text string) time.Time {
	if text == "" {
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		at, err = time.Parse("2006-01-02T15:04:05.999999999", text)
	}
	if err != nil && d.err == nil {
		d.err = fmt.Errorf("field %s: %s is not a date of RFC 3339", field, named(text))
	}
	return at.UTC()
}
