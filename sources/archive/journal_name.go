package archive

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// The name of an object in the journal identifies it. Attempts have four digits,
// so that names are listed in the order of attempts, the claim before its notes.
//
// A name that looks like an attempt but is not – in the folder of a hash, starting
// with a digit – is an error: a newer version or a copy may have written it, and
// ignoring it could mean to send something twice. Other objects are ignored.

const (
	journalRoot = "journal"
	maxAttempt  = 9999

	claimNote      = ""
	unsettledNote  = "-doubt"
	completionNote = "-end"
	resolvedNote   = "-resolved"
)

var (
	hashName    = regexp.MustCompile(`^[0-9a-f]{32}$`) // of actions and plans
	likeHash    = regexp.MustCompile(`^[0-9A-Fa-f]{16,}$`)
	entryFile   = regexp.MustCompile(`^([0-9]{4})(|` + unsettledNote + `|` + completionNote + `|` + resolvedNote + `)$`)
	likeAttempt = regexp.MustCompile(`^[0-9]`)
)

// An entryName is the parsed name of an object.
type entryName struct {
	key    string // of the action
	number int    // of the attempt
	note   string
}

// attemptName returns the name of the claim of an attempt.
func attemptName(key string, number int) (entryName, error) {
	switch {
	case !hashName.MatchString(key):
		return entryName{}, fmt.Errorf("%q is not the key of an action", key)
	case number < 1 || number > maxAttempt:
		return entryName{}, fmt.Errorf("an attempt has a number from 1 to %d", maxAttempt)
	}
	return entryName{key, number, claimNote}, nil
}

// withNote returns the name of a note of the attempt.
func (n entryName) withNote(note string) entryName {
	n.note = note
	return n
}

// path returns the key of the object.
func (n entryName) path() string {
	return fmt.Sprintf("%s/%s/%04d%s", journalRoot, n.key, n.number, n.note)
}

// parseEntryName parses the key of an object in the journal; ok is false if it is
// not an attempt's.
func parseEntryName(object string) (n entryName, ok bool, err error) {
	folder, file, _ := strings.Cut(strings.TrimPrefix(object, journalRoot+"/"), "/")
	if !likeHash.MatchString(folder) || !likeAttempt.MatchString(file) {
		return n, false, nil
	}
	parts := entryFile.FindStringSubmatch(file)
	if parts == nil || !hashName.MatchString(folder) {
		return n, true, fmt.Errorf("%s looks like an attempt, but this program does not know such a name", object)
	}
	number, err := strconv.Atoi(parts[1])
	if err == nil && number == 0 {
		err = fmt.Errorf("%s looks like an attempt, but attempts count from 1", object)
	}
	return entryName{folder, number, parts[2]}, true, err
}

// planKey returns the key of a record of a plan.
func planKey(id, record string) string { return journalRoot + "/plan-" + id + "/" + record }

// isPlanKey reports whether a key is that of a record of a plan.
func isPlanKey(object string) bool {
	folder, file, _ := strings.Cut(strings.TrimPrefix(object, journalRoot+"/"), "/")
	id, ok := strings.CutPrefix(folder, "plan-")
	return ok && hashName.MatchString(id) && (file == planBegun || file == planEnded)
}
