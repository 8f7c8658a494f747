package reconcile

// Shields are what bad rows protect. No finding about an id that such a row names
// is fixed, nor one about a near id. Where its external id can't be read, or was
// changed by a program, the row could be any of its account's: nothing of that
// account is canceled. Where its account can't be read either, nothing is
// canceled that the ledger does not name: no orphan and no extra instance. A row
// that says of a package that it has ended is evidence by itself.
//
// The good rows of a subscription with a bad row shield too, because it is not
// matched. Each shield has the record of its bad row, the smallest of several.
//
// A package whose external id can't be read shields the missing packages of its
// account: it may be one of them.
type Shields struct {
	ids      map[string]int // near external, package and instance ids, with "e", "p" or "i" in front
	accounts map[string]int
	all      map[string]int  // at most one, without a key
	missing  map[string]bool // accounts of packages whose external id can't be read

	lines map[string]string // of good rows: package and instance ids, as in ids, and the external id
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
func (s *Shields) AddLine(l *Line) {
	if s.lines == nil {
		s.lines = make(map[string]string)
	}
	for _, key := range [...]string{"p" + l.PackageID, "i" + l.InstanceID} {
		if first, found := s.lines[key]; len(key) > 1 && (!found || l.ExternalID < first) {
			s.lines[key] = l.ExternalID
		}
	}
}

// AddBad adds what a bad row shields.
func (s *Shields) AddBad(b *BadRow) {
	s.addIDs(b.Record, b.ExternalID, b.PackageID, b.InstanceID)
	switch {
	case !shieldsMore(b.ExternalID):
	case b.AccountID != "":
		s.accounts = addShield(s.accounts, b.AccountID, b.Record)
	default:
		s.all = addShield(s.all, "", b.Record)
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

// shieldsMore reports whether a bad row with this external id shields more than
// its own ids.
func shieldsMore(externalID string) bool { return externalID == "" || looksMangled(externalID) }

func (s *Shields) addIDs(record int, externalID, packageID, instanceID string) {
	if externalID != "" {
		s.ids = addShield(s.ids, "e"+NearID(externalID), record)
	}
	if packageID != "" {
		s.ids = addShield(s.ids, "p"+packageID, record)
	}
	if instanceID != "" {
		s.ids = addShield(s.ids, "i"+instanceID, record)
	}
}

func addShield(shields map[string]int, key string, record int) map[string]int {
	if shields == nil {
		shields = make(map[string]int)
	}
	if first, found := shields[key]; !found || record < first {
		shields[key] = record
	}
	return shields
}

// Covers returns the record of a bad row that shields a finding, 0 where a package
// does, and whether anything does. The package is the finding's, nil where it has none.
func (s *Shields) Covers(f *Finding, p *Package) (record int, covered bool) {
	if s == nil {
		return 0, false
	}
	if f.Kind == MissingPackage && s.missing[f.AccountID] {
		return 0, true
	}
	cancels := kindTable[f.Kind].fix == FixCancel
	if record, covered = s.accounts[f.AccountID]; covered && cancels {
		return record, true
	}
	if record, covered = s.all[""]; covered && cancels && f.Kind != CanceledInLedger {
		return record, true
	}
	if len(s.ids) == 0 {
		return 0, false
	}
	keys := []string{"e" + NearID(f.ExternalID), "p" + f.PackageID}
	if p != nil {
		keys = append(keys, "e"+NearID(p.ExternalID))
		for i := range p.Instances {
			keys = append(keys, "i"+p.Instances[i].ID)
		}
	}
	for _, key := range keys {
		if record, covered = s.ids[key]; covered {
			return record, true
		}
		if externalID, named := s.lines[key]; named {
			return s.ids["e"+NearID(externalID)], true
		}
	}
	return 0, false
}
