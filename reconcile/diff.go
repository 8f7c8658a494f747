package reconcile

import (
	"maps"
	"slices"
)

// Diff reconciles lines and packages that fit in memory. It applies the rules of
// this package in the plainest way and documents how they fit together; package
// join does the same at any size. Packages must be distinct by id. The findings
// are in report order.
func Diff(lines []Line, bad []BadRow, packages []Package, rules Rules) ([]Finding, Census) {
	d := newDataset(lines, bad, packages, &rules)
	rules.Shields, rules.Mangled = d.shields(), d.mangled()
	linker := d.link(&rules)
	var findings []Finding
	var census Census
	for _, g := range d.linkedGroups(linker) {
		result := rules.Match(g)
		for _, f := range result.Findings {
			if rules.Coverage.InScope(f.AccountID) {
				findings = append(findings, f)
			}
		}
		census.Add(&result.Census)
	}
	slices.SortFunc(findings, func(a, b Finding) int { return a.Compare(&b) })
	return findings, census
}

// A dataset is both sides of a reconciliation, grouped by external id.
type dataset struct {
	groups                 map[string]*Group
	badWithoutID           []*Group // bad rows without an external id
	unmatchedSubscriptions []*Group // lines only
	unmatchedPackages      []*Group // one package each
}

func newDataset(lines []Line, bad []BadRow, packages []Package, rules *Rules) *dataset {
	d := &dataset{groups: make(map[string]*Group)}
	for _, l := range lines {
		g := d.group(l.ExternalID)
		g.Lines = append(g.Lines, l)
	}
	for _, row := range bad {
		if row.ExternalID == "" {
			d.badWithoutID = append(d.badWithoutID, &Group{Bad: []BadRow{row}})
			continue
		}
		g := d.group(row.ExternalID)
		g.Bad = append(g.Bad, row)
	}
	d.markSharedIDs(lines)
	for _, p := range packages {
		if g, ok := d.groups[p.JoinID()]; ok && p.JoinID() != "" {
			g.Packages = append(g.Packages, p)
		} else {
			d.unmatchedPackages = append(d.unmatchedPackages, &Group{Packages: []Package{p}})
		}
	}
	for _, id := range slices.Sorted(maps.Keys(d.groups)) {
		if g := d.groups[id]; len(g.Packages) == 0 && len(g.Bad) == 0 && !rules.Crowded(len(g.Lines), 0) {
			d.unmatchedSubscriptions = append(d.unmatchedSubscriptions, g)
		}
	}
	return d
}

func (d *dataset) group(externalID string) *Group {
	g, ok := d.groups[externalID]
	if !ok {
		g = &Group{}
		d.groups[externalID] = g
	}
	return g
}

// markSharedIDs adds to each group the ids that rows of other groups name too.
func (d *dataset) markSharedIDs(lines []Line) {
	namedBy := make(map[SharedID]map[string]bool) // external ids
	note := func(field, id, externalID string) {
		if id == "" {
			return
		}
		key := SharedID{field, id}
		if namedBy[key] == nil {
			namedBy[key] = make(map[string]bool)
		}
		namedBy[key][externalID] = true
	}
	for i := range lines {
		note("package_id", lines[i].PackageID, lines[i].ExternalID)
		note("instance_id", lines[i].InstanceID, lines[i].ExternalID)
	}
	for key, externalIDs := range namedBy {
		for id := range externalIDs {
			if len(externalIDs) > 1 {
				d.groups[id].Shared = append(d.groups[id].Shared, key)
			}
		}
	}
}

func (d *dataset) shields() *Shields {
	s := &Shields{}
	for _, g := range d.badWithoutID {
		s.AddGroup(g)
	}
	for _, g := range d.groups {
		s.AddGroup(g)
	}
	for _, g := range d.unmatchedPackages {
		s.AddPackage(&g.Packages[0])
	}
	return s
}

func (d *dataset) mangled() *MangledIDs {
	m := &MangledIDs{}
	for id, g := range d.groups {
		m.AddLedgerID(id)
		for i := range g.Packages {
			m.AddWixID(g.Packages[i].JoinID())
		}
	}
	for _, g := range d.unmatchedPackages {
		m.AddWixID(g.Packages[0].JoinID())
	}
	return m
}

// link runs the link passes over what is unmatched on both sides.
func (d *dataset) link(rules *Rules) *Linker {
	candidates := d.candidates(rules)
	linker := NewLinker(len(d.unmatchedSubscriptions), len(d.unmatchedPackages))
	for _, byValue := range candidates {
		for _, c := range byValue {
			linker.AddClaim(*c)
		}
	}
	for _, rule := range LinkRules() {
		for _, c := range candidates[rule] {
			linker.AddCandidates(rule, *c)
		}
		linker.EndPass(rule)
	}
	return linker
}

// candidates returns the candidates of each link key, by rule and value.
func (d *dataset) candidates(rules *Rules) map[LinkRule]map[string]*Candidates {
	all := make(map[LinkRule]map[string]*Candidates)
	of := func(key LinkKey) *Candidates {
		if all[key.Rule] == nil {
			all[key.Rule] = make(map[string]*Candidates)
		}
		if all[key.Rule][key.Value] == nil {
			all[key.Rule][key.Value] = &Candidates{}
		}
		return all[key.Rule][key.Value]
	}
	for i, g := range d.unmatchedSubscriptions {
		for _, key := range rules.SubscriptionKeys(g.Lines) {
			c := of(key)
			c.Subscriptions = append(c.Subscriptions, Candidate{Index: i, Ended: key.Ended, ID: key.ID, Shape: key.Shape})
		}
	}
	for i, g := range d.unmatchedPackages {
		for _, key := range rules.PackageKeys(&g.Packages[0]) {
			c := of(key)
			c.Claimed = c.Claimed || key.Claim
			c.Packages = append(c.Packages, Candidate{Index: i, Live: key.Live, ID: key.ID, Shape: key.Shape})
		}
	}
	for _, g := range d.groups {
		if len(g.Bad) == 0 && (len(g.Packages) > 0 || rules.Crowded(len(g.Lines), 0)) {
			for _, key := range rules.ClaimKeys(g.Lines, g.Packages) {
				of(key).Claimed = true
			}
		}
	}
	return all
}

// linkedGroups returns all groups, each linked package in the group of its
// subscription.
func (d *dataset) linkedGroups(linker *Linker) []*Group {
	all := slices.Concat(d.badWithoutID, slices.Collect(maps.Values(d.groups)))
	unmatched := make(map[*Group]LinkResult)
	for i, g := range d.unmatchedSubscriptions {
		unmatched[g] = linker.Subscription(i)
	}
	for i, g := range d.unmatchedPackages {
		if r := linker.Package(i); !r.Linked() {
			unmatched[g] = r
			all = append(all, g)
		}
	}
	sets := make(Sets)
	for g, r := range unmatched {
		sets.Add(r, g.externalID(), g.packageID())
	}
	for g, r := range unmatched {
		g.SetLink(r, sets)
	}
	for i, g := range d.unmatchedSubscriptions {
		if r := linker.Subscription(i); r.Linked() {
			g.Packages = d.unmatchedPackages[r.Peer].Packages
		}
	}
	return all
}

// externalID returns the external id of a subscription or of a package, empty if
// that has none.
func (g *Group) externalID() string {
	if len(g.Lines) > 0 {
		return g.Lines[0].ExternalID
	}
	return g.Packages[0].JoinID()
}

// packageID returns the id of the first package, if there is one.
func (g *Group) packageID() string {
	if len(g.Packages) == 0 {
		return ""
	}
	return g.Packages[0].ID
}
