// Command wixrecon reconciles a reseller's subscription ledger with the
// packages that Wix bills for.
package main

import (
	"context"
	"os"
	"os/signal"
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

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	p := &program{env: os.Environ(), stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr}
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
