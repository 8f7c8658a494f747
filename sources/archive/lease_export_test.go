package archive

import "context"

// Abandon does what a kill does to a lease: it beats no more, and is not
// released.
func (l *Lease) Abandon() {
	l.stop()
	<-l.stopped
}

// Exclusive gives ErrNotExclusive where the store does not refuse to create a
// key twice, and another error where that can't be told. Nothing is left.
func (a *Archive) Exclusive(ctx context.Context) error {
	key := probeKey()
	defer a.discard(ctx, key)
	return a.probe(ctx, key)
}
