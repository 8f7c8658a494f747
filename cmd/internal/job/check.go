package job

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
)

// A check tries what a run would need, in the order in which a run would need
// it, and prints what to fix. It changes nothing at Wix, and leaves nothing in
// --out. Its exit code is 0 only where a run would start, else that of the run.

// checker is one execution of check.
type checker struct {
	*Job
	probe      *wixProbe
	samples    []reconcile.Line // active lines from the head of the ledger, of several accounts
	storeAhead *time.Duration   // how far the clock of --out's store is ahead
	codes      map[int]bool
}

// Check tries what a run needs, prints what to fix, and returns the exit code.
func (j *Job) Check(ctx context.Context) (int, error) {
	c := &checker{Job: j, codes: make(map[int]bool)}
	defer c.closeProbe()
	for _, check := range []struct {
		name string
		try  func(context.Context) checkResult
	}{
		{"settings", c.settings}, {"key", c.key}, {"ledger", c.ledger}, {"lists", c.lists}, {"account", c.account},
		{"canaries", c.findSamples}, {"out", c.out}, {"clocks", c.clocks},
	} {
		if err := ctx.Err(); err != nil {
			return ExitFailed, err
		}
		if err := c.print(check.name, check.try(ctx)); err != nil {
			return ExitFailed, err
		}
	}
	for _, code := range [...]int{ExitFailed, ExitUsage, ExitIncomplete} {
		if c.codes[code] {
			return code, nil
		}
	}
	return ExitOK, nil
}

// print prints the result of a check that was tried.
func (c *checker) print(name string, r checkResult) error {
	if r.mark == "" {
		return nil
	}
	if r.err != nil {
		c.codes[ExitCode(r.err)] = true
	}
	lines := append(strings.Split(r.text, "\n"), r.more...)
	mark := r.mark
	for _, line := range lines {
		text := strings.TrimRight(fmt.Sprintf("%-4s  %-8s  %s", mark, name, line), " ")
		if _, err := fmt.Fprintln(c.Stdout, text); err != nil {
			return err
		}
		mark, name = "", ""
	}
	return nil
}
