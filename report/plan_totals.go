package report

import (
	"cmp"
	"slices"

	"github.com/govalues/decimal"
	"github.com/jedib0t/go-pretty/v6/table"
)

// The totals of a plan: actions and instances by fix, and what is taken away by
// currency, each split by when it is sent. There is no total over currencies.

// totalTable counts by fix, in the order of sending.
func (v *planView) totalTable() table.Writer {
	names := []string{"fix"}
	for _, class := range v.classes() {
		names = append(names, className(class), "instances")
	}
	w := newTable(1, names...)
	names = nil
	counts := make(map[string]*[planClasses][2]int)
	var sum [planClasses][2]int
	for i := range v.actions {
		a := &v.actions[i]
		if counts[a.Fix] == nil {
			counts[a.Fix] = new([planClasses][2]int)
			names = append(names, a.Fix)
		}
		for _, c := range []*[planClasses][2]int{counts[a.Fix], &sum} {
			c[v.class(a)][0]++
			c[v.class(a)][1] += a.Instances
		}
	}
	for _, name := range names {
		w.AppendRow(append(table.Row{oneLine(name)}, v.flat(counts[name])...))
	}
	w.AppendFooter(append(table.Row{"total"}, v.flat(&sum)...))
	return w
}

func (v *planView) flat(counts *[planClasses][2]int) table.Row {
	var all []int
	for _, class := range v.classes() {
		all = append(all, counts[class][0], counts[class][1])
	}
	return numbers(all...)
}

// classes gives the classes that the plan has actions of, and always what is to
// be sent.
func (v *planView) classes() []int {
	var there [planClasses]bool
	there[classNow] = true
	for i := range v.actions {
		there[v.class(&v.actions[i])] = true
	}
	var all []int
	for class, is := range there {
		if is {
			all = append(all, class)
		}
	}
	return all
}

func className(class int) string {
	return [planClasses]string{classNow: "to send", classReview: "to review", classWaiting: "waiting"}[class]
}

// A removed is what removals of one currency take away a month, by class.
type removed struct {
	currency string
	monthly  [planClasses]decimal.Decimal
	broken   [planClasses]bool // more digits than a decimal has
}

// moneyTable adds up what removals take away, a row a currency, and counts what
// has no known price.
func (v *planView) moneyTable() table.Writer {
	names := []string{"currency"}
	for _, class := range v.classes() {
		names = append(names, className(class))
	}
	w := newTable(1, names...)
	sums, unpriced := v.removed()
	for i := range sums {
		row := table.Row{oneLine(sums[i].currency)}
		for _, class := range v.classes() {
			row = append(row, sums[i].spell(class))
		}
		w.AppendRow(row)
	}
	if unpriced != [planClasses]int{} {
		row := table.Row{"unknown price"}
		for _, class := range v.classes() {
			row = append(row, counted(unpriced[class], "instance", "instances"))
		}
		w.AppendRow(row)
	}
	return w
}

func (r *removed) spell(class int) string {
	if r.broken[class] {
		return "unknown"
	}
	return spell(r.monthly[class], r.currency)
}

func (v *planView) removed() (sums []removed, unpriced [planClasses]int) {
	for i := range v.actions {
		a := &v.actions[i]
		class := v.class(a)
		unpriced[class] += a.Unpriced
		for _, c := range a.Costs {
			at, there := slices.BinarySearchFunc(sums, c.Currency, func(r removed, currency string) int {
				return cmp.Compare(r.currency, currency)
			})
			if !there {
				sums = slices.Insert(sums, at, removed{currency: c.Currency})
			}
			total, err := sums[at].monthly[class].Add(c.Monthly)
			if err != nil {
				sums[at].broken[class] = true
				continue
			}
			sums[at].monthly[class] = total
		}
	}
	return sums, unpriced
}

// currencies gives the currencies of what is taken away, in order.
func (v *planView) currencies() []string {
	sums, _ := v.removed()
	names := make([]string, len(sums))
	for i := range sums {
		names[i] = sums[i].currency
	}
	return names
}
