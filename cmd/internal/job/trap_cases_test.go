package job_test

import (
	"slices"
	"time"

	"github.com/wixrecon/wixrecon/sources/wix/wixsim"
)

// Traps within one night. The first package of a trap is number 10.

const (
	aPackage   = "cancel-package"
	anInstance = "cancel-instance"
)

func traps() []trap { return slices.Concat(timeTraps(), placeTraps(), identityTraps(), unknownTraps()) }

// timeTraps are about what has ended and what has not.
func timeTraps() []trap {
	return []trap{
		{
			name: "renewal history",
			rows: []wixsim.Row{
				{ExternalID: "s", Status: "canceled", SiteID: siteID(1), EndDate: day(-60)},
				{ExternalID: "s", Status: "canceled", SiteID: siteID(1), EndDate: day(-30)},
				{ExternalID: "s", SiteID: siteID(1), StartDate: day(-30)},
			},
			packages: []wixsim.Package{{ExternalID: "s", ProductInstances: []wixsim.Instance{{SiteID: siteID(1)}}}},
			disarm:   func(tr *trap) { tr.rows = tr.rows[:2] },
			want:     "cancel 10", sends: aPackage,
		}, {
			name:     "renewal history of another package",
			rows:     []wixsim.Row{{ExternalID: "s", Status: "canceled", PackageID: packageID(11)}, {ExternalID: "s"}},
			packages: []wixsim.Package{{ExternalID: "s"}, {ExternalID: "s", ProductInstances: []wixsim.Instance{{Status: "CANCELED"}}}},
			disarm:   func(tr *trap) { tr.rows[1].Status = "canceled"; tr.rows[0].PackageID = "" },
			want:     "cancel 10", sends: aPackage,
		}, {
			name:     "canceled, with an end in the future",
			rows:     []wixsim.Row{{ExternalID: "s", Status: "canceled", EndDate: day(2)}},
			packages: []wixsim.Package{{ExternalID: "s"}},
			disarm:   func(tr *trap) { tr.rows[0].EndDate = day(-10) },
			want:     "cancel 10", sends: aPackage,
		}, {
			name:     "upcoming",
			rows:     []wixsim.Row{{ExternalID: "s", Status: "pending"}, {ExternalID: "t", StartDate: day(9)}, {ExternalID: "none", Status: "pending"}},
			packages: []wixsim.Package{{ExternalID: "s"}, {ExternalID: "t"}},
			disarm:   func(tr *trap) { tr.rows[0].Status, tr.rows[1].Status = "canceled", "canceled" },
			want:     "cancel 10, cancel 11", sends: aPackage + ", " + aPackage,
		}, {
			name:     "upcoming beside an end",
			rows:     []wixsim.Row{{ExternalID: "s", Status: "canceled"}, {ExternalID: "s", Status: "pending"}},
			packages: []wixsim.Package{{ExternalID: "s"}},
			disarm:   func(tr *trap) { tr.rows = tr.rows[:1] },
			want:     "cancel 10", sends: aPackage,
		}, {
			name:     "ended by date alone",
			rows:     []wixsim.Row{{ExternalID: "s", EndDate: day(-10)}, {ExternalID: "t"}, {ExternalID: "t", EndDate: day(-10), CatalogProductID: mailbox}},
			packages: []wixsim.Package{{ExternalID: "s"}, {ExternalID: "t", ProductInstances: []wixsim.Instance{{}, {CatalogProductID: mailbox}}}},
			disarm:   func(tr *trap) { tr.rows[0].Status, tr.rows[2].Status = "canceled", "canceled" },
			want:     "cancel 10, cancel 11/112", sends: anInstance + ", " + aPackage,
		}, {
			name:     "an hour old",
			packages: []wixsim.Package{{ExternalID: "gone", UpdatedDate: moment(1, -1)}},
			disarm:   func(tr *trap) { tr.packages[0].UpdatedDate = moment(1, 0).Add(-49 * time.Hour) },
			want:     "cancel 10", sends: aPackage,
		}, {
			name:     "the ledger changed an hour ago",
			rows:     []wixsim.Row{{ExternalID: "s", Status: "canceled", UpdatedDate: moment(1, -1).Format(time.RFC3339)}},
			packages: []wixsim.Package{{ExternalID: "s"}},
			disarm:   func(tr *trap) { tr.rows[0].UpdatedDate = day(-10) },
			want:     "cancel 10", sends: aPackage,
		},
	}
}

// placeTraps are about sites and dependants.
func placeTraps() []trap {
	four := []wixsim.Instance{{SiteID: siteID(1)}, {SiteID: siteID(2)}, {SiteID: siteID(3)}, {SiteID: siteID(4)}}
	return []trap{
		{
			name:     "four sites for three equal lines",
			rows:     []wixsim.Row{{ExternalID: "s", Quantity: "3"}, {ExternalID: "t"}, {ExternalID: "t"}, {ExternalID: "t"}},
			packages: []wixsim.Package{{ExternalID: "s", ProductInstances: four}, {ExternalID: "t", ProductInstances: slices.Clone(four)}},
			disarm:   func(tr *trap) { clear(tr.packages[0].ProductInstances) },
			want:     "cancel 10/104", sends: anInstance,
		}, {
			name: "its site serves another that stays",
			rows: []wixsim.Row{{ExternalID: "s", CatalogProductID: domain}},
			packages: []wixsim.Package{{ExternalID: "s", ProductInstances: []wixsim.Instance{
				{SiteID: siteID(1)}, {SiteID: siteID(1), CatalogProductID: domain},
			}}},
			review: "cancel 10/101 review",
			disarm: func(tr *trap) { tr.packages[0].ProductInstances[1].SiteID = siteID(2) },
			want:   "cancel 10/101", sends: anInstance,
		}, {
			name: "a live one references it",
			rows: []wixsim.Row{{ExternalID: "s", Status: "canceled"}, {ExternalID: "d", CatalogProductID: domain}},
			packages: []wixsim.Package{{ExternalID: "s", ProductInstances: []wixsim.Instance{{SiteID: siteID(1)}}}, {
				ExternalID: "d", ProductInstances: []wixsim.Instance{{CatalogProductID: domain, SiteID: siteID(2), ReferenceProductInstanceID: instanceID(101)}},
			}},
			review: "cancel 10 review",
			disarm: func(tr *trap) { tr.packages[1].ProductInstances[0].ReferenceProductInstanceID = "" },
			want:   "cancel 10", sends: aPackage,
		}, {
			name:     "linked by its place, over another id",
			rows:     []wixsim.Row{{ExternalID: "s", SiteID: siteID(1)}},
			packages: []wixsim.Package{{ExternalID: "other", ProductInstances: []wixsim.Instance{{SiteID: siteID(1)}}}},
			disarm:   func(tr *trap) { tr.packages[0].ExternalID = "" },
			want:     "external-id 10", sends: "external-id",
		},
	}
}
