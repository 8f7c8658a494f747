package fix

import (
	"slices"

	"github.com/wixrecon/wixrecon/reconcile"
)

// An instance is not taken away while another one that is not dead references
// it, or while an instance that stays sits on its site, or is to be assigned to
// it: somebody must look first.
//
// What goes in the end is decided first: what the same plan takes away does not
// stay, unless it waits, or something that does stay depends on it in turn; until
// nothing changes any more. Whoever references an instance does so wherever it
// sits: only a cancel ends that. Whoever sits on a site ends that by being
// canceled, unassigned or moved.
//
// But what a plan is about to do is not done: it may fail, and what rests on it
// would be sent all the same. So of what goes in the end some must be looked at,
// or goes in a later run: an instance that is still referenced, be it by one that
// goes too, unless one request takes both; and a cancel on a site that somebody
// is yet to be moved from. Two that the plan cancels may share a site: the ledger
// wants neither.

// dependence knows what depends on the instances that the plan would take away.
type dependence struct {
	site       map[string]string   // of the instances that would be taken away, where they have one
	bySite     map[string][]string // who is on such a site
	arriving   map[string][]string // who is to be assigned to such a site
	referenced map[string][]string // who references such an instance
}

// watch begins to look for what depends on the instances that the drafts take
// away.
func (d *dependence) watch(drafts []draft) {
	*d = dependence{
		site: make(map[string]string), bySite: make(map[string][]string),
		arriving: make(map[string][]string), referenced: make(map[string][]string),
	}
	for i := range drafts {
		for _, id := range drafts[i].takes() {
			inst := drafts[i].Seen.instance(id)
			d.referenced[id] = nil
			if inst.SiteID != "" {
				d.site[id] = inst.SiteID
				d.bySite[inst.SiteID] = nil
			}
		}
	}
	for i := range drafts {
		if a := &drafts[i].Action; a.Fix == reconcile.FixAssign {
			d.arriving[a.Desired.SiteID] = append(d.arriving[a.Desired.SiteID], a.InstanceID)
		}
	}
}

// note keeps an instance that one of the watched ones may not go without.
func (d *dependence) note(inst *reconcile.Instance) {
	if inst.Status.Dead() {
		return
	}
	if who, watched := d.referenced[inst.References]; watched {
		d.referenced[inst.References] = append(who, inst.ID)
	}
	if who, watched := d.bySite[inst.SiteID]; watched {
		d.bySite[inst.SiteID] = append(who, inst.ID)
	}
}

// review marks the actions that others depend on. One that is to be sent now is
// held against what goes now; one that waits against what would go if all had
// waited long enough.
func (p *Planner) review() {
	now := p.settle(func(a *Action) bool { return a.Waiting == nil })
	then := p.settle(func(*Action) bool { return true })
	for i := range p.drafts {
		a := &p.drafts[i].Action
		going := now
		if a.Waiting != nil {
			going = then
		}
		a.Needs, a.Dependants = "", going.dependants(p, i, false)
		if len(a.Dependants) > 0 {
			a.Needs = NeedsReview
		}
	}
}

// going says which of the drafts go, and which of them takes which instance.
type going struct {
	goes  []bool
	taker map[string]int // by instance: the draft that takes it away
}

// settle gives what goes, of the drafts that may.
func (p *Planner) settle(may func(*Action) bool) going {
	g := going{goes: make([]bool, len(p.drafts)), taker: make(map[string]int)}
	for i := range p.drafts {
		g.goes[i] = may(&p.drafts[i].Action)
		for _, id := range p.drafts[i].takes() {
			g.taker[id] = i
		}
	}
	for changed := true; changed; {
		changed = false
		for i := range p.drafts {
			if g.goes[i] && len(g.dependants(p, i, true)) > 0 {
				g.goes[i], changed = false, true
			}
		}
	}
	return g
}

// dependants gives what stays and depends on an instance that a draft takes
// away, ordered. About says that what the plan is about to do counts as done.
func (g *going) dependants(p *Planner, draft int, about bool) []string {
	var stay []string
	for _, id := range p.drafts[draft].takes() {
		for _, who := range p.referenced[id] {
			if who != id && !g.ends(p, who, draft, about) {
				stay = append(stay, who)
			}
		}
		site, placed := p.site[id]
		if !placed {
			continue
		}
		for _, who := range p.bySite[site] {
			if who != id && !g.leaves(p, who, draft, about) {
				stay = append(stay, who)
			}
		}
		stay = append(stay, p.arriving[site]...)
	}
	slices.Sort(stay)
	return slices.Compact(stay)
}

// ends reports whether an instance ends its references as far as a draft may
// count on it.
func (g *going) ends(p *Planner, id string, draft int, about bool) bool {
	at, taken := g.taker[id]
	return taken && (at == draft || about && g.goes[at]) && p.drafts[at].Fix == reconcile.FixCancel
}

// leaves reports whether an instance leaves its site as far as a draft may count
// on it.
func (g *going) leaves(p *Planner, id string, draft int, about bool) bool {
	at, taken := g.taker[id]
	if !taken || at == draft {
		return taken
	}
	moved := p.drafts[at].Fix != reconcile.FixCancel && p.drafts[draft].Fix == reconcile.FixCancel
	return g.goes[at] && (about || !moved)
}
