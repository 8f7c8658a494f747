package job

import "fmt"

// A checkResult is the result of one check.
type checkResult struct {
	mark string // markOK, markWarn or markFail; empty: it was not tried
	text string
	more []string // further lines
	err  error    // of markFail: what a run would end with
}

const (
	markOK   = "ok"
	markWarn = "warn" // a run would start, but check this
	markFail = "fail" // a run would not start
)

func okay(format string, args ...any) checkResult {
	return checkResult{mark: markOK, text: fmt.Sprintf(format, args...)}
}

func warned(format string, args ...any) checkResult {
	return checkResult{mark: markWarn, text: fmt.Sprintf(format, args...)}
}

func failed(err error, more ...string) checkResult {
	return checkResult{mark: markFail, text: err.Error(), more: more, err: err}
}
