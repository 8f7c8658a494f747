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

// A signal ends the run cleanly. A read that nothing can interrupt, of a pipe
// for one, would outlive it: a second signal ends the process at once, and so
// does the time that a container gets before it is killed.
const graceful = 24 * time.Second

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	p := &program{env: os.Environ(), stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr}
	context.AfterFunc(ctx, func() {
		stop()
		time.Sleep(graceful)
		if p.sending.Load() {
			os.Exit(job.ExitUnfixed)
		}
		os.Exit(job.ExitFailed)
	})
	code := p.run(ctx, os.Args)
	os.Exit(code)
}
