package fix

import (
	"crypto/sha256"
	"encoding/hex"
)

// LimitSize sets of how many findings, on packages with how many instances, a plan
// is made.
func (p *Planner) LimitSize(findings, instances int) { p.maxFindings, p.maxSeen = findings, instances }

// HashOfPlan returns the id that a plan of this content has.
func HashOfPlan(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:16])
}
