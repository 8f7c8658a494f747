package wix

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
)

// A server that lies about anything: statuses, headers, pages and bytes. Whatever
// it answers, the inventory is whole, and an account is read, only if the answers
// positively state it by an independent reading of the contract (reading_test.go).

// A liar answers like an honest server, and changes some of the answers.
type liar struct {
	honest  fakeServer
	random  *rand.Rand
	lies    int    // percentage of answers that are changed
	at      int    // the number of the answer that is replaced
	body    []byte // by this one; nil: none
	answers []answer
}

// An answer is what was sent to a request.
type answer struct {
	request receivedRequest
	status  int
	body    []byte
}

func (l *liar) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	text, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(text))
	recorder := httptest.NewRecorder()
	l.honest.ServeHTTP(recorder, r)
	a := answer{request: l.honest.received[len(l.honest.received)-1], status: recorder.Code, body: recorder.Body.Bytes()}
	if l.random.IntN(100) < l.lies {
		a.lie(l.random, w.Header())
	}
	if l.body != nil && len(l.answers) == l.at {
		a.body = l.body
	}
	l.answers = append(l.answers, a)
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body)
}

// lie changes an answer in one way.
func (a *answer) lie(r *rand.Rand, header http.Header) {
	kinds := []func(){
		func() { a.status = pickOne(r, 201, 202, 203, 204, 206, 302, 400, 403, 404, 410, 500, 503) },
		func() {
			header.Set(pickOne(r, "Content-Type", "Date", "Retry-After", "Content-Encoding", "X-Wix-Request-Id", "Location"), pickOne(r, "", "0", "text/html", "gzip", "x\x01"))
		},
		func() {
			a.body = []byte(pickOne(r, ``, `{}`, `null`, `[]`, `<html>`, `{"error":{}}`, `{"packages":[]}`, `{"metadata":{}}`, `{"packages":null,"metadata":{"count":0}}`,
				`{"packages":[],"metadata":{"cursors":null}}`, `{"packages":[],"metadata":{"count":0}}`, `{"packages":[],"pagingMetadata":{"total":0,"hasNext":true}}`))
		},
		func() { a.body = a.body[:r.IntN(len(a.body)+1)] },
		func() {
			a.body = bytes.Clone(a.body)
			a.body[r.IntN(len(a.body))] = pickOne(r, byte('0'), '7', '"', '{', ']', ',', ' ', 0xff, 'S')
		},
		func() { a.replace(r, lieTexts()) },
		func() { a.replace(r, lieTexts()) },
		func() { a.replace(r, lieTexts()) },
	}
	if len(a.body) > 0 {
		kinds[r.IntN(len(kinds))]()
	}
}

// lieTexts are texts of an honest answer, and what they may become.
func lieTexts() map[string][]string {
	return map[string][]string{
		`"metadata":`: {`"pagingMetadata":`, `"Metadata":`, `"x":`, `"pagingMetadata":{"count":0},"metadata":`, `"metadata":null,"x":`, `"metadata":{"total":3},"metadata":`, `"pagingMetadata":{"hasNext":true},"metadata":`},
		`"packages":`: {`"Packages":`, `"packages":[],"packages":`, `"packages":null,"x":`, `"items":`, `"message":"no","packages":`, `"error":null,"packages":`, `"details":{},"packages":`},
		`"count":`:    {`"Count":`, `"count":7,"x":`, `"count":"1e2","x":`, `"x":`, `"count":null,"x":`, `"total":`, `"hasNext":true,"count":`, `"hasNext":false,"count":`, `"hasNext":1,"count":`, `"total":250,"count":`, `"count":-1,"count":`},
		`"total":`:    {`"total":1e3,"x":`, `"total":99999999999999999999,"x":`, `"Total":`, `"total":-1,"x":`, `"total":1,"total":`, `"x":`, `"tooManyToCount":true,"total":`, `"total":"5","x":`, `"total":0,"x":`},
		`"cursors":`:  {`"Cursors":`, `"cursors":null,"x":`, `"cursors":{},"x":`, `"x":`, `"cursors":{},"cursors":`, `"cursors":[],"x":`, `"cursors":{"next":"` + accountID(1) + `|100"},"x":`},
		`"next":`:     {`"Next":`, `"next":null,"x":`, `"next":"","x":`, `"prev":`, `"next":7,"x":`, `"next":"","next":`},
		`"id":`:       {`"Id":`, `"id":"","x":`, `"id":"a","id":`, `"id":7,"x":`, `"id":"\ud800","x":`, `"id":"` + packageID(7) + `","x":`},
		`"accountId":`: {`"accountId":"` + accountID(2) + `","x":`, `"AccountId":`, `"accountId":null,"x":`, `"accountId":"` + strings.Repeat("x", 300) + `","x":`,
			`"accountId":"` + accountID(3) + `","accountId":`},
		`"externalId":`:       {`"externalId":"\ud800","x":`, `"ExternalId":`, `"externalId":7,"x":`},
		`"productInstances":`: {`"productInstances":[],"x":`, `"productInstances":null,"x":`, `"ProductInstances":`},
		`{"id"`:               {`null,{"id"`, `{},{"id"`, `7,{"id"`},
		`},{"id"`:             {`},{"x":{"id"`},
	}
}

