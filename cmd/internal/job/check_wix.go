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

// check sends Wix one count, which shows whether the key belongs to the account,
// then reads the first page of the inventory, and the first pages of some accounts
// of the ledger, to find some of its subscriptions there.

const (
	sampleCount = 5
	samplePages = 20 // of one account, at most
	skewAllowed = 2 * time.Minute
)

// wixProbe is what is known of Wix.
type wixProbe struct {
	client *wix.Client
	valid  bool            // the key was accepted
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
		return failed(err, "the key does not belong to account "+c.Config.AccountID+", or that is a sub-account: set --account-id to the parent account")
	}
	if err == nil && page.Counted {
		c.probe.valid = true
		return okay("accepted by %s; the server counts %d packages", c.Config.BaseURL.Host, page.Total)
	}
	if page, err = client.Query(ctx, wix.Query{AccountID: c.Config.AccountID}); err != nil {
		return failed(err, "create an account-level API key in account "+c.Config.AccountID+" with the permission to manage reseller packages")
	}
	c.probe.valid = true
	return okay("accepted by %s; the server does not return a total, so each run lists the whole inventory once more (%d on the parent's first page)",
		c.Config.BaseURL.Host, len(page.Packages))
}

func (c *checker) checkClient() (*wix.Client, error) {
	return wix.NewClient(wix.Options{
		BaseURL: c.Config.BaseURL.String(), AccountID: c.Config.AccountID, Key: c.Config.APIKey, Rate: c.Config.Rate,
		Concurrency: c.Config.Concurrency, Attempts: 3, UserAgent: "wixrecon/" + c.Version, Log: c.Log,
	})
}

// account detects a sub-account's id in place of the parent's: the ledger names it
// like any customer's, and the inventory belongs to several accounts.
func (c *checker) account(ctx context.Context) checkResult {
	if c.probe == nil || !c.probe.valid {
		return checkResult{}
	}
	page, err := c.probe.client.Query(ctx, wix.Query{})
	if err != nil {
		return warned("cannot list the whole inventory, so packages of accounts that the ledger does not name are not seen: %v", err)
	}
	for i := range page.Packages {
		c.probe.seen[page.Packages[i].Package.AccountID] = true
	}
	own := c.Config.AccountID
	customer := slices.ContainsFunc(c.samples, func(l reconcile.Line) bool { return l.AccountID == own })
	if customer && (len(c.probe.seen) > 1 || len(c.probe.seen) == 1 && !c.probe.seen[own]) {
		return warned("the ledger names %s as a customer's sub-account, but the inventory belongs to several accounts: is --account-id the parent account?", own)
	}
	return okay("%s sees packages of %d accounts on the first page", own, len(c.probe.seen))
}

// findSamples searches Wix for some active subscriptions of the ledger.
func (c *checker) findSamples(ctx context.Context) checkResult {
	if c.probe == nil || !c.probe.valid || len(c.samples) == 0 {
		return checkResult{}
	}
	found := 0
	var missing []string
	for i := range c.samples {
		l := &c.samples[i]
		exists, err := c.sees(ctx, l)
		if err != nil {
			return warned("cannot search for subscription %q: %v", l.ExternalID, err)
		}
		if exists {
			found++
			continue
		}
		missing = append(missing, fmt.Sprintf("row %d: no package with externalId %q in account %s", l.Record, l.ExternalID, l.AccountID))
	}
	if found == 0 {
		s := warned("none of %d active subscriptions of the ledger is at Wix: is external_id the column whose values were sent to Wix?", len(c.samples))
		s.more = missing
		return s
	}
	s := okay("%d of %d active subscriptions found at Wix", found, len(c.samples))
	s.more = missing
	return s
}

// sees reports whether the account of a line has its external id.
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
		if pages++; pages == samplePages {
			return false, errors.New("its account has too many packages to search")
		}
	}
	return false, nil
}

// clocks compares this clock with those of Wix and of the store.
func (c *checker) clocks(context.Context) checkResult {
	var skews []string
	worst := time.Duration(0)
	note := func(who string, ahead time.Duration) {
		skews = append(skews, fmt.Sprintf("%s is %s ahead", who, ahead))
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
	if len(skews) == 0 {
		return checkResult{}
	}
	if worst > skewAllowed {
		return warned("%s: set this machine's clock", strings.Join(skews, ", "))
	}
	return okay("%s", strings.Join(skews, ", "))
}
