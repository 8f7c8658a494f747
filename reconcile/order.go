package reconcile

import "cmp"

// Compare gives the order of the reports: severity, kind, account, external id,
// package, instance, field; what ties there goes by the rest of the finding.
func (f *Finding) Compare(g *Finding) int {
	return cmp.Or(
		cmp.Compare(f.Kind.Severity(), g.Kind.Severity()),
		cmp.Compare(f.Kind, g.Kind),
		cmp.Compare(f.AccountID, g.AccountID),
		cmp.Compare(f.ExternalID, g.ExternalID),
		cmp.Compare(f.PackageID, g.PackageID),
		cmp.Compare(f.InstanceID, g.InstanceID),
		cmp.Compare(f.Field, g.Field),
		cmp.Compare(f.LedgerValue, g.LedgerValue),
		cmp.Compare(f.WixValue, g.WixValue),
		cmp.Compare(f.Reason, g.Reason),
		cmp.Compare(f.Customer, g.Customer),
		cmp.Compare(f.Cells, g.Cells),
		cmp.Compare(f.Carried.Hash, g.Carried.Hash),
		cmp.Compare(f.Record, g.Record),
	)
}
