package wix

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/wixrecon/wixrecon/reconcile"
)

// manyAccounts serves accounts with ten packages each, without an inventory in
// memory.
type manyAccounts struct {
	accounts              int
	page                  string // with ACCOUNT for the id
	inFlight, maxInFlight atomic.Int64
}

func (m *manyAccounts) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	now := m.inFlight.Add(1)
	defer m.inFlight.Add(-1)
	for n := m.maxInFlight.Load(); now > n && !m.maxInFlight.CompareAndSwap(n, now); n = m.maxInFlight.Load() {
	}
	body, _ := io.ReadAll(r.Body)
	if strings.Contains(string(body), `"offset"`) {
		fmt.Fprintf(w, `{"metadata":{"total":%d}}`, m.accounts*10)
		return
	}
	if strings.Contains(string(body), `"$in"`) {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	_, account, _ := strings.Cut(string(body), `"$eq":"`)
	account, _, _ = strings.Cut(account, `"`)
	if account == parentID {
		_, _ = io.WriteString(w, `{"packages":[],"metadata":{"cursors":{}}}`)
		return
	}
	_, _ = io.WriteString(w, strings.ReplaceAll(m.page, "ACCOUNT", account))
}

// TestManyAccounts reads 10,000 sub-accounts with 100,000 packages in its long
// form, and a tenth of them otherwise.
func TestManyAccounts(t *testing.T) {
	const one = `{"id":"ACCOUNT-0","accountId":"ACCOUNT","productInstances":[{"status":"ENABLED"}]}`
	page := one
	for i := range 9 {
		page += strings.Replace(","+one, "-0", fmt.Sprintf("-%d", i+1), 1)
	}
	server := &manyAccounts{accounts: 10_000, page: `{"packages":[` + page + `],"metadata":{"cursors":{}}}`}
	if !long() {
		server.accounts /= 10
		t.Logf("sampled: %d sub-accounts, all 10,000 with WIXRECON_LONG=1", server.accounts)
	}
	n := server.accounts
	c := newTestClient(t, server)
	read := 0
	coverage, err := readCoverage(context.Background(), c, InventoryOptions{LedgerAccounts: accountIDs(1, n)},
		func(reconcile.Package, []byte, bool) error { read++; return nil })
	if err != nil {
		t.Fatal(err)
	}
	if coverage.Inventory != reconcile.InventoryWhole || read != 10*n || len(coverage.Accounts) != n+1 {
		t.Errorf("%s, %d packages, %d accounts, %v", coverage.Inventory, read, len(coverage.Accounts), coverage.Problems)
	}
	if n := server.maxInFlight.Load(); n > defaultConcurrency {
		t.Errorf("%d requests in flight", n)
	}
	if got := c.Requests(); got.Query != int64(n)+5 || got.Retries != 0 || got.Bytes == 0 {
		t.Errorf("%+v", got)
	}
}

// long reports whether tests run in their long form.
func long() bool { return os.Getenv("WIXRECON_LONG") != "" }

// BenchmarkPackageIndex reports the memory of an index of a million packages.
func BenchmarkPackageIndex(b *testing.B) {
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		x := newPackageIndex()
		for i := range 1_000_000 {
			x.add(&reconcile.Package{ID: fmt.Sprint(i), AccountID: "a"})
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "MB")
		runtime.KeepAlive(x)
	}
}
