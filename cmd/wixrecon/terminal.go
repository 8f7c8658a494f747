package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/wixrecon/wixrecon/cmd/internal/config"
	"github.com/wixrecon/wixrecon/cmd/internal/console"
	"github.com/wixrecon/wixrecon/sources/wix"
)

// Standard output is for the result, standard error for the log and the progress
// bar. The loss of standard error never fails a command. The error that ends a
// command is the last line of the log, in the form of the log; where the result is
// JSON and nothing of it was printed, it is the result too.

// A terminal is how a command prints.
type terminal struct {
	out    *console.Output // the result
	log    *console.Output // lines of the log
	raw    io.Writer       // standard error, for the progress bar
	files  settingFiles
	form   console.Form
	asJSON bool // the result is JSON
	onTTY  bool // standard error is a terminal
}

// newTerminal returns how to print for a command line that is not yet parsed.
func newTerminal(p *program, args []string) terminal {
	t := terminal{out: console.NewOutput(p.stdout), raw: console.Lossy(p.stderr), files: make(settingFiles), onTTY: isTerminal(p.stderr)}
	t.log = console.NewOutput(t.raw)
	form, output := config.Formats(formatFlags(args), p.env, t.files.read)
	switch {
	case form == config.LogJSON:
		t.form = console.JSON
		t.log.SetJSON()
	case t.onTTY:
		t.form = console.People
	}
	if t.asJSON = output == config.OutputJSON; t.asJSON {
		t.out.SetJSON()
	}
	for _, secret := range secretVariables(p.env) {
		t.redact(secret)
	}
	return t
}

// redact keeps a secret out of everything that is printed.
func (t *terminal) redact(secret wix.Secret) {
	t.out.Redact(secret.Redact)
	t.log.Redact(secret.Redact)
}

// secretVariables returns the secrets in the environment, which libraries might
// print. A short value is no secret, and may be in any text.
func secretVariables(env []string) []wix.Secret {
	const minSecret = 12
	var secrets []wix.Secret
	for _, entry := range env {
		name, value, _ := strings.Cut(entry, "=")
		switch name {
		case "WIX_API_KEY", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN":
			if len(value) >= minSecret {
				secrets = append(secrets, wix.NewSecret(value))
			}
		}
	}
	return secrets
}

// formatFlags returns the flags that decide how an error is printed.
func formatFlags(args []string) map[string]string {
	flags := make(map[string]string)
	for i, arg := range args {
		name, value, joined := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(arg, "-"), "-"), "=")
		switch {
		case arg == "--":
			return flags
		case !strings.HasPrefix(arg, "-") || name != "log" && name != "output" && name != "config":
		case joined:
			flags[name] = value
		case i+1 < len(args):
			flags[name] = args[i+1]
		}
	}
	return flags
}

// newLog returns the log, which goes through the writer that shows progress.
func (t *terminal) newLog(out io.Writer) *slog.Logger {
	return console.NewLog(t.form, out)
}

// printError prints the error that ends a command.
func (t *terminal) printError(err error, code int) {
	log := t.newLog(t.log)
	lines := strings.Split(err.Error(), "\n")
	for _, line := range lines {
		switch t.form {
		case console.JSON:
			log.Error(line, "exit_code", code)
		case console.People:
			log.Error(line)
		default:
			_, _ = fmt.Fprintln(t.log, "wixrecon:", line) // there is nowhere else to print it
		}
	}
	if t.asJSON && !t.out.Written() {
		result := struct {
			Error    string   `json:"error"`
			Errors   []string `json:"errors"` // its lines
			ExitCode int      `json:"exit_code"`
		}{err.Error(), lines, code}
		_ = json.NewEncoder(t.out).Encode(result) // the exit code and the log have it too
	}
}

func isTerminal(out io.Writer) bool {
	f, ok := out.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
