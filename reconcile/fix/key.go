package fix

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"time"
)

// An action has a key: a hash of the parent account, the fix, the package, the
// instance, and of what is wanted and what was seen. Two runs that plan the same
// thing plan it under the same key, so that no two send it. What was seen is the
// state that the action changes, without dates: a package that was touched and
// is the same again is the same.

// seal gives the action its key.
func (a *Action) seal(parent string) { a.Key = a.key(parent) }

func (a *Action) key(parent string) string {
	var d digest
	d.add(parent, a.Fix, a.PackageID, a.InstanceID)
	if a.PackageID == "" {
		d.add(a.AccountID, a.ExternalID)
	}
	w := &a.Desired
	d.add(w.ExternalID, w.SiteID, w.ProductID, w.Cycle, w.Status)
	for _, l := range w.Lines {
		d.add(l.ProductID, l.SiteID, string(l.Cycle), l.Country, l.Start.UTC().Format(time.RFC3339Nano))
		d.number(l.Quantity)
	}
	if a.Seen != nil {
		d.add(a.Seen.ExternalID)
		for _, inst := range a.Seen.Instances {
			if a.InstanceID == "" || inst.ID == a.InstanceID {
				d.add(inst.ID, string(inst.Status), inst.ProductID, inst.SiteID, string(inst.Cycle))
			}
		}
	}
	return d.hex()
}

// A digest hashes parts, each behind its length.
type digest struct{ text []byte }

func (d *digest) add(parts ...string) {
	for _, s := range parts {
		d.text = append(binary.AppendUvarint(d.text, uint64(len(s))), s...)
	}
}

func (d *digest) number(n int) { d.text = binary.AppendVarint(d.text, int64(n)) }

func (d *digest) sum() [sha256.Size]byte { return sha256.Sum256(d.text) }

func (d *digest) hex() string {
	sum := d.sum()
	return hex.EncodeToString(sum[:16])
}

// short gives the hash as a number, for what is compared and never shown.
func (d *digest) short() uint64 {
	sum := d.sum()
	return binary.BigEndian.Uint64(sum[:8])
}
