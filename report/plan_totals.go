package report

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/govalues/decimal"
	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// The totals of a plan: actions and instances by fix, and the monthly cost of
// removals by currency, each split by when the actions are due. There is no
// total over currencies.

// totalTable counts by fix, in the order of sending.
func (v *planView) totalTable() table.Writer {
	header := []string{"fix"}
	for _, due := range v.dueTimes() {
		header = append(header, dueName(due), "instances")
	}
	w := newTable(1, header...)
	var fixes []string
	counts := make(map[string]*[dueCount][2]int)
	var sum [dueCount][2]int
	for i := range v.actions {
		a := &v.actions[i]
		if counts[a.Fix] == nil {
			counts[a.Fix] = new([dueCount][2]int)
			fixes = append(fixes, a.Fix)
		}
		for _, c := range []*[dueCount][2]int{counts[a.Fix], &sum} {
			c[v.due(a)][0]++
			c[v.due(a)][1] += a.Instances
		}
	}
	for _, fix := range fixes {
		w.AppendRow(append(table.Row{oneLine(fix)}, v.totalCells(counts[fix])...))
	}
	w.AppendFooter(append(table.Row{"total"}, v.totalCells(&sum)...))
	return w
}

func (v *planView) totalCells(counts *[dueCount][2]int) table.Row {
	var all []int
	for _, due := range v.dueTimes() {
		all = append(all, counts[due][0], counts[due][1])
	}
	return countCells(all...)
}

// dueTimes returns the due times that the plan has actions of, and always
// dueNow.
func (v *planView) dueTimes() []int {
	var used [dueCount]bool
	used[dueNow] = true
	for i := range v.actions {
		used[v.due(&v.actions[i])] = true
	}
	var all []int
	for due, is := range used {
		if is {
			all = append(all, due)
		}
	}
	return all
}

func dueName(due int) string {
	return [dueCount]string{dueNow: "to send", dueNextRun: "held back", dueAfterReview: "to review", dueLater: "waiting"}[due]
}

// A removalCost is the monthly cost of removals in one currency, by due time.
type removalCost struct {
	currency string
	monthly  [dueCount]decimal.Decimal
	overflow [dueCount]bool // more digits than a decimal has
}

// moneyTable has a row for each currency, and one for unknown prices.
func (v *planView) moneyTable() table.Writer {
	header := []string{"currency"}
	for _, due := range v.dueTimes() {
		header = append(header, dueName(due))
	}
	w := newTable(1, header...)
	costs, unpriced := v.removalCosts()
	for i := range costs {
		row := table.Row{oneLine(costs[i].currency)}
		for _, due := range v.dueTimes() {
			row = append(row, costs[i].amount(due))
		}
		w.AppendRow(row)
	}
	if unpriced != [dueCount]int{} {
		row := table.Row{"unknown price"}
		for _, due := range v.dueTimes() {
			row = append(row, plural(unpriced[due], "instance", "instances"))
		}
		w.AppendRow(row)
	}
	return w
}

func (r *removalCost) amount(due int) string {
	if r.overflow[due] {
		return "unknown"
	}
	return formatAmount(r.monthly[due], r.currency)
}

// removalCosts adds up by currency, in order, and counts the instances without a
// known price.
func (v *planView) removalCosts() (costs []removalCost, unpriced [dueCount]int) {
	for i := range v.actions {
		a := &v.actions[i]
		due := v.due(a)
		unpriced[due] += a.Unpriced
		for _, c := range a.Costs {
			at, found := slices.BinarySearchFunc(costs, c.Currency, func(r removalCost, currency string) int {
				return cmp.Compare(r.currency, currency)
			})
			if !found {
				costs = slices.Insert(costs, at, removalCost{currency: c.Currency})
			}
			total, err := costs[at].monthly[due].Add(c.Monthly)
			if err != nil {
				costs[at].overflow[due] = true
				continue
			}
			costs[at].monthly[due] = total
		}
	}
	return costs, unpriced
}

// shieldedTable lists what bad rows shield, by line.
func shieldedTable(shielded []fix.Shielded) table.Writer {
	w := newTable(1, "shielded by", "findings", "instances", "per month", "without price")
	for i := range shielded {
		s := &shielded[i]
		by := fmt.Sprintf("ledger line %d", s.Line)
		if s.Line == 0 {
			by = "unreadable id at Wix"
		}
		cost := fix.CostSum{Costs: s.Costs}
		w.AppendRow(table.Row{by, formatCount(s.Findings), formatCount(s.Instances), cmp.Or(cost.String(), "-"), formatCount(s.Unpriced)})
	}
	return w
}
