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
	"sync/atomic"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/wixrecon/wixrecon/sources/wix/wixsim"
)

// The key is in no output, log, error or report, on no path: not where a run
// succeeds, not where Wix or a gateway echoes it in whatever form, not where
// somebody gives it in the wrong place. All that a run leaves is searched for
// it, what is packed included.

// oddKey has what escaping changes.
const oddKey = `IST.a/b+c=d%&"x`

// keyForms lists how the key may be written.
func keyForms() map[string]string {
	quoted, _ := json.Marshal(oddKey) // a string can be encoded
	forms := map[string]string{
		"plain": oddKey, "in JSON": strings.Trim(string(quoted), `"`), "in Go": strings.Trim(strconv.Quote(oddKey), `"`),
		"in HTML": html.EscapeString(oddKey), "in a query": url.QueryEscape(oddKey), "in a path": url.PathEscape(oddKey),
		"in hex": hex.EncodeToString([]byte(oddKey)), "every byte escaped": percents(oddKey),
	}
	for name, e := range map[string]*base64.Encoding{"base64": base64.RawStdEncoding, "base64 for URLs": base64.RawURLEncoding} {
		forms[name] = e.EncodeToString([]byte(oddKey)) // with padding it holds the same text
		forms[name+", after two bytes"] = e.EncodeToString([]byte("u:" + oddKey))[3:]
	}
	for _, name := range []string{"in a query", "in a path", "every byte escaped"} {
		forms[name+", lower case"] = lowerEscapes(forms[name])
	}
	return forms
}

// lowerEscapes lowers the digits of percent escapes.
func lowerEscapes(text string) string {
	return regexp.MustCompile("%[0-9A-F]{2}").ReplaceAllStringFunc(text, strings.ToLower)
}

func percents(text string) string {
	var b strings.Builder
	for i := range len(text) {
		fmt.Fprintf(&b, "%%%02X", text[i])
	}
	return b.String()
}

// leaks tells in which forms a text holds the key.
func leaks(text []byte) []string {
	var found []string
	for name, form := range keyForms() {
		if bytes.Contains(text, []byte(form)) {
			found = append(found, name)
		}
	}
	return found
}

func TestLeaksAreSeen(t *testing.T) {
	for name, form := range keyForms() {
		if len(leaks([]byte("<"+form+">"))) == 0 {
			t.Errorf("%s is not seen", name)
		}
	}
	if found := leaks([]byte("IST.another")); len(found) > 0 {
		t.Errorf("seen without the key: %v", found)
	}
}

// wantsNoKey searches all that a run left.
func wantsNoKey(t *testing.T, o *outcome) {
	t.Helper()
	search := func(name string, text []byte) {
		if found := leaks(text); len(found) > 0 {
			t.Errorf("%s holds the key: %v\n%.2000s", name, found, text)
		}
	}
	search("standard output", []byte(o.stdout))
	search("standard error", []byte(o.stderr))
	err := filepath.WalkDir(o.out, func(name string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		search("a name", []byte(name))
		if err != nil || entry.IsDir() {
			return err
		}
		parts, err := unpacked(name)
		for part, text := range parts {
			search(part, text)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// unpacked gives the content of a file, and what is packed in it.
func unpacked(name string) (map[string][]byte, error) {
	text, err := os.ReadFile(name)
	parts := map[string][]byte{name: text}
	switch {
	case err != nil:
		return nil, err
	case strings.HasSuffix(name, ".zst"):
		r, err := zstd.NewReader(bytes.NewReader(text))
		if err != nil {
			return nil, err
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

// A path is a way that a run takes with the key in hand.
type path struct {
	name    string
	handler func(planted *wixsim.SampleData, inner http.Handler) http.Handler
	url     string // in place of the server's
	args    []string
	code    int
}

// echo gives back what a request carried, and the key in all its forms.
func echo(w http.ResponseWriter, r *http.Request, status int) {
	said := []string{r.Header.Get("Authorization")}
	for _, form := range keyForms() {
		said = append(said, form)
	}
	text, _ := json.Marshal(map[string]any{ // strings can be encoded
		"message": "bad key " + strings.Join(said, " "),
		"details": map[string]any{"applicationError": map[string]any{"code": oddKey, "description": strings.Join(said, "\n")}},
	})
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Wix-Request-Id", oddKey)
	w.Header().Set("Location", "/elsewhere?token="+url.QueryEscape(oddKey))
	w.WriteHeader(status)
	_, _ = w.Write(text)
}

// echoing echoes every request.
func echoing(status int) func(*wixsim.SampleData, http.Handler) http.Handler {
	return func(*wixsim.SampleData, http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { echo(w, r, status) })
	}
}

// forOneAccount lets the handler answer for one account, and the simulator for
// the others.
func forOneAccount(spoilt http.HandlerFunc) func(*wixsim.SampleData, http.Handler) http.Handler {
	return func(planted *wixsim.SampleData, inner http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body) // of a request that is cut short the simulator sees the rest
			if bytes.Contains(body, []byte(planted.Accounts[0])) {
				spoilt(w, r)
				return
			}
			r.Body = io.NopCloser(bytes.NewReader(body))
			inner.ServeHTTP(w, r)
		})
	}
}

// raw answers bytes that are no HTTP.
func raw(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err) // the server of the test can be hijacked
		}
		_, _ = io.WriteString(conn, text)
		_ = conn.Close()
	}
}

