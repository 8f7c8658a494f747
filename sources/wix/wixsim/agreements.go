package wixsim

import "strings"

// agreements returns scenarios that look like drift and are none.
func agreements() []variant {
	return []variant{
		{base: severalLines},
		{base: floating("4", 4)},
		{lines(1), renew, nil},
		{lines(1), func(s *scenario) {
			s.rows[0].BillingCycle, s.instance(0).BillingInfo = "12 MONTH", recurring(1, "YEAR")
		}, nil},
		{lines(1), func(s *scenario) {
			s.rows[0].BillingCycle, s.instance(0).BillingInfo = "weekly", recurring(7, "DAY")
		}, nil},
		{lines(1), changeCase, nil},
		{lines(1), func(s *scenario) { s.rows[0].ExternalID = " " + s.rows[0].ExternalID + "\u00a0" }, nil},
		{lines(1), func(s *scenario) { s.packages[0].ExternalID += "\u2003 " }, nil},
		{base: inParent},
		{lines(2), func(s *scenario) { s.rows[1].Status, s.instance(1).Status = "pending", pending }, nil},
		{lines(1), func(s *scenario) { dropPackages(s); s.rows[0].StartDate = formatDate(s.g.asOf.AddDate(0, 0, 20)) }, nil},
		{lines(1), func(s *scenario) { cancelLine(0)(s); s.rows[0].EndDate = formatDate(s.g.asOf.AddDate(0, 0, 25)) }, nil},
		{lines(1), func(s *scenario) { // canceled on both sides
			cancelLine(0)(s)
			s.rows[0].EndDate = formatDate(s.g.ago(20))
			s.instance(0).Status = canceled
		}, nil},
		{lines(1), func(s *scenario) { dropRows(s); s.instance(0).Status = canceled }, nil},
		{lines(1), func(s *scenario) { dropPackages(s); cancelLine(0)(s) }, nil},
		{lines(1), func(s *scenario) { s.duplicateInAccount().ProductInstances[0].Status = canceled }, nil},
		{lines(2), func(s *scenario) {
			for i := range s.rows {
				s.rows[i].PackageID, s.rows[i].InstanceID = s.packages[0].ID, s.instance(i).InstanceID
			}
		}, nil},
		{lines(1), func(s *scenario) { // the required columns only
			r := s.rows[0]
			s.rows[0] = Row{ExternalID: r.ExternalID, AccountID: r.AccountID, Status: r.Status}
		}, nil},
		{lines(1), func(s *scenario) {
			s.rows[0].BillingCycle, s.instance(0).BillingInfo = "monthly", recurring(1, "MONTH")
		}, nil},
	}
}

// renew ends the row at some day, and adds an active one from that day on.
func renew(s *scenario) {
	old, end := s.rows[0], formatDate(s.g.ago(30))
	old.StartDate, old.EndDate = formatDate(s.packages[0].CreatedDate), end
	s.rows[0].StartDate = end
	s.rows = append(s.rows, old)
}

// changeCase writes the row's ids and country in the other case.
func changeCase(s *scenario) {
	r := &s.rows[0]
	r.AccountID, r.SiteID = strings.ToUpper(r.AccountID), strings.ToUpper(r.SiteID)
	r.CatalogProductID, r.CountryCode = strings.ToUpper(r.CatalogProductID), strings.ToLower(r.CountryCode)
	r.PackageID = strings.ToUpper(s.packages[0].ID)
}
