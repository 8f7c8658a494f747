package serve

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/wixrecon/wixrecon/reconcile"
)

// A trend shows the open findings of the last runs of one scope as bars, oldest
// first.
type trend struct {
	Bars   []bar
	Width  int
	Height int
	Max    int
}

// A bar is one run.
type bar struct {
	X, Y, Width, Height int
	Title               string
}

const (
	barWidth    = 14
	barGap      = 4
	trendHeight = 80
)

// newTrend returns the trend; nil where there are fewer than two runs.
func newTrend(runs []Run, scope string) *trend {
	var open []int
	var titles []string
	for i := range runs {
		r := &runs[i]
		if r.Scope != scope || r.Summary == nil || !r.Summary.Live || len(open) == trendRuns {
			continue
		}
		n := r.Summary.Findings.State(reconcile.Open)
		open, titles = append(open, n), append(titles, fmt.Sprintf("%s: %d open findings", r.At.UTC().Format("2006-01-02"), n))
	}
	if len(open) < 2 {
		return nil
	}
	slices.Reverse(open)
	slices.Reverse(titles)
	t := &trend{Width: len(open) * (barWidth + barGap), Height: trendHeight, Max: max(1, slices.Max(open))}
	for i, n := range open {
		height := n * trendHeight / t.Max
		t.Bars = append(t.Bars, bar{i * (barWidth + barGap), trendHeight - height, barWidth, height, titles[i]})
	}
	return t
}

// exitText returns the exit code of a run; empty where it left none.
func exitText(r *Run) string {
	if r.Summary == nil && r.ExitCode == 0 {
		return ""
	}
	return strconv.Itoa(r.ExitCode)
}
