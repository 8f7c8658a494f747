package job

import (
	"context"
	"fmt"
	"io"
	"strings"
)

// A check tries what a run would need, in the order in which a run would need
// it, and prints what to fix. It changes nothing at Wix, and leaves nothing in
// --out. Its exit code is 0 only where a run would start, else that of the run.

// Check tries what a run needs, prints what to fix, and returns the exit code.
func (j *Job) Check(ctx context.Context) (int, error) {
	p := &checkPrinter{out: j.Stdout, codes: make(map[int]bool)}
	p.print(ctx, "settings", j.checkSettings())
	p.print(ctx, "key file", j.checkKeyFile())
	p.print(ctx, "temp", checkTempDir(j.tempDir()))
	probe, r := j.checkKey(ctx)
	defer probe.close()
	p.print(ctx, "key", r)
	samples, r := j.checkLedger(ctx)
	p.print(ctx, "ledger", r)
	p.print(ctx, "lists", j.checkLists(ctx))
	p.print(ctx, "account", j.checkAccount(ctx, probe, samples))
	p.print(ctx, "canaries", findSamples(ctx, probe, samples))
	storeAhead, r := j.checkOut(ctx)
	p.print(ctx, "out", r)
	p.print(ctx, "clocks", checkClocks(probe, storeAhead))
	p.verdict()
	return p.code(), p.err
}

// A checkPrinter prints the results of checks, until the context ends.
type checkPrinter struct {
	out   io.Writer
	codes map[int]bool // of failed checks

	warned bool
	err    error
}

// print prints the result of a check that was tried.
func (p *checkPrinter) print(ctx context.Context, name string, r checkResult) {
	if p.err == nil {
		p.err = ctx.Err()
	}
	if r.mark == "" || p.err != nil {
		return
	}
	if r.err != nil {
		p.codes[ExitCode(r.err)] = true
	}
	p.warned = p.warned || r.mark == markWarn
	mark := r.mark
	for _, line := range append(strings.Split(r.text, "\n"), r.more...) {
		text := strings.TrimRight(fmt.Sprintf("%-4s  %-8s  %s", mark, name, line), " ")
		if _, err := fmt.Fprintln(p.out, text); err != nil {
			p.err = err
			return
		}
		mark, name = "", ""
	}
}

// verdict prints whether a run would start.
func (p *checkPrinter) verdict() {
	if p.err != nil {
		return
	}
	text := "A run would start"
	if p.warned {
		text = "A run would start; see the lines marked warn"
	}
	if code := p.code(); code != ExitOK {
		text = fmt.Sprintf("A run would not start (exit code %d): fix the lines marked fail", code)
	}
	_, p.err = fmt.Fprintln(p.out, "\n"+text)
}

// code returns the exit code that a run would have.
func (p *checkPrinter) code() int {
	for _, code := range [...]int{ExitFailed, ExitUsage, ExitIncomplete} {
		if p.codes[code] {
			return code
		}
	}
	return ExitOK
}
