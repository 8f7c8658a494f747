package wixsim

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// The filters are those of the reference's table of supported filters: ids by
// $eq $ne $in $exists, dates by comparison, fields of product instances by
// $hasSome and $hasAll. All conditions must hold. Anything else is refused.

// A filter is a condition on packages.
type filter struct {
	account string // folded, where accountId $eq asks for one
	fields  int
	match   func(*Package) bool
}

type condition func(*Package) bool

func parseFilter(raw json.RawMessage) (filter, *refusal) {
	f := filter{match: func(*Package) bool { return true }}
	if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
		return f, nil
	}
	var fields map[string]map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil {
		return f, violate("query.filter", "want an object of fields, each an object of operators")
	}
	var all []condition
	for field, operators := range fields {
		for operator, operand := range operators {
			c, bad := parseCondition(field, operator, operand)
			if bad != nil {
				return f, bad
			}
			all = append(all, c)
			if field == "accountId" && operator == "$eq" {
				f.account = fold(word(operand))
			}
		}
		f.fields += len(operators)
	}
	f.match = func(p *Package) bool {
		return !slices.ContainsFunc(all, func(c condition) bool { return !c(p) })
	}
	return f, nil
}

func parseCondition(field, operator string, operand json.RawMessage) (condition, *refusal) {
	switch field {
	case "id":
		return idCondition(field, operator, operand, func(p *Package) string { return fold(p.ID) }, fold)
	case "accountId":
		return idCondition(field, operator, operand, func(p *Package) string { return fold(p.AccountID) }, fold)
	case "externalId":
		asIs := func(s string) string { return s }
		return idCondition(field, operator, operand, func(p *Package) string { return p.ExternalID }, asIs)
	case "createdDate":
		return dateCondition(field, operator, operand, func(p *Package) time.Time { return p.CreatedDate })
	case "updatedDate":
		return dateCondition(field, operator, operand, func(p *Package) time.Time { return p.UpdatedDate })
	}
	if name, ok := strings.CutPrefix(field, "productInstances."); ok {
		return instanceCondition(field, name, operator, operand)
	}
	return nil, violate("query.filter", "field %q can't be filtered by", field)
}

func idCondition(field, operator string, operand json.RawMessage, of func(*Package) string, norm func(string) string) (condition, *refusal) {
	var (
		one  string
		many []string
		yes  bool
	)
	switch operator {
	case "$eq":
		return func(p *Package) bool { return of(p) == norm(one) }, operandOf(field, operand, &one)
	case "$ne":
		return func(p *Package) bool { return of(p) != norm(one) }, operandOf(field, operand, &one)
	case "$in":
		return func(p *Package) bool {
			return slices.ContainsFunc(many, func(s string) bool { return norm(s) == of(p) })
		}, operandOf(field, operand, &many)
	case "$exists":
		return func(p *Package) bool { return (of(p) != "") == yes }, operandOf(field, operand, &yes)
	}
	return nil, violate("query.filter", "field %q does not know operator %q", field, operator)
}

func dateCondition(field, operator string, operand json.RawMessage, of func(*Package) time.Time) (condition, *refusal) {
	holds, ok := map[string]func(int) bool{
		"$eq":  func(c int) bool { return c == 0 },
		"$ne":  func(c int) bool { return c != 0 },
		"$gt":  func(c int) bool { return c > 0 },
		"$lt":  func(c int) bool { return c < 0 },
		"$gte": func(c int) bool { return c >= 0 },
		"$lte": func(c int) bool { return c <= 0 },
	}[operator]
	if !ok {
		return nil, violate("query.filter", "field %q does not know operator %q", field, operator)
	}
	var than time.Time
	bad := operandOf(field, operand, &than)
	return func(p *Package) bool { return holds(of(p).Compare(than)) }, bad
}

func instanceCondition(field, name, operator string, operand json.RawMessage) (condition, *refusal) {
	of, ok := map[string]func(*Instance) string{
		"status":           func(i *Instance) string { return i.Status },
		"siteId":           func(i *Instance) string { return fold(i.SiteID) },
		"catalogProductId": func(i *Instance) string { return fold(i.CatalogProductID) },
		"instanceId":       func(i *Instance) string { return fold(i.InstanceID) },
	}[name]
	if !ok {
		return nil, violate("query.filter", "field %q can't be filtered by", field)
	}
	if operator != "$hasSome" && operator != "$hasAll" {
		return nil, violate("query.filter", "field %q does not know operator %q", field, operator)
	}
	var wanted []string
	if bad := operandOf(field, operand, &wanted); bad != nil {
		return nil, bad
	}
	has := func(p *Package, s string) bool {
		if name != "status" {
			s = fold(s)
		}
		return slices.ContainsFunc(p.ProductInstances, func(i Instance) bool { return of(&i) == s })
	}
	if operator == "$hasSome" {
		return func(p *Package) bool {
			return slices.ContainsFunc(wanted, func(s string) bool { return has(p, s) })
		}, nil
	}
	return func(p *Package) bool {
		return !slices.ContainsFunc(wanted, func(s string) bool { return !has(p, s) })
	}, nil
}

func operandOf(field string, raw json.RawMessage, into any) *refusal {
	if err := json.Unmarshal(raw, into); err != nil || bytes.Equal(raw, []byte("null")) {
		return violate("query.filter", "field %q: operand %s is of the wrong type", field, raw)
	}
	return nil
}

func word(raw json.RawMessage) string {
	var s string
	_ = json.Unmarshal(raw, &s) // the operand was read before
	return s
}
