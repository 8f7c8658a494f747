package join_test

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/reconcile/join"
)

// BenchmarkReconcile reconciles n ledger rows with n packages: all matched by
// external id with one in a hundred different, or rekeyed, so that everything
// must be linked. peak-MB is the high-water mark of the whole process: run one
// size at a time.
func BenchmarkReconcile(b *testing.B) {
	for _, n := range []int{100_000, 1_000_000, 10_000_000} {
		for _, rekeyed := range []bool{false, true} {
			b.Run(fmt.Sprintf("rows=%d/rekeyed=%t", n, rekeyed), func(b *testing.B) {
				if n > 1_000_000 && os.Getenv("WIXRECON_LONG") == "" {
					b.Skip("set WIXRECON_LONG=1")
				}
				b.ReportAllocs()
				for b.Loop() {
					reconcileRows(b, n, rekeyed)
				}
				b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
				b.ReportMetric(peakMB(), "peak-MB")
			})
		}
	}
}

func reconcileRows(b *testing.B, n int, rekeyed bool) {
	asOf := time.Date(2026, 11, 21, 2, 0, 0, 0, time.UTC)
	created := asOf.AddDate(-1, 0, 0)
	table := join.New(join.Options{})
	defer table.Close()
	w := table.Writer()
	for i := range n {
		must(b, w.AddLine(&reconcile.Line{
			ExternalID: fmt.Sprintf("SUB-%08d", i), AccountID: benchGUID('a', i%10000), Status: reconcile.Active,
			ProductID: benchGUID('d', i%7), Cycle: "1 MONTH", Country: "DE", SiteID: benchGUID('e', i), Quantity: 1,
			Start: created, Customer: "A customer", Record: i + 2,
		}, []string{"gold", "emea"}))
	}
	for i := range n {
		id := fmt.Sprintf("SUB-%08d", i)
		if rekeyed {
			id = fmt.Sprintf("OLD-%08d", i)
		}
		must(b, w.AddPackage(&reconcile.Package{
			ID: benchGUID('b', i), AccountID: benchGUID('a', i%10000), ExternalID: id, Created: created, Updated: created,
			Instances: []reconcile.Instance{{
				ID: benchGUID('c', i), ProductID: benchGUID('d', i%7+i%100/99), SiteID: benchGUID('e', i), Status: reconcile.StatusEnabled,
				Cycle: "1 MONTH", Country: "DE", Created: created, Updated: created,
			}},
		}, int64(i)))
	}
	must(b, w.Close())
	result, err := table.Reconcile(context.Background(), reconcile.Rules{
		AsOf: asOf, InFlight: 48 * time.Hour, Coverage: &reconcile.Coverage{Inventory: reconcile.InventoryWhole},
	})
	must(b, err)
	found := 0
	for _, err := range result.Findings(context.Background()) {
		must(b, err)
		found++
	}
	if found != result.Tally.Total || found == 0 {
		b.Fatalf("%d findings, %d counted", found, result.Tally.Total)
	}
}

func benchGUID(mark byte, i int) string {
	return fmt.Sprintf("%c0000000-0000-4000-8000-%012d", mark, i)
}

// peakMB returns the high-water mark of the process; 0 where it is not known.
func peakMB() float64 {
	status, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(status)) {
		var kb float64
		if _, err := fmt.Sscanf(line, "VmHWM: %f kB", &kb); err == nil {
			return kb / 1024
		}
	}
	runtime.GC()
	return 0
}
