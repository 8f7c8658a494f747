package fix

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/govalues/decimal"
)

// A Cost is an amount a month in one currency.
type Cost struct {
	Currency string          `json:"currency"`
	Monthly  decimal.Decimal `json:"monthly_amount"`
}

// A CostSum adds up costs. Currencies are never added together, and an unknown
// price is counted apart, never as zero.
type CostSum struct {
	Costs    []Cost // by currency
	Unpriced int    // instances without a known price
}

// Add adds what one instance costs; without a currency its price is unknown.
func (s *CostSum) Add(currency string, amount decimal.Decimal) {
	if currency == "" {
		s.Unpriced++
		return
	}
	i, found := slices.BinarySearchFunc(s.Costs, currency, func(c Cost, currency string) int {
		return cmp.Compare(c.Currency, currency)
	})
	if !found {
		s.Costs = slices.Insert(s.Costs, i, Cost{Currency: currency})
	}
	sum, err := s.Costs[i].Monthly.Add(amount)
	if err != nil { // more digits than a decimal has
		s.Unpriced++
		return
	}
	s.Costs[i].Monthly = sum
}

// AddAll adds another sum.
func (s *CostSum) AddAll(costs []Cost, unpriced int) {
	for _, c := range costs {
		s.Add(c.Currency, c.Monthly)
	}
	s.Unpriced += unpriced
}

func (s *CostSum) String() string {
	var parts []string
	for _, c := range s.Costs {
		parts = append(parts, fmt.Sprintf("%s %s", c.Monthly, c.Currency))
	}
	if s.Unpriced == 1 {
		parts = append(parts, "1 instance without a known price")
	} else if s.Unpriced > 1 {
		parts = append(parts, fmt.Sprintf("%d instances without a known price", s.Unpriced))
	}
	return strings.Join(parts, " + ")
}
