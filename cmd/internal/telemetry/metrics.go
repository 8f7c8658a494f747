package telemetry

import (
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/wixrecon/wixrecon/reconcile"
)

// The metrics describe the last runs of each scope, as the archive has them, and
// not what this process has done: so a pod that was moved shows the same as the
// one before it. All are gauges. They have no timestamps of their own, because
// the textfile collector refuses those.

// A Run is one run in the archive.
type Run struct {
	Scope    string // id, or name
	At       time.Time
	ExitCode int
	Summary  *reconcile.Summary // its digest; nil where it failed
}

// Facts are what the metrics show.
type Facts struct {
	Runs     []Run         // newest first
	Interval time.Duration // of the schedule; 0 without one
}

// A metric is one row of the table from which the metrics and their documentation
// are made.
type metric struct {
	name   string
	help   string
	labels []string // after scope
}

// All times are in seconds since 1970, all durations in seconds.
var metrics = struct {
	run, success, complete, accepted, exit, interval, phase, findings, money, unpriced, accounts, requests, retries, throttled, rateWait, fixes, refusals metric
}{
	run:       metric{name: "last_run_timestamp_seconds", help: "When the last run started, whatever became of it."},
	success:   metric{name: "last_success_timestamp_seconds", help: "When the last run started that ended with exit code 0 or 3."},
	complete:  metric{name: "last_complete_timestamp_seconds", help: "As-of of the last run that read everything in scope."},
	accepted:  metric{name: "last_accepted_timestamp_seconds", help: "As-of of the last run that is a baseline of later ones."},
	exit:      metric{name: "last_exit_code", help: "Exit code of the last run."},
	interval:  metric{name: "schedule_interval_seconds", help: "Time between two scheduled runs; absent without a schedule."},
	phase:     metric{name: "phase_duration_seconds", help: "Duration of each phase of the last run that could report.", labels: []string{"phase"}},
	findings:  metric{name: "findings", help: "Findings of the last run that could report.", labels: []string{"kind", "state"}},
	money:     metric{name: "open_monthly_amount", help: "Money a month of the open findings, by direction and currency.", labels: []string{"direction", "currency"}},
	unpriced:  metric{name: "open_unpriced_findings", help: "Open findings without a known price.", labels: []string{"direction"}},
	accounts:  metric{name: "accounts_failed", help: "Sub-accounts that the last run could not read."},
	requests:  metric{name: "requests", help: "Requests to Wix of the last run, by call and status.", labels: []string{"call", "status"}},
	retries:   metric{name: "request_retries", help: "Requests of the last run that were repeated."},
	throttled: metric{name: "requests_throttled", help: "Answers of 429 in the last run."},
	rateWait:  metric{name: "rate_wait_seconds", help: "Time that requests of the last run waited for --rate, added up."},
	fixes:     metric{name: "fixes", help: "Planned actions of the last run by outcome.", labels: []string{"outcome"}},
	refusals:  metric{name: "refusals", help: "Reasons why the fixes of the last run were refused, by limit or guard.", labels: []string{"limit"}},
}

// all returns the metrics in the order of the table.
func all() []metric {
	m := &metrics
	return []metric{
		m.run, m.success, m.complete, m.accepted, m.exit, m.interval, m.phase, m.findings, m.money, m.unpriced, m.accounts,
		m.requests, m.retries, m.throttled, m.rateWait, m.fixes, m.refusals,
	}
}

// Names returns the names of all metrics.
func Names() []string {
	var names []string
	for _, m := range all() {
		names = append(names, prefix+m.name)
	}
	return names
}

const prefix = "wixrecon_"

// desc returns the description of a metric for Prometheus.
func (m *metric) desc() *prometheus.Desc {
	return prometheus.NewDesc(prefix+m.name, m.help, append([]string{"scope"}, m.labels...), nil)
}

// Collector returns the facts as metrics. It calls facts at each scrape.
func Collector(facts func() *Facts) prometheus.Collector { return collector(facts) }

type collector func() *Facts

// Describe sends nothing: which metrics there are depends on the facts.
func (collector) Describe(chan<- *prometheus.Desc) {}

