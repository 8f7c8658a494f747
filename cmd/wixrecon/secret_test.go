package main

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/wixrecon/wixrecon/sources/wix/wixsim"
)

// The API key is in no output, log, error or report: not when a run succeeds, not
// when Wix or a gateway echoes it in any form, not when a user puts it in the wrong
// setting. Everything that a run writes is searched for it, compressed files
// included.

// specialKey has characters that are changed by escaping.
const specialKey = `IST.a/b+c=d%&"x`

// keyForms returns the forms in which the special key can be written.
func keyForms() map[string]string { return keyFormsOf(specialKey) }

// allKeyForms returns the forms of the keys that tests use.
var allKeyForms = sync.OnceValue(func() map[string]string {
	forms := keyForms()
	for name, form := range keyFormsOf(wixsim.DefaultKey) {
		forms["of the simulator, "+name] = form
	}
	return forms
})

func keyFormsOf(key string) map[string]string {
	quoted, _ := json.Marshal(key) // strings can always be encoded
	forms := map[string]string{
		"plain": key, "in JSON": strings.Trim(string(quoted), `"`), "in Go": strings.Trim(strconv.Quote(key), `"`),
		"in HTML": html.EscapeString(key), "in a query": url.QueryEscape(key), "in a path": url.PathEscape(key),
		"in hex": hex.EncodeToString([]byte(key)), "every byte escaped": percentEncode(key),
		"in JSON, every character escaped": jsonEscape(key, `\u%04x`), "in JSON, every character escaped, upper case": jsonEscape(key, `\u%04X`),
	}
	for name, e := range map[string]*base64.Encoding{"base64": base64.RawStdEncoding, "base64 for URLs": base64.RawURLEncoding} {
		forms[name] = e.EncodeToString([]byte(key)) // with padding it contains the same text
		forms[name+", after two bytes"] = strings.TrimSuffix(e.EncodeToString([]byte("u:" + key))[3:], "=")
	}
	for _, name := range []string{"in a query", "in a path", "every byte escaped"} {
		forms[name+", lower case"] = lowerEscapes(forms[name])
	}
	return forms
}

// lowerEscapes makes percent escapes lower case.
func lowerEscapes(text string) string {
	return regexp.MustCompile("%[0-9A-F]{2}").ReplaceAllStringFunc(text, strings.ToLower)
}

func jsonEscape(text, format string) string {
	var b strings.Builder
	for _, c := range text {
		fmt.Fprintf(&b, format, c)
	}
	return b.String()
}

func percentEncode(text string) string {
	var b strings.Builder
	for i := range len(text) {
		fmt.Fprintf(&b, "%%%02X", text[i])
	}
	return b.String()
}

// keyFormsIn returns the forms of a key that a text contains.
func keyFormsIn(text []byte) []string {
	var found []string
	for name, form := range allKeyForms() {
		if bytes.Contains(text, []byte(form)) {
			found = append(found, name)
		}
	}
	return found
}

func TestKeyFormsIn(t *testing.T) {
	for name, form := range keyForms() {
		if len(keyFormsIn([]byte("<"+form+">"))) == 0 {
			t.Errorf("%s is not seen", name)
		}
	}
	if found := keyFormsIn([]byte("IST.another")); len(found) > 0 {
		t.Errorf("seen without the key: %v", found)
	}
}

// checkNoKey searches everything that a run wrote, and all runs before it in the
// same place, for the key.
func checkNoKey(t *testing.T, o *runResult) {
	t.Helper()
	checkPrinted(t, o)
	if err := searchFolder(o.out); err != nil {
		t.Error(err)
	}
}

// checkRunNoKey searches what a run printed and its folder.
func checkRunNoKey(t *testing.T, o *runResult) {
	t.Helper()
	checkPrinted(t, o)
	if err := searchFolder(filepath.Dir(o.file("x"))); err != nil {
		t.Error(err)
	}
}

func checkPrinted(t *testing.T, o *runResult) {
	t.Helper()
	if err := errors.Join(searchText("standard output", []byte(o.stdout)), searchText("standard error", []byte(o.stderr))); err != nil {
		t.Error(err)
	}
}

