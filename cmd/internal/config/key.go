package config

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/wixrecon/wixrecon/sources/wix"
)

// The API key comes from WIX_API_KEY or from the file of --api-key-file, never
// from both: which one counts would be a guess. A key is one line of visible
// ASCII, because it becomes the value of a header. No error quotes it, and no
// other setting may contain it. A run on a snapshot does not read it.

const (
	keyVariable = "WIX_API_KEY"
	keyFile     = "api-key-file"
)

// setKey reads the API key from its variable, or from the file.
func setKey(l *loader, file value) error {
	if _, set := l.env["WIXRECON_API_KEY"]; set {
		return errors.New("WIXRECON_API_KEY is not read: set the key in WIX_API_KEY or in a file")
	}
	variable := l.env[keyVariable]
	if variable != "" && file.text != "" {
		return fmt.Errorf("%s is set too: set the key in one of the two (from %s)", keyVariable, file.from)
	}
	switch {
	case l.used["snapshot"].text != "":
		return nil
	case variable != "":
		return l.storeKey(variable, keyVariable)
	case file.text != "":
		data, err := l.readFile(file.text)
		if err != nil {
			return file.unreadable(err)
		}
		l.config.KeyFile = file.text
		return l.storeKey(strings.TrimPrefix(string(data), byteOrderMark), Redacted(file.text))
	}
	return errors.New("missing: set the file that contains the API key, or the key itself in " + keyVariable)
}

func (l *loader) storeKey(text, from string) error {
	key := strings.TrimSpace(text)
	if err := checkKey(key); err != nil {
		return fmt.Errorf("%w (from %s)", err, from)
	}
	l.config.APIKey = wix.NewSecret(key)
	return nil
}

func checkKey(key string) error {
	visible := func(r rune) bool { return r < unicode.MaxASCII && r > ' ' }
	switch {
	case key == "":
		return errors.New("the API key is empty")
	case strings.ContainsAny(key[:1]+key[len(key)-1:], "\"'`"):
		return errors.New("the API key is in quotes: remove them (docker --env-file and some secret stores keep them)")
	case strings.ContainsAny(key, "\r\n"):
		return errors.New("the API key is more than one line")
	case strings.TrimFunc(key, visible) != "":
		return errors.New("the API key contains a blank, a control character or a letter outside of ASCII: set the key alone")
	}
	return nil
}

// refuseKeyElsewhere adds an error for every other setting that contains the key:
// names of ledgers and folders are printed in many places.
func (l *loader) refuseKeyElsewhere() {
	exported := wix.NewSecret(l.env[keyVariable])
	for name, v := range l.used {
		if name != keyFile && (l.config.APIKey.FoundIn([]byte(v.text)) || exported.FoundIn([]byte(v.text))) {
			l.addError(name, fmt.Errorf("--%s: it contains the API key, which belongs in %s or in a file (from %s)", name, keyVariable, v.from))
		}
	}
}