func (c collector) Collect(out chan<- prometheus.Metric) {
	facts := c()
	for _, scope := range scopes(facts.Runs) {
		s := &sender{out, scope}
		s.status(facts.Runs)
		if facts.Interval > 0 {
			s.send(&metrics.interval, facts.Interval.Seconds())
		}
		if last := lastReported(facts.Runs, scope); last != nil {
			s.summary(last)
		}
	}
}

// scopes returns the scopes of the runs, in the order of their last runs.
func scopes(runs []Run) []string {
	var names []string
	seen := make(map[string]bool)
	for _, r := range runs {
		if !seen[r.Scope] {
			seen[r.Scope] = true
			names = append(names, r.Scope)
		}
	}
	return names
}

// lastReported returns the summary of the last run of a scope that read Wix and
// could report; nil where there is none.
func lastReported(runs []Run, scope string) *reconcile.Summary {
	for _, r := range runs {
		if r.Scope == scope && r.Summary != nil && r.Summary.Live {
			return r.Summary
		}
	}
	return nil
}

// A sender sends the metrics of one scope.
type sender struct {
	out   chan<- prometheus.Metric
	scope string
}

func (s *sender) send(m *metric, value float64, labels ...string) {
	for i := range labels {
		labels[i] = strings.ToValidUTF8(labels[i], "�")
	}
	s.out <- prometheus.MustNewConstMetric(m.desc(), prometheus.GaugeValue, value, append([]string{s.scope}, labels...)...)
}

// status sends when the last runs were.
func (s *sender) status(runs []Run) {
	first := true
	var success, complete, accepted bool
	for _, r := range runs {
		if r.Scope != s.scope {
			continue
		}
		if first {
			s.send(&metrics.run, seconds(r.At))
			s.send(&metrics.exit, float64(r.ExitCode))
			first = false
		}
		if !success && (r.ExitCode == 0 || r.ExitCode == 3) {
			success = true
			s.send(&metrics.success, seconds(r.At))
		}
		if sum := r.Summary; sum != nil && !complete && sum.Complete {
			complete = true
			s.send(&metrics.complete, seconds(sum.AsOf))
		}
		if sum := r.Summary; sum != nil && !accepted && sum.Accepted {
			accepted = true
			s.send(&metrics.accepted, seconds(sum.AsOf))
		}
	}
}

func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

// summary sends what a run found and did.
func (s *sender) summary(sum *reconcile.Summary) {
	for kind, states := range sum.Findings.Kinds {
		for state, n := range states {
			s.send(&metrics.findings, float64(n), kind, state)
		}
	}
	s.money(&sum.Findings)
	for _, p := range sum.Phases {
		s.send(&metrics.phase, p.Seconds, p.Name)
	}
	s.send(&metrics.accounts, float64(sum.AccountsFailed))
	s.requests(&sum.Requests)
	if sum.Fixes == nil {
		return
	}
	for outcome, n := range sum.Fixes.Actions {
		s.send(&metrics.fixes, float64(n), outcome)
	}
	refusals := make(map[string]int)
	for i := range sum.Fixes.Refusals {
		refusals[sum.Fixes.Refusals[i].Limit]++
	}
	for limit, n := range refusals {
		s.send(&metrics.refusals, float64(n), limit)
	}
}

// money sends the money of open findings. Prometheus has floating point numbers
// only: reports have the exact ones.
func (s *sender) money(t *reconcile.Tally) {
	unpriced := make(map[string]int)
	for i := range t.Money {
		m := &t.Money[i]
		unpriced[m.Direction] += m.Unpriced
		if m.Currency == "" {
			continue
		}
		amount, _ := m.Monthly.Float64()
		s.send(&metrics.money, amount, m.Direction, m.Currency)
	}
	for direction, n := range unpriced {
		s.send(&metrics.unpriced, float64(n), direction)
	}
}

func (s *sender) requests(r *reconcile.Requests) {
	for _, a := range r.Answers {
		s.send(&metrics.requests, float64(a.Count), a.Call, a.Status)
	}
	s.send(&metrics.retries, float64(r.Retries))
	s.send(&metrics.throttled, float64(r.Throttled))
	s.send(&metrics.rateWait, r.RateWait)
}