// searchText returns an error if a text has a key.
func searchText(name string, text []byte) error {
	if found := keyFormsIn(text); len(found) > 0 {
		return fmt.Errorf("%s contains the key: %v\n%.2000s", name, found, text)
	}
	return nil
}

// searchFolder searches the names and the contents of all files in a folder, which
// need not exist, for a key. A file that is the key itself is none of the program.
func searchFolder(folder string) error {
	return filepath.WalkDir(folder, func(name string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err = errors.Join(err, searchText("a name", []byte(name))); err != nil || !entry.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(name)
		if key := strings.Trim(string(text), "\ufeff \r\n"); err != nil || key == specialKey || key == wixsim.DefaultKey {
			return err
		}
		return searchFile(name, text)
	})
}

// searchFile searches a file, and what is compressed in it. Some tests damage
// files: of those, what can be unpacked.
func searchFile(name string, text []byte) (err error) {
	parts, _ := unpack(name, text)
	for part, text := range parts {
		err = errors.Join(err, searchText(part, text))
	}
	return err
}

// unpack returns the content of a file, and of what is compressed in it.
func unpack(name string, text []byte) (map[string][]byte, error) {
	parts := map[string][]byte{name: text}
	switch {
	case strings.HasSuffix(name, ".zst"):
		r, err := zstd.NewReader(bytes.NewReader(text))
		if err != nil {
			return parts, err
		}
		defer r.Close()
		parts[name+", unpacked"], err = io.ReadAll(r)
		return parts, err
	case strings.HasSuffix(name, ".xlsx"):
		return parts, unzip(name, text, parts)
	}
	return parts, nil
}

func unzip(name string, text []byte, parts map[string][]byte) error {
	packed, err := zip.NewReader(bytes.NewReader(text), int64(len(text)))
	if err != nil {
		return err
	}
	for _, f := range packed.File {
		r, err := f.Open()
		if err != nil {
			return err
		}
		content, err := io.ReadAll(r)
		if err := errors.Join(err, r.Close()); err != nil {
			return err
		}
		parts[name+"/"+f.Name] = content
	}
	return nil
}

// A keyCase is a run that has the key.
type keyCase struct {
	name    string
	handler func(planted *wixsim.SampleData, inner http.Handler) http.Handler
	url     string // instead of the URL of the server
	args    []string
	code    int
}

// echo responds with the authorization of the request, and with the key in all its
// forms.
func echo(w http.ResponseWriter, r *http.Request, status int) {
	parts := []string{r.Header.Get("Authorization")}
	for _, form := range keyForms() {
		parts = append(parts, form)
	}
	text, _ := json.Marshal(map[string]any{ // strings can always be encoded
		"message": "bad key " + strings.Join(parts, " "),
		"details": map[string]any{"applicationError": map[string]any{"code": specialKey, "description": strings.Join(parts, "\n")}},
	})
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Wix-Request-Id", specialKey)
	w.Header().Set("Location", "/elsewhere?token="+url.QueryEscape(specialKey))
	w.WriteHeader(status)
	_, _ = w.Write(text)
}

// echoAll echoes every request.
func echoAll(status int) func(*wixsim.SampleData, http.Handler) http.Handler {
	return func(*wixsim.SampleData, http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { echo(w, r, status) })
	}
}

// forOneAccount uses the handler for one account, and the simulator for the others.
func forOneAccount(spoilt http.HandlerFunc) func(*wixsim.SampleData, http.Handler) http.Handler {
	return func(planted *wixsim.SampleData, inner http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body) // the simulator handles incomplete bodies
			if bytes.Contains(body, []byte(planted.Accounts[0])) {
				spoilt(w, r)
				return
			}
			r.Body = io.NopCloser(bytes.NewReader(body))
			inner.ServeHTTP(w, r)
		})
	}
}

// raw responds with bytes that are not HTTP.
func raw(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err) // the test server supports hijacking
		}
		_, _ = io.WriteString(conn, text)
		_ = conn.Close()
	}
}

