package config

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/wixrecon/wixrecon/sources/ledger"
)

// The JSON Schema of the settings file is generated from the table of settings,
// so that editors complete and check what the program reads. go test -update
// writes it.

var update = flag.Bool("update", false, "write wixrecon.schema.json")

const (
	schemaFile = "../../../wixrecon.schema.json"
	schemaID   = "https://github.com/wixrecon/wixrecon/raw/main/wixrecon.schema.json"
)

type object = map[string]any

func schemaOfSettings() object {
	properties := object{}
	for _, s := range Settings() {
		if !s.NoFile {
			properties[s.Key()] = schemaOf(&s)
		}
	}
	text := object{"type": []string{"string", "number", "boolean"}, "minLength": 1}
	columns := object{}
	for _, name := range ledger.Columns() {
		columns[name] = object{"anyOf": []any{text, object{"type": "array", "items": text, "minItems": 1}}}
	}
	properties[keyColumns] = object{
		"description": "the headers of the ledger's columns, where they are not the contract's: one header, or several, of which the first filled cell of a row counts",
		"type":        "object", "properties": columns, "additionalProperties": false,
	}
	properties[keyStatus] = object{
		"description": "the status of each of the ledger's own words: active, pending or canceled",
		"type":        "object", "additionalProperties": object{"enum": []string{"active", "pending", "canceled"}},
	}
	properties[keyCycle] = object{
		"description": "the billing cycle of each of the ledger's own words, such as 1 MONTH, 1 YEAR or ONE_TIME",
		"type":        "object", "additionalProperties": object{"type": "string", "minLength": 1},
	}
	word := object{"type": []string{"string", "number", "boolean", "null"}}
	words := object{"anyOf": []any{word, object{"type": "array", "items": word, "minItems": 1}}}
	byColumn := object{}
	for _, name := range ledger.Columns() {
		byColumn[name] = words
	}
	properties[keyEmpty] = object{
		"description": "words that mean that there is no value, such as NULL or 0000-00-00: a list for all columns, or one for each column",
		"anyOf":       []any{word, object{"type": "array", "items": word, "minItems": 1}, object{"type": "object", "properties": byColumn, "additionalProperties": false}},
	}
	properties[keyIgnored] = object{
		"description": "rows that are no subscriptions, by a column of the ledger and its values; a value may end in * for any end",
		"type":        "object", "additionalProperties": words,
	}
	return object{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": schemaID,
		"title": "wixrecon settings", "type": "object", "properties": properties, "additionalProperties": false,
	}
}

func schemaOf(s *Setting) object {
	one := object{"type": []string{"string", "number"}}
	switch {
	case s.Bool:
		one = object{"enum": []any{true, false, "true", "false"}}
	case len(s.Choices) > 0 && s.List:
		one = object{"type": "string", "examples": s.Choices}
	case len(s.Choices) > 0:
		one = object{"enum": s.Choices}
	}
	schema := one
	if s.List {
		item := one
		if len(s.Choices) > 0 {
			item = object{"enum": s.Choices}
		}
		schema = object{"anyOf": []any{one, object{"type": "array", "items": item, "minItems": 1}}}
	}
	schema["description"] = strings.ReplaceAll(s.Usage, "`", "")
	if s.Default != "" {
		schema["default"] = s.Default
	}
	return schema
}

func TestSchemaIsUpToDate(t *testing.T) {
	var want bytes.Buffer
	out := json.NewEncoder(&want)
	out.SetIndent("", "  ")
	out.SetEscapeHTML(false)
	if err := out.Encode(schemaOfSettings()); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(schemaFile, want.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(schemaFile)
	if err != nil || !bytes.Equal(got, want.Bytes()) {
		t.Errorf("wixrecon.schema.json is out of date (%v): run go test -update ./cmd/internal/config", err)
	}
}

func TestSchemaAcceptsWhatTheProgramAccepts(t *testing.T) {
	schema := compileSchema(t)
	example, err := os.ReadFile("testdata/wixrecon.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for text, ok := range map[string]bool{
		string(example): true, "rate: off": true, "rate: 7": true, "reports: all": true, "reports: findings,xlsx": true,
		"reports: [findings]": true, "date_format: DD.MM.YYYY": true, "columns: {status: State}": true,
		"ledgr: x": false, "fix: cancel": false, "api_key: x": false, "log: xml": false, "reports: [pdf]": false,
		"rate: [1]": false, "columns: {stat: x}": false, "columns: x": false, "status: {a: b}": false, "sheet: {a: b}": false,
	} {
		var value any
		if err := yaml.Unmarshal([]byte(text), &value); err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(plainJSON(t, value)); (err == nil) != ok {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func compileSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	f, err := os.Open(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	document, err := jsonschema.UnmarshalJSON(f)
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	if err := c.AddResource(schemaID, document); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile(schemaID)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// plainJSON converts a value from YAML to JSON.
func plainJSON(t *testing.T, value any) any {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return plain
}
