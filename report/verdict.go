package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/wixrecon/wixrecon/reconcile"
)

// Verdict is the first line of every report: whether the run is complete, and
// if not, what could not be read.
func Verdict(s *reconcile.Summary) string {
	if s.Command == reconcile.CommandApply {
		return "Applying an existing plan; Wix was not read again."
	}
	if !s.Complete {
		return "INCOMPLETE: " + incompleteReason(&s.Coverage)
	}
	accounts := len(s.Coverage.Accounts)
	switch s.Coverage.Inventory {
	case reconcile.InventoryNarrowed:
		return fmt.Sprintf("COMPLETE: %s read; subscriptions without a package are reported as unknown",
			plural(accounts, "selected sub-account", "selected sub-accounts"))
	case reconcile.InventoryNotDiscoverable:
		return fmt.Sprintf("COMPLETE: %s of the ledger read; others are not discoverable, so no package is counted as missing",
			plural(accounts, "sub-account", "sub-accounts"))
	default:
		return "COMPLETE: the whole inventory was read, " + plural(accounts, "sub-account", "sub-accounts")
	}
}

// isIncomplete reports whether something that was to be read was not. An applied
// plan reads nothing.
func isIncomplete(s *reconcile.Summary) bool {
	return !s.Complete && s.Command != reconcile.CommandApply
}

func incompleteReason(c *reconcile.Coverage) string {
	var reasons []string
	if n := len(unreadAccounts(c)); n > 0 {
		reasons = append(reasons, fmt.Sprintf("%s of %s could not be read", formatCount(n),
			plural(len(c.Accounts), "sub-account", "sub-accounts")))
	}
	switch n := len(c.Problems); {
	case n == 1:
		reasons = append(reasons, oneLine(c.Problems[0]))
	case n > 1:
		reasons = append(reasons, fmt.Sprintf("%s (and %d more)", oneLine(c.Problems[0]), n-1))
	}
	if len(reasons) == 0 {
		return "not everything in scope could be read"
	}
	return strings.Join(reasons, "; ")
}

// A gap is a sub-account, or the inventory, that was not read completely.
type gap struct{ account, err string }

// unreadAccounts returns the gaps by account id.
func unreadAccounts(c *reconcile.Coverage) []gap {
	var gaps []gap
	for id, a := range c.Accounts {
		if !a.Read {
			gaps = append(gaps, gap{id, cmp.Or(a.Error, "not read completely")})
		}
	}
	slices.SortFunc(gaps, func(a, b gap) int { return cmp.Compare(a.account, b.account) })
	return gaps
}

// gaps returns no more than limit gaps, and after them how many more there are.
func gaps(c *reconcile.Coverage, limit int) []gap {
	gaps := unreadAccounts(c)
	if c.Inventory == reconcile.InventoryPartial {
		for _, p := range c.Problems {
			gaps = append(gaps, gap{"inventory", p})
		}
	}
	if more := len(gaps) - limit; more > 0 {
		gaps = append(gaps[:limit:limit], gap{"", fmt.Sprintf("and %s more", formatCount(more))})
	}
	return gaps
}