func keyPaths() []path {
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { echo(w, r, code) }
	}
	page := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; x="+strconv.Quote(oddKey))
		_, _ = io.WriteString(w, "<html>"+oddKey+"</html>")
	}
	unreadable := func(w http.ResponseWriter, _ *http.Request) {
		p := map[string]any{"id": oddKey, "productInstances": oddKey}
		_ = json.NewEncoder(w).Encode(map[string]any{"packages": []any{p}, "metadata": map[string]any{}}) // who hung up gets nothing
	}
	return []path{
		{name: "all is well", code: 0},
		{name: "all is well, told in JSON", args: []string{"--log", "json", "--output", "json"}, code: 0},
		{name: "all is well, told in Markdown", args: []string{"--progress", "on", "--output", "markdown"}, code: 0},
		{name: "400 echoes it", handler: echoing(400), code: 1},
		{name: "401 echoes it", handler: echoing(401), code: 1},
		{name: "401 echoes it, log in JSON", handler: echoing(401), args: []string{"--log", "json", "--output", "json"}, code: 1},
		{name: "403 echoes it", handler: echoing(403), code: 1},
		{name: "501 echoes it", handler: echoing(501), args: []string{"--log", "json", "--output", "json"}, code: 1},
		{name: "302 to another page", handler: echoing(302), code: 1},
		{name: "307 to another page", handler: echoing(307), code: 1},
		{name: "404 for one account", handler: forOneAccount(status(404)), code: 4},
		{name: "500 for one account", handler: forOneAccount(status(500)), args: []string{"--output", "markdown"}, code: 4},
		{name: "a page for one account", handler: forOneAccount(page), code: 4},
		{name: "a package that can't be read", handler: forOneAccount(unreadable), code: 4},
		{name: "a broken header", handler: forOneAccount(raw("HTTP/1.1 200 OK\r\n" + oddKey + "\r\n\r\n")), code: 4},
		{name: "a broken status", handler: forOneAccount(raw("HTTP/1.1 " + oddKey + "\r\n\r\n")), code: 4},
		{name: "https where http is spoken", url: "https", code: 1},
		{name: "nobody answers", url: "gone", code: 1},
	}
}

// Failing requests wait before they are sent again, so all runs are made at the
// same time.
func TestTheKeyIsShownNowhere(t *testing.T) {
	t.Parallel()
	planted := wixsim.Generate(wixsim.SampleOptions{Seed: 9, Accounts: 3, Packages: 150, PerKind: 1})
	list := keyPaths()
	outcomes := make([]*outcome, len(list))
	var runs []func()
	for i, p := range list {
		s := p.world(t, planted)
		args := append([]string{"--max-bad-rows", "10 %"}, p.args...)
		runs = append(runs, func() { outcomes[i] = s.audit(t.Context(), args...) })
	}
	sideBySide(len(runs), runs...)
	for i, p := range list {
		t.Run(p.name, func(t *testing.T) {
			outcomes[i].wants(t, p.code)
			wantsNoKey(t, outcomes[i])
		})
	}
}

func (p *path) world(t *testing.T, planted *wixsim.SampleData) *world {
	t.Helper()
	var handler http.Handler = wixsim.New(planted.Inventory, &wixsim.Options{Key: oddKey})
	if p.handler != nil {
		handler = p.handler(planted, handler)
	}
	s := worldOf(t, planted, handler)
	s.key = oddKey
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

// A redirect could carry the key to whoever it names.
func TestTheKeyGoesToNoOtherHost(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { asked.Add(1) }))
	defer elsewhere.Close()
	for _, code := range []int{301, 302, 303, 307, 308} {
		s := worldOf(t, tinyBook(), http.RedirectHandler(elsewhere.URL, code))
		s.audit(t.Context()).wantsNothing(t, 1, "the redirect is not followed")
	}
	if n := asked.Load(); n > 0 {
		t.Errorf("the other host was asked %d times", n)
	}
}

