package job

import (
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/wixrecon/wixrecon/sources/wix"
)

// A Meter shows the progress of reading: as a bar on a terminal, elsewhere as a
// line of the log every few seconds. Bar and log share one writer, so that a line
// of the log is never inside the bar. Time left is shown only where the server
// gives a total.
type Meter struct {
	bar   *progressbar.ProgressBar // nil: log lines
	log   io.Writer
	every time.Duration

	mu     sync.Mutex
	last   wix.Progress
	active bool
}

// NewMeter returns a meter that draws its bar on out and passes lines to log.
func NewMeter(out, log io.Writer, asBar bool) *Meter {
	m := &Meter{log: log, every: 5 * time.Second}
	if asBar {
		m.bar = progressbar.NewOptions64(-1,
			progressbar.OptionSetWriter(out), progressbar.OptionSetDescription("reading Wix"),
			progressbar.OptionShowCount(), progressbar.OptionSetItsString("packages"), progressbar.OptionSetWidth(24),
			progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish(), progressbar.OptionSetPredictTime(true),
			progressbar.OptionSetSpinnerChangeInterval(0)) // otherwise it writes on its own, into a line of the log
	}
	return m
}

// Write writes a line of the log, and draws the bar again below it.
func (m *Meter) Write(line []byte) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.bar == nil || !m.active {
		return m.log.Write(line)
	}
	_ = m.bar.Clear()
	n, err := m.log.Write(line)
	_ = m.bar.RenderBlank()
	return n, err
}

// start begins to show progress, until the returned function is called.
func (m *Meter) start(log *slog.Logger) (stop func()) {
	if m == nil {
		return func() {}
	}
	m.setActive(true)
	if m.bar != nil {
		return func() {
			m.setActive(false)
			m.mu.Lock()
			defer m.mu.Unlock()
			_ = m.bar.Finish()
		}
	}
	done := make(chan struct{})
	var ended sync.WaitGroup
	ended.Go(func() { m.logProgress(log, done) })
	return func() {
		close(done)
		ended.Wait()
		m.setActive(false)
	}
}

func (m *Meter) setActive(on bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.active = on
}

// logProgress writes a line of the log every few seconds.
func (m *Meter) logProgress(log *slog.Logger, done <-chan struct{}) {
	tick := time.NewTicker(m.every)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-tick.C:
			m.mu.Lock()
			p := m.last
			m.mu.Unlock()
			log.Info("reading Wix", "accounts", fmt.Sprintf("%d of %d", p.Done, p.Accounts), "packages", p.Packages, "of", p.Total)
		}
	}
}

// update shows new progress.
func (m *Meter) update(p wix.Progress) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.last = p
	if m.bar == nil {
		return
	}
	if p.Total > 0 {
		m.bar.ChangeMax(max(p.Total, p.Packages))
	}
	what := fmt.Sprintf("reading Wix, %d of %d accounts", p.Done, p.Accounts)
	if p.Sweeping {
		what = "reading Wix, sweeping the inventory"
	}
	m.bar.Describe(what)
	_ = m.bar.Set(p.Packages)
}
