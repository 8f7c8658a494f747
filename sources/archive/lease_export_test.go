package archive

// Abandon does what a kill does to a lease: it beats no more, and is not
// released.
func (l *Lease) Abandon() {
	l.stop()
	<-l.stopped
}
