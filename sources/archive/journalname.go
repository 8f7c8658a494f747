package archive

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// An object of the journal is known by its name. Attempts have four digits, so
// that names are listed in the order of attempts, the claim before its notes.
//
// What looks like an attempt and is none – in the folder of a hash, with a name
// that begins with a digit – is an error: it may be what a newer version wrote, or
// what a copy made of it, and to pass over it could be to send something twice.
// All else was put there by somebody for something else, and is left alone.

const (
	journalRoot = "journal"
	maxAttempt  = 9999

	claimNote = ""
	doubtNote = "-doubt"
	endNote   = "-end"
)

var (
	hashName    = regexp.MustCompile(`^[0-9a-f]{32}$`) // of actions and plans
	likeHash    = regexp.MustCompile(`^[0-9A-Fa-f]{16,}$`)
	entryFile   = regexp.MustCompile(`^([0-9]{4})(|` + doubtNote + `|` + endNote + `)$`)
	likeAttempt = regexp.MustCompile(`^[0-9]`)
)

// An entryName is what the name of an object says.
type entryName struct {
	key    string // of the action
	number int    // of the attempt
	note   string
}

// attemptName names the claim of an attempt.
func attemptName(key string, number int) (entryName, error) {
	switch {
	case !hashName.MatchString(key):
		return entryName{}, fmt.Errorf("%q is no key of an action", key)
	case number < 1 || number > maxAttempt:
		return entryName{}, fmt.Errorf("attempts count from 1 to %d", maxAttempt)
	}
	return entryName{key, number, claimNote}, nil
}

// as names what stands beside the claim.
func (n entryName) as(note string) entryName {
	n.note = note
	return n
}

// path gives the key of the object.
func (n entryName) path() string {
	return fmt.Sprintf("%s/%s/%04d%s", journalRoot, n.key, n.number, n.note)
}

// parseEntryName reads the key of an object in the journal. Where it is no
// attempt's, is is false.
func parseEntryName(object string) (n entryName, is bool, err error) {
	folder, file, _ := strings.Cut(strings.TrimPrefix(object, journalRoot+"/"), "/")
	if !likeHash.MatchString(folder) || !likeAttempt.MatchString(file) {
		return n, false, nil
	}
	parts := entryFile.FindStringSubmatch(file)
	if parts == nil || !hashName.MatchString(folder) {
		return n, true, fmt.Errorf("%s looks like an attempt, and this program knows no such name", object)
	}
	number, err := strconv.Atoi(parts[1])
	if err == nil && number == 0 {
		err = fmt.Errorf("%s looks like an attempt, and attempts count from 1", object)
	}
	return entryName{folder, number, parts[2]}, true, err
}

// planObject gives the key of what the journal says of a plan.
func planObject(id, what string) string { return journalRoot + "/plan-" + id + "/" + what }

// ofPlan reports whether an object says something of a plan.
func ofPlan(object string) bool {
	folder, file, _ := strings.Cut(strings.TrimPrefix(object, journalRoot+"/"), "/")
	id, is := strings.CutPrefix(folder, "plan-")
	return is && hashName.MatchString(id) && (file == planBegun || file == planEnded)
}
