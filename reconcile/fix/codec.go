package fix

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// A plan is used as it was made, or not at all. Its id is a hash of its content.
// The file must be what Encode writes, but for white space: an unknown field, a
// field that occurs twice or is spelt in another case could show a reviewer
// something else than what is sent. A plan that can't be used can still be shown.

// The reasons why a plan is not used.
var (
	ErrPlanNewer   = errors.New("it was made by a newer version of the program")
	ErrPlanChanged = errors.New("it was changed after it was made")
	ErrPlanForeign = errors.New("it belongs elsewhere")
)

// Encode returns the plan's file.
func (p *Plan) Encode() ([]byte, error) {
	text, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode plan: %w", err)
	}
	return append(text, '\n'), nil
}

// DecodePlan reads a plan's file and verifies it. A plan that can be shown but
// not used is returned with the error.
func DecodePlan(text []byte) (*Plan, error) {
	var p Plan
	if err := json.Unmarshal(text, &p); err != nil {
		return nil, fmt.Errorf("decode plan: %w", err)
	}
	if err := p.Verify(); err != nil {
		return &p, err
	}
	strict := json.NewDecoder(bytes.NewReader(text))
	strict.DisallowUnknownFields()
	if err := strict.Decode(new(Plan)); err != nil {
		return &p, p.unusable(fmt.Errorf("%w: %w", ErrPlanChanged, err))
	}
	return &p, p.checkSpelling(text)
}

// checkSpelling refuses a file with the content of the plan in another form.
func (p *Plan) checkSpelling(text []byte) error {
	var compact bytes.Buffer
	if err := json.Compact(&compact, text); err != nil {
		return fmt.Errorf("decode plan: %w", err)
	}
	written, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("encode plan: %w", err)
	}
	if !bytes.Equal(compact.Bytes(), written) {
		return p.unusable(ErrPlanChanged)
	}
	return nil
}

// Verify checks the plan's id against its content, and that every action agrees
// with itself.
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
		if keys[a.Key] || !a.sealed(p.AccountID) {
			return p.unusable(fmt.Errorf("%w: action %s", ErrPlanChanged, a.Key))
		}
		keys[a.Key] = true
	}
	return nil
}

// Belongs refuses a verified plan of another output location, parent account or
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

// hash returns the id of a plan of this content.
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
