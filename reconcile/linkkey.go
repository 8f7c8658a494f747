package reconcile

import (
	"hash/fnv"
	"slices"
)

// A LinkKey is a value that links a subscription and a package if both have it.
type LinkKey struct {
	Rule  LinkRule
	Value string
	Ended bool   // from rows that have ended: such a key makes no other link ambiguous
	Live  bool   // from a live package
	Claim bool   // from a package that is linked to nothing
	ID    string // external id, of keys that never link
	Shape Shape  // of ByPossible
}

// A Shape is what a line or an instance states of its product and site: hashes, 0
// where it states none. Two fit where each is equal or not stated on one side.
type Shape struct{ Product, Site uint64 }

func newShape(product, site string) Shape { return Shape{shapeHash(product), shapeHash(site)} }

func shapeHash(s string) uint64 {
	if s == "" {
		return 0
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(s)) // a hash never fails
	return h.Sum64()
}

// SubscriptionKeys returns the keys of a subscription without a package: the ids
// that its current rows name, and the places of its active rows. A subscription
// of which all rows have ended is linked by what they name; otherwise ended rows
// are ignored, so that history does not make the present ambiguous.
func (r *Rules) SubscriptionKeys(lines []Line) []LinkKey {
	sub := r.newSubscription(lines)
	keys := sub.nearKeys(r.Mangled)
	for i := range lines {
		if !sub.current(i) {
			continue
		}
		l := &lines[i]
		keys = append(keys, lineKeys(l, sub.phases[i])...)
		if sub.phases[i] != PhaseEnded {
			keys = append(keys, LinkKey{Rule: ByPossible, Value: l.AccountID, ID: l.ExternalID, Shape: newShape(l.ProductID, l.SiteID)})
		}
	}
	return keys
}

// nearKeys returns the keys of the external id in the accounts of the current
// lines.
func (s *subscription) nearKeys(m *MangledIDs) []LinkKey {
	var accounts []string
	for i := range s.lines {
		if account := s.lines[i].AccountID; s.current(i) && !slices.Contains(accounts, account) {
			accounts = append(accounts, account)
		}
	}
	return nearKeys(s.lines[0].ExternalID, m.ledgerKeys(s.lines[0].ExternalID, accounts))
}

func nearKeys(id string, values []string) []LinkKey {
	keys := make([]LinkKey, len(values))
	for i, value := range values {
		keys[i] = LinkKey{Rule: ByNearID, Value: value, ID: id}
	}
	return keys
}

// lineKeys returns the keys of one line: the ids that it names and, where it is
// active, its place.
func lineKeys(l *Line, phase Phase) []LinkKey {
	var keys []LinkKey
	ended := phase == PhaseEnded
	if l.PackageID != "" {
		keys = append(keys, LinkKey{Rule: ByPackageID, Value: l.PackageID, Ended: ended})
	}
	if l.InstanceID != "" {
		keys = append(keys, LinkKey{Rule: ByInstanceID, Value: l.InstanceID, Ended: ended})
	}
	if phase == PhaseActive && l.ProductID != "" && l.SiteID != "" && l.SiteID != Floating {
		keys = append(keys, LinkKey{Rule: ByPlace, Value: placeKey(l.AccountID, l.ProductID, l.SiteID)})
	}
	return keys
}

// PackageKeys returns the keys of a package without a subscription: its ids, and
// the places of its live instances.
func (r *Rules) PackageKeys(p *Package) []LinkKey {
	live := p.Live()
	keys := []LinkKey{{Rule: ByPackageID, Value: p.ID, Live: live, Claim: p.UnreadableID}}
	for i := range p.Instances {
		inst := &p.Instances[i]
		keys = append(keys, LinkKey{Rule: ByInstanceID, Value: inst.ID, Live: live})
		if inst.Status.Live() && inst.ProductID != "" && inst.SiteID != "" {
			keys = append(keys, LinkKey{Rule: ByPlace, Value: placeKey(p.AccountID, inst.ProductID, inst.SiteID), Live: true})
		}
		if inst.Status.Live() && p.JoinID() != "" {
			keys = append(keys, LinkKey{Rule: ByPossible, Value: p.AccountID, ID: p.ExternalID, Shape: newShape(inst.ProductID, inst.SiteID), Live: true})
		}
	}
	if live && p.JoinID() != "" {
		for _, key := range nearKeys(p.ExternalID, r.Mangled.wixKeys(p.ExternalID, p.AccountID)) {
			key.Live = true
			keys = append(keys, key)
		}
	}
	return keys
}

func placeKey(account, product, site string) string {
	return account + "\x00" + product + "\x00" + site
}

// ClaimKeys returns the keys of packages that a matched subscription claims: ids
// that its rows name, if they have not ended, outside of its own packages.
func (r *Rules) ClaimKeys(lines []Line, own []Package) []LinkKey {
	if r.Crowded(len(lines), len(own)) {
		return r.crowdClaims(lines)
	}
	var keys []LinkKey
	var ids map[LinkKey]bool // of the packages, where a line names an id
	for i := range lines {
		l := &lines[i]
		if l.PackageID == "" && l.InstanceID == "" || l.Phase(r.AsOf) == PhaseEnded {
			continue
		}
		if len(own) == 1 && (l.PackageID == "" || l.PackageID == own[0].ID) && l.InstanceID == "" {
			continue // nearly all rows that name an id
		}
		if ids == nil {
			ids = ownIDs(own)
		}
		for _, key := range [...]LinkKey{{Rule: ByPackageID, Value: l.PackageID}, {Rule: ByInstanceID, Value: l.InstanceID}} {
			if key.Value != "" && !ids[key] {
				keys = append(keys, key)
			}
		}
	}
	return keys
}

// ownIDs returns the ids of packages and of their instances, as keys.
func ownIDs(packages []Package) map[LinkKey]bool {
	ids := make(map[LinkKey]bool)
	for i := range packages {
		ids[LinkKey{Rule: ByPackageID, Value: packages[i].ID}] = true
		for j := range packages[i].Instances {
			ids[LinkKey{Rule: ByInstanceID, Value: packages[i].Instances[j].ID}] = true
		}
	}
	return ids
}
