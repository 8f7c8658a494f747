package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/wixrecon/wixrecon/cmd/internal/config"
	"github.com/wixrecon/wixrecon/sources/wix/wixsim"
)

// The demo runs the real program on a sample ledger, over HTTP, against the
// simulator. Only the data is made up.

const demoFolder = "wixrecon-demo"

func (p *program) demoCommand() *cli.Command {
	return &cli.Command{
		Name:   "demo",
		Usage:  "run on sample data, without account, key or network; writes under ./" + demoFolder,
		Action: func(c *cli.Context) error { return p.demo(c.Context) },
	}
}

func (p *program) demo(ctx context.Context) (err error) {
	planted := wixsim.GenerateDemo(time.Now().UTC().Truncate(time.Second))
	ledger := filepath.Join(demoFolder, "ledger.csv")
	if err := os.MkdirAll(demoFolder, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(ledger, planted.LedgerCSV(0), 0o600); err != nil {
		return err
	}
	listener, err := listenOnLoopback(ctx, "127.0.0.1:0")
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	served := make(chan error, 1)
	go func() {
		served <- serveSimulator(ctx, listener, wixsim.New(planted.Inventory, &wixsim.Options{Parent: planted.Parent}))
	}()
	defer func() {
		stop()
		err = errors.Join(err, <-served)
	}()
	cfg, err := config.Load(map[string]string{
		"account-id": planted.Parent, "base-url": "http://" + listener.Addr().String(), "rate": "off",
		"ledger": ledger, "out": filepath.Join(demoFolder, "runs"), "as-of": planted.AsOf.Format(time.RFC3339),
		"max-bad-rows": "5 %",
	}, []string{"WIX_API_KEY=" + wixsim.DefaultKey}, p.files.read)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(p.log, "demo: %d packages at a simulated Wix on %s, sample ledger %s\n",
		len(planted.Inventory), listener.Addr(), ledger); err != nil {
		return err
	}
	return withExitCode(p.job(cfg).Run(ctx, nil))
}
