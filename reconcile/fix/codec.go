package fix

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
)

// A plan is read back exactly as it was written, or not at all: a field more, a
// field less, one spelt otherwise or a number written otherwise is a change. A
// plan that can't be used can still be shown.

// The reasons why a plan is not used.
var (
	ErrPlanNewer   = errors.New("it was made by a newer version of the program")
	ErrPlanChanged = errors.New("it was changed after it was made")
	ErrPlanForeign = errors.New("it belongs elsewhere")
)

// Encode gives the plan's file.
func (p *Plan) Encode() ([]byte, error) {
	text, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode plan: %w", err)
	}
	return append(text, '\n'), nil
}

// DecodePlan reads a plan's file and verifies it. Where it can't be used but
// shown, there is a plan beside the error.
func DecodePlan(text []byte) (*Plan, error) {
	var p Plan
	if err := json.Unmarshal(text, &p); err != nil {
		return nil, fmt.Errorf("decode plan: %w", err)
	}
	if err := p.Verify(); err != nil {
		return &p, err
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, text); err != nil {
		return nil, fmt.Errorf("decode plan: %w", err)
	}
	again, err := json.Marshal(&p)
	if err != nil {
		return nil, fmt.Errorf("decode plan: %w", err)
	}
	if !bytes.Equal(again, compact.Bytes()) {
		return &p, p.unusable(ErrPlanChanged)
	}
	return &p, nil
}

// Verify holds the plan's id against its content, and every action against what
// it says of itself.
func (p *Plan) Verify() error {
	if p.SchemaVersion > PlanVersion {
		return p.unusable(ErrPlanNewer)
	}
	id, err := p.hash()
	if err != nil {
		return err
	}
	if id != p.ID || p.SchemaVersion < 1 {
		return p.unusable(ErrPlanChanged)
	}
	keys := make(map[string]bool, len(p.Actions))
	for i := range p.Actions {
		a := &p.Actions[i]
		if keys[a.Key] || !a.sound(p.AccountID) {
			return p.unusable(fmt.Errorf("%w: action %s", ErrPlanChanged, a.Key))
		}
		keys[a.Key] = true
	}
	return nil
}

// Belongs refuses a verified plan of another place of runs, parent account or
// scope.
func (p *Plan) Belongs(out, account, scopeID string) error {
	why := ""
	switch {
	case p.Out != out:
		why = "it was made in " + p.Out
	case p.AccountID != account:
		why = "it is of account " + p.AccountID
	case p.Scope.ID != scopeID:
		why = "it is of another scope: of ledger " + p.Scope.Ledger + ", with its own accounts, columns and statuses"
	default:
		return nil
	}
	return p.unusable(fmt.Errorf("%w: %s", ErrPlanForeign, why))
}

// Expired reports whether the plan may not be sent any more.
func (p *Plan) Expired(now time.Time) bool { return !now.Before(p.ExpiresAt) }

func (p *Plan) unusable(why error) error { return fmt.Errorf("use plan %s: %w", p.ID, why) }

// sound reports whether an action agrees with itself and its key.
func (a *Action) sound(parent string) bool { return a.coherent() && a.Key == a.key(parent) }

// coherent reports whether an action agrees with itself.
func (a *Action) coherent() bool {
	create := a.Fix == reconcile.FixCreate
	if create != (a.PackageID == "") || create != (a.Seen == nil) {
		return false
	}
	if a.InstanceID != "" && a.Seen.instance(a.InstanceID) == nil {
		return false
	}
	_, known := ranks(Fixes())[a.Fix]
	return known && a.Removal == a.removes() && a.Instances == a.count()
}

// seal gives the plan its id.
func (p *Plan) seal() error {
	id, err := p.hash()
	p.ID = id
	return err
}

func (p *Plan) hash() (string, error) {
	content := *p
	content.ID = ""
	text, err := json.Marshal(&content)
	if err != nil {
		return "", fmt.Errorf("seal plan: %w", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16]), nil
}
