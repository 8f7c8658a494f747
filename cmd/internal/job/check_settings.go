package job

import (
	"cmp"
	"fmt"
	"os"

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

// checkKeyFile warns of a file with the API key that others can read; nothing where
// there is no such file.
func (j *Job) checkKeyFile() checkResult {
	if j.Config.KeyFile == "" {
		return checkResult{}
	}
	info, err := os.Stat(j.Config.KeyFile)
	if err != nil {
		return failed(err)
	}
	if others := info.Mode().Perm() & 0o007; others != 0 && info.Mode().IsRegular() {
		return warned("everybody on this machine can read it: chmod o= %s", config.Redacted(j.Config.KeyFile))
	}
	return okay("only its owner and group can read it")
}

// checkTempDir tries to create a temporary file.
func checkTempDir(folder string) checkResult {
	if err := checkTemporary(folder); err != nil {
		return failed(err)
	}
	return okay("%s can be written", cmp.Or(folder, os.TempDir()))
}

func orNone(text string) string {
	if text == "" {
		return "(none)"
	}
	return text
}
