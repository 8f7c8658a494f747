package join

import (
	"context"
	"encoding/binary"

	"github.com/wixrecon/wixrecon/reconcile"
)

// An id that rows of two subscriptions name puts both in conflict. The names are
// dealt by the id that they name; those of more than one subscription are dealt on
// to the parts of these subscriptions.

const (
	namedPackage byte = iota
	namedInstance
)

// A sharedName is a subscription that names a shared id.
type sharedName struct {
	subscription uint64 // hash of its external id
	field        byte
	id           idKey
}

// addNamed adds an id that a row names, if it does.
func (w *Writer) addNamed(field byte, id string, subscription uint64) error {
	if id == "" {
		return nil
	}
	key := keyOf(id)
	w.record = append(appendHash(w.record[:0], subscription), field)
	return w.named.add(key.hash(), append(w.record, key[:]...))
}

func splitNamed(record []byte) sharedName {
	return sharedName{binary.BigEndian.Uint64(record), record[8], idKey(record[9:])}
}

// findShared deals the names of shared ids to the parts of the groups.
func (t *Table) findShared(ctx context.Context) (*store, error) {
	shared := t.newStore()
	dealers := make([]dealer, t.options.Workers)
	for i := range dealers {
		dealers[i].store = shared
	}
	err := t.eachPart(ctx, func(worker, part int) error {
		defer t.named.release(part)
		return t.sharedIn(part, &dealers[worker])
	})
	for i := range dealers {
		if closeErr := dealers[i].close(); err == nil {
			err = closeErr
		}
	}
	return shared, err
}

// sharedIn finds the shared ids in one part. It reads the part twice, so that
// memory does not depend on how many rows name one id.
func (t *Table) sharedIn(part int, to *dealer) error {
	type named struct {
		field byte
		id    idKey
	}
	first, shared := make(map[named]uint64), make(map[named]bool)
	err := t.named.each(part, func(record []byte) error {
		n := splitNamed(record)
		key := named{n.field, n.id}
		if subscription, exists := first[key]; !exists {
			first[key] = n.subscription
		} else if subscription != n.subscription {
			shared[key] = true
		}
		return nil
	})
	if err != nil || len(shared) == 0 {
		return err
	}
	return t.named.each(part, func(record []byte) error {
		if n := splitNamed(record); shared[named{n.field, n.id}] {
			return to.add(n.subscription, record)
		}
		return nil
	})
}

// addShared adds to the group the shared ids that its rows name. It removes them
// from the names.
func (g *group) addShared(hash uint64, names map[sharedName]bool) {
	if len(names) == 0 {
		return
	}
	for i := range g.Lines {
		for field, shared := range [...]reconcile.SharedID{
			namedPackage:  {Field: "package_id", ID: g.Lines[i].PackageID},
			namedInstance: {Field: "instance_id", ID: g.Lines[i].InstanceID},
		} {
			if name := (sharedName{hash, byte(field), keyOf(shared.ID)}); shared.ID != "" && names[name] {
				g.Shared = append(g.Shared, shared)
				delete(names, name)
			}
		}
	}
}
