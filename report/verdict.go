package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/wixrecon/wixrecon/reconcile"
)

// What the head of every report says first: whether the run is complete, and
// if not, what could not be read.

// verdict says it in one line.
func verdict(s *reconcile.Summary) string {
	if s.Command == reconcile.CommandApply {
		return "A plan that was made before: of the inventory nothing was read"
	}
	if !s.Complete {
		return "INCOMPLETE: " + missing(s)
	}
	accounts := counted(len(s.Coverage.Accounts), "sub-account", "sub-accounts")
	switch s.Coverage.Inventory {
	case reconcile.InventoryNarrowed:
		return fmt.Sprintf("COMPLETE: %s read as asked for; what is absent at Wix is unknown", accounts)
	case reconcile.InventoryNotDiscoverable:
		return fmt.Sprintf("COMPLETE: %s that the ledger names read; others are not discoverable, so no package counts as missing", accounts)
	default:
		return fmt.Sprintf("COMPLETE: the whole inventory read, %s", accounts)
	}
}

// lacking reports whether something is not there that was to be read.
func lacking(s *reconcile.Summary) bool {
	return !s.Complete && s.Command != reconcile.CommandApply
}

func missing(s *reconcile.Summary) string {
	var why []string
	if n := len(unread(&s.Coverage)); n > 0 {
		why = append(why, fmt.Sprintf("%s of %s could not be read", grouped(fmt.Sprint(n)),
			counted(len(s.Coverage.Accounts), "sub-account", "sub-accounts")))
	}
	switch n := len(s.Coverage.Problems); {
	case n == 1:
		why = append(why, oneLine(s.Coverage.Problems[0]))
	case n > 1:
		why = append(why, fmt.Sprintf("%s (and %d more)", oneLine(s.Coverage.Problems[0]), n-1))
	}
	if len(why) == 0 {
		return "not everything in scope could be read"
	}
	return strings.Join(why, "; ")
}

// A gap is a sub-account that was not read whole.
type gap struct {
	account string
	err     string
}

// unread gives the gaps by account id.
func unread(c *reconcile.Coverage) []gap {
	var gaps []gap
	for id, a := range c.Accounts {
		if !a.Read {
			gaps = append(gaps, gap{id, cmp.Or(a.Error, "not read whole")})
		}
	}
	slices.SortFunc(gaps, func(a, b gap) int { return cmp.Compare(a.account, b.account) })
	return gaps
}

// gapLines names what could not be read, at most most of it.
func gapLines(c *reconcile.Coverage, most int) []gap {
	gaps := unread(c)
	if c.Inventory == reconcile.InventoryPartial {
		for _, p := range c.Problems {
			gaps = append(gaps, gap{"the inventory", p})
		}
	}
	if over := len(gaps) - most; over > 0 {
		gaps = append(gaps[:most:most], gap{"", fmt.Sprintf("and %s more", grouped(fmt.Sprint(over)))})
	}
	return gaps
}

// openLine counts what is open, by severity.
func openLine(t *reconcile.Tally) string {
	bySeverity := t.OpenBySeverity()
	open := t.State(reconcile.Open)
	if open == 0 {
		return "No open findings"
	}
	parts := make([]string, 0, len(bySeverity))
	for severity, n := range bySeverity {
		if n > 0 {
			parts = append(parts, grouped(fmt.Sprint(n))+" "+reconcile.Severity(severity).String())
		}
	}
	return fmt.Sprintf("%s: %s", counted(open, "open finding", "open findings"), strings.Join(parts, ", "))
}

// scopeLine says what the run was asked to look at.
func scopeLine(s *reconcile.Scope) string {
	if len(s.Accounts) == 0 {
		return "all sub-accounts"
	}
	return counted(len(s.Accounts), "sub-account", "sub-accounts") + " asked for"
}

func ledgerLine(l *reconcile.LedgerSide) string {
	text := fmt.Sprintf("%s (%s active), %s", counted(l.Rows, "row", "rows"), grouped(fmt.Sprint(l.ActiveRows)),
		counted(l.Subscriptions, "subscription", "subscriptions"))
	if l.BadRows > 0 {
		text += ", " + counted(l.BadRows, "bad row", "bad rows")
	}
	return text
}

func wixLine(w *reconcile.WixSide) string {
	return fmt.Sprintf("%s (%s live), %s (%s live), %s", counted(w.Packages, "package", "packages"),
		grouped(fmt.Sprint(w.LivePackages)), counted(w.Instances, "instance", "instances"),
		grouped(fmt.Sprint(w.LiveInstances)), counted(w.MatchedPairs, "matched pair", "matched pairs"))
}

func requestLine(r *reconcile.Requests) string {
	parts := []string{counted(int(r.Query+r.Get), "request", "requests")}
	for _, more := range []struct {
		n    int64
		what string
	}{{r.Retries, "retried"}, {r.Throttled, "throttled"}, {r.Failed, "given up"}, {r.Change, "to change something"}} {
		if more.n > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", grouped(fmt.Sprint(more.n)), more.what))
		}
	}
	return strings.Join(parts, ", ")
}

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return grouped(fmt.Sprint(n)) + " " + many
}

// oneLine makes foreign text harmless on a terminal and in a list: one line,
// no control characters.
func oneLine(s string) string {
	printable := strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, strings.ToValidUTF8(s, "\uFFFD"))
	return strings.Join(strings.Fields(printable), " ")
}
