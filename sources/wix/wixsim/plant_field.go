package wixsim

import "slices"

// Cases of an active line and its live instance that differ in a field, and of
// lines and instances that differ in number.

// otherProduct gives a product of the catalogue that is not this one, nor the
// next ones of a package that begins with it.
func (p *planter) otherProduct(id string) string {
	at := slices.IndexFunc(p.products, func(q product) bool { return q.id == id })
	return p.products[(at+len(p.products)/2)%len(p.products)].id
}

func anotherProduct(p *planter) *plant {
	c := p.pair(1)
	c.inst(0).CatalogProductID = p.otherProduct(c.inst(0).CatalogProductID)
	return c.onInstance("product_mismatch", 0, "catalog_product_id")
}

func anotherProductOfSeveral(p *planter) *plant {
	c := p.pair(2)
	c.inst(0).CatalogProductID = p.otherProduct(c.inst(0).CatalogProductID)
	return c.onInstance("product_mismatch", 0, "catalog_product_id")
}

func (p *planter) cycles(ledger string, wix *BillingInfo) *plant {
	c := p.pair(1)
	c.rows[0].BillingCycle, c.inst(0).BillingInfo = ledger, wix
	return c.onInstance("billing_cycle_mismatch", 0, "billing_cycle")
}

func yearForMonth(p *planter) *plant { return p.cycles("1 YEAR", monthly()) }
func monthForYear(p *planter) *plant { return p.cycles("P1M", yearly()) }

func quarterForMonth(p *planter) *plant {
	return p.cycles("MONTH", &BillingInfo{"RECURRING", &CycleDuration{"MONTH", 3}})
}

func onceForMonth(p *planter) *plant { return p.cycles("MONTH", &BillingInfo{Type: "ONE_TIME"}) }

// fewerDays: a month is no number of days.
func fewerDays(p *planter) *plant {
	return p.cycles("1 MONTH", &BillingInfo{"RECURRING", &CycleDuration{"DAY", 30}})
}

func anotherCountry(p *planter) *plant {
	c := p.pair(1)
	c.inst(0).CountryCode = "NZ"
	return c.onInstance("country_mismatch", 0, "country_code")
}

func onAnotherSite(p *planter) *plant {
	c := p.pair(1)
	c.inst(0).SiteID = p.guid()
	return c.onInstance("site_mismatch", 0, "site_id")
}

func floatingAtWix(p *planter) *plant {
	c := p.pair(1)
	c.inst(0).SiteID = ""
	return c.onInstance("site_mismatch", 0, "site_id")
}

func shouldFloat(p *planter) *plant {
	c := p.pair(1)
	c.rows[0].SiteID = "none"
	return c.onInstance("site_mismatch", 0, "site_id")
}

func anotherSiteAndCountry(p *planter) *plant {
	c := onAnotherSite(p)
	c.inst(0).CountryCode = "NZ"
	return c.onInstance("country_mismatch", 0, "country_code")
}

// floating makes a line of a quantity, and that many equal instances that float.
func (p *planter) floating(quantity string, n int) *plant {
	c := p.pair(1)
	c.rows[0].Quantity, c.rows[0].SiteID = quantity, "none"
	c.inst(0).SiteID = ""
	for range n - 1 {
		next := *c.inst(0)
		next.InstanceID = p.guid()
		c.packages[0].ProductInstances = append(c.packages[0].ProductInstances, next)
	}
	return c
}

// missing_instance: an active line without an instance.

func fewerThanWanted(p *planter) *plant {
	return p.floating("3", 2).onPackage("missing_instance", 0, "quantity")
}

func lineWithoutInstance(p *planter) *plant {
	c := p.pair(2)
	c.packages[0].ProductInstances = c.packages[0].ProductInstances[:1]
	return c.onPackage("missing_instance", 0, "quantity")
}

// extra_instance: a live instance that no line chose.

func instanceWithoutLine(p *planter) *plant {
	c := p.pair(2)
	c.rows = c.rows[:1]
	return c.onInstance("extra_instance", 1, "")
}

// moreThanWanted: of equal instances the ones with the lowest ids are chosen.
func moreThanWanted(p *planter) *plant {
	c := p.floating("2", 3)
	last := 0
	for i := range c.packages[0].ProductInstances {
		if c.inst(i).InstanceID > c.inst(last).InstanceID {
			last = i
		}
	}
	return c.onInstance("extra_instance", last, "")
}
