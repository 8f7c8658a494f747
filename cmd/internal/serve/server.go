package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/wixrecon/wixrecon/cmd/internal/telemetry"
)

// The server only reads, and has nothing to log in to. So it listens on loopback
// unless it was asked for more, and shows no more than the archive has.
//
//	/healthz   200 while the loop of the schedule is alive
//	/readyz    200 where the last accepted run is as young as the schedule demands
//	/metrics   for Prometheus
//	/          the past runs
//	/runs/…    their reports

// A Server serves what a schedule does, and what its runs left.
type Server struct {
	Schedule *Schedule
	Past     *PastRuns
	Scope    string // of the schedule's runs
	Log      *slog.Logger
	Now      func() time.Time // nil is time.Now
}

// aliveTime is how old the loop's last look at the clock may be.
const aliveTime = 3 * wakeInterval

// Handler returns the handler of all pages.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", s.health)
	mux.HandleFunc("GET /readyz", s.ready)
	mux.HandleFunc("GET /metrics", s.metrics)
	mux.HandleFunc("GET /{$}", s.page)
	mux.HandleFunc("GET /runs/{id}/{file}", s.report)
	return strict(mux)
}

// Serve serves until the context ends.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	server := &http.Server{
		Handler: s.Handler(), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute,
		WriteTimeout: 5 * time.Minute, MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(s.Log.Handler(), slog.LevelWarn),
	}
	defer context.AfterFunc(ctx, func() { _ = server.Close() })()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve on %s: %w", listener.Addr(), err)
	}
	return nil
}

// strict sets the headers that keep a browser from doing more than showing the
// page.
func strict(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'sha256-"+styleHash()+"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

func (s *Server) now() time.Time {
	if s.Now == nil {
		return time.Now()
	}
	return s.Now()
}

// health answers whether the loop is alive: a run may take hours, but while none
// runs the clock is read every minute.
func (s *Server) health(w http.ResponseWriter, _ *http.Request) {
	state := s.Schedule.State()
	if !state.Running && s.now().Sub(state.Checked) > aliveTime {
		http.Error(w, "the schedule has stopped", http.StatusServiceUnavailable)
		return
	}
	answer(w, "ok")
}

// ready answers whether the last accepted run is as young as the schedule demands.
func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	runs, err := s.Past.List(r.Context())
	if err != nil {
		s.failed(w, err)
		return
	}
	last := lastAccepted(runs, s.Scope)
	oldest := s.oldestReady()
	switch {
	case last.IsZero():
		http.Error(w, "no run was accepted yet", http.StatusServiceUnavailable)
	case last.Before(oldest):
		http.Error(w, fmt.Sprintf("the last accepted run is as of %s, before the scheduled time %s", utc(last), utc(oldest)), http.StatusServiceUnavailable)
	default:
		answer(w, "the last accepted run is as of "+utc(last))
	}
}

// oldestReady returns the scheduled time that the last accepted run must not be
// before: the last one, or the one before while its run waits or is under way.
func (s *Server) oldestReady() time.Time {
	now, state := s.now(), s.Schedule.State()
	last := s.Schedule.Previous(now)
	if last.IsZero() || !last.Before(state.Due) {
		return s.Schedule.Previous(last.Add(-time.Nanosecond))
	}
	return last
}

// lastAccepted returns the as-of of the last accepted run of a scope; zero where
// there is none.
func lastAccepted(runs []Run, scope string) time.Time {
	i := slices.IndexFunc(runs, func(r Run) bool { return r.Scope == scope && r.Summary != nil && r.Summary.Accepted })
	if i < 0 {
		return time.Time{}
	}
	return runs[i].Summary.AsOf
}

func (s *Server) metrics(w http.ResponseWriter, r *http.Request) {
	facts, err := s.Past.Facts(r.Context(), s.Schedule.Interval(s.now()))
	if err != nil {
		s.failed(w, err)
		return
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(telemetry.Collector(func() *telemetry.Facts { return facts }))
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{EnableOpenMetrics: true}).ServeHTTP(w, r)
}

// failed answers that the archive can't be read. The reason is in the log only.
func (s *Server) failed(w http.ResponseWriter, err error) {
	s.Log.Warn("the archive can't be read", "cause", err)
	http.Error(w, "the archive can't be read: see the log", http.StatusServiceUnavailable)
}

func answer(w http.ResponseWriter, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, text+"\n") // who is gone needs no answer
}

func utc(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05Z") }