func keyCases() []keyCase {
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { echo(w, r, code) }
	}
	page := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; x="+strconv.Quote(specialKey))
		_, _ = io.WriteString(w, "<html>"+specialKey+"</html>")
	}
	unreadable := func(w http.ResponseWriter, _ *http.Request) {
		p := map[string]any{"id": specialKey, "productInstances": specialKey}
		_ = json.NewEncoder(w).Encode(map[string]any{"packages": []any{p}, "metadata": map[string]any{}}) // the client may have closed the connection
	}
	return []keyCase{
		{name: "success", code: 0},
		{name: "success, JSON", args: []string{"--log", "json", "--output", "json"}, code: 0},
		{name: "success, Markdown", args: []string{"--progress", "on", "--output", "markdown"}, code: 0},
		{name: "400 echoes it", handler: echoAll(400), code: 1},
		{name: "401 echoes it", handler: echoAll(401), code: 1},
		{name: "401 echoes it, log in JSON", handler: echoAll(401), args: []string{"--log", "json", "--output", "json"}, code: 1},
		{name: "403 echoes it", handler: echoAll(403), code: 1},
		{name: "501 echoes it", handler: echoAll(501), args: []string{"--log", "json", "--output", "json"}, code: 1},
		{name: "302 to another page", handler: echoAll(302), code: 1},
		{name: "307 to another page", handler: echoAll(307), code: 1},
		{name: "404 for one account", handler: forOneAccount(status(404)), code: 4},
		{name: "500 for one account", handler: forOneAccount(status(500)), args: []string{"--output", "markdown"}, code: 4},
		{name: "a page for one account", handler: forOneAccount(page), code: 4},
		{name: "a package that can't be read", handler: forOneAccount(unreadable), code: 4},
		{name: "a broken header", handler: forOneAccount(raw("HTTP/1.1 200 OK\r\n" + specialKey + "\r\n\r\n")), code: 4},
		{name: "a broken status", handler: forOneAccount(raw("HTTP/1.1 " + specialKey + "\r\n\r\n")), code: 4},
		{name: "https where http is spoken", url: "https", code: 1},
		{name: "connection refused", url: "gone", code: 1},
	}
}

// Retries wait, so all runs are made concurrently.
func TestKeyIsNeverShown(t *testing.T) {
	t.Parallel()
	planted := wixsim.Generate(wixsim.SampleOptions{Seed: 9, Accounts: 3, Packages: sample(t, "packages", 60, 150), PerKind: 1})
	list := sampleOf(t, "cases", 8, keyCases())
	results := make([]*runResult, len(list))
	var runs []func()
	for i, p := range list {
		s := p.env(t, planted)
		args := append([]string{"--max-bad-rows", "10 %"}, p.args...)
		runs = append(runs, func() { results[i] = s.audit(t.Context(), args...) })
	}
	inParallel(len(runs), runs...)
	for i, p := range list {
		t.Run(p.name, func(t *testing.T) {
			results[i].requireCode(t, p.code)
			checkNoKey(t, results[i])
		})
	}
}

func (p *keyCase) env(t *testing.T, planted *wixsim.SampleData) *testEnv {
	t.Helper()
	var handler http.Handler = wixsim.New(planted.Inventory, &wixsim.Options{Key: specialKey})
	if p.handler != nil {
		handler = p.handler(planted, handler)
	}
	s := envWithHandler(t, planted, handler)
	s.key = specialKey
	switch p.url {
	case "https":
		s.url = strings.Replace(s.url, "http:", "https:", 1)
	case "gone":
		gone := httptest.NewServer(nil)
		gone.Close()
		s.url = gone.URL
	}
	return s
}

// A redirect could send the key to another host.
func TestKeyGoesToNoOtherHost(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { asked.Add(1) }))
	defer elsewhere.Close()
	for _, code := range []int{301, 302, 303, 307, 308} {
		s := envWithHandler(t, tinyInventory(), http.RedirectHandler(elsewhere.URL, code))
		s.audit(t.Context()).requireFailed(t, 1, "the redirect is not followed")
	}
	if n := asked.Load(); n > 0 {
		t.Errorf("the other host was asked %d times", n)
	}
}

