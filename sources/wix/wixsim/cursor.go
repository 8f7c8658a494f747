package wixsim

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"time"
)

// A cursor token holds all that the next page needs: filter, sort and the
// position after which it begins. It is signed with a key of the server's own,
// so that a token of another server, or one that was tampered with, is refused.
// Every token is new, because a client must not rely on equal tokens.

type cursor struct {
	Filter  json.RawMessage `json:"f,omitempty"`
	Sort    []sortField     `json:"s,omitempty"`
	ID      string          `json:"i,omitempty"` // empty is the start
	Created time.Time       `json:"c,omitzero"`
	Updated time.Time       `json:"u,omitzero"`
	Nonce   uint64          `json:"n"`
}

// position gives the place after which the page begins, nil being the start.
func (c *cursor) position() *Package {
	if c.ID == "" {
		return nil
	}
	return &Package{ID: c.ID, CreatedDate: c.Created, UpdatedDate: c.Updated}
}

// following gives the cursor of the page after p.
func (c *cursor) following(p *Package) cursor {
	return cursor{Filter: c.Filter, Sort: c.Sort, ID: p.ID, Created: p.CreatedDate, Updated: p.UpdatedDate}
}

const macSize = 16

func newTokenKey() []byte {
	key := make([]byte, sha256.Size)
	_, _ = rand.Read(key) // never fails
	return key
}

func (s *Server) token(c cursor) string {
	c.Nonce = s.nonce.Add(1)
	text, _ := json.Marshal(c) // what was decoded can be encoded
	return base64.RawURLEncoding.EncodeToString(append(s.sign(text), text...))
}

func (s *Server) sign(text []byte) []byte {
	mac := hmac.New(sha256.New, s.tokenKey)
	mac.Write(text)
	return mac.Sum(nil)[:macSize]
}

func (s *Server) readToken(token string) (cursor, *refusal) {
	var c cursor
	text, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(text) < macSize || !hmac.Equal(text[:macSize], s.sign(text[macSize:])) {
		return c, invalidCursor("the cursor is not one of this server's")
	}
	if err := json.Unmarshal(text[macSize:], &c); err != nil {
		return c, invalidCursor("the cursor can't be read")
	}
	return c, nil
}

func invalidCursor(why string) *refusal {
	return refuse(http.StatusBadRequest, "INVALID_CURSOR", "%s", why)
}
