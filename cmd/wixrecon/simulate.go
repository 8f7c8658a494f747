package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/wixrecon/wixrecon/cmd/internal/config"
	"github.com/wixrecon/wixrecon/cmd/internal/job"
	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/wix/wixsim"
)

// simulate serves an inventory over the routes of the Resellers API, on loopback
// only: what looks like Wix must not be mistaken for it from another machine.
func (p *program) simulateCommand() *cli.Command {
	return &cli.Command{
		Name:  "simulate",
		Usage: "serve a Wix Resellers API of its own on loopback, for rehearsals and tests",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "listen", Value: "127.0.0.1:8080", Usage: "loopback `address`"},
			&cli.StringFlag{Name: "book", Usage: "`file` with a package a line, in place of a generated book"},
			&cli.StringFlag{Name: "ledger-out", Usage: "`file` to write the generated book's ledger to"},
			&cli.StringFlag{Name: "truth-out", Usage: "`file` to write the planted findings to"},
			&cli.StringFlag{Name: "as-of", Usage: "the `moment` that generated dates rest on, RFC 3339; now by default"},
			&cli.StringFlag{Name: "key", Value: wixsim.DefaultKey, Usage: "the API `key` to accept"},
			&cli.StringFlag{Name: "account-id", Value: wixsim.DefaultParent, Usage: "the parent account, a `GUID`"},
			&cli.IntFlag{Name: "accounts", Value: 50, Usage: "`number` of generated sub-accounts"},
			&cli.IntFlag{Name: "packages", Value: 5000, Usage: "`number` of generated packages"},
			&cli.IntFlag{Name: "per-kind", Value: 4, Usage: "`number` of planted cases of every kind of drift"},
			&cli.Uint64Flag{Name: "seed", Value: 1, Usage: "`number` that book and faults are drawn from"},
			&cli.StringFlag{Name: "faults", Usage: "rates of faults of reads: `name=rate,…`, names " + faultNames(wixsim.Faults())},
			&cli.StringFlag{Name: "change-faults", Usage: "rates of faults of changes: `name=rate,…`, names " + faultNames(wixsim.ChangeFaults())},
			&cli.DurationFlag{Name: "effect-delay", Value: 90 * time.Second, Usage: "`time` after which a change with the fault delayed-effect is made"},
			&cli.BoolFlag{Name: "no-offset", Usage: "refuse offset paging, so that nothing counts the inventory"},
			&cli.BoolFlag{Name: "only-account-filter", Usage: "refuse every filter but accountId $eq"},
			&cli.BoolFlag{Name: "parent-only", Usage: "answer a query without a filter with the parent's own packages only"},
			&cli.StringFlag{Name: "metadata-name", Value: "metadata", Usage: "what paging metadata is called: `metadata` or pagingMetadata"},
		},
		Action: p.simulate,
	}
}

func faultNames(faults []wixsim.Fault) string {
	names := ""
	for i, f := range faults {
		if i > 0 {
			names += ", "
		}
		names += string(f)
	}
	return names
}

func (p *program) simulate(c *cli.Context) error {
	faults, changes, err := checkSimulate(c)
	if err != nil {
		return &job.UsageError{Err: err}
	}
	book, err := simulatedBook(c)
	if err != nil {
		return err
	}
	server := wixsim.New(book, &wixsim.Options{
		Key: c.String("key"), Parent: c.String("account-id"), MetadataName: c.String("metadata-name"),
		NoOffset: c.Bool("no-offset"), OnlyAccountFilter: c.Bool("only-account-filter"), ParentOnly: c.Bool("parent-only"),
		Seed: c.Uint64("seed"), Faults: faults,
		Changes: wixsim.ChangeOptions{
			Faults:      changes,
			EffectDelay: c.Duration("effect-delay"),
		},
	})
	listener, err := listenOnLoopback(c.Context, c.String("listen"))
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(p.stdout, "serving %d packages on http://%s for account %s\n",
		len(book), listener.Addr(), c.String("account-id")); err != nil {
		return err
	}
	return serve(c.Context, listener, server)
}

// checkSimulate tells every fault of the flags, and gives the rates of faults of
// reads and of changes.
func checkSimulate(c *cli.Context) (reads, changes map[wixsim.Fault]float64, err error) {
	var faults []error
	if id := c.String("account-id"); !reconcile.IsGUID(id) {
		faults = append(faults, fmt.Errorf("--account-id: %q: want a GUID", config.Redacted(id)))
	}
	for _, name := range []string{"accounts", "packages", "per-kind"} {
		if n := c.Int(name); n < 0 || n > 100_000_000 {
			faults = append(faults, fmt.Errorf("--%s: %d: want a number from 0 to 100000000", name, n))
		}
	}
	if name := c.String("metadata-name"); name != "metadata" && name != "pagingMetadata" {
		faults = append(faults, fmt.Errorf("--metadata-name: %q: want metadata or pagingMetadata", name))
	}
	reads, readsErr := wixsim.ParseFaults(c.String("faults"), wixsim.Faults())
	changes, changesErr := wixsim.ParseFaults(c.String("change-faults"), wixsim.ChangeFaults())
	return reads, changes, errors.Join(append(faults, readsErr, changesErr)...)
}

// simulatedBook reads the inventory that was named, or generates one.
func simulatedBook(c *cli.Context) ([]wixsim.Package, error) {
	if name := c.String("book"); name != "" {
		return bookOf(name)
	}
	asOf := time.Now()
	if text := c.String("as-of"); text != "" {
		var err error
		if asOf, err = time.Parse(time.RFC3339, text); err != nil {
			return nil, job.Usagef("--as-of: %q: want RFC 3339", text)
		}
	}
	planted := wixsim.Generate(wixsim.SampleOptions{
		Seed: c.Uint64("seed"), Accounts: c.Int("accounts"), Packages: c.Int("packages"), PerKind: c.Int("per-kind"), AsOf: asOf,
	})
	return planted.Inventory, writePlanted(planted, c.String("ledger-out"), c.String("truth-out"))
}

func bookOf(name string) (book []wixsim.Package, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, &job.UsageError{Err: fmt.Errorf("--book: %w", err)}
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return wixsim.ReadInventory(f)
}

// writePlanted writes the ledger and the truth of a generated book.
func writePlanted(planted *wixsim.SampleData, ledger, truth string) (err error) {
	if ledger != "" {
		if err := os.WriteFile(ledger, planted.LedgerCSV(0), 0o600); err != nil {
			return err
		}
	}
	if truth == "" {
		return nil
	}
	f, err := os.Create(truth)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return planted.WriteTruthCSV(f)
}

func listenOnLoopback(ctx context.Context, address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, job.Usagef("--listen: %q: want host:port", address)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, job.Usagef("--listen: %q: the simulator serves on loopback only", address)
	}
	return new(net.ListenConfig).Listen(ctx, "tcp", address)
}

// serve serves until the context ends.
func serve(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	stopped := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stopped()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
