package wixsim

import (
	"bytes"
	"encoding/json"
	"slices"
)

// A filter is conditions on the ids of a package, by $eq or $in. All of them must
// hold. Other operators, and filters on dates and on product instances, are not
// simulated, so they are refused.
type filter struct {
	selection
	conditions int
}

func readFilter(raw json.RawMessage) (filter, *reply) {
	f := filter{selection: selection{match: func(*Package) bool { return true }}}
	if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
		return f, nil
	}
	var fields map[string]map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil {
		return f, violate("query.filter", "want an object of fields, each an object of operators")
	}
	var all []func(*Package) bool
	for field, operators := range fields {
		for operator, operand := range operators {
			c, bad := readCondition(field, operator, operand)
			if bad != nil {
				return f, bad
			}
			all = append(all, c)
			if field == "accountId" && operator == "$eq" {
				_ = json.Unmarshal(operand, &f.account) // readCondition has read it
				f.account = fold(f.account)
			}
		}
	}
	f.conditions = len(all)
	f.match = func(p *Package) bool {
		return !slices.ContainsFunc(all, func(c func(*Package) bool) bool { return !c(p) })
	}
	return f, nil
}

// readCondition reads an operator and its operand: a text, or a list of texts.
func readCondition(field, operator string, operand json.RawMessage) (func(*Package) bool, *reply) {
	value, ok := map[string]func(*Package) string{
		"id":         func(p *Package) string { return fold(p.ID) },
		"accountId":  func(p *Package) string { return fold(p.AccountID) },
		"externalId": func(p *Package) string { return p.ExternalID },
	}[field]
	if !ok {
		return nil, violate("query.filter", "field %q can't be filtered by", field)
	}
	texts := []string{""}
	var into any = &texts[0]
	switch operator {
	case "$eq":
	case "$in":
		into = &texts
	default:
		return nil, violate("query.filter", "field %q does not know operator %q", field, operator)
	}
	if err := json.Unmarshal(operand, into); err != nil || bytes.Equal(operand, []byte("null")) {
		return nil, violate("query.filter", "field %q: operand %s is of the wrong type", field, operand)
	}
	for i := range texts {
		if field != "externalId" {
			texts[i] = fold(texts[i])
		}
	}
	return func(p *Package) bool { return slices.Contains(texts, value(p)) }, nil
}
