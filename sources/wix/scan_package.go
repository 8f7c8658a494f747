package wix

import "encoding/json"

// scanPackage reads the JSON of a package into w, by the rules in scan.go. Ids,
// statuses and dates must be exact. An external id that is not – Wix does not
// validate it – is kept as far as it can be shown, and marked as unreadable.
func scanPackage(raw []byte, w *wirePackage) error {
	return scanObject(raw, packageFields[:], func(s *scanner, field int) bool {
		switch field {
		case 0:
			return s.id(&w.ID)
		case 1:
			return s.id(&w.AccountID)
		case 2:
			return s.externalID(w)
		case 3:
			return s.null() || s.array(func() bool {
				w.Instances = append(w.Instances, wireInstance{})
				return s.instance(&w.Instances[len(w.Instances)-1])
			})
		case 4:
			return s.id(&w.Created)
		}
		return s.id(&w.Updated)
	})
}

// The names of the fields that are read, in the order of the cases.
var (
	packageFields  = [...]string{"id", "accountId", "externalId", "productInstances", "createdDate", "updatedDate"}
	instanceFields = [...]string{
		"instanceId", "catalogProductId", "siteId", "status", "billingInfo", "countryCode", "failure", "discountCode",
		"referenceProductInstanceId", "expirationDate", "createdDate", "updatedDate",
	}
	billingFields  = [...]string{"type", "cycleDuration"}
	durationFields = [...]string{"unit", "count"}
	failureFields  = [...]string{"code", "message"}
)

const (
	maxExternalID = 1000 // bytes; Wix documents 100 characters
	maxMessage    = 1000 // bytes of a text that is only shown
)

// externalID reads the external id. One that is not text, or too long, is marked.
func (s *scanner) externalID(w *wirePackage) bool {
	if s.null() {
		return true
	}
	if s.peek() != '"' {
		text, ok := s.raw()
		w.ExternalID, w.Unreadable = cutText(text, maxID), true
		return ok
	}
	text, exact, ok := s.quoted()
	w.ExternalID, w.Unreadable = string(text), !exact
	if len(text) > maxExternalID {
		w.ExternalID, w.Unreadable = cutText(text, maxID), true
	}
	return ok
}

func (s *scanner) instance(w *wireInstance) bool {
	texts := [...]*string{
		&w.ID, &w.ProductID, &w.SiteID, &w.Status, nil, &w.Country, nil, &w.Discount, &w.References, &w.Expires, &w.Created, &w.Updated,
	}
	return s.object(instanceFields[:], func(field int) bool {
		switch field {
		case 4:
			return s.null() || s.object(billingFields[:], func(field int) bool { return s.billing(&w.Billing, field) })
		case 6:
			return s.null() || s.object(failureFields[:], func(field int) bool {
				return s.display([...]*string{&w.Failure.Code, &w.Failure.Message}[field], maxMessage)
			})
		case 7:
			return s.display(texts[field], maxMessage)
		}
		return s.id(texts[field])
	})
}

func (s *scanner) billing(w *wireBilling, field int) bool {
	if field == 0 {
		return s.id(&w.Type)
	}
	if s.null() {
		return true
	}
	w.Duration = new(wireDuration)
	return s.object(durationFields[:], func(field int) bool {
		if field == 0 {
			return s.id(&w.Duration.Unit)
		}
		return s.count(&w.Duration.Count)
	})
}

// count reads a number, also in quotes, or null.
func (s *scanner) count(to *json.Number) bool {
	switch c := s.peek(); {
	case c == 'n', c == '"':
		return s.id((*string)(to))
	case c == '-', c >= '0' && c <= '9':
		text, ok := s.number()
		*to = json.Number(text)
		return ok
	}
	return s.mistyped()
}
