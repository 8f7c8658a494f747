package serve

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"errors"
	"html/template"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/archive"
	"github.com/wixrecon/wixrecon/sources/storage"
)

// The page of past runs: what a monitor can't show, in one look. It has no script,
// and its style sheet is allowed by its hash.

//go:embed page.html
var pageTemplate string

//go:embed page.css
var pageStyle string

func styleHash() string {
	sum := sha256.Sum256([]byte(pageStyle))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// maxRows is how many runs the page shows, and trendRuns how many its trend has.
const (
	maxRows   = 100
	trendRuns = 30
)

// A pageData is what the page shows.
type pageData struct {
	Style   template.CSS
	State   State
	Rows    []pageRow
	More    int // runs that are not shown
	Trend   *trend
	Zone    string
	Version string
}

// A pageRow is one run.
type pageRow struct {
	ID, Time, Verdict, Class, Scope string
	Exit                            string
	High, Medium, Low               int
	Money                           []string
	Changes                         *reconcile.Changes
	Reports                         []string
}

func (s *Server) page(w http.ResponseWriter, r *http.Request) {
	runs, err := s.Past.List(r.Context())
	if err != nil {
		s.failed(w, err)
		return
	}
	text, err := s.render(runs)
	if err != nil {
		s.failed(w, err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(text) // who is gone needs no answer
}

func (s *Server) render(runs []Run) ([]byte, error) {
	location := s.Schedule.options.Location
	data := &pageData{Style: template.CSS(pageStyle), State: s.Schedule.State(), Zone: location.String(), Trend: newTrend(runs, s.Scope)}
	for i := range runs[:min(len(runs), maxRows)] {
		data.Rows = append(data.Rows, newRow(&runs[i], location))
	}
	data.More = len(runs) - len(data.Rows)
	parsed, err := template.New("page").Funcs(template.FuncMap{
		"time":  func(t time.Time) string { return t.In(location).Format("2006-01-02 15:04") },
		"title": strings.ToUpper,
	}).Parse(pageTemplate)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = parsed.Execute(&out, data)
	return out.Bytes(), err
}

// newRow returns the row of a run.
func newRow(r *Run, location *time.Location) pageRow {
	row := pageRow{ID: r.ID, Time: r.At.In(location).Format("2006-01-02 15:04"), Scope: r.Scope, Exit: exitText(r), Reports: r.Reports}
	s := r.Summary
	if s == nil {
		row.Verdict, row.Class = r.Fault, "bad"
		return row
	}
	row.Verdict, row.Class = verdict(s)
	open := s.Findings.OpenBySeverity()
	row.High, row.Medium, row.Low, row.Changes = open[reconcile.High], open[reconcile.Medium], open[reconcile.Low], s.Changes
	for i := range s.Findings.Money {
		if m := &s.Findings.Money[i]; m.Currency != "" {
			row.Money = append(row.Money, strings.ReplaceAll(m.Direction, "_", " ")+" "+m.Monthly.String()+" "+m.Currency)
		}
	}
	return row
}

// verdict returns the verdict on a run in a word or two, and its class.
func verdict(s *reconcile.Summary) (text, class string) {
	switch {
	case s.Command == reconcile.CommandApply:
		return "APPLIED", "good"
	case !s.Complete:
		return "INCOMPLETE", "bad"
	case len(s.Objections) > 0 && s.Acceptance == nil:
		return "SUSPECT", "warn"
	}
	return "COMPLETE", "good"
}

// servedTypes are the reports that are served, with their types. Everything else
// in the archive is for the program.
func servedTypes() map[string]string {
	return map[string]string{
		archive.PageFile:     "text/html; charset=utf-8",
		archive.WorkbookFile: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
		archive.FindingsFile: "text/csv; charset=utf-8",
		archive.SummaryFile:  "application/json",
	}
}

// served returns which of these files are served.
func served(files []string) []string {
	return slices.DeleteFunc(files, func(name string) bool { return servedTypes()[name] == "" })
}

// report serves one report.
func (s *Server) report(w http.ResponseWriter, r *http.Request) {
	file := r.PathValue("file")
	kind := servedTypes()[file]
	if kind == "" {
		http.NotFound(w, r)
		return
	}
	in, err := s.Past.Archive.OpenReport(r.Context(), r.PathValue("id"), file)
	if storage.NotExist(err) || errors.Is(err, archive.ErrNoRun) {
		http.NotFound(w, r)
		return
	}
	if err != nil {
		s.failed(w, err)
		return
	}
	defer func() { _ = in.Close() }() // nothing was written
	w.Header().Set("Content-Type", kind)
	if file == archive.PageFile { // it has a policy of its own, and must not reach this server
		w.Header().Set("Content-Security-Policy", "sandbox allow-scripts allow-downloads allow-popups")
	} else {
		w.Header().Set("Content-Disposition", `attachment; filename="`+r.PathValue("id")+"-"+file+`"`)
	}
	_, _ = io.Copy(w, in) // who is gone needs no answer
}
