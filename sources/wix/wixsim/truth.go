package wixsim

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
)

// compare orders findings by their fields.
func (f Finding) compare(g Finding) int {
	return cmp.Or(
		cmp.Compare(f.Kind, g.Kind), cmp.Compare(f.State, g.State),
		cmp.Compare(f.AccountID, g.AccountID), cmp.Compare(f.ExternalID, g.ExternalID),
		cmp.Compare(f.PackageID, g.PackageID), cmp.Compare(f.InstanceID, g.InstanceID), cmp.Compare(f.Field, g.Field),
	)
}

// WriteTruthCSV writes the findings that must be found, and no others, under
// the column names of findings.csv.
func (p *Planted) WriteTruthCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	_ = out.Write([]string{"kind", "state", "account_id", "external_id", "package_id", "instance_id", "field"}) // told by Error
	for _, f := range p.Truth {
		_ = out.Write([]string{f.Kind, f.State, f.AccountID, f.ExternalID, f.PackageID, f.InstanceID, f.Field})
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("write truth: %w", err)
	}
	return nil
}
