package main

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"
)

// A usage is what one run of a command needed.
type usage struct {
	wall, cpu time.Duration
	memory    int64 // bytes, at its largest
}

func (u usage) String() string {
	return fmt.Sprintf("%.2f s, CPU %.2f s, %d MB", u.wall.Seconds(), u.cpu.Seconds(), u.memory/1e6)
}

// A pair is one run of each command.
type pair struct{ ours, peer usage }

// table returns the result in Markdown.
func table(title, ours, peer string, pairs []pair) string {
	columns := []struct {
		name, format string
		of           func(usage) float64
	}{
		{"wall, s", "%.2f", func(u usage) float64 { return u.wall.Seconds() }},
		{"CPU, s", "%.2f", func(u usage) float64 { return u.cpu.Seconds() }},
		{"peak, MB", "%.0f", func(u usage) float64 { return float64(u.memory) / 1e6 }},
	}
	head, rule := "| "+title, "| ---"
	rows := []string{"| " + ours, "| " + peer, fmt.Sprintf("| %s ÷ %s", ours, peer)}
	for _, c := range columns {
		var a, b, ratios []float64
		for _, p := range pairs {
			a, b = append(a, c.of(p.ours)), append(b, c.of(p.peer))
			ratios = append(ratios, c.of(p.ours)/c.of(p.peer))
		}
		head, rule = head+" | "+c.name, rule+" | ---"
		for i, values := range [][]float64{a, b} {
			rows[i] += " | " + fmt.Sprintf(c.format, median(values))
		}
		rows[2] += fmt.Sprintf(" | %.2f (%.2f–%.2f)", median(ratios), slices.Min(ratios), slices.Max(ratios))
	}
	text := strings.Join(append([]string{head, rule}, rows...), " |\n") + " |\n"
	return text + fmt.Sprintf("\n%d pairs, %d cores, %s/%s.\n", len(pairs), runtime.NumCPU(), runtime.GOOS, runtime.GOARCH)
}

// median returns the middle value, or the mean of the two in the middle.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
