package reconcile

import "slices"

// Shields are the ids that bad rows protect: what such a row names is not fixed.
// Where its external id can't be read, no orphan of its account is fixed; where
// its account can't be read either, no orphan at all. The good rows of a
// subscription with a bad row shield too, because it is not matched.
//
// A package whose external id can't be read shields the missing packages of its
// account: it may be one of them.
type Shields struct {
	ids      map[string]bool // external, package and instance ids, with "e", "p" or "i" in front
	accounts map[string]bool
	all      bool
	missing  map[string]bool // accounts of packages whose external id can't be read
}

// AddGroup adds what the rows of a group shield. Without a bad row, that is
// nothing.
func (s *Shields) AddGroup(g *Group) {
	for i := range g.Bad {
		s.AddBad(&g.Bad[i])
	}
	for i := range g.Lines {
		if len(g.Bad) > 0 {
			s.AddLine(&g.Lines[i])
		}
	}
}

// AddLine adds what a good row of a subscription with a bad one shields.
func (s *Shields) AddLine(l *Line) { s.addIDs(l.ExternalID, l.PackageID, l.InstanceID) }

// AddBad adds what a bad row shields.
func (s *Shields) AddBad(b *BadRow) {
	s.addIDs(b.ExternalID, b.PackageID, b.InstanceID)
	switch {
	case b.ExternalID != "":
	case b.AccountID != "":
		if s.accounts == nil {
			s.accounts = make(map[string]bool)
		}
		s.accounts[b.AccountID] = true
	default:
		s.all = true
	}
}

// AddPackage adds what a package without a subscription shields.
func (s *Shields) AddPackage(p *Package) {
	if !p.UnreadableID {
		return
	}
	if s.missing == nil {
		s.missing = make(map[string]bool)
	}
	s.missing[p.AccountID] = true
}

func (s *Shields) addIDs(externalID, packageID, instanceID string) {
	if s.ids == nil {
		s.ids = make(map[string]bool)
	}
	for _, id := range [...]string{"e" + externalID, "p" + packageID, "i" + instanceID} {
		if len(id) > 1 {
			s.ids[id] = true
		}
	}
}

// Covers reports whether a finding is shielded. The package is the finding's, nil
// where it has none.
func (s *Shields) Covers(f *Finding, p *Package) bool {
	switch {
	case s == nil:
		return false
	case f.Kind == OrphanPackage && (s.all || s.accounts[f.AccountID]):
		return true
	case f.Kind == MissingPackage && s.missing[f.AccountID]:
		return true
	case len(s.ids) == 0:
		return false
	case s.ids["e"+f.ExternalID] || s.ids["p"+f.PackageID]:
		return true
	}
	return p != nil && slices.ContainsFunc(p.Instances, func(i Instance) bool { return s.ids["i"+i.ID] })
}
