// Package batch processes the batches of an input by several goroutines at a
// time.
package batch

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
)

// Each calls do for every batch that next returns, until next returns io.EOF. It
// calls next from one goroutine, and do from as many as there are workers: worker
// counts them from 0, number the batches. Batches may be done in any order.
//
// The error is the one that a single goroutine would have met first: that of the
// batch with the lowest number. An error of next counts as that of a batch after
// all others. After an error no new batch is begun, and Each returns when those
// that were begun are done.
func Each[B any](ctx context.Context, workers int, next func() (B, error), do func(worker, number int, b B) error) error {
	var failed failure
	queue := make(chan numbered[B], workers)
	var group sync.WaitGroup
	for worker := range workers {
		group.Go(func() {
			for b := range queue {
				if failed.before(b.number) {
					continue
				}
				if err := do(worker, b.number, b.batch); err != nil {
					failed.add(b.number, err)
				}
			}
		})
	}
	err := fill(ctx, queue, next, &failed)
	close(queue)
	group.Wait()
	if failed.err != nil {
		return failed.err
	}
	return err
}

type numbered[B any] struct {
	batch  B
	number int
}

// fill queues the batches until the last one, an error, or the end of the context.
func fill[B any](ctx context.Context, queue chan<- numbered[B], next func() (B, error), failed *failure) error {
	for number := 0; !failed.any(); number++ {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		b, err := next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		queue <- numbered[B]{b, number} // a worker always receives it, if only to skip it
	}
	return nil
}

// A failure is the error of the earliest batch that failed.
type failure struct {
	set    atomic.Bool
	mu     sync.Mutex
	number int
	err    error
}

func (f *failure) any() bool { return f.set.Load() }

// before reports whether a batch before this one failed, so that this one is not
// needed.
func (f *failure) before(number int) bool {
	if !f.any() {
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.number < number
}

func (f *failure) add(number int, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err == nil || number < f.number {
		f.number, f.err = number, err
	}
	f.set.Store(true)
}
