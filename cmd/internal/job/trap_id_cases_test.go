package job_test

import "github.com/wixrecon/wixrecon/sources/wix/wixsim"

const accountC = "a0000000-0000-4000-8000-000000000003"

// identityTraps are about ids that are not what they seem.
func identityTraps() []trap {
	return []trap{
		{
			name:     "a package id in the row of a subscription with another package",
			rows:     []wixsim.Row{{ExternalID: "s", PackageID: packageID(11)}},
			packages: []wixsim.Package{{ExternalID: "s"}, {ExternalID: "gone"}},
			disarm:   func(tr *trap) { tr.rows[0].PackageID = "" },
			want:     "cancel 11", sends: aPackage,
		}, {
			name:     "an instance id in the row of a subscription with another package",
			rows:     []wixsim.Row{{ExternalID: "s", InstanceID: instanceID(111)}},
			packages: []wixsim.Package{{ExternalID: "s"}, {ExternalID: "gone"}},
			disarm:   func(tr *trap) { tr.rows[0].InstanceID = "" },
			want:     "cancel 11", sends: aPackage,
		}, {
			name:     "a bad row without an id",
			rows:     []wixsim.Row{{ExternalID: " "}},
			packages: []wixsim.Package{{ExternalID: "gone"}},
			disarm:   func(tr *trap) { tr.rows = nil },
			want:     "cancel 10", sends: aPackage,
		}, {
			name:     "a bad row of an unknown account",
			rows:     []wixsim.Row{{ExternalID: " ", AccountID: "a0000000-1E+12"}},
			packages: []wixsim.Package{{ExternalID: "gone"}, {ExternalID: "gone too", AccountID: accountB}},
			disarm:   func(tr *trap) { tr.rows[0].AccountID = accountA },
			want:     "cancel 11", sends: aPackage,
		}, {
			name:     "a bad row that names the package",
			rows:     []wixsim.Row{{ExternalID: "s", Status: "perhaps", PackageID: packageID(10)}},
			packages: []wixsim.Package{{ExternalID: "gone"}},
			disarm:   func(tr *trap) { tr.rows[0].PackageID = packageID(11) },
			want:     "cancel 10", sends: aPackage,
		}, {
			name:     "ids that a spreadsheet mangled",
			rows:     []wixsim.Row{{ExternalID: "123"}, {ExternalID: "b 2"}, {ExternalID: "e\u0301"}},
			packages: []wixsim.Package{{ExternalID: "00123"}, {ExternalID: "b2"}, {ExternalID: "\u00e9"}},
			disarm:   func(tr *trap) { tr.packages[0].ExternalID = "00124"; tr.otherProduct() },
			want:     "create 123, cancel 10", sends: aPackage + ", create",
		}, {
			name:     "ids that differ by case",
			rows:     []wixsim.Row{{ExternalID: "sub-a"}},
			packages: []wixsim.Package{{ExternalID: "SUB-A"}},
			disarm:   func(tr *trap) { tr.packages[0].ExternalID = "SUB-B"; tr.otherProduct() },
			want:     "create sub-a, cancel 10", sends: aPackage + ", create",
		}, {
			name:     "a second brand's accounts",
			packages: []wixsim.Package{{ExternalID: "brand-1", AccountID: accountC}},
			disarm:   func(tr *trap) { tr.flags = map[string]string{"cancel-unlisted-accounts": "true"} },
			want:     "cancel 10", sends: aPackage,
		},
	}
}

// otherProduct gives the rows another product than the packages have, so that no
// orphan is a possible match of them.
func (tr *trap) otherProduct() {
	for i := range tr.rows {
		tr.rows[i].CatalogProductID = mailbox
	}
}

// unknownTraps are about what is unknown or contradictory.
func unknownTraps() []trap {
	return []trap{
		{
			name:     "an unknown status",
			rows:     []wixsim.Row{{ExternalID: "s", Status: "canceled"}},
			packages: []wixsim.Package{{ExternalID: "s", ProductInstances: []wixsim.Instance{{}, {Status: "SUSPENDED"}}}},
			disarm:   func(tr *trap) { tr.packages[0].ProductInstances[1].Status = "CANCELED" },
			want:     "cancel 10", sends: aPackage,
		}, {
			name:     "an orphan with an unknown status",
			packages: []wixsim.Package{{ExternalID: "gone", ProductInstances: []wixsim.Instance{{}, {Status: "SUSPENDED"}}}},
			disarm:   func(tr *trap) { tr.packages[0].ProductInstances[1].Status = "FAILED" },
			want:     "cancel 10", sends: aPackage,
		}, {
			name:     "rows that contradict one another",
			rows:     []wixsim.Row{{ExternalID: "s", Status: "canceled", Currency: "EUR"}, {ExternalID: "s", Status: "canceled", Currency: "USD"}},
			packages: []wixsim.Package{{ExternalID: "s"}},
			disarm:   func(tr *trap) { tr.rows[1].Currency = "EUR" },
			want:     "cancel 10", sends: aPackage,
		}, {
			name:     "one package id under two ids",
			rows:     []wixsim.Row{{ExternalID: "p", PackageID: packageID(10)}, {ExternalID: "q", PackageID: packageID(10)}},
			packages: []wixsim.Package{{ExternalID: "x"}},
			disarm:   func(tr *trap) { tr.rows[1].ExternalID = "p" },
			want:     "external-id 10", sends: "external-id",
		}, {
			name:     "two live packages under one id",
			rows:     []wixsim.Row{{ExternalID: "s"}},
			packages: []wixsim.Package{{ExternalID: "s"}, {ExternalID: "s"}},
			disarm:   func(tr *trap) { tr.packages[1].ExternalID = "t" },
			want:     "cancel 11", sends: aPackage,
		},
	}
}
