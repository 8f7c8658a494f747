package wix

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/wixrecon/wixrecon/reconcile"
)

// crowd answers for so many accounts of ten packages each, without an inventory in
// memory.
type crowd struct {
	accounts       int
	page           string // with ACCOUNT for the id
	inFlight, most atomic.Int64
}

func (c *crowd) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	now := c.inFlight.Add(1)
	defer c.inFlight.Add(-1)
	for most := c.most.Load(); now > most && !c.most.CompareAndSwap(most, now); most = c.most.Load() {
	}
	body, _ := io.ReadAll(r.Body)
	if strings.Contains(string(body), `"offset"`) {
		fmt.Fprintf(w, `{"metadata":{"total":%d}}`, c.accounts*10)
		return
	}
	_, account, _ := strings.Cut(string(body), `"$eq":"`)
	account, _, _ = strings.Cut(account, `"`)
	if account == parentID {
		_, _ = io.WriteString(w, `{"metadata":{}}`)
		return
	}
	_, _ = io.WriteString(w, strings.ReplaceAll(c.page, "ACCOUNT", account))
}

// TestCrowd reads 10,000 sub-accounts with 100,000 packages.
func TestCrowd(t *testing.T) {
	const one = `{"id":"ACCOUNT-0","accountId":"ACCOUNT","productInstances":[{"status":"ENABLED"}]}`
	page := one
	for i := range 9 {
		page += strings.Replace(","+one, "-0", fmt.Sprintf("-%d", i+1), 1)
	}
	server := &crowd{accounts: 10_000, page: `{"packages":[` + page + `],"metadata":{}}`}
	var accounts []string
	for n := range server.accounts {
		accounts = append(accounts, accountID(n))
	}
	c := clientOf(t, server)
	read := 0
	coverage, err := ReadInventory(context.Background(), c, InventoryOptions{LedgerAccounts: accounts}, func(reconcile.Package, []byte, bool) error { read++; return nil })
	if err != nil {
		t.Fatal(err)
	}
	if coverage.Inventory != reconcile.InventoryWhole || read != 100_000 || len(coverage.Accounts) != 10_001 {
		t.Errorf("%s, %d packages, %d accounts, %v", coverage.Inventory, read, len(coverage.Accounts), coverage.Problems)
	}
	if most := server.most.Load(); most > defaultConcurrency {
		t.Errorf("%d requests in flight", most)
	}
	if got := c.Requests(); got.Query != 10_003 || got.Retries != 0 || got.Bytes == 0 {
		t.Errorf("%+v", got)
	}
}

// BenchmarkIndex tells how much an index of a million packages holds.
func BenchmarkIndex(b *testing.B) {
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		x := newIndex()
		for i := range 1_000_000 {
			x.weigh(&reconcile.Package{ID: fmt.Sprint(i), AccountID: "a"})
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "MB")
		runtime.KeepAlive(x)
	}
}
