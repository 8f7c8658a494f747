package report

import (
	"fmt"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
)

// The Run sheet is the evidence of how the figures came about: program, times,
// inputs with their hashes, settings, requests, warnings.

func runGrid(b *WorkbookData) *grid {
	s := b.Summary
	g := newGrid(tabQuiet, 24, 44, 24, 20, 68)
	g.words(1, 1, toneTitle, "Run "+s.RunID)
	g.heights[1] = 28
	row := putPairs(g, 2, runFacts(s))
	row = putRequests(g, row, &s.Requests)
	row = putFiles(g, row, "Inputs", s.Inputs)
	row = putFiles(g, row, "Reports", s.Reports)
	row = putSettings(g, row, b.Settings)
	row = putList(g, row, "Warnings", s.Warnings)
	putList(g, row, "Why the inventory is not whole", s.Coverage.Problems)
	return g
}

// A fact is a label and its value.
type fact struct {
	name  string
	value cell
}

func runFacts(s *reconcile.Summary) []fact {
	facts := []fact{
		{"Version", textCell(s.Version)},
		{"Run", textCell(s.RunID)},
		{"As of (UTC)", momentCell(s.AsOf)},
		{"Started (UTC)", momentCell(s.Started)},
		{"Finished (UTC)", momentCell(s.Finished)},
		{"Took", tookCell(s)},
		{"Complete", textCell(yesNo(s.Complete))},
		{"Book", textCell(string(s.Coverage.Inventory))},
		{"Replay of a snapshot", textCell(yesNo(s.Replay))},
		{"Exit code", textCell(fmt.Sprint(s.ExitCode))},
		{"Parent account", textCell(s.Scope.AccountID)},
		{"Ledger", textCell(s.Scope.Ledger)},
		{"Scope", textCell(scopeLine(&s.Scope))},
	}
	for _, id := range s.Scope.Accounts {
		facts = append(facts, fact{"", textCell(id)})
	}
	return facts
}

func tookCell(s *reconcile.Summary) cell {
	if s.Started.IsZero() || s.Finished.IsZero() {
		return cell{}
	}
	return textCell(s.Finished.Sub(s.Started).Round(time.Second).String())
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func requestFacts(r *reconcile.Requests) []fact {
	return []fact{
		{"Query, first tries", wholeCell(int(r.Query))},
		{"Get, first tries", wholeCell(int(r.Get))},
		{"Change", wholeCell(int(r.Change))},
		{"Retries", wholeCell(int(r.Retries))},
		{"Throttled (429)", wholeCell(int(r.Throttled))},
		{"Given up", wholeCell(int(r.Failed))},
		{"Bytes read", wholeCell(int(r.Bytes))},
	}
}

func putRequests(g *grid, row int, r *reconcile.Requests) int {
	row = putHeading(g, row, "Requests to Wix", "request")
	g.numberHeads(row-1, 2, "count")
	return putPairs(g, row, requestFacts(r))
}

func putPairs(g *grid, row int, facts []fact) int {
	for _, f := range facts {
		g.words(row, 1, toneMuted, f.name)
		g.put(row, 2, tonePlain, f.value)
		row++
	}
	return row
}

// putHeading leaves a row free, then writes the head of a section.
func putHeading(g *grid, row int, name string, columns ...string) int {
	g.words(row+1, 1, toneHeading, name)
	if len(columns) == 0 {
		return row + 2
	}
	g.words(row+2, 1, toneHeader, columns...)
	return row + 3
}

func putFiles(g *grid, row int, name string, files []reconcile.File) int {
	if len(files) == 0 {
		return row
	}
	row = putHeading(g, row, name, "", "name", "modified (UTC)", "", "SHA-256")
	g.numberHeads(row-1, 4, "bytes")
	for i := range files {
		f := &files[i]
		g.put(row, 1, toneMuted, textCell(fmt.Sprint(i+1)))
		g.put(row, 2, tonePlain, textCell(f.Name), momentCell(f.Modified), wholeCell(int(f.Bytes)), textCell(f.SHA256))
		row++
	}
	return row
}

func putSettings(g *grid, row int, settings []Setting) int {
	if len(settings) == 0 {
		return row
	}
	row = putHeading(g, row, "Settings", "name", "value", "from")
	for _, s := range settings {
		g.words(row, 1, tonePlain, s.Name, s.Value, s.Source)
		row++
	}
	return row
}

func putList(g *grid, row int, name string, texts []string) int {
	if len(texts) == 0 {
		return row
	}
	row = putHeading(g, row, name)
	for _, t := range texts {
		g.put(row, 1, toneWarning, textCell(oneLine(t)))
		row++
	}
	return row
}
