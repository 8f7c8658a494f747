package reconcile

import (
	"strings"
	"unicode"
)

// External ids are compared exactly, after outer Unicode white space is trimmed.
// GUIDs are compared without regard to case and kept in lower case.

// MaxExternalID is the maximum length of an external id in characters, after
// trimming.
const MaxExternalID = 100

// TrimID removes the Unicode white space around an id.
func TrimID(id string) string { return strings.TrimFunc(id, unicode.IsSpace) }
