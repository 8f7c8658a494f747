package job

import (
	"context"
	"fmt"

	"github.com/wixrecon/wixrecon/cmd/internal/config"
	"github.com/wixrecon/wixrecon/sources/storage"
)

// settings shows the settings that differ from the default, without secrets.
func (c *checker) settings(context.Context) checkResult {
	s := okay("account %s, ledger %s, out %s", orNone(c.Config.AccountID), storage.Redact(c.Config.Ledger), storage.Redact(c.Config.Out))
	for _, g := range c.Config.Effective {
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
