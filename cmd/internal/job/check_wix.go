package job

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/wix"
)

// What a check asks Wix: one count, which shows whether key and account go
// together, the first page of the inventory, and the first pages of some accounts
// that the ledger names, to find some of its subscriptions there.

const (
	canaryCount = 5
	canaryPages = 20 // of one account, at most
	skewAllowed = 2 * time.Minute
)

// wixProbe is what was learned from Wix.
type wixProbe struct {
	client *wix.Client
	good   bool            // the key was accepted
	seen   map[string]bool // accounts on the first page of the inventory
}

func (w *check) closeProbe() {
	if w.probe != nil {
		w.probe.client.Close()
	}
}

// key tries key and account with one request.
func (w *check) key(ctx context.Context) standing {
	if w.Config.Snapshot != "" {
		return fine("not needed: the inventory comes from %s", w.Config.Snapshot)
	}
	client, err := w.newClient()
	if err != nil {
		return broken(&UsageError{err})
	}
	w.probe = &wixProbe{client: client, seen: make(map[string]bool)}
	page, err := client.Query(ctx, wix.Query{Count: true})
	if wix.Forbidden(err) {
		return broken(err, "the key is not one of account "+w.Config.AccountID+", or that is a sub-account: set the parent's id")
	}
	if err == nil && page.Counted {
		w.probe.good = true
		return fine("accepted by %s; the server counts %d packages", w.Config.BaseURL.Host, page.Total)
	}
	if page, err = client.Query(ctx, wix.Query{AccountID: w.Config.AccountID}); err != nil {
		return broken(err, "make an account-level API key in the account that "+w.Config.AccountID+" names, with the right to manage reseller packages")
	}
	w.probe.good = true
	return fine("accepted by %s; the server does not count its packages, so each run sweeps the inventory (%d on the parent's first page)",
		w.Config.BaseURL.Host, len(page.Packages))
}

func (w *check) newClient() (*wix.Client, error) {
	return wix.NewClient(wix.Options{
		BaseURL: w.Config.BaseURL.String(), AccountID: w.Config.AccountID, Key: w.Config.APIKey, Rate: w.Config.Rate,
		Concurrency: w.Config.Concurrency, Attempts: 3, UserAgent: "wixrecon/" + w.Version, Log: w.Log,
	})
}

// account notices a sub-account's id in place of the parent's: the ledger names
// it like any customer's, and the inventory belongs to others.
func (w *check) account(ctx context.Context) standing {
	if w.probe == nil || !w.probe.good {
		return standing{}
	}
	page, err := w.probe.client.Query(ctx, wix.Query{})
	if err != nil {
		return looks("the inventory can't be swept, so packages of accounts that the ledger does not name stay unseen: %v", err)
	}
	for i := range page.Packages {
		w.probe.seen[page.Packages[i].Package.AccountID] = true
	}
	own := w.Config.AccountID
	customer := slices.ContainsFunc(w.canaries, func(l reconcile.Line) bool { return l.AccountID == own })
	if customer && (len(w.probe.seen) > 1 || len(w.probe.seen) == 1 && !w.probe.seen[own]) {
		return looks("%s is named by the ledger as a customer's sub-account, while the inventory is of several: is it the parent's id?", own)
	}
	return fine("%s sees packages of %d accounts on the first page", own, len(w.probe.seen))
}

// seekCanaries looks for some active subscriptions of the ledger at Wix.
func (w *check) seekCanaries(ctx context.Context) standing {
	if w.probe == nil || !w.probe.good || len(w.canaries) == 0 {
		return standing{}
	}
	found := 0
	var lost []string
	for i := range w.canaries {
		l := &w.canaries[i]
		there, err := w.sees(ctx, l)
		if err != nil {
			return looks("subscription %q could not be looked for: %v", l.ExternalID, err)
		}
		if there {
			found++
			continue
		}
		lost = append(lost, fmt.Sprintf("row %d: no package with externalId %q in account %s", l.Record, l.ExternalID, l.AccountID))
	}
	if found == 0 {
		s := looks("none of %d active subscriptions of the ledger is at Wix: is external_id the column that was sent to Wix?", len(w.canaries))
		s.more = lost
		return s
	}
	s := fine("%d of %d active subscriptions found at Wix", found, len(w.canaries))
	s.more = lost
	return s
}

// sees reports whether the account of a line shows its external id.
func (w *check) sees(ctx context.Context, l *reconcile.Line) (bool, error) {
	pages := 0
	for page, err := range w.probe.client.Pages(ctx, wix.Slice{Account: l.AccountID}) {
		if err != nil {
			return false, err
		}
		for i := range page.Packages {
			if page.Packages[i].Package.ExternalID == l.ExternalID {
				return true, nil
			}
		}
		if pages++; pages == canaryPages {
			return false, errors.New("its account has too many packages to look through here")
		}
	}
	return false, nil
}

// clocks compares this clock with those of Wix and of the store.
func (w *check) clocks(context.Context) standing {
	var told []string
	worst := time.Duration(0)
	note := func(who string, ahead time.Duration) {
		told = append(told, fmt.Sprintf("%s is %s ahead", who, ahead))
		worst = max(worst, ahead.Abs())
	}
	if w.probe != nil {
		if ahead, ok := w.probe.client.Skew(); ok {
			note("Wix", ahead)
		}
	}
	if w.stored != nil {
		note("the store of --out", *w.stored)
	}
	if len(told) == 0 {
		return standing{}
	}
	if worst > skewAllowed {
		return looks("%s: set this machine's clock", strings.Join(told, ", "))
	}
	return fine("%s", strings.Join(told, ", "))
}
