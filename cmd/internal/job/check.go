package job

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/wixrecon/wixrecon/cmd/internal/config"
	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/storage"
)

// A check tries what a run would need, in the order in which a run would need
// it, and says of each what to fix. It changes nothing at Wix, and leaves
// nothing in --out. Its exit code is 0 only where a run would start, else what
// the run would have ended with.

// A Check is one preflight.
type Check struct {
	Config  *config.Config
	Opener  *storage.Opener
	Version string
	Log     *slog.Logger
	Stdout  io.Writer
}

// A standing is what came of one probe.
type standing struct {
	mark string // markOK, markWarn or markFail
	text string
	more []string // further lines
	err  error    // of markFail: what a run would end with
}

const (
	markOK   = "ok"
	markWarn = "warn" // a run would start, but check this
	markFail = "fail" // a run would not start
)

func fine(format string, args ...any) standing {
	return standing{mark: markOK, text: fmt.Sprintf(format, args...)}
}

func looks(format string, args ...any) standing {
	return standing{mark: markWarn, text: fmt.Sprintf(format, args...)}
}

func broken(err error, more ...string) standing {
	return standing{mark: markFail, text: err.Error(), more: more, err: err}
}

// check is a Check on its way.
type check struct {
	*Check
	probe    *wixProbe
	canaries []reconcile.Line // active lines of the ledger's head, of several accounts
	stored   *time.Duration   // how far the clock of --out's store is ahead
	codes    map[int]bool
}

// Run carries the check out and gives the exit code.
func (c *Check) Run(ctx context.Context) (int, error) {
	w := &check{Check: c, codes: make(map[int]bool)}
	defer w.closeProbe()
	for _, step := range []struct {
		name  string
		probe func(context.Context) standing
	}{
		{"settings", w.settings}, {"key", w.key}, {"ledger", w.ledger}, {"lists", w.readLists}, {"account", w.account},
		{"canaries", w.seekCanaries}, {"out", w.out}, {"clocks", w.clocks},
	} {
		if err := ctx.Err(); err != nil {
			return ExitFailed, err
		}
		if err := w.tell(step.name, step.probe(ctx)); err != nil {
			return ExitFailed, err
		}
	}
	for _, code := range [...]int{ExitFailed, ExitUsage, ExitIncomplete} {
		if w.codes[code] {
			return code, nil
		}
	}
	return ExitOK, nil
}

// tell prints what came of a probe; a standing without a mark was not tried.
func (w *check) tell(name string, s standing) error {
	if s.mark == "" {
		return nil
	}
	if s.err != nil {
		w.codes[ExitCode(s.err)] = true
	}
	lines := append(strings.Split(s.text, "\n"), s.more...)
	for i, line := range lines {
		mark, label := s.mark, name
		if i > 0 {
			mark, label = "", ""
		}
		text := strings.TrimRight(fmt.Sprintf("%-4s  %-8s  %s", mark, label, line), " ")
		if _, err := fmt.Fprintln(w.Stdout, text); err != nil {
			return err
		}
	}
	return nil
}

// settings shows what is set otherwise than by default; secrets are not in it.
func (w *check) settings(context.Context) standing {
	s := fine("account %s, ledger %s, out %s", orNone(w.Config.AccountID), storage.Redact(w.Config.Ledger), storage.Redact(w.Config.Out))
	for _, g := range w.Config.Effective {
		if g.Source != config.ByDefault {
			s.more = append(s.more, fmt.Sprintf("%s: %s (from %s)", g.Name, g.Value, g.Source))
		}
	}
	return s
}

func orNone(text string) string {
	if text == "" {
		return "(none)"
	}
	return text
}
