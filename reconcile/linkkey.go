package reconcile

import "slices"

// A LinkKey is a value that links a subscription and a package if both have it.
type LinkKey struct {
	Rule  LinkRule // ByPackageID, ByInstanceID, ByPlace or ByNearID
	Value string
	Ended bool // from rows that have ended: such a key makes no other link ambiguous
	Live  bool // from a live package
	Claim bool // from a package that is linked to nothing
}

// SubscriptionKeys returns the keys of a subscription without a package: the ids
// that its current rows name, and the places of its active rows. A subscription
// of which all rows have ended is linked by what they name; otherwise ended rows
// are ignored, so that history does not make the present ambiguous.
func (r *Rules) SubscriptionKeys(lines []Line) []LinkKey {
	sub := r.newSubscription(lines)
	keys := []LinkKey{{Rule: ByNearID, Value: NearID(lines[0].ExternalID)}}
	for i := range lines {
		if !sub.current(i) {
			continue
		}
		l, ended := &lines[i], sub.phases[i] == PhaseEnded
		if l.PackageID != "" {
			keys = append(keys, LinkKey{Rule: ByPackageID, Value: l.PackageID, Ended: ended})
		}
		if l.InstanceID != "" {
			keys = append(keys, LinkKey{Rule: ByInstanceID, Value: l.InstanceID, Ended: ended})
		}
		if sub.phases[i] == PhaseActive && l.ProductID != "" && l.SiteID != "" && l.SiteID != Floating {
			keys = append(keys, LinkKey{Rule: ByPlace, Value: placeKey(l.AccountID, l.ProductID, l.SiteID)})
		}
	}
	return keys
}

// PackageKeys returns the keys of a package without a subscription: its ids and
// the places of its live instances.
func PackageKeys(p *Package) []LinkKey {
	live := p.Live()
	keys := []LinkKey{{Rule: ByPackageID, Value: p.ID, Live: live, Claim: p.UnreadableID}}
	for i := range p.Instances {
		inst := &p.Instances[i]
		keys = append(keys, LinkKey{Rule: ByInstanceID, Value: inst.ID, Live: live})
		if inst.Status.Live() && inst.ProductID != "" && inst.SiteID != "" {
			keys = append(keys, LinkKey{Rule: ByPlace, Value: placeKey(p.AccountID, inst.ProductID, inst.SiteID), Live: true})
		}
	}
	if live && p.JoinID() != "" {
		keys = append(keys, LinkKey{Rule: ByNearID, Value: NearID(p.ExternalID), Live: true})
	}
	return keys
}

func placeKey(account, product, site string) string {
	return account + "\x00" + product + "\x00" + site
}

// ClaimKeys returns the keys of packages that a matched subscription claims: ids
// that its rows name, if they have not ended, outside of its own packages.
func (r *Rules) ClaimKeys(lines []Line, own []Package) []LinkKey {
	var keys []LinkKey
	for i := range lines {
		l := &lines[i]
		if l.PackageID == "" && l.InstanceID == "" || l.Phase(r.AsOf) == PhaseEnded {
			continue
		}
		if l.PackageID != "" && !slices.ContainsFunc(own, func(p Package) bool { return p.ID == l.PackageID }) {
			keys = append(keys, LinkKey{Rule: ByPackageID, Value: l.PackageID})
		}
		if l.InstanceID != "" && !slices.ContainsFunc(own, func(p Package) bool { return p.hasInstance(l.InstanceID) }) {
			keys = append(keys, LinkKey{Rule: ByInstanceID, Value: l.InstanceID})
		}
	}
	return keys
}

func (p *Package) hasInstance(id string) bool {
	return slices.ContainsFunc(p.Instances, func(i Instance) bool { return i.ID == id })
}
