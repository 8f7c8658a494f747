package wixsim

// Cases of status: the ledger and Wix disagree on whether something runs.

// canceled_in_ledger: the ledger ended it, Wix still has it live.

func canceledWhole(p *planter) *plant {
	c := p.pair(1)
	c.rows[0].Status = "canceled"
	return c.onPackage("canceled_in_ledger", 0, "status")
}

func canceledWithDate(p *planter) *plant {
	c := canceledWhole(p)
	c.rows[0].EndDate = date(p.ago(7))
	return c
}

func endedByDate(p *planter) *plant {
	c := canceledWithDate(p)
	c.rows[0].Status = "active"
	return c
}

func canceledInstance(p *planter) *plant {
	c := p.pair(2)
	c.rows[1].Status = "canceled"
	return c.onInstance("canceled_in_ledger", 1, "status")
}

func canceledInstanceByID(p *planter) *plant {
	c := canceledInstance(p)
	c.rows[1].InstanceID = c.inst(1).InstanceID
	c.rows[1].CatalogProductID, c.rows[1].SiteID = "", ""
	return c
}

func canceledEveryLine(p *planter) *plant {
	c := p.pair(2)
	c.rows[0].Status, c.rows[1].Status = "canceled", "canceled"
	return c.onPackage("canceled_in_ledger", 0, "status")
}

func canceledWithAnExtra(p *planter) *plant {
	c := p.pair(2)
	c.rows = c.rows[:1]
	c.rows[0].Status = "canceled"
	return c.onPackage("canceled_in_ledger", 0, "status")
}

func canceledInEveryPackage(p *planter) *plant {
	c := canceledWhole(p)
	p.twin(c, account{id: c.packages[0].AccountID})
	return c.onPackage("canceled_in_ledger", 1, "status")
}

// canceled_at_wix: an active line, only CANCELED at Wix.

func canceledAtWix(p *planter) *plant {
	c := p.pair(2)
	c.inst(0).Status, c.inst(1).Status = canceled, canceled
	return c.onPackage("canceled_at_wix", 0, "status")
}

func canceledAtWixInPart(p *planter) *plant {
	c := p.pair(2)
	c.inst(1).Status = canceled
	return c.onInstance("canceled_at_wix", 1, "status")
}

// canceledAtWixTwice has two dead packages under one id: the newer is the match.
func canceledAtWixTwice(p *planter) *plant {
	c := p.pair(1)
	c.inst(0).Status = canceled
	p.twin(c, account{id: c.packages[0].AccountID})
	c.packages[1].CreatedDate = c.packages[0].CreatedDate.AddDate(0, 0, -30)
	return c.onPackage("canceled_at_wix", 0, "status")
}

// failed_instance: an active line, FAILED at Wix.

func (c *plant) fail(i int) *plant {
	c.inst(i).Status = failed
	c.inst(i).Failure = &Failure{"DELIVERY_TIMEOUT", "the product could not be delivered in time"}
	return c
}

func failedWhole(p *planter) *plant {
	return p.pair(1).fail(0).onInstance("failed_instance", 0, "status")
}

func failedBesideCanceled(p *planter) *plant {
	c := p.pair(2).fail(1)
	c.inst(0).Status = canceled
	return c.onInstance("failed_instance", 1, "status")
}

func failedBesideLive(p *planter) *plant {
	return p.pair(2).fail(0).onInstance("failed_instance", 0, "status")
}

func failedTwice(p *planter) *plant {
	c := p.pair(2).fail(0).fail(1)
	return c.onInstance("failed_instance", 0, "status").onInstance("failed_instance", 1, "status")
}

// stuck_instance: PENDING or AWAITING_ACTION since longer than the window.

func stuckPending(p *planter) *plant {
	c := p.pair(1)
	c.inst(0).Status = pending
	return c.onInstance("stuck_instance", 0, "status")
}

func stuckAwaitingAction(p *planter) *plant {
	c := p.pair(2)
	c.inst(1).Status = awaitingAction
	return c.onInstance("stuck_instance", 1, "status")
}

// expired_instance: an active line, live, expirationDate has passed.

func expired(p *planter) *plant {
	c := p.pair(1)
	c.inst(0).ExpirationDate = p.ago(8)
	return c.onInstance("expired_instance", 0, "expiration_date")
}

func expiredInPart(p *planter) *plant {
	c := p.pair(2)
	c.inst(0).ExpirationDate = p.asOf.AddDate(0, 3, 0)
	c.inst(1).ExpirationDate = p.ago(8)
	return c.onInstance("expired_instance", 1, "expiration_date")
}

// unrecognised_status: neither live nor dead.

func unrecognised(p *planter) *plant {
	c := p.pair(1)
	c.inst(0).Status = "SUSPENDED"
	return c.onInstance("unrecognised_status", 0, "status")
}

func unrecognisedInPart(p *planter) *plant {
	c := p.pair(2)
	c.inst(1).Status = "PAUSED"
	return c.onInstance("unrecognised_status", 1, "status")
}
