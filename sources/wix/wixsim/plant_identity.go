package wixsim

import "fmt"

// Cases of identity: which package belongs to which subscription.

// missing_package: active in the ledger, no package at Wix.

func (p *planter) withoutPackages(c *plant) *plant {
	c.packages = nil
	return c
}

func missing(p *planter) *plant {
	return p.withoutPackages(p.pair(1)).onSubscription("missing_package", "")
}

func missingOfSeveralLines(p *planter) *plant {
	return p.withoutPackages(p.pair(2)).onSubscription("missing_package", "")
}

func missingUntilItsEnd(p *planter) *plant {
	c := p.withoutPackages(p.pair(1))
	c.rows[0].Status, c.rows[0].EndDate = "canceled", date(p.asOf.AddDate(0, 1, 0))
	return c.onSubscription("missing_package", "")
}

func missingInAccountWithoutPackages(p *planter) *plant {
	return p.withoutPackages(p.pairIn(p.unheard(), 1)).onSubscription("missing_package", "")
}

// orphan_package: live, with an external id that the ledger does not have.

func (p *planter) withoutRows(c *plant) *plant {
	c.rows = nil
	return c
}

func orphan(p *planter) *plant {
	return p.withoutRows(p.pair(1)).onStranger("orphan_package", 0)
}

func orphanInUnheardAccount(p *planter) *plant {
	return p.withoutRows(p.pairIn(p.unheard(), 1)).onStranger("orphan_package", 0)
}

func orphanInParent(p *planter) *plant {
	return p.withoutRows(p.pairIn(p.parent, 1)).onStranger("orphan_package", 0)
}

func orphanLiveInPart(p *planter) *plant {
	c := p.withoutRows(p.pair(2))
	c.inst(0).Status, c.inst(1).Status = canceled, pending
	return c.onStranger("orphan_package", 0)
}

func orphansUnderOneID(p *planter) *plant {
	c := p.pair(1)
	c = p.withoutRows(p.twin(c, p.anotherAccount(p.accounts[0])))
	return c.onStranger("orphan_package", 0).onStranger("orphan_package", 1)
}

// unidentified_package: live, without an external id, and nothing to link it to.

func unidentified(p *planter) *plant {
	c := p.withoutRows(p.pair(1))
	c.packages[0].ExternalID = ""
	return c.onStranger("unidentified_package", 0)
}

func unidentifiedByBlanks(p *planter) *plant {
	c := unidentified(p)
	c.packages[0].ExternalID = " \u00a0"
	return c
}

// unlinked_package: it belongs to a subscription, but its external id is empty
// or another.

func (p *planter) lost(name string) *plant {
	c := p.pair(1)
	c.packages[0].ExternalID = name
	return c.onPackage("unlinked_package", 0, "external_id")
}

func unlinkedByPackageID(p *planter) *plant {
	c := p.lost("")
	c.rows[0].PackageID = c.packages[0].ID
	return c
}

func unlinkedFromAnotherID(p *planter) *plant {
	c := p.lost("WEBSHOP-" + p.name())
	c.rows[0].PackageID = c.packages[0].ID
	return c
}

func unlinkedByInstanceID(p *planter) *plant {
	c := p.lost("")
	c.rows[0].InstanceID = c.inst(0).InstanceID
	return c
}

func unlinkedBySite(p *planter) *plant { return p.lost("") }

func unlinkedBySiteFromAnotherID(p *planter) *plant { return p.lost("WEBSHOP-" + p.name()) }

// ambiguous_match: one row for each subscription and each candidate package.

func ambiguousBySite(p *planter) *plant {
	c := p.pair(1)
	c.packages[0].ExternalID = ""
	p.twin(c, account{id: c.packages[0].AccountID})
	return c.onSubscription("ambiguous_match", "").onStranger("ambiguous_match", 0).onStranger("ambiguous_match", 1)
}

