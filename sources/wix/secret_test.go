package wix

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// echoes lists the forms in which a server may echo the key.
func echoes() map[string]string {
	quoted, _ := json.Marshal(testKey)
	wrapped := base64.StdEncoding.EncodeToString([]byte(testKey))
	return map[string]string{
		"plain": testKey, "query": url.QueryEscape(testKey), "path": url.PathEscape(testKey), "hex": hex.EncodeToString([]byte(testKey)),
		"lower percent": strings.NewReplacer("%2B", "%2b", "%2F", "%2f", "%3D", "%3d", "%3C", "%3c", "%3E", "%3e").Replace(url.QueryEscape(testKey)),
		"base64":        base64.StdEncoding.EncodeToString([]byte(testKey)), "raw base64": base64.RawStdEncoding.EncodeToString([]byte(testKey)),
		"url base64": base64.URLEncoding.EncodeToString([]byte(testKey)), "basic": base64.StdEncoding.EncodeToString([]byte("me:" + testKey)),
		"basic 2": base64.StdEncoding.EncodeToString([]byte("user:" + testKey + "\n")), "html": html.EscapeString(testKey),
		"json": strings.Trim(string(quoted), `"`), "go": strings.Trim(fmt.Sprintf("%q", testKey), `"`),
		"control": testKey[:9] + "\u0007" + testKey[9:],
		"wrapped": wrapped[:20] + "\r\n" + wrapped[20:],
		"escaped": jsonEscapes(testKey), "escaped twice": strings.ReplaceAll(jsonEscapes(testKey), `\`, `\\`),
	}
}

// jsonEscapes escapes every character of a text as JSON may.
func jsonEscapes(text string) string {
	var b strings.Builder
	for i, c := range text {
		fmt.Fprintf(&b, []string{`\u%04x`, `\u%04X`}[i%2], c)
	}
	return b.String()
}

// TestKeyNotInPackages: a response with the key anywhere is not used, however it is
// escaped.
func TestKeyNotInPackages(t *testing.T) {
	escaped := jsonEscapes(testKey)
	for name, spelt := range map[string]string{
		"all of it": escaped, "half of it": escaped[:60] + strings.ReplaceAll(testKey[10:], `"`, `\"`), "one character": strings.ReplaceAll(strings.Replace(testKey, "I", `\u0049`, 1), `"`, `\"`),
		"base64": jsonEscapes(base64.StdEncoding.EncodeToString([]byte(testKey))), "in a string of JSON": strings.ReplaceAll(escaped, `\`, `\\`),
		"a slash": strings.ReplaceAll(strings.ReplaceAll(testKey, `"`, `\"`), "/", `\/`),
	} {
		for _, field := range []string{`"externalId":"%s"`, `"unknown":{"%s":1}`, `"productInstances":[{"instanceId":"i","failure":{"message":"x%s"}}]`} {
			body := `{"packages":[{"id":"p","accountId":"` + accountID(1) + `",` + fmt.Sprintf(field, spelt) + `}],"metadata":{"count":1}}`
			if !json.Valid([]byte(body)) {
				t.Fatal(body)
			}
			n, _, err := readPages(newTestClient(t, &fakeServer{before: respondWith(body)}), Slice{Accounts: accountIDs(1, 1)})
			if n > 0 || err == nil || !strings.Contains(err.Error(), "the response contains the API key") {
				t.Errorf("%s in %s: %d packages, error %v", name, field, n, err)
			}
		}
	}
}

// containsKey reports whether the text has a form of the key, or a long part.
func containsKey(text string) bool {
	text = strings.ReplaceAll(text, " ", "")
	for _, form := range echoes() {
		if strings.Contains(text, form) {
			return true
		}
	}
	return strings.Contains(text, testKey[:12]) || strings.Contains(text, testKey[len(testKey)-12:]) ||
		strings.Contains(text, base64.StdEncoding.EncodeToString([]byte(testKey))[3:20])
}

// echoing returns servers that send an echo of the key, each in another place.
func echoing(echo string) map[string]http.HandlerFunc {
	text, _ := json.Marshal(strings.Repeat("x", 150) + echo)
	short, _ := json.Marshal(echo)
	return map[string]http.HandlerFunc{
		"message": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(401)
			fmt.Fprintf(w, `{"message":%s}`, text)
		},
		"code": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(500)
			fmt.Fprintf(w, `{"message":%s,"details":{"applicationError":{"code":%s,"description":%s}}}`, short, short, short)
		},
		"violation": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(400)
			fmt.Fprintf(w, `{"details":{"validationError":{"fieldViolations":[{"field":%s,"description":%s}]}}}`, short, text)
		},
		"HTML":    func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(502); fmt.Fprintf(w, "<html>%s", echo) },
		"success": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintf(w, "%s<html>", echo) },
		"date": func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, `{"metadata":{},"packages":[{"id":"p","createdDate":%s}]}`, short)
		},
		"id": func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, `{"metadata":{},"packages":[{"id":%s,"status":1,"createdDate":"x"}]}`, short)
		},
		"long id": func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, `{"metadata":{},"packages":[{"id":%s,"createdDate":"x"}]}`, text)
		},
		"account": func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, `{"metadata":{},"packages":[{"id":%s,"accountId":%s}]}`, short, short)
		},
		"header": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Wix-Request-Id", echo)
			w.WriteHeader(403)
		},
		"type": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", echo)
			w.WriteHeader(403)
			fmt.Fprint(w, "<")
		},
		"redirect": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "https://"+echo+"/"+echo)
			w.WriteHeader(302)
		},
	}
}