// Somebody gives the key where something else belongs; or it stands in a
// ledger, or in the name of one, that can't be read.
func TestTheKeyInTheWrongPlace(t *testing.T) {
	t.Parallel()
	s := newWorld(t, tinyBook(), &wixsim.Options{Key: oddKey})
	s.key = oddKey
	folder := filepath.Dir(s.out)
	file := func(name, text string) string {
		name = filepath.Join(folder, name)
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	inEnv := "WIX_API_KEY=" + oddKey
	for name, call := range map[string]struct {
		args []string
		env  []string
	}{
		"a file of two lines":     {s.args("--api-key-file", file("two", oddKey+"\n"+oddKey)), nil},
		"a file with a blank":     {s.args("--api-key-file", file("blank", "key "+oddKey)), nil},
		"a file that is not":      {s.args("--api-key-file", filepath.Join(folder, oddKey)), nil},
		"in place of its file":    {s.args("--api-key-file", oddKey), nil},
		"in a file and a setting": {s.args("--api-key-file", file("key", oddKey)), []string{inEnv}},
		"in another variable":     {s.args(), []string{"WIXRECON_API_KEY=" + oddKey}},
		"in the settings file":    {s.args("--config", file("a.yaml", "api_key: '"+oddKey+"'\n")), nil},
		"as a key of settings":    {s.args("--config", file("b.yaml", "'"+oddKey+"': 1\n")), []string{inEnv}},
		"as broken settings":      {s.args("--config", file("c.yaml", "a: [\n"+oddKey+": }")), []string{inEnv}},
		"as a flag":               {s.args("--api-key", oddKey), []string{inEnv}},
		"as a flag with =":        {s.args("--api-key=" + oddKey), []string{inEnv}},
		"as the name of a flag":   {s.args("--" + oddKey), []string{inEnv}},
		"as a switch":             {s.args("--detailed-exitcode=" + oddKey), []string{inEnv}},
		"as an argument":          {s.args(oddKey), []string{inEnv}},
		"as a command":            {[]string{"wixrecon", oddKey}, []string{inEnv}},
		"as the account":          {s.args("--account-id", oddKey), []string{inEnv}},
		"as the ledger":           {s.args("--ledger", oddKey), []string{inEnv}},
		"as a ledger elsewhere":   {s.args("--ledger", "s3://user:"+url.PathEscape(oddKey)+"@bucket/x?sig="+url.QueryEscape(oddKey)), []string{inEnv}},
		"as a ledger's content":   {s.args("--ledger", file("ledger.txt", oddKey+","+oddKey+"\n1,2\n")), []string{inEnv}},
		"as the place of runs":    {s.args("--out", s.ledger+"/"+oddKey), []string{inEnv}},
		"as the run":              {s.args("--run-id", oddKey), []string{inEnv}},
		"as the snapshot":         {s.args("--snapshot", oddKey), []string{inEnv}},
		"as accounts":             {s.args("--accounts", oddKey), []string{inEnv}},
		"as a number":             {s.args("--concurrency", oddKey, "--rate", oddKey, "--as-of", oddKey, "--tz", oddKey), []string{inEnv}},
		"in the URL":              {s.args("--base-url", "https://"+url.PathEscape(oddKey)+"@127.0.0.1/"), []string{inEnv}},
		"behind the URL":          {s.args("--base-url", "https://127.0.0.1/?k="+url.QueryEscape(oddKey)), []string{inEnv}},
	} {
		t.Run(name, func(t *testing.T) {
			o := s.call(t.Context(), call.args, call.env...)
			if o.code == 0 || o.stderr == "" {
				t.Errorf("exit code %d, stderr %q", o.code, o.stderr)
			}
			wantsNoKey(t, o)
			o.wantsNoOut(t)
		})
	}
}

// What a run writes of a ledger can be replayed without the key, even where a
// key is given.
func TestTheKeyIsNotInAReplay(t *testing.T) {
	t.Parallel()
	s := newWorld(t, tinyBook(), &wixsim.Options{Key: oddKey})
	s.key = oddKey
	first := s.audit(t.Context())
	first.wants(t, completeRun)
	s.out = filepath.Join(t.TempDir(), "replayed")
	second := s.audit(t.Context(), "--snapshot", first.file("packages.jsonl.zst"))
	second.wants(t, completeRun)
	wantsNoKey(t, first)
	wantsNoKey(t, second)
}
