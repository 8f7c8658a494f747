package fix

import (
	"crypto/sha256"
	"encoding/hex"
)

// HashOfPlan returns the id that a plan of this content has.
func HashOfPlan(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:16])
}
