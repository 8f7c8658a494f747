package batch_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/wixrecon/wixrecon/internal/batch"
)

// count returns a next that returns the numbers below n.
func count(n int) func() (int, error) {
	i := -1
	return func() (int, error) {
		if i++; i >= n {
			return 0, io.EOF
		}
		return i, nil
	}
}

func TestEachProcessesEveryBatchOnce(t *testing.T) {
	for _, workers := range []int{1, 2, 7} {
		var mu sync.Mutex
		var got []int
		err := batch.Each(t.Context(), workers, count(100), func(worker, number, b int) error {
			if worker < 0 || worker >= workers || number != b {
				return fmt.Errorf("worker %d of %d, number %d of batch %d", worker, workers, number, b)
			}
			mu.Lock()
			defer mu.Unlock()
			got = append(got, b)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if slices.Sort(got); len(got) != 100 || got[0] != 0 || got[99] != 99 || len(slices.Compact(got)) != 100 {
			t.Errorf("%d workers: %v", workers, got)
		}
	}
}

// Two batches fail, the later one first: the error is that of the earlier one.
func TestEachReturnsTheErrorOfTheEarliestBatch(t *testing.T) {
	late := make(chan struct{})
	err := batch.Each(t.Context(), 4, count(1000), func(_, _, b int) error {
		switch b {
		case 2:
			<-late
			return errors.New("batch 2")
		case 3:
			defer close(late)
			return errors.New("batch 3")
		}
		return nil
	})
	if err == nil || err.Error() != "batch 2" {
		t.Errorf("got %v", err)
	}
}

// An error of next comes after those of the batches before it.
func TestEachReturnsTheErrorOfNextLast(t *testing.T) {
	broken := errors.New("broken input")
	for _, fails := range []bool{true, false} {
		i := 0
		err := batch.Each(t.Context(), 2, func() (int, error) {
			if i++; i == 3 {
				return 0, broken
			}
			return i, nil
		}, func(_, _, b int) error {
			if fails && b == 2 {
				return errors.New("batch 2")
			}
			return nil
		})
		if fails && (err == nil || err.Error() != "batch 2") || !fails && !errors.Is(err, broken) {
			t.Errorf("fails %v: got %v", fails, err)
		}
	}
}

func TestEachEndsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	stopped := errors.New("stopped")
	var done atomic.Int32
	err := batch.Each(ctx, 2, func() (int, error) { return 1, nil }, func(_, _, _ int) error {
		if done.Add(1) == 10 {
			cancel(stopped)
		}
		return nil
	})
	if !errors.Is(err, stopped) {
		t.Errorf("got %v", err)
	}
}