// replace replaces one text of the answer.
func (a *answer) replace(r *rand.Rand, texts map[string][]string) {
	var present []string
	for _, text := range sortedKeys(texts) {
		if bytes.Contains(a.body, []byte(text)) {
			present = append(present, text)
		}
	}
	if len(present) == 0 {
		return
	}
	old := pickOne(r, present...)
	a.body = bytes.Replace(a.body, []byte(old), []byte(pickOne(r, texts[old]...)), 1)
}

func pickOne[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

// newLiar returns a liar by a seed. Its inventory has accounts of no, some and
// several pages of packages.
func newLiar(seed uint64) *liar {
	r := rand.New(rand.NewPCG(seed, 11))
	l := &liar{random: r, lies: pickOne(r, 5, 15, 40)}
	for account, most := range []int{3, 120, 230} {
		for i := range r.IntN(most + 1) {
			l.honest.packages = append(l.honest.packages, pkg(account*1000+i, account+1))
		}
	}
	l.honest.noCount = r.IntN(4) == 0
	l.honest.pageName = pickOne(r, "metadata", "pagingMetadata")
	return l
}

// checkLiar reads the inventory of a liar, and holds the verdict to the answers.
func checkLiar(t *testing.T, l *liar, ledger int) (whole bool) {
	t.Helper()
	c := newTestClient(t, l, func(o *Options) { o.Attempts, o.Concurrency, o.Backoff = 2, 1, time.Nanosecond })
	var s recordingSink
	read, err := ReadInventory(context.Background(), c, InventoryOptions{LedgerAccounts: accountIDs(1, ledger)}, s.sink)
	if err != nil {
		return false
	}
	coverage := read.Coverage
	answers := &reading{answers: l.answers}
	for account, a := range coverage.Accounts {
		if a.Read && a.By == byChain && !answers.complete(account) {
			t.Errorf("account %s counts as read\n%s", account, answers)
		}
	}
	if coverage.Inventory != reconcile.InventoryWhole {
		return false
	}
	total, counted := answers.total()
	if !answers.complete("") && (!counted || total != len(s.packages)) {
		t.Errorf("the inventory of %d packages counts as whole\n%s", len(s.packages), answers)
	}
	for id := range answers.shown() {
		if _, is := s.packages[id]; !is {
			t.Errorf("package %s was shown and is lost\n%s", id, answers)
		}
	}
	return true
}

func TestLiars(t *testing.T) {
	n := 400
	if os.Getenv("WIXRECON_LONG") != "" {
		n = 60_000
	}
	whole := 0
	for seed := range uint64(n) {
		whole += btoi(checkLiar(t, newLiar(seed), 3))
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	t.Logf("%d liars, %d inventories were whole", n, whole)
	if whole < n/20 || whole > n*19/20 {
		t.Errorf("only one verdict is tried: %d of %d are whole", whole, n)
	}
}

// FuzzAnswers replaces one answer of a liar.
func FuzzAnswers(f *testing.F) {
	f.Add(uint64(1), uint8(0), []byte(`{"metadata":{"requestId":"x"},"error":{"code":1}}`))
	f.Add(uint64(2), uint8(2), []byte(`{"packages":[],"metadata":{"cursors":{},"total":250}}`))
	f.Add(uint64(3), uint8(3), []byte(`{"packages":[{"id":"p","accountId":"`+accountID(1)+`","productInstances":[{"instanceId":"i"}]}],"pagingMetadata":{"count":1,"hasNext":false}}`))
	f.Fuzz(func(t *testing.T, seed uint64, at uint8, body []byte) {
		l := newLiar(seed)
		l.lies /= 5
		l.at, l.body = int(at%16), body
		checkLiar(t, l, int(seed%4))
	})
}

func (r *reading) String() string {
	var b strings.Builder
	for i, a := range r.answers {
		text := a.body
		if _, err := readPage(a); err == nil {
			text = text[:min(len(text), 120)]
		}
		fmt.Fprintf(&b, "%d: account %q cursor %q count %t: %d %.400s … %s\n", i, a.request.account, a.request.cursor, a.request.count, a.status, text, tail(a.body))
	}
	return b.String()
}

func tail(body []byte) []byte { return body[max(0, len(body)-200):] }

// A number is a JSON number, or one in quotes, of digits only.
func digitsOf(v any) (n int, ok bool) {
	text := ""
	switch v := v.(type) {
	case json.Number:
		text = v.String()
	case string:
		text = v
	}
	if text == "" || strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(text)
	return n, err == nil
}
