package archive

import "context"

// An object STOP in --out stops everything: it is looked for before each
// request that changes something. Nothing but its being there counts, so that
// anybody can make one with what is at hand, and the program never takes it
// away. A look that fails says neither that it is there nor that it is not:
// then nothing may be sent either.

const stopKey = "STOP"

// Stopped reports whether somebody asked for everything to stop. Beside an
// error its answer means nothing.
func (a *Archive) StopRequested(ctx context.Context) (bool, error) { return a.dir.Exists(ctx, stopKey) }
