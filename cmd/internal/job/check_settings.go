package job

import (
	"fmt"

	"github.com/wixrecon/wixrecon/cmd/internal/config"
	"github.com/wixrecon/wixrecon/sources/storage"
)

// checkSettings shows the settings that differ from the default, without secrets.
func (j *Job) checkSettings() checkResult {
	s := okay("account %s, ledger %s, out %s", orNone(j.Config.AccountID), storage.Redact(j.Config.Ledger), storage.Redact(j.Config.Out))
	for _, g := range j.Config.Effective {
		if g.Source != config.SourceDefault {
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
