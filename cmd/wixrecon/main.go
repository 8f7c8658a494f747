// Command wixrecon reconciles a reseller's subscription ledger with the
// packages that Wix bills for.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// version is set by the linker; see the Makefile.
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args, os.Environ(), os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
