package archive

import "context"

// Abandon stops the heartbeat without a release, like a killed process.
func (l *Lease) Abandon() {
	l.stop()
	<-l.stopped
}

// Exclusive tests whether the store refuses to create a key twice.
func (a *Archive) Exclusive(ctx context.Context) error {
	key := probeKey()
	defer a.removeProbe(ctx, key)
	return a.checkExclusive(ctx, key)
}
