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
	sampleCount   = 5
	samplePages   = 20 // of one account, at most
	checkAttempts = 3  // of a request
	skewAllowed   = 2 * time.Minute
)

// A wixProbe is a client, and whether its key was accepted; nil in a replay.
type wixProbe struct {
	*wix.Client
	valid bool
}

func (p *wixProbe) close() {
	if p != nil {
		p.Close()
	}
}

// usable reports whether more can be read.
func (p *wixProbe) usable() bool { return p != nil && p.valid }

// checkKey tries key and account with one request, or two.
func (j *Job) checkKey(ctx context.Context) (*wixProbe, checkResult) {
	if j.Config.Snapshot != "" {
		return nil, okay("not needed: the inventory comes from %s", j.Config.Snapshot)
	}
	client, err := j.newClient(checkAttempts)
	if err != nil {
		return nil, failed(err)
	}
	page, err := client.Query(ctx, wix.Query{Count: true})
	if wix.Forbidden(err) {
		return &wixProbe{client, false}, failed(err, "the key does not belong to account "+j.Config.AccountID+", or that is a sub-account: set --account-id to the parent account")
	}
	if err == nil && page.Counted {
		return &wixProbe{client, true}, okay("accepted by %s; the server counts %d packages", j.Config.BaseURL.Host, page.Total)
	}
	if page, err = client.Query(ctx, wix.Query{Slice: wix.OfAccount(j.Config.AccountID)}); err != nil {
		return &wixProbe{client, false}, failed(err, "create an account-level API key in account "+j.Config.AccountID+" with the permission to manage reseller packages")
	}
	return &wixProbe{client, true}, okay("accepted by %s; the server does not return a total, so each run lists the whole inventory once more (%d on the parent's first page)",
		j.Config.BaseURL.Host, len(page.Packages))
}

// checkAccount detects a sub-account's id in place of the parent's: the ledger names it
// like any customer's, and the inventory belongs to several accounts.
func (j *Job) checkAccount(ctx context.Context, probe *wixProbe, samples []reconcile.Line) checkResult {
	if !probe.usable() {
		return checkResult{}
	}
	page, err := probe.Query(ctx, wix.Query{})
	if err != nil {
		return warned("cannot list the whole inventory, so packages of accounts that the ledger does not name are not seen: %v", err)
	}
	seen := make(map[string]bool)
	for i := range page.Packages {
		seen[page.Packages[i].Package.AccountID] = true
	}
	own := j.Config.AccountID
	customer := slices.ContainsFunc(samples, func(l reconcile.Line) bool { return l.AccountID == own })
	if customer && (len(seen) > 1 || len(seen) == 1 && !seen[own]) {
		return warned("the ledger names %s as a customer's sub-account, but the inventory belongs to several accounts: is --account-id the parent account?", own)
	}
	return okay("%s sees packages of %d accounts on the first page", own, len(seen))
}

// findSamples searches Wix for some active subscriptions of the ledger.
func findSamples(ctx context.Context, probe *wixProbe, samples []reconcile.Line) checkResult {
	if !probe.usable() || len(samples) == 0 {
		return checkResult{}
	}
	found := 0
	var missing []string
	for i := range samples {
		l := &samples[i]
		exists, err := probe.sees(ctx, l)
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
		s := warned("none of %d active subscriptions of the ledger is at Wix: is external_id the column whose values were sent to Wix?", len(samples))
		s.more = missing
		return s
	}
	s := okay("%d of %d active subscriptions found at Wix", found, len(samples))
	s.more = missing
	return s
}

// sees reports whether the account of a line has its external id.
func (p *wixProbe) sees(ctx context.Context, l *reconcile.Line) (bool, error) {
	pages := 0
	for page, err := range p.Pages(ctx, wix.OfAccount(l.AccountID)) {
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

// checkClocks compares this clock with those of Wix and of the store.
func checkClocks(probe *wixProbe, storeAhead *time.Duration) checkResult {
	var skews []string
	worst := time.Duration(0)
	note := func(who string, ahead time.Duration) {
		skews = append(skews, fmt.Sprintf("%s is %s ahead", who, ahead))
		worst = max(worst, ahead.Abs())
	}
	if probe != nil {
		if ahead, ok := probe.Skew(); ok {
			note("Wix", ahead)
		}
	}
	if storeAhead != nil {
		note("the store of --out", *storeAhead)
	}
	if len(skews) == 0 {
		return checkResult{}
	}
	if worst > skewAllowed {
		return warned("%s: set this machine's clock", strings.Join(skews, ", "))
	}
	return okay("%s", strings.Join(skews, ", "))
}
