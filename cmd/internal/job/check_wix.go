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

func (c *checker) closeProbe() {
	if c.probe != nil {
		c.probe.client.Close()
	}
}

// key tries key and account with one request.
func (c *checker) key(ctx context.Context) checkResult {
	if c.Config.Snapshot != "" {
		return okay("not needed: the inventory comes from %s", c.Config.Snapshot)
	}
	client, err := c.checkClient()
	if err != nil {
		return failed(&UsageError{err})
	}
	c.probe = &wixProbe{client: client, seen: make(map[string]bool)}
	page, err := client.Query(ctx, wix.Query{Count: true})
	if wix.Forbidden(err) {
		return failed(err, "the key is not one of account "+c.Config.AccountID+", or that is a sub-account: set the parent's id")
	}
	if err == nil && page.Counted {
		c.probe.good = true
		return okay("accepted by %s; the server counts %d packages", c.Config.BaseURL.Host, page.Total)
	}
	if page, err = client.Query(ctx, wix.Query{AccountID: c.Config.AccountID}); err != nil {
		return failed(err, "make an account-level API key in the account that "+c.Config.AccountID+" names, with the right to manage reseller packages")
	}
	c.probe.good = true
	return okay("accepted by %s; the server does not count its packages, so each run sweeps the inventory (%d on the parent's first page)",
		c.Config.BaseURL.Host, len(page.Packages))
}

func (c *checker) checkClient() (*wix.Client, error) {
	return wix.NewClient(wix.Options{
		BaseURL: c.Config.BaseURL.String(), AccountID: c.Config.AccountID, Key: c.Config.APIKey, Rate: c.Config.Rate,
		Concurrency: c.Config.Concurrency, Attempts: 3, UserAgent: "wixrecon/" + c.Version, Log: c.Log,
	})
}

// account notices a sub-account's id in place of the parent's: the ledger names
// it like any customer's, and the inventory belongs to others.
func (c *checker) account(ctx context.Context) checkResult {
	if c.probe == nil || !c.probe.good {
		return checkResult{}
	}
	page, err := c.probe.client.Query(ctx, wix.Query{})
	if err != nil {
		return warned("the inventory can't be swept, so packages of accounts that the ledger does not name stay unseen: %v", err)
	}
	for i := range page.Packages {
		c.probe.seen[page.Packages[i].Package.AccountID] = true
	}
	own := c.Config.AccountID
	customer := slices.ContainsFunc(c.samples, func(l reconcile.Line) bool { return l.AccountID == own })
	if customer && (len(c.probe.seen) > 1 || len(c.probe.seen) == 1 && !c.probe.seen[own]) {
		return warned("%s is named by the ledger as a customer's sub-account, while the inventory is of several: is it the parent's id?", own)
	}
	return okay("%s sees packages of %d accounts on the first page", own, len(c.probe.seen))
}

// findSamples looks for some active subscriptions of the ledger at Wix.
func (c *checker) findSamples(ctx context.Context) checkResult {
	if c.probe == nil || !c.probe.good || len(c.samples) == 0 {
		return checkResult{}
	}
	found := 0
	var lost []string
	for i := range c.samples {
		l := &c.samples[i]
		there, err := c.sees(ctx, l)
		if err != nil {
			return warned("subscription %q could not be looked for: %v", l.ExternalID, err)
		}
		if there {
			found++
			continue
		}
		lost = append(lost, fmt.Sprintf("row %d: no package with externalId %q in account %s", l.Record, l.ExternalID, l.AccountID))
	}
	if found == 0 {
		s := warned("none of %d active subscriptions of the ledger is at Wix: is external_id the column that was sent to Wix?", len(c.samples))
		s.more = lost
		return s
	}
	s := okay("%d of %d active subscriptions found at Wix", found, len(c.samples))
	s.more = lost
	return s
}

// sees reports whether the account of a line shows its external id.
func (c *checker) sees(ctx context.Context, l *reconcile.Line) (bool, error) {
	pages := 0
	for page, err := range c.probe.client.Pages(ctx, wix.Slice{Account: l.AccountID}) {
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
func (c *checker) clocks(context.Context) checkResult {
	var told []string
	worst := time.Duration(0)
	note := func(who string, ahead time.Duration) {
		told = append(told, fmt.Sprintf("%s is %s ahead", who, ahead))
		worst = max(worst, ahead.Abs())
	}
	if c.probe != nil {
		if ahead, ok := c.probe.client.Skew(); ok {
			note("Wix", ahead)
		}
	}
	if c.storeAhead != nil {
		note("the store of --out", *c.storeAhead)
	}
	if len(told) == 0 {
		return checkResult{}
	}
	if worst > skewAllowed {
		return warned("%s: set this machine's clock", strings.Join(told, ", "))
	}
	return okay("%s", strings.Join(told, ", "))
}
