package job

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/wixrecon/wixrecon/reconcile/fix/execute"
	"github.com/wixrecon/wixrecon/sources/archive"
)

// Nothing is sent without the lease of --out.

const (
	// leaseMargin must be left of the lease beyond the time of a request.
	leaseMargin = time.Second
	// releaseTime bounds the release after a run was asked to stop.
	releaseTime = 2 * time.Second
)

var errStopObject = errors.New("there is an object STOP in --out")

// lease is the lease of a session; nil where nothing is to be sent.
type lease struct {
	*archive.Lease
	session *session
	holder  string // id of the run
}

// acquireLease acquires the lease, if the session may send something.
func (s *session) acquireLease(ctx context.Context, runID string, sends bool) (*lease, error) {
	if !sends {
		return nil, nil
	}
	l, err := s.archive.Lease(ctx, archive.LeaseOptions{Holder: runID, Command: s.command, TTL: s.LeaseTTL})
	if err != nil {
		return nil, fmt.Errorf("acquire the lease of %s: %w", s.archive.Name(), err)
	}
	return &lease{l, s, runID}, nil
}

// release releases the lease, also after the run was asked to stop.
func (l *lease) release(ctx context.Context) {
	if l == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTime)
	defer cancel()
	if err := l.Release(ctx); err != nil {
		l.session.Log.Warn("the lease was not released: it will expire", "cause", err)
	}
}

// mayRequest reports why no request may be sent now. The lease is checked last,
// because a slow store uses it up.
func (l *lease) mayRequest(ctx context.Context) error {
	stop, err := l.session.archive.StopRequested(ctx)
	if err == nil && stop {
		err = errStopObject
	}
	if err != nil {
		return err
	}
	return l.Check(execute.RequestTime + leaseMargin)
}
