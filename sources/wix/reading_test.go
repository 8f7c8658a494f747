package wix

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
)

// An independent reading of what a server positively stated, by encoding/json
// tokens. It shares no code with the client, and believes a page only if:
//
//   - its status is 200 and its body one JSON object, in which names that mean
//     something occur once, and not only in another case;
//   - it has an array of packages, no error beside it, and metadata with cursors,
//     a count or a total;
//   - count, total and hasNext agree with its packages, its cursor and the pages
//     before.

// A reading is all that a server answered, in order.
type reading struct{ answers []answer }

// A page is what an answer states.
type statedPage struct {
	packages map[string]string // id → account
	next     string
	total    int // -1: none
}

// complete reports whether some chain of pages for an account, empty for the whole
// inventory, was stated to be complete.
func (r *reading) complete(account string) bool {
	for i, a := range r.answers {
		filtered := strings.Contains(a.request.raw, `"filter"`)
		if !a.request.count && !a.request.get && a.request.cursor == "" && a.request.account == account && filtered == (account != "") && r.chain(i, account, map[string]bool{}) {
			return true
		}
	}
	return false
}

// chain follows a chain from its i-th answer. The next page is in a later one.
func (r *reading) chain(i int, account string, seen map[string]bool) bool {
	p, err := readPage(r.answers[i])
	if err != nil {
		return false
	}
	before := len(seen)
	for id, of := range p.packages {
		if account != "" && !strings.EqualFold(of, account) {
			return false
		}
		seen[id] = true
	}
	switch {
	case p.total >= 0 && p.total < len(seen), p.next != "" && len(seen) == before:
		return false
	case p.next == "":
		return p.total < 0 || p.total == len(seen)
	}
	for j := i + 1; j < len(r.answers); j++ {
		if r.answers[j].request.cursor == p.next && !r.answers[j].request.get && r.chain(j, account, maps.Clone(seen)) {
			return true
		}
	}
	return false
}

// shown returns the packages of all believable pages.
func (r *reading) shown() map[string]bool {
	ids := make(map[string]bool)
	for _, a := range r.answers {
		if p, err := readPage(a); err == nil && !a.request.count && !a.request.get {
			for id := range p.packages {
				ids[id] = true
			}
		}
	}
	return ids
}

// total returns the last total that was asked for.
func (r *reading) total() (total int, counted bool) {
	for _, a := range slices.Backward(r.answers) {
		if !a.request.count {
			continue
		}
		if top, err := readObject(a); err == nil {
			if meta, err := metadataOf(top); err == nil && meta["total"] != nil && meta["tooManyToCount"] != true {
				return digitsOf(meta["total"])
			}
		}
		return 0, false
	}
	return 0, false
}

var errUnbelievable = errors.New("not believed")

func readPage(a answer) (*statedPage, error) {
	top, err := readObject(a)
	if err != nil {
		return nil, err
	}
	meta, err := metadataOf(top)
	list, isArray := top["packages"].([]any)
	if err != nil || !isArray {
		return nil, errUnbelievable
	}
	p := &statedPage{packages: make(map[string]string), total: -1}
	if err := p.readMetadata(meta, len(list)); err != nil {
		return nil, err
	}
	for _, item := range list {
		if err := p.add(item); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (p *statedPage) add(item any) error {
	fields, isObject := item.(map[string]any)
	if !isObject || !known(fields, "id", "accountId", "externalId", "productInstances") {
		return errUnbelievable
	}
	id, _ := fields["id"].(string)
	account, _ := fields["accountId"].(string)
	instances, _ := fields["productInstances"].([]any)
	if id == "" || account == "" || len(account) > 256 || len(instances) == 0 {
		return errUnbelievable
	}
	p.packages[strings.ToLower(id)] = account
	return nil
}

// readMetadata reads what the metadata states, beside so many packages.
func (p *statedPage) readMetadata(meta map[string]any, packages int) error {
	stated := false
	if count := meta["count"]; count != nil {
		if n, ok := digitsOf(count); !ok || n != packages {
			return errUnbelievable
		}
		stated = true
	}
	if total := meta["total"]; total != nil && meta["tooManyToCount"] != true {
		n, ok := digitsOf(total)
		if !ok {
			return errUnbelievable
		}
		p.total, stated = n, true
	}
	if cursors := meta["cursors"]; cursors != nil {
		fields, isObject := cursors.(map[string]any)
		if !isObject || !known(fields, "next") {
			return errUnbelievable
		}
		stated = true
		var isText bool
		if p.next, isText = fields["next"].(string); !isText && fields["next"] != nil {
			return errUnbelievable
		}
	}
	if more := meta["hasNext"]; more != nil && more != (p.next != "") || !stated {
		return errUnbelievable
	}
	return nil
}

// metadataOf returns the metadata, of both names together if they agree.
func metadataOf(top map[string]any) (map[string]any, error) {
	all, found := make(map[string]any), false
	for _, name := range []string{"metadata", "pagingMetadata"} {
		if top[name] == nil {
			continue
		}
		fields, isObject := top[name].(map[string]any)
		if !isObject || !known(fields, "count", "total", "cursors", "tooManyToCount", "hasNext") {
			return nil, errUnbelievable
		}
		found = true
		for name, value := range fields {
			if old := all[name]; old != nil && value != nil && plain(old) != plain(value) {
				return nil, errUnbelievable
			}
			if value != nil {
				all[name] = value
			}
		}
	}
	if !found {
		return nil, errUnbelievable
	}
	return all, nil
}

func plain(v any) string {
	text, _ := json.Marshal(v)
	return strings.Trim(string(text), `"`)
}

// readObject reads the answer as one JSON object that is no error.
func readObject(a answer) (map[string]any, error) {
	if a.status != 200 {
		return nil, errUnbelievable
	}
	d := json.NewDecoder(bytes.NewReader(a.body))
	d.UseNumber()
	v, err := readValue(d)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errUnbelievable
	}
	top, isObject := v.(map[string]any)
	if !isObject || !known(top, "packages", "metadata", "pagingMetadata", "message", "error", "details", "items") {
		return nil, errUnbelievable
	}
	for _, name := range []string{"message", "error", "details", "items"} {
		if top[name] != nil {
			return nil, errUnbelievable
		}
	}
	return top, nil
}

// twice marks a name that occurs twice in an object.
const twice = "\x00twice "

// readValue reads a value, by tokens.
func readValue(d *json.Decoder) (any, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('['):
		list := []any{}
		for d.More() {
			v, err := readValue(d)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err = d.Token()
		return list, err
	case json.Delim('{'):
		fields := make(map[string]any)
		for d.More() {
			name, err := d.Token()
			if err != nil {
				return nil, err
			}
			text, _ := name.(string)
			v, err := readValue(d)
			if err != nil {
				return nil, err
			}
			if _, is := fields[text]; is {
				fields[twice+text] = true
			}
			fields[text] = v
		}
		_, err = d.Token()
		return fields, err
	}
	return token, nil
}

// known reports whether these names occur at most once each, and none of them only
// in another case.
func known(fields map[string]any, names ...string) bool {
	for _, name := range names {
		_, is := fields[name]
		if _, repeated := fields[twice+name]; repeated {
			return false
		}
		for other := range fields {
			if !is && strings.EqualFold(other, name) {
				return false
			}
		}
	}
	return true
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