// The key is given in the wrong setting, or is in the name or the content of a
// ledger that can't be read.
func TestKeyInWrongSetting(t *testing.T) {
	t.Parallel()
	s := newEnv(t, tinyInventory(), &wixsim.Options{Key: specialKey})
	s.key = specialKey
	folder := filepath.Dir(s.out)
	file := func(name, text string) string {
		name = filepath.Join(folder, name)
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	inEnv := "WIX_API_KEY=" + specialKey
	for name, call := range map[string]struct {
		args []string
		env  []string
	}{
		"a file of two lines":     {s.args("--api-key-file", file("two", specialKey+"\n"+specialKey)), nil},
		"a file with a space":     {s.args("--api-key-file", file("blank", "key "+specialKey)), nil},
		"a missing file":          {s.args("--api-key-file", filepath.Join(folder, specialKey)), nil},
		"as the name of its file": {s.args("--api-key-file", specialKey), nil},
		"in a file and a setting": {s.args("--api-key-file", file("key", specialKey)), []string{inEnv}},
		"in another variable":     {s.args(), []string{"WIXRECON_API_KEY=" + specialKey}},
		"in the settings file":    {s.args("--config", file("a.yaml", "api_key: '"+specialKey+"'\n")), nil},
		"as a key of settings":    {s.args("--config", file("b.yaml", "'"+specialKey+"': 1\n")), []string{inEnv}},
		"as broken settings":      {s.args("--config", file("c.yaml", "a: [\n"+specialKey+": }")), []string{inEnv}},
		"as a flag":               {s.args("--api-key", specialKey), []string{inEnv}},
		"as a flag with =":        {s.args("--api-key=" + specialKey), []string{inEnv}},
		"as the name of a flag":   {s.args("--" + specialKey), []string{inEnv}},
		"as a switch":             {s.args("--detailed-exitcode=" + specialKey), []string{inEnv}},
		"as an argument":          {s.args(specialKey), []string{inEnv}},
		"as a command":            {[]string{"wixrecon", specialKey}, []string{inEnv}},
		"as the account":          {s.args("--account-id", specialKey), []string{inEnv}},
		"as the ledger":           {s.args("--ledger", specialKey), []string{inEnv}},
		"as a ledger URL":         {s.args("--ledger", "s3://user:"+url.PathEscape(specialKey)+"@bucket/x?sig="+url.QueryEscape(specialKey)), []string{inEnv}},
		"as a ledger's content":   {s.args("--ledger", file("ledger.txt", specialKey+","+specialKey+"\n1,2\n")), []string{inEnv}},
		"as --out":                {s.args("--out", s.ledger+"/"+specialKey), []string{inEnv}},
		"as the run":              {s.args("--run-id", specialKey), []string{inEnv}},
		"as the snapshot":         {s.args("--snapshot", specialKey), []string{inEnv}},
		"as accounts":             {s.args("--accounts", specialKey), []string{inEnv}},
		"as a number":             {s.args("--concurrency", specialKey, "--rate", specialKey, "--as-of", specialKey, "--tz", specialKey), []string{inEnv}},
		"in the URL":              {s.args("--base-url", "https://"+url.PathEscape(specialKey)+"@127.0.0.1/"), []string{inEnv}},
		"in the query of the URL": {s.args("--base-url", "https://127.0.0.1/?k="+url.QueryEscape(specialKey)), []string{inEnv}},
	} {
		t.Run(name, func(t *testing.T) {
			o := s.call(t.Context(), call.args, call.env...)
			if o.code == 0 || o.stderr == "" {
				t.Errorf("exit code %d, stderr %q", o.code, o.stderr)
			}
			checkNoKey(t, o)
			o.checkNoOut(t)
		})
	}
}

// A snapshot can be replayed without the key, even if a key is given.
func TestKeyIsNotInReplay(t *testing.T) {
	t.Parallel()
	s := newEnv(t, tinyInventory(), &wixsim.Options{Key: specialKey})
	s.key = specialKey
	first := s.audit(t.Context())
	first.requireCode(t, exitOK)
	s.out = filepath.Join(t.TempDir(), "replayed")
	second := s.audit(t.Context(), "--snapshot", first.file("packages.jsonl.zst"))
	second.requireCode(t, exitOK)
	checkNoKey(t, first)
	checkNoKey(t, second)
}
