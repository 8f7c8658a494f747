// Package job does the work of the program's commands. It reads the ledger and
// the inventory, reconciles them, plans and applies fixes, writes the reports
// and decides the exit code. Package main only parses the command line.
package job

import (
	"io"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/wixrecon/wixrecon/cmd/internal/config"
	"github.com/wixrecon/wixrecon/report"
	"github.com/wixrecon/wixrecon/sources/storage"
	"github.com/wixrecon/wixrecon/sources/wix"
)

// A Job is what every command works with. Nothing in it changes while a command
// runs.
type Job struct {
	Config  *config.Config
	Opener  *storage.Opener
	Version string // of the program
	Log     *slog.Logger
	Stdout  io.Writer // for the result
	Meter   *Meter    // may be nil
	Started time.Time // zero means now

	LeaseTTL time.Duration // 0 means archive.DefaultTTL
	Sending  *atomic.Bool  // set once a plan is being executed; may be nil
}

// startTime returns when the command started.
func (j *Job) startTime() time.Time {
	if j.Started.IsZero() {
		return time.Now().UTC()
	}
	return j.Started.UTC()
}

// format returns the format of standard output.
func (j *Job) format() report.Format { return report.Format(j.Config.Output) }

// newClient returns a client of the Wix API that makes so many attempts of a read;
// 0 is the client's default. All requests of a command go through one client,
// because it limits their rate.
func (j *Job) newClient(attempts int) (*wix.Client, error) {
	c := j.Config
	client, err := wix.NewClient(wix.Options{
		BaseURL: c.BaseURL.String(), AccountID: c.AccountID, Key: c.APIKey,
		Rate: c.Rate, Concurrency: c.Concurrency, Attempts: attempts, UserAgent: "wixrecon/" + j.Version, Log: j.Log,
	})
	if err != nil {
		return nil, &UsageError{err}
	}
	return client, nil
}

// warnAll logs warnings.
func (j *Job) warnAll(warnings []string) {
	for _, text := range warnings {
		j.Log.Warn(text)
	}
}
