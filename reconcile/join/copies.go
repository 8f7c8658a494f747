package join

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"

	"github.com/wixrecon/wixrecon/reconcile"
)

// An inventory may have several copies of a package, under different external ids
// too. What decides between copies is dealt by package id; the orders of the
// copies that are superseded are dealt to the parts of the groups that have them.

// An idKey represents an id: the bytes of a GUID, or else a hash of the text.
type idKey [16]byte

func keyOf(id string) idKey {
	if packed, ok := reconcile.PackGUID(id); ok {
		return packed
	}
	sum := sha256.Sum256([]byte(id))
	return idKey(sum[:16])
}

func (k *idKey) hash() uint64 {
	return mix(binary.BigEndian.Uint64(k[:8])^0x9e3779b97f4a7c15, binary.BigEndian.Uint64(k[8:])^0xd6e8feb86659fd93)
}

// A copyRank decides between copies: the highest is valid. It has the date of the
// update and the order.
type copyRank [24]byte

func (r *copyRank) order() []byte { return r[16:] }

// addCopy adds what decides between copies of the package.
func (w *Writer) addCopy(p *reconcile.Package, order int64, groupPart int) error {
	key := keyOf(p.ID)
	w.record = append(w.record[:0], key[:]...)
	w.record = appendHash(appendMoment(w.record, p.Updated), uint64(order))
	return w.copies.add(key.hash(), append(w.record, byte(groupPart)))
}

func splitCopy(record []byte) (key idKey, rank copyRank, groupPart byte) {
	return idKey(record[:16]), copyRank(record[16:40]), record[40]
}

// findSuperseded deals the orders of superseded copies to the parts of the groups,
// and returns their number.
func (t *Table) findSuperseded(ctx context.Context) (orders *store, n int, err error) {
	orders = t.newStore()
	dealers := make([]dealer, t.options.Workers)
	valid := make([]map[idKey]copyRank, t.options.Workers)
	for i := range dealers {
		dealers[i].store, valid[i] = orders, make(map[idKey]copyRank)
	}
	counts := make([]int, t.options.Workers)
	err = t.eachPart(ctx, func(worker, part int) error {
		defer t.copies.release(part)
		found, err := t.supersededIn(part, valid[worker], &dealers[worker])
		counts[worker] += found
		return err
	})
	for i := range dealers {
		n += counts[i]
		if closeErr := dealers[i].close(); err == nil {
			err = closeErr
		}
	}
	return orders, n, err
}

// supersededIn finds the superseded copies in one part.
func (t *Table) supersededIn(part int, valid map[idKey]copyRank, orders *dealer) (n int, err error) {
	clear(valid)
	copies := 0
	err = t.copies.each(part, func(record []byte) error {
		key, rank, _ := splitCopy(record)
		if best, exists := valid[key]; !exists || bytes.Compare(best[:], rank[:]) < 0 {
			valid[key] = rank
		}
		copies++
		return nil
	})
	if err != nil || copies == len(valid) {
		return 0, err
	}
	return copies - len(valid), t.copies.each(part, func(record []byte) error {
		key, rank, groupPart := splitCopy(record)
		if valid[key] == rank {
			return nil
		}
		return orders.add(uint64(groupPart)<<(64-partBits), rank.order())
	})
}