func ambiguousByInstances(p *planter) *plant {
	c := p.pair(2)
	one, other := c.packages[0], p.empty(account{id: c.packages[0].AccountID}, "", c.packages[0].CreatedDate)
	other.ProductInstances = one.ProductInstances[1:]
	one.ProductInstances, one.ExternalID = one.ProductInstances[:1], ""
	c.packages = []Package{one, other}
	c.rows[0].InstanceID = one.ProductInstances[0].InstanceID
	c.rows[1].InstanceID = other.ProductInstances[0].InstanceID
	return c.onSubscription("ambiguous_match", "").onStranger("ambiguous_match", 0).onStranger("ambiguous_match", 1)
}

// near makes a subscription and a package whose ids a spreadsheet or a person
// could have made one of the other.
func (p *planter) near(ledger, wix string) *plant {
	c := p.pair(1)
	p.serial++
	c.rows[0].ExternalID = fmt.Sprintf(ledger, p.serial)
	c.packages[0].ExternalID = fmt.Sprintf(wix, p.serial)
	c.inst(0).SiteID = p.guid() // or the site would link them
	return c.onSubscription("ambiguous_match", "").onStranger("ambiguous_match", 0)
}

func nearByCase(p *planter) *plant         { return p.near("Near-%06d-a", "NEAR-%06d-A") }
func nearByLeadingZeros(p *planter) *plant { return p.near("7%06d", "00007%06d") }
func nearByBlank(p *planter) *plant        { return p.near("NEAR%06dB", "NEAR %06d B") }
func nearByForm(p *planter) *plant         { return p.near("M\u00dc-%06d", "MU\u0308-%06d") }

// claimed is a package without a subscription that a row of another
// subscription, which has a package of its own, names.
func (p *planter) claimed() (c *plant, named *Package) {
	c = p.pair(1)
	stray := p.pair(1).packages[0]
	stray.ExternalID = ""
	c.packages = append(c.packages, stray)
	return c.onStranger("ambiguous_match", 1), &c.packages[1]
}

func claimedByPackageID(p *planter) *plant {
	c, named := p.claimed()
	c.rows[0].PackageID = named.ID
	return c
}

func claimedByInstanceID(p *planter) *plant {
	c, named := p.claimed()
	c.rows[0].InstanceID = named.ProductInstances[0].InstanceID
	return c
}

// duplicate_package: several live packages under one id.

func duplicate(p *planter) *plant {
	c := p.pair(1)
	p.twin(c, account{id: c.packages[0].AccountID})
	return c.onPackage("duplicate_package", 0, "").onPackage("duplicate_package", 1, "")
}

func duplicateAcrossAccounts(p *planter) *plant {
	c := p.pair(1)
	p.twin(c, p.anotherAccount(account{id: c.packages[0].AccountID}))
	return c.onPackage("duplicate_package", 0, "").onPackage("duplicate_package", 1, "")
}

func duplicateBesideDead(p *planter) *plant {
	c := duplicate(p)
	p.twin(c, account{id: c.packages[0].AccountID})
	c.packages[2].ProductInstances[0].Status = canceled
	return c
}

func duplicateUpcoming(p *planter) *plant {
	c := duplicate(p)
	c.rows[0].Status = "pending"
	return c
}

// account_mismatch: the package sits in another sub-account.

func inAnotherAccount(p *planter) *plant {
	c := p.pair(1)
	c.packages[0].AccountID = p.anotherAccount(account{id: c.rows[0].AccountID}).id
	return c.onPackage("account_mismatch", 0, "account_id")
}

func inTheParent(p *planter) *plant {
	c := p.pair(1)
	c.packages[0].AccountID = p.parent.id
	return c.onPackage("account_mismatch", 0, "account_id")
}

func inAnotherAccountWithAnotherProduct(p *planter) *plant {
	c := inAnotherAccount(p)
	c.inst(0).CatalogProductID = p.otherProduct(c.inst(0).CatalogProductID)
	return c.onInstance("product_mismatch", 0, "catalog_product_id")
}
