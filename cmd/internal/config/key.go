package config

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/wixrecon/wixrecon/sources/wix"
)

// The API key comes from WIX_API_KEY or from the file that --api-key-file
// names, never from both: which one holds would be a guess. A key is one line
// of visible ASCII, because it becomes the value of a header. No fault ever
// quotes it, and no other setting may hold it. A run on a snapshot sends
// nothing, so its key is not even read.

const (
	keyVariable = "WIX_API_KEY"
	keyFile     = "api-key-file"
)

// setKey takes the API key from its variable, or from the file.
func setKey(l *loader, file value) error {
	if _, set := l.env["WIXRECON_API_KEY"]; set {
		return errors.New("WIXRECON_API_KEY is not read: the key goes into WIX_API_KEY, or into a file")
	}
	variable := l.env[keyVariable]
	if variable != "" && file.text != "" {
		return fmt.Errorf("%s is set as well: give the key in one of the two (from %s)", keyVariable, file.from)
	}
	switch {
	case l.given["snapshot"].text != "":
		return nil
	case variable != "":
		return l.keepKey(variable, keyVariable)
	case file.text != "":
		return l.readKey(file)
	}
	return errors.New("want the file that holds the API key, or the key itself in " + keyVariable)
}

func (l *loader) readKey(file value) error {
	data, err := l.readFile(file.text)
	if err != nil {
		return file.unread(err)
	}
	return l.keepKey(strings.TrimPrefix(string(data), byteOrderMark), redact(file.text))
}

func (l *loader) keepKey(text, from string) error {
	key := strings.TrimSpace(text)
	if err := checkKey(key); err != nil {
		return fmt.Errorf("%w (from %s)", err, from)
	}
	l.config.APIKey = wix.NewSecret(key)
	return nil
}

// refuseKey tells of every other setting that holds the key: the name of a
// ledger or of a folder is shown in many places.
func (l *loader) refuseKey() {
	exported := wix.NewSecret(l.env[keyVariable])
	for name, v := range l.given {
		if name != keyFile && (l.config.APIKey.FoundIn([]byte(v.text)) || exported.FoundIn([]byte(v.text))) {
			l.tell(name, fmt.Errorf("--%s: it holds the API key, which belongs into %s or a file (from %s)", name, keyVariable, v.from))
		}
	}
}

func checkKey(key string) error {
	visible := func(r rune) bool { return r < unicode.MaxASCII && r > ' ' }
	switch {
	case key == "":
		return errors.New("the API key is empty")
	case strings.ContainsAny(key, "\r\n"):
		return errors.New("the API key is more than one line")
	case strings.TrimFunc(key, visible) != "":
		return errors.New("the API key holds a blank, a control character or a letter outside of ASCII: give the key alone")
	}
	return nil
}