// TestKeyNotInErrors: a server echoes the key wherever an error could get it from.
func TestKeyNotInErrors(t *testing.T) {
	for form, echo := range echoes() {
		for where, handler := range echoing(echo) {
			var log bytes.Buffer
			c := newTestClient(t, handler, func(o *Options) {
				o.Attempts = 2
				o.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
			})
			_, err := readCoverage(context.Background(), c, InventoryOptions{}, ignorePackages)
			_, _, pagesErr := readPages(c, OfAccount(accountID(1)))
			_, getErr := c.Get(context.Background(), accountID(1), "p")
			for _, text := range []string{dump(err), dump(pagesErr), dump(getErr), log.String(), dump(c)} {
				if containsKey(text) {
					t.Errorf("%s in %s: %s", form, where, text)
				}
			}
		}
	}
}

// dump prints a value in every way that could get it into a log.
func dump(v any) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v %+v %#v %s %q", v, v, v, v, v)
	err, _ := v.(error)
	for ; err != nil; err = errors.Unwrap(err) {
		fmt.Fprintf(&b, "%v %+v %#v", err, err, err)
	}
	return b.String()
}

// TestKeyNotInNetworkErrors: the transport's error has the key.
func TestKeyNotInNetworkErrors(t *testing.T) {
	c := newTestClient(t, nil, func(o *Options) {
		o.Transport = failing{fmt.Errorf("malformed response %q\n<html>%s", testKey, testKey)}
	})
	_, err := c.Query(context.Background(), Query{})
	if err == nil || containsKey(dump(err)) || strings.Contains(err.Error(), "\n") || !retryable(err) {
		t.Errorf("error %v", err)
	}
}

type failing struct{ error }

func (f failing) RoundTrip(*http.Request) (*http.Response, error) { return nil, f.error }

func TestSecretIsNotPrinted(t *testing.T) {
	key := NewSecret(testKey)
	type holder struct {
		Shown  Secret
		hidden Secret
		behind *Secret
	}
	h := holder{key, key, &key}
	encoded, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("key", "key", key, "holder", h, "options", Options{Key: key})
	texts := []string{string(encoded), log.String(), dump(key), dump(&key), dump(h), dump(&h), fmt.Sprintf("%x %d %X", key, key, key), dump(Options{Key: key})}
	for _, text := range texts {
		if containsKey(text) || strings.Contains(text, hex.EncodeToString([]byte(testKey))) {
			t.Errorf("printed %s", text)
		}
	}
	if !NewSecret(" \n").IsZero() || NewSecret("k").IsZero() || (Secret{}).Redact("k") != "k" {
		t.Error("IsZero or Redact of an empty key is wrong")
	}
}

func TestRedactKeepsOtherText(t *testing.T) {
	const text = "account 1234: nothing to redact"
	if got := NewSecret(testKey).Redact(text); got != text {
		t.Errorf("redacted to %q", got)
	}
	if got := NewSecret("k").Redact("k8s"); got != redacted+"8s" {
		t.Errorf("redacted to %q", got)
	}
}

func TestErrorIsOneLine(t *testing.T) {
	c := newTestClient(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, `{"message":"<b>\u001b[31m`+strings.Repeat("long ", 1000)+`"}`)
	}))
	_, err := c.Query(context.Background(), Query{})
	if text := err.Error(); len(text) > 400 || strings.ContainsAny(text, "\n\x1b") {
		t.Errorf("error of %d bytes: %q", len(text), text)
	}
}

// TestShortKeyIsNotMatched: a key that could be any word rejects no response.
func TestShortKeyIsNotMatched(t *testing.T) {
	if NewSecret("test").FoundIn([]byte("a test")) || NewSecret("").FoundIn([]byte("")) {
		t.Error("a short word was mistaken for the key")
	}
	key := NewSecret("IST.0123456789abcdef")
	for _, text := range []string{`{"id":"IST.0123456789abcdef"}`, `"IST.0123456789ABCDEF"`, `"SVNULjAxMjM0NTY3ODlhYmNkZWY="`} {
		if !key.FoundIn([]byte(text)) {
			t.Errorf("%s: the key was not found", text)
		}
	}
	if key.FoundIn([]byte("IST.0123456789abcde")) {
		t.Error("a part of the key was mistaken for it")
	}
}
