// Command wixrecon reconciles a reseller's subscription ledger with the
// packages that Wix bills for.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/wixrecon/wixrecon/cmd/internal/job"
)

// version is set by the linker; see the Makefile.
var version = "dev"

// shutdownTimeout is how long a run may take to stop after a signal, slightly less
// than what containers get before they are killed. Some reads can't be interrupted,
// such as those of a pipe. A second signal ends the process at once.
const shutdownTimeout = 24 * time.Second

// gcPercent lets the heap grow by half, not to twice its size, before garbage is
// collected. Most of the heap is records without pointers, which cost the collector
// nothing: a run over a million packages takes a fifth less memory, and no more CPU
// that can be measured. GOGC sets another value.
const gcPercent = 50

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	p := &program{env: os.Environ(), stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr}
	_ = os.Unsetenv("WIX_API_KEY") // a child, such as a credential process, does not inherit it
	p.setLibraryLog = captureLibraries()
	ctx = withHangup(ctx)
	context.AfterFunc(ctx, func() {
		stop()
		time.Sleep(shutdownTimeout)
		if p.sending.Load() {
			os.Exit(job.ExitUnfixed)
		}
		os.Exit(job.ExitFailed)
	})
	code := p.run(ctx, os.Args)
	os.Exit(code)
}

// withHangup returns a context that ends when the terminal is closed, unless nohup
// has the process ignore that. A second hangup is ignored: a shell and the system
// may both send one. A closed pipe never ends the process.
func withHangup(ctx context.Context) context.Context {
	closedPipe := make(chan os.Signal, 1)
	signal.Notify(closedPipe, syscall.SIGPIPE)
	if signal.Ignored(syscall.SIGHUP) {
		return ctx
	}
	ctx, cancel := context.WithCancel(ctx)
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	go func() {
		<-hangup
		cancel()
	}()
	return ctx
}
