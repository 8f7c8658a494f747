package fix

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
)

// A create is done where a package has its external id and just the instances
// of its lines, by product, site and cycle, all of them live. One that is not
// yet delivered may lack its site still. A package under the id that is another
// one is neither before nor wanted.
//
// Its idempotency key says what is to be created and nothing else, so that the
// same create has the same key whoever sends it and when.

// IdempotencyKey gives the key that a create carries: a hash of parent account,
// account, external id, and of every instance's product, site, cycle and start.
func (a *Action) IdempotencyKey(parent string) string {
	var d digest
	d.add(parent, a.AccountID, a.ExternalID)
	var lines []string
	for _, l := range a.Desired.Lines {
		var one digest
		one.add(l.ProductID, l.SiteID, string(l.Cycle), l.Start.UTC().Format(time.RFC3339Nano))
		one.number(l.Quantity)
		lines = append(lines, string(one.text))
	}
	slices.Sort(lines)
	d.add(lines...)
	return d.hex()
}

// created judges the packages that are read under the external id of a create,
// and gives the one that it is about.
func created(a *Action, found []reconcile.Package) (effect, *reconcile.Package) {
	for i := range found {
		if found[i].ExternalID == reconcile.TrimID(a.ExternalID) && holds(found[i].Instances, a.Desired.Lines) {
			return effectDone, &found[i]
		}
	}
	if len(found) == 0 {
		return effectNone, nil
	}
	return effectOdd, &found[0]
}

// holds reports whether the instances are those of the lines.
func holds(instances []reconcile.Instance, lines []Line) bool {
	left, total := make([]int, len(lines)), 0
	for i, l := range lines {
		left[i] = l.Quantity
		total += l.Quantity
	}
	if total != len(instances) {
		return false
	}
	var late []*reconcile.Instance // they may lack their site still
	for i := range instances {
		inst := &instances[i]
		switch {
		case !inst.Status.Live():
			return false
		case inst.SiteID == "" && inst.Status != reconcile.StatusEnabled:
			late = append(late, inst)
		case !take(left, lines, inst, inst.SiteID):
			return false
		}
	}
	for _, inst := range late {
		if !take(left, lines, inst, "") && !take(left, lines, inst, anywhere) {
			return false
		}
	}
	return true
}

// anywhere stands for every site.
const anywhere = "*"

// take takes an instance off the lines, and reports whether there was one for it.
func take(left []int, lines []Line, inst *reconcile.Instance, site string) bool {
	for i, l := range lines {
		if left[i] > 0 && strings.EqualFold(l.ProductID, inst.ProductID) && l.Cycle.Equal(inst.Cycle) &&
			(site == anywhere || strings.EqualFold(l.SiteID, site)) {
			left[i]--
			return true
		}
	}
	return false
}

// taken says that a package has the external id of a create already.
func taken(p *reconcile.Package) string {
	state := "dead"
	if p.Live() {
		state = live
	}
	return fmt.Sprintf("external id: planned none, found package %s, which is %s", p.ID, state)
}
