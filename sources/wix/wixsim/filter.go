package wixsim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// A filter is conditions on a package, all of which must hold: ids are compared
// by $eq and $in, dates by $eq and the four comparisons. Other operators, and
// filters on product instances, are not simulated, so they are refused.
type filter struct {
	selection
	conditions int
	named      []string // the accounts that it names by $eq or $in, folded
}

// A FilterName names a filter that can have a mode of its own.
type FilterName string

// The filters with modes.
const (
	AccountEq   FilterName = "account-eq"   // accountId $eq
	AccountIn   FilterName = "account-in"   // accountId $in
	CreatedDate FilterName = "created-date" // createdDate by any operator
)

// A FilterMode is how a server treats a filter. The zero value obeys it.
type FilterMode string

// The modes.
const (
	RefuseFilter FilterMode = "refuse" // 400
	IgnoreFilter FilterMode = "ignore" // answers as if it had not been sent
	HalfFilter   FilterMode = "half"   // answers every fifth package that does not match, too
	OmitFilter   FilterMode = "omit"   // omits every fifth package that matches
)

// ParseFilters reads modes of filters: "account-in=refuse,created-date=half".
func ParseFilters(text string) (map[FilterName]FilterMode, error) {
	names := []FilterName{AccountEq, AccountIn, CreatedDate}
	known := []FilterMode{RefuseFilter, IgnoreFilter, HalfFilter, OmitFilter}
	modes := map[FilterName]FilterMode{}
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		name, mode, _ := strings.Cut(part, "=")
		if !slices.Contains(names, FilterName(name)) {
			return nil, fmt.Errorf("read filters: %q is none of %q", name, names)
		}
		if !slices.Contains(known, FilterMode(mode)) {
			return nil, fmt.Errorf("read filters: %s: %q is none of %q", name, mode, known)
		}
		modes[FilterName(name)] = FilterMode(mode)
	}
	return modes, nil
}

func filterName(field, operator string) FilterName {
	switch {
	case field == "accountId" && operator == "$eq":
		return AccountEq
	case field == "accountId" && operator == "$in":
		return AccountIn
	case field == "createdDate":
		return CreatedDate
	}
	return ""
}

// A condition is an operator on a field, as a function of the package.
type condition func(*Package) bool

// withMode returns the condition as the server treats it.
func (c condition) withMode(mode FilterMode) condition {
	fifth := func(p *Package) bool { return hash(p.ID)>>7%5 == 0 }
	switch mode {
	case IgnoreFilter:
		return func(*Package) bool { return true }
	case HalfFilter:
		return func(p *Package) bool { return c(p) || fifth(p) }
	case OmitFilter:
		return func(p *Package) bool { return c(p) && !fifth(p) }
	}
	return c
}

func (s *Server) readFilter(raw json.RawMessage) (filter, *reply) {
	f := filter{selection: selection{match: func(*Package) bool { return true }}}
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
			c, texts, bad := s.readCondition(field, operator, operand)
			if bad != nil {
				return f, bad
			}
			all = append(all, c)
			if field != "accountId" {
				continue
			}
			f.named = append(f.named, texts...)
			if operator == "$eq" && s.o.Filters[AccountEq] == "" {
				f.account = texts[0]
			}
		}
	}
	f.conditions = len(all)
	f.match = func(p *Package) bool {
		return !slices.ContainsFunc(all, func(c condition) bool { return !c(p) })
	}
	return f, nil
}

// readCondition reads an operator and its operand: a text, or a list of texts.
func (s *Server) readCondition(field, operator string, operand json.RawMessage) (condition, []string, *reply) {
	mode := s.o.Filters[filterName(field, operator)]
	if mode == RefuseFilter {
		return nil, nil, violate("query.filter", "field %q does not support operator %q", field, operator)
	}
	read := readIDs
	if field == "createdDate" || field == "updatedDate" {
		read = readDate
	}
	c, texts, bad := read(field, operator, operand)
	switch {
	case bad != nil:
		return nil, nil, bad
	case s.o.MaxIn > 0 && len(texts) > s.o.MaxIn:
		return nil, nil, violate("query.filter", "field %q: $in has %d values, the maximum is %d", field, len(texts), s.o.MaxIn)
	}
	return c.withMode(mode), texts, nil
}

// readIDs reads a condition on an id.
func readIDs(field, operator string, operand json.RawMessage) (condition, []string, *reply) {
	value, ok := map[string]func(*Package) string{
		"id":         func(p *Package) string { return fold(p.ID) },
		"accountId":  func(p *Package) string { return fold(p.AccountID) },
		"externalId": func(p *Package) string { return p.ExternalID },
	}[field]
	if !ok {
		return nil, nil, violate("query.filter", "field %q can't be filtered by", field)
	}
	texts := []string{""}
	var into any = &texts[0]
	switch operator {
	case "$eq":
	case "$in":
		into = &texts
	default:
		return nil, nil, violate("query.filter", "field %q does not know operator %q", field, operator)
	}
	if err := json.Unmarshal(operand, into); err != nil || bytes.Equal(operand, []byte("null")) {
		return nil, nil, violate("query.filter", "field %q: operand %s is of the wrong type", field, operand)
	}
	set := make(map[string]bool, len(texts))
	for i := range texts {
		if field != "externalId" {
			texts[i] = fold(texts[i])
		}
		set[texts[i]] = true
	}
	return func(p *Package) bool { return set[value(p)] }, texts, nil
}

// readDate reads a condition on a date. A package without it matches none.
func readDate(field, operator string, operand json.RawMessage) (condition, []string, *reply) {
	holds, ok := map[string]func(order int) bool{
		"$eq":  func(order int) bool { return order == 0 },
		"$gt":  func(order int) bool { return order > 0 },
		"$gte": func(order int) bool { return order >= 0 },
		"$lt":  func(order int) bool { return order < 0 },
		"$lte": func(order int) bool { return order <= 0 },
	}[operator]
	if !ok {
		return nil, nil, violate("query.filter", "field %q does not know operator %q", field, operator)
	}
	var text string
	_ = json.Unmarshal(operand, &text)
	bound, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return nil, nil, violate("query.filter", "field %q: operand %s is not an RFC 3339 date", field, operand)
	}
	value := func(p *Package) time.Time { return p.CreatedDate }
	if field == "updatedDate" {
		value = func(p *Package) time.Time { return p.UpdatedDate }
	}
	return func(p *Package) bool { at := value(p); return !at.IsZero() && holds(at.Compare(bound)) }, nil, nil
}

// failing returns the status with which requests about one of the accounts fail.
func failing(statuses map[string]int, accounts []string) (status int, fails bool) {
	for id, status := range statuses {
		if slices.Contains(accounts, fold(id)) {
			return status, true
		}
	}
	return http.StatusOK, false
}
