package reconcile

import (
	"maps"
	"slices"
)

// Diff reconciles an inventory that fits in memory: the rules of this package, put
// together in the plainest way. Package join does the same for books of any
// size. Packages must be distinct by id. The findings come in report order.
func Diff(lines []Line, bad []BadRow, packages []Package, rules Rules) ([]Finding, Census) {
	b := newBook(lines, bad, packages)
	rules.Shields = b.shields()
	linker := b.link(&rules)
	var findings []Finding
	var census Census
	for _, g := range b.decided(linker) {
		out := rules.Match(g)
		for _, f := range out.Findings {
			if rules.Coverage.Shown(f.AccountID) {
				findings = append(findings, f)
			}
		}
		census.Add(&out.Census)
	}
	slices.SortFunc(findings, func(a, b Finding) int { return a.Compare(&b) })
	return findings, census
}

// book is a whole inventory, by external id.
type book struct {
	groups        map[string]*Group
	loose         []*Group // bad rows without an external id
	subscriptions []*Group // left over: lines only
	packages      []*Group // left over: one package each
}

func newBook(lines []Line, bad []BadRow, packages []Package) *book {
	b := &book{groups: make(map[string]*Group)}
	for _, l := range lines {
		g := b.group(l.ExternalID)
		g.Lines = append(g.Lines, l)
	}
	for _, row := range bad {
		if row.ExternalID == "" {
			b.loose = append(b.loose, &Group{Bad: []BadRow{row}})
			continue
		}
		g := b.group(row.ExternalID)
		g.Bad = append(g.Bad, row)
	}
	b.share(lines)
	for _, p := range packages {
		if g, ok := b.groups[p.ExternalID]; ok && p.ExternalID != "" {
			g.Packages = append(g.Packages, p)
		} else {
			b.packages = append(b.packages, &Group{Packages: []Package{p}})
		}
	}
	for _, id := range slices.Sorted(maps.Keys(b.groups)) {
		if g := b.groups[id]; len(g.Packages) == 0 && len(g.Bad) == 0 {
			b.subscriptions = append(b.subscriptions, g)
		}
	}
	return b
}

func (b *book) group(externalID string) *Group {
	g, ok := b.groups[externalID]
	if !ok {
		g = &Group{}
		b.groups[externalID] = g
	}
	return g
}

// share notes the ids that stand under more than one external id.
func (b *book) share(lines []Line) {
	under := make(map[SharedID]map[string]bool)
	note := func(field, id, externalID string) {
		if id == "" {
			return
		}
		key := SharedID{field, id}
		if under[key] == nil {
			under[key] = make(map[string]bool)
		}
		under[key][externalID] = true
	}
	for i := range lines {
		note("package_id", lines[i].PackageID, lines[i].ExternalID)
		note("instance_id", lines[i].InstanceID, lines[i].ExternalID)
	}
	for key, ids := range under {
		for id := range ids {
			if len(ids) > 1 {
				b.groups[id].Shared = append(b.groups[id].Shared, key)
			}
		}
	}
}

func (b *book) shields() *Shields {
	s := &Shields{}
	for _, g := range b.loose {
		s.AddBad(&g.Bad[0])
	}
	for _, g := range b.groups {
		for i := range g.Bad {
			s.AddBad(&g.Bad[i])
		}
		for i := range g.Lines {
			if len(g.Bad) > 0 {
				s.AddLine(&g.Lines[i])
			}
		}
	}
	return s
}

// link runs the passes over what is left on both sides.
func (b *book) link(rules *Rules) *Linker {
	candidates := make(map[LinkRule]map[string]*Candidates)
	at := func(key LinkKey) *Candidates {
		if candidates[key.Rule] == nil {
			candidates[key.Rule] = make(map[string]*Candidates)
		}
		if candidates[key.Rule][key.Value] == nil {
			candidates[key.Rule][key.Value] = &Candidates{}
		}
		return candidates[key.Rule][key.Value]
	}
	for i, g := range b.subscriptions {
		for _, key := range rules.SubscriptionKeys(g.Lines) {
			c := at(key)
			c.Subscriptions = append(c.Subscriptions, Candidate{Number: i, Ended: key.Ended})
		}
	}
	for i, g := range b.packages {
		for _, key := range PackageKeys(&g.Packages[0]) {
			c := at(key)
			c.Packages = append(c.Packages, Candidate{Number: i, Live: key.Live})
		}
	}
	for _, g := range b.groups {
		if len(g.Packages) > 0 && len(g.Bad) == 0 {
			for _, key := range rules.ForeignKeys(g.Lines, g.Packages) {
				at(key).Foreign = true
			}
		}
	}
	linker := NewLinker(len(b.subscriptions), len(b.packages))
	for _, byValue := range candidates {
		for _, c := range byValue {
			linker.Claim(*c)
		}
	}
	for _, rule := range LinkRules() {
		for _, c := range candidates[rule] {
			linker.Offer(rule, *c)
		}
		linker.EndPass(rule)
	}
	return linker
}

// decided gives all groups, after linking.
func (b *book) decided(linker *Linker) []*Group {
	for i, g := range b.subscriptions {
		v := linker.Subscription(i)
		g.Link, g.Live = v.Rule, v.Live
		if v.Linked() {
			g.Packages = b.packages[v.Peer].Packages
		}
	}
	all := slices.Concat(b.loose, slices.Collect(maps.Values(b.groups)))
	for i, g := range b.packages {
		if v := linker.Package(i); !v.Linked() {
			g.Link = v.Rule
			all = append(all, g)
		}
	}
	return all
}
