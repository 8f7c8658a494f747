package wixsim

import "strings"

// Cases that look like drift and are none.

func plain(p *planter) *plant { return p.pair(1) }

func severalLines(p *planter) *plant { return p.pair(2 + p.rng.IntN(3)) }

func equalInstances(p *planter) *plant { return p.floating("4", 4) }

// renewal: an ended row beside the active one, one live instance.
func renewal(p *planter) *plant {
	c := p.pair(1)
	old := c.rows[0]
	end := p.ago(30)
	old.StartDate, old.EndDate = date(c.packages[0].CreatedDate), date(end)
	c.rows[0].StartDate = date(end)
	c.rows = append(c.rows, old)
	return c
}

func twelveMonths(p *planter) *plant {
	c := p.pair(1)
	c.rows[0].BillingCycle, c.inst(0).BillingInfo = "12 MONTH", yearly()
	return c
}

func sevenDays(p *planter) *plant {
	c := p.pair(1)
	c.rows[0].BillingCycle = "weekly"
	c.inst(0).BillingInfo = &BillingInfo{"RECURRING", &CycleDuration{"DAY", 7}}
	return c
}

func upperCase(p *planter) *plant {
	c := p.pair(1)
	r := &c.rows[0]
	r.AccountID, r.SiteID = strings.ToUpper(r.AccountID), strings.ToUpper(r.SiteID)
	r.CatalogProductID, r.CountryCode = strings.ToUpper(r.CatalogProductID), strings.ToLower(r.CountryCode)
	r.PackageID = strings.ToUpper(c.packages[0].ID)
	return c
}

func blanksInLedger(p *planter) *plant {
	c := p.pair(1)
	c.rows[0].ExternalID = " " + c.rows[0].ExternalID + "\u00a0"
	return c
}

func blanksAtWix(p *planter) *plant {
	c := p.pair(1)
	c.packages[0].ExternalID += "\u2003 "
	return c
}

func ofTheParent(p *planter) *plant { return p.pairIn(p.parent, 1) }

// protected: an upcoming row keeps what it matches.
func protected(p *planter) *plant {
	c := p.pair(2)
	c.rows[1].Status = "pending"
	c.inst(1).Status = pending
	return c
}

func startsLater(p *planter) *plant {
	c := p.withoutPackages(p.pair(1))
	c.rows[0].StartDate = date(p.asOf.AddDate(0, 0, 20))
	return c
}

func endsLater(p *planter) *plant {
	c := p.pair(1)
	c.rows[0].Status, c.rows[0].EndDate = "canceled", date(p.asOf.AddDate(0, 0, 25))
	return c
}

// over: canceled on both sides.
func over(p *planter) *plant {
	c := p.pair(1)
	c.rows[0].Status, c.rows[0].EndDate = "canceled", date(p.ago(20))
	c.inst(0).Status = canceled
	return c
}

// forgotten: dead at Wix, and the ledger has dropped it.
func forgotten(p *planter) *plant {
	c := p.withoutRows(p.pair(1))
	c.inst(0).Status = canceled
	return c
}

func onlyHistory(p *planter) *plant {
	c := p.withoutPackages(p.pair(1))
	c.rows[0].Status = "canceled"
	return c
}

// deadPredecessor: a canceled package and a live one under one id.
func deadPredecessor(p *planter) *plant {
	c := p.pair(1)
	p.twin(c, account{id: c.packages[0].AccountID})
	c.packages[1].ProductInstances[0].Status = canceled
	return c
}

func withWixIDs(p *planter) *plant {
	c := p.pair(2)
	for i := range c.rows {
		c.rows[i].PackageID, c.rows[i].InstanceID = c.packages[0].ID, c.inst(i).InstanceID
	}
	return c
}

// sparse fills the required columns only.
func sparse(p *planter) *plant {
	c := p.pair(1)
	r := c.rows[0]
	c.rows[0] = Row{ExternalID: r.ExternalID, AccountID: r.AccountID, Status: r.Status}
	return c
}

func inWords(p *planter) *plant {
	c := p.pair(1)
	c.rows[0].BillingCycle, c.inst(0).BillingInfo = "monthly", monthly()
	return c
}

func quiet() []grower {
	return []grower{
		severalLines, equalInstances, renewal, twelveMonths, sevenDays, upperCase, blanksInLedger, blanksAtWix,
		ofTheParent, protected, startsLater, endsLater, over, forgotten, onlyHistory, deadPredecessor, withWixIDs,
		sparse, inWords,
	}
}
