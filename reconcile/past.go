package reconcile

import (
	"encoding/hex"
	"fmt"
	"time"
)

// A FindingID is the stable id of a finding.
type FindingID [10]byte

func (id FindingID) String() string { return hex.EncodeToString(id[:]) }

// ParseFindingID reads an id as String writes it.
func ParseFindingID(text string) (FindingID, error) {
	var id FindingID
	if n, err := hex.Decode(id[:], []byte(text)); err != nil || n != len(id) || len(text) != 2*len(id) {
		return id, fmt.Errorf("%q: not the id of a finding", text)
	}
	return id, nil
}

// Past is what earlier runs know of a finding.
type Past struct {
	FirstSeen time.Time // ever
	Since     time.Time // of the present streak: it is new after it was resolved
	LastSeen  time.Time
	Counted   time.Time // when it was last counted as a sighting
	Sightings int       // in the present streak
	Says      uint64    // what the counted sightings said: another content starts anew
	Resolved  time.Time // since when it is gone; zero while it is there
	Reopened  int       // how often it came back
}

// Memory is what earlier runs of one scope know, by finding.
type Memory map[FindingID]Past
