package reconcile

// Shields are the ids that a row which can't be read protects: what they name
// is fixed by nobody. Where the row's external id can't be read, no orphan of
// its account may be touched; where its account can't be read either, none at
// all. The good rows of a subscription with a bad row shield like the bad one,
// because the subscription is not decided.
type Shields struct {
	ids        map[string]bool // external ids, package ids and instance ids, each with its prefix
	accounts   map[string]bool
	everything bool
}

// AddBad adds what a bad row shields.
func (s *Shields) AddBad(b *BadRow) {
	s.add(b.ExternalID, b.PackageID, b.InstanceID)
	switch {
	case b.ExternalID != "":
	case b.AccountID != "":
		if s.accounts == nil {
			s.accounts = make(map[string]bool)
		}
		s.accounts[b.AccountID] = true
	default:
		s.everything = true
	}
}

// AddLine adds what a good row of an undecided subscription shields.
func (s *Shields) AddLine(l *Line) { s.add(l.ExternalID, l.PackageID, l.InstanceID) }

func (s *Shields) add(externalID, packageID, instanceID string) {
	if s.ids == nil {
		s.ids = make(map[string]bool)
	}
	for _, id := range [...]string{"e" + externalID, "p" + packageID, "i" + instanceID} {
		if len(id) > 1 {
			s.ids[id] = true
		}
	}
}

// Cover reports whether a finding is shielded. The package is that of the
// finding, nil where it has none.
func (s *Shields) Cover(f *Finding, p *Package) bool {
	if s == nil {
		return false
	}
	if f.Kind == OrphanPackage && (s.everything || s.accounts[f.AccountID]) {
		return true
	}
	if len(s.ids) == 0 {
		return false
	}
	if s.ids["e"+f.ExternalID] || s.ids["p"+f.PackageID] {
		return true
	}
	return p != nil && s.coverInstance(p)
}

func (s *Shields) coverInstance(p *Package) bool {
	for i := range p.Instances {
		if s.ids["i"+p.Instances[i].ID] {
			return true
		}
	}
	return false
}
