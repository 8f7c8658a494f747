package ledger

import (
	"fmt"

	"github.com/wixrecon/wixrecon/reconcile"
)

// A StatusWord is a word of the file and its status.
type StatusWord struct {
	Word   string
	Status reconcile.LineStatus
	From   string // where it was set, for messages; may be empty
}

// A CycleWord is a word of the file and its billing cycle.
type CycleWord struct {
	Word  string
	Cycle reconcile.Cycle
	From  string // where it was set, for messages; may be empty
}

// statuses returns the status of each word, folded. A mapped word takes
// precedence over the contract's own.
func statuses(words []StatusWord) map[string]reconcile.LineStatus {
	status := map[string]reconcile.LineStatus{
		"active": reconcile.Active, "pending": reconcile.Pending,
		"canceled": reconcile.Canceled, "cancelled": reconcile.Canceled,
	}
	for _, w := range words {
		status[FoldWord(w.Word)] = w.Status
	}
	return status
}

// cycles returns the cycle of each mapped word, folded.
func cycles(words []CycleWord) map[string]reconcile.Cycle {
	cycle := make(map[string]reconcile.Cycle, len(words))
	for _, w := range words {
		cycle[FoldWord(w.Word)] = w.Cycle
	}
	return cycle
}

// mapStatuses returns the remedy for unknown words of status.
func mapStatuses(words ...string) string {
	object := "it"
	if len(words) > 1 {
		object = "each"
	}
	return fmt.Sprintf("Map %s to active, pending or canceled in the settings file: %s", object, mapWords("status", "active", words...))
}

// mapCycles returns the remedy for unknown words of billing_cycle.
func mapCycles(words ...string) string {
	return "Map it in the settings file, for example: " + mapWords("cycle", "1 MONTH", words...)
}
