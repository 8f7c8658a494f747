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

// simulateCommand serves an inventory like the Resellers API, on loopback only, so
// that other machines can't mistake it for Wix.
func (p *program) simulateCommand() *cli.Command {
	return &cli.Command{
		Name:  "simulate",
		Usage: "serve a simulated Wix Resellers API on loopback, for rehearsals and tests",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "listen", Value: "127.0.0.1:8080", Usage: "loopback `address`"},
			&cli.StringFlag{Name: "inventory", Aliases: []string{"book"}, Usage: "`file` with one package per line, in place of generated sample data"},
			&cli.StringFlag{Name: "ledger-out", Usage: "`file` to write the generated ledger to"},
			&cli.StringFlag{Name: "truth-out", Usage: "`file` to write the planted findings to"},
			&cli.StringFlag{Name: "as-of", Usage: "the `moment` that generated dates are relative to, RFC 3339; now by default"},
			&cli.StringFlag{Name: "key", Value: wixsim.DefaultKey, Usage: "the API `key` to accept"},
			&cli.StringFlag{Name: "account-id", Value: wixsim.DefaultParent, Usage: "the parent account, a `GUID`"},
			&cli.IntFlag{Name: "accounts", Value: 50, Usage: "`number` of generated sub-accounts"},
			&cli.IntFlag{Name: "packages", Value: 5000, Usage: "`number` of generated packages"},
			&cli.IntFlag{Name: "per-kind", Value: 4, Usage: "`number` of planted cases of every kind of drift"},
			&cli.Uint64Flag{Name: "seed", Value: 1, Usage: "`number` that seeds the sample data and the faults"},
			&cli.StringFlag{Name: "faults", Usage: "rates of faults in reads: `name=rate,…` with the names " + faultNames(wixsim.Faults())},
			&cli.StringFlag{Name: "change-faults", Usage: "rates of faults in changes: `name=rate,…` with the names " + faultNames(wixsim.ChangeFaults())},
			&cli.DurationFlag{Name: "effect-delay", Value: 90 * time.Second, Usage: "`time` after which a change with the fault delayed-effect is applied"},
			&cli.BoolFlag{Name: "no-offset", Usage: "refuse offset paging, so that no total is available"},
			&cli.BoolFlag{Name: "only-account-filter", Usage: "refuse every filter but accountId $eq"},
			&cli.StringFlag{Name: "filters", Usage: "modes of filters: `name=mode,…` with the names account-eq, account-in, created-date and the modes refuse, ignore, half, omit"},
			&cli.IntFlag{Name: "max-in", Usage: "the largest `number` of values of an $in; 0 for no limit"},
			&cli.BoolFlag{Name: "too-many-to-count", Usage: "answer offset paging without a total"},
			&cli.IntFlag{Name: "total-delta", Usage: "`number` to add to every total"},
			&cli.DurationFlag{Name: "latency", Usage: "`time` that every answer takes"},
			&cli.IntFlag{Name: "per-second", Usage: "`number` of requests a second above which 429 is answered; 0 for no limit"},
			&cli.BoolFlag{Name: "parent-only", Usage: "answer a query without a filter with the parent's own packages only"},
			&cli.StringFlag{Name: "metadata-name", Value: "metadata", Usage: "the name of the paging metadata: `metadata` or pagingMetadata"},
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
	options, err := simulateOptions(c)
	if err != nil {
		return &job.UsageError{Err: err}
	}
	inventory, err := simulatedInventory(c)
	if err != nil {
		return err
	}
	server := wixsim.New(inventory, options)
	listener, err := listenOnLoopback(c.Context, c.String("listen"))
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(p.out, "serving %d packages on http://%s for account %s\n",
		len(inventory), listener.Addr(), c.String("account-id")); err != nil {
		return err
	}
	return serveSimulator(c.Context, listener, server)
}

// simulateOptions returns the options of the server. It reports every error in
// the flags.
func simulateOptions(c *cli.Context) (*wixsim.Options, error) {
	o := &wixsim.Options{
		Key: c.String("key"), Parent: c.String("account-id"), MetadataName: c.String("metadata-name"),
		NoOffset: c.Bool("no-offset"), TooManyToCount: c.Bool("too-many-to-count"), TotalDelta: c.Int("total-delta"),
		OnlyAccountFilter: c.Bool("only-account-filter"), ParentOnly: c.Bool("parent-only"), MaxIn: c.Int("max-in"),
		Latency: c.Duration("latency"), PerSecond: c.Int("per-second"), Seed: c.Uint64("seed"),
	}
	o.Changes.EffectDelay = c.Duration("effect-delay")
	var readErr, changeErr, filterErr error
	o.Faults, readErr = wixsim.ParseFaults(c.String("faults"), wixsim.Faults())
	o.Changes.Faults, changeErr = wixsim.ParseFaults(c.String("change-faults"), wixsim.ChangeFaults())
	o.Filters, filterErr = wixsim.ParseFilters(c.String("filters"))
	return o, errors.Join(checkSimulate(c), readErr, changeErr, filterErr)
}

// checkSimulate reports every error in the flags that have a fixed range.
func checkSimulate(c *cli.Context) error {
	var errs []error
	if id := c.String("account-id"); !reconcile.IsGUID(id) {
		errs = append(errs, fmt.Errorf("--account-id: %q: expected a GUID", config.Redacted(id)))
	}
	for _, name := range []string{"accounts", "packages", "per-kind", "max-in", "per-second"} {
		if n := c.Int(name); n < 0 || n > 100_000_000 {
			errs = append(errs, fmt.Errorf("--%s: %d: expected a number from 0 to 100000000", name, n))
		}
	}
	if name := c.String("metadata-name"); name != "metadata" && name != "pagingMetadata" {
		errs = append(errs, fmt.Errorf("--metadata-name: %q: expected metadata or pagingMetadata", name))
	}
	return errors.Join(errs...)
}

// simulatedInventory reads the inventory from a file, or generates one.
func simulatedInventory(c *cli.Context) ([]wixsim.Package, error) {
	if name := c.String("inventory"); name != "" {
		return readInventoryFile(name)
	}
	asOf := time.Now()
	if text := c.String("as-of"); text != "" {
		var err error
		if asOf, err = time.Parse(time.RFC3339, text); err != nil {
			return nil, job.Usagef("--as-of: %q: expected RFC 3339", text)
		}
	}
	planted := wixsim.Generate(wixsim.SampleOptions{
		Seed: c.Uint64("seed"), Accounts: c.Int("accounts"), Packages: c.Int("packages"), PerKind: c.Int("per-kind"), AsOf: asOf,
	})
	return planted.Inventory, writePlanted(planted, c.String("ledger-out"), c.String("truth-out"))
}

func readInventoryFile(name string) (inventory []wixsim.Package, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, &job.UsageError{Err: fmt.Errorf("--inventory: %w", err)}
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return wixsim.ReadInventory(f)
}

// writePlanted writes the ledger and the planted findings of generated data.
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
		return nil, job.Usagef("--listen: %q: expected host:port", address)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, job.Usagef("--listen: %q: the simulator serves on loopback only", address)
	}
	return new(net.ListenConfig).Listen(ctx, "tcp", address)
}

// serveSimulator serves until the context is canceled.
func serveSimulator(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	stopped := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stopped()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
