package wixsim

import "time"

// The table of what is planted: every kind of the contract with its flavours,
// and the flavours that are planted once more, in flight.

// A drift is a kind and the cases that show it.
type drift struct {
	kind    string
	growers []grower
}

const invalidRow = "invalid_ledger_row"

// drifts gives every kind in the contract's order. The first case of a kind is
// its plainest.
func drifts() []drift {
	return []drift{
		{"missing_package", []grower{missing, missingOfSeveralLines, missingUntilItsEnd, missingInAccountWithoutPackages}},
		{"orphan_package", []grower{orphan, orphanInUnheardAccount, orphanInParent, orphanLiveInPart, orphansUnderOneID}},
		{"unidentified_package", []grower{unidentified, unidentifiedByBlanks}},
		{"unlinked_package", []grower{unlinkedByPackageID, unlinkedFromAnotherID, unlinkedByInstanceID, unlinkedBySite, unlinkedBySiteFromAnotherID}},
		{"ambiguous_match", []grower{nearByCase, ambiguousBySite, ambiguousByInstances, nearByLeadingZeros, nearByBlank, nearByForm, claimedByPackageID, claimedByInstanceID}},
		{"canceled_in_ledger", []grower{canceledWhole, canceledWithDate, endedByDate, canceledInstance, canceledInstanceByID, canceledEveryLine, canceledWithAnExtra, canceledInEveryPackage}},
		{"canceled_at_wix", []grower{canceledAtWix, canceledAtWixInPart, canceledAtWixTwice}},
		{"failed_instance", []grower{failedWhole, failedBesideCanceled, failedBesideLive, failedTwice}},
		{"stuck_instance", []grower{stuckPending, stuckAwaitingAction}},
		{"expired_instance", []grower{expired, expiredInPart}},
		{"unrecognised_status", []grower{unrecognised, unrecognisedInPart}},
		{"duplicate_package", []grower{duplicateAcrossAccounts, duplicate, duplicateBesideDead, duplicateUpcoming}},
		{"account_mismatch", []grower{inAnotherAccount, inTheParent, inAnotherAccountWithAnotherProduct}},
		{"product_mismatch", []grower{anotherProduct, anotherProductOfSeveral}},
		{"billing_cycle_mismatch", []grower{yearForMonth, monthForYear, quarterForMonth, onceForMonth, fewerDays}},
		{"country_mismatch", []grower{anotherCountry}},
		{"site_mismatch", []grower{onAnotherSite, floatingAtWix, shouldFloat, anotherSiteAndCountry}},
		{"missing_instance", []grower{fewerThanWanted, lineWithoutInstance}},
		{"extra_instance", []grower{instanceWithoutLine, moreThanWanted}},
		{"ledger_conflict", []grower{conflictOfCurrencies, conflictOfAccounts, conflictOfPackages, conflictOfSharedPackage, conflictOfSharedInstance}},
		{invalidRow, []grower{badStatus, badRowBesidePackage, badAccount, badQuantity, badDate, badCycle, blankID, overlongID}},
	}
}

// inFlight gives a case of every kind that can be in flight, where what changed
// a few hours before the as-of is a row, a package, or both.
func inFlight() []drift {
	rows, packages := touchRows, touchPackages
	return []drift{
		{"missing_package", []grower{recently(missing, rows)}},
		{"orphan_package", []grower{recently(orphan, packages)}},
		{"unidentified_package", []grower{recently(unidentified, packages)}},
		{"unlinked_package", []grower{recently(unlinkedByPackageID, packages)}},
		{"ambiguous_match", []grower{recently(nearByCase, rows, packages)}},
		{"canceled_in_ledger", []grower{recently(canceledWhole, rows), endedThisNight}},
		{"canceled_at_wix", []grower{recently(canceledAtWix, packages)}},
		{"failed_instance", []grower{recently(failedWhole, packages)}},
		{"stuck_instance", []grower{recently(stuckPending, rows)}},
		{"expired_instance", []grower{recently(expired, rows)}},
		{"duplicate_package", []grower{recently(duplicate, packages)}},
		{"account_mismatch", []grower{recently(inAnotherAccount, rows)}},
		{"product_mismatch", []grower{recently(anotherProduct, touchInstances)}},
		{"billing_cycle_mismatch", []grower{recently(yearForMonth, rows)}},
		{"country_mismatch", []grower{recently(anotherCountry, rows)}},
		{"site_mismatch", []grower{recently(floatingAtWix, touchInstances)}},
		{"missing_instance", []grower{recently(fewerThanWanted, rows)}},
		{"extra_instance", []grower{recently(instanceWithoutLine, packages)}},
		{"ledger_conflict", []grower{recently(conflictOfCurrencies, rows, packages)}},
	}
}

// recently makes a case whose findings are in flight.
func recently(g grower, touches ...func(*plant, time.Time)) grower {
	return func(p *planter) *plant {
		c := g(p)
		for _, touch := range touches {
			touch(c, p.asOf.Add(-5*time.Hour))
		}
		return c.inFlight()
	}
}

// endedThisNight rests on the end date alone.
func endedThisNight(p *planter) *plant {
	c := canceledWhole(p)
	c.rows[0].EndDate = date(p.asOf)
	return c.inFlight()
}

func (c *plant) inFlight() *plant {
	for i := range c.findings {
		c.findings[i].State = "in_flight"
	}
	return c
}

func touchRows(c *plant, at time.Time) {
	for i := range c.rows {
		c.rows[i].UpdatedDate = moment(at)
	}
}

func touchPackages(c *plant, at time.Time) {
	for i := range c.packages {
		c.packages[i].UpdatedDate = at
	}
}

// touchInstances leaves the package's own date: whether a change of an instance
// moves it is written nowhere.
func touchInstances(c *plant, at time.Time) {
	for i := range c.packages {
		for j := range c.packages[i].ProductInstances {
			c.packages[i].ProductInstances[j].UpdatedDate = at
		}
	}
}
