package report

import (
	"strconv"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
)

// runGrid is the Run sheet, the evidence of how the figures came about: program,
// times, inputs with their hashes, settings, requests, warnings.
func runGrid(b *WorkbookData) *grid {
	s := b.Summary
	g := newGrid(tabQuiet, 24, 44, 24, 20, 68)
	g.texts(1, 1, toneTitle, "Run "+s.RunID)
	g.heights[1] = 28
	row := putPairs(g, 2, runPairs(s))
	row = putRequests(g, row, &s.Requests)
	row = putFiles(g, row, "Inputs", s.Inputs)
	row = putFiles(g, row, "Reports", s.Reports)
	row = putSettings(g, row, b.Settings)
	row = putTexts(g, row, "Warnings", s.Warnings)
	putTexts(g, row, "Why the inventory is incomplete", s.Coverage.Problems)
	return g
}

// A pair is a label and its value.
type pair struct {
	label string
	value cell
}

func runPairs(s *reconcile.Summary) []pair {
	pairs := []pair{
		{"Version", textCell(s.Version)},
		{"Run", textCell(s.RunID)},
		{"As of (UTC)", timeCell(s.AsOf)},
		{"Started (UTC)", timeCell(s.Started)},
		{"Finished (UTC)", timeCell(s.Finished)},
		{"Duration", durationCell(s)},
		{"Complete", textCell(yesOrNo(s.Complete))},
		{"Inventory", textCell(string(s.Coverage.Inventory))},
		{"Replay of a snapshot", textCell(yesOrNo(s.Replay))},
		{"Exit code", textCell(strconv.Itoa(s.ExitCode))},
		{"Parent account", textCell(s.Scope.AccountID)},
		{"Ledger", textCell(s.Scope.Ledger)},
		{"Scope", textCell(scopeText(&s.Scope))},
	}
	for _, id := range s.Scope.Accounts {
		pairs = append(pairs, pair{"", textCell(id)})
	}
	return pairs
}

func durationCell(s *reconcile.Summary) cell {
	if s.Started.IsZero() || s.Finished.IsZero() {
		return cell{}
	}
	return textCell(s.Finished.Sub(s.Started).Round(time.Second).String())
}

func yesOrNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}

func putRequests(g *grid, row int, r *reconcile.Requests) int {
	row = putHeading(g, row, "Requests to Wix", "request")
	g.numberHeaders(row-1, 2, "count")
	return putPairs(g, row, []pair{
		{"Queries, without retries", wholeCell(int(r.Query))},
		{"Gets, without retries", wholeCell(int(r.Get))},
		{"Changes", wholeCell(int(r.Change))},
		{"Retries", wholeCell(int(r.Retries))},
		{"Throttled (429)", wholeCell(int(r.Throttled))},
		{"Failed after all retries", wholeCell(int(r.Failed))},
		{"Bytes read", wholeCell(int(r.Bytes))},
	})
}

func putPairs(g *grid, row int, pairs []pair) int {
	for _, p := range pairs {
		g.texts(row, 1, toneMuted, p.label)
		g.cells(row, 2, tonePlain, p.value)
		row++
	}
	return row
}

// putHeading writes the heading of a section after an empty row, and returns the
// row for its content.
func putHeading(g *grid, row int, heading string, columns ...string) int {
	g.texts(row+1, 1, toneHeading, heading)
	if len(columns) == 0 {
		return row + 2
	}
	g.texts(row+2, 1, toneHeader, columns...)
	return row + 3
}

func putFiles(g *grid, row int, heading string, files []reconcile.File) int {
	if len(files) == 0 {
		return row
	}
	row = putHeading(g, row, heading, "", "name", "modified (UTC)", "", "SHA-256")
	g.numberHeaders(row-1, 4, "bytes")
	for i := range files {
		f := &files[i]
		g.texts(row, 1, toneMuted, strconv.Itoa(i+1))
		g.cells(row, 2, tonePlain, textCell(f.Name), timeCell(f.Modified), wholeCell(int(f.Bytes)), textCell(f.SHA256))
		row++
	}
	return row
}

func putSettings(g *grid, row int, settings []Setting) int {
	if len(settings) == 0 {
		return row
	}
	row = putHeading(g, row, "Settings", "name", "value", "source")
	for _, s := range settings {
		g.texts(row, 1, tonePlain, s.Name, s.Value, s.Source)
		row++
	}
	return row
}

func putTexts(g *grid, row int, heading string, texts []string) int {
	if len(texts) == 0 {
		return row
	}
	row = putHeading(g, row, heading)
	for _, t := range texts {
		g.texts(row, 1, toneWarning, oneLine(t))
		row++
	}
	return row
}
