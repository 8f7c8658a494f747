//go:build unix

package archive_test

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/wixrecon/wixrecon/sources/archive"
	"github.com/wixrecon/wixrecon/sources/storage"
)

// Processes that are killed, or stand still for longer than their lease lives,
// at any moment. Each writes down when it asked whether it may, if the answer was
// yes; the check below knows nothing but these lines, so that it does not matter
// when a line was written, or how busy the machine is.

const (
	contender   = "WIXRECON_TEST_CONTENDER" // folder of --out, in a process that contends
	longTests   = "WIXRECON_LONG"
	processes   = 8
	processLife = 400 * time.Millisecond
	needed      = 100 * time.Millisecond // of the lease, for what would be sent
)

// A claim is a line of evidence.
type claim struct {
	fence    int64
	process  int
	at       int64 // nanoseconds, before it asked
	released bool  // it will act no more
}

func (c *claim) write(out *os.File) error {
	_, err := fmt.Fprintf(out, "%d %d %d %t\n", c.fence, c.process, c.at, c.released)
	return err
}

// TestContender is no test but the process that contends.
func TestContender(t *testing.T) {
	folder := os.Getenv(contender)
	if folder == "" {
		t.Skip("the process of another test")
	}
	out, err := os.OpenFile(folder+".claims", os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	a, err := archive.Open(t.Context(), new(storage.Opener), "file://"+filepath.ToSlash(folder))
	if err != nil {
		t.Fatal(err)
	}
	for t.Context().Err() == nil {
		l, err := a.Lease(t.Context(), archive.LeaseOptions{Holder: fmt.Sprint(os.Getpid()), Command: "apply", Life: processLife})
		if errors.Is(err, archive.ErrHeld) || errors.Is(err, archive.ErrLost) { // it stood still between taking and having it
			time.Sleep(rand.N(20 * time.Millisecond))
			continue
		}
		if err == nil {
			err = work(t.Context(), l, out)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// work claims to hold the lease as long as it may.
func work(ctx context.Context, l *archive.Lease, out *os.File) error {
	for end := time.Now().Add(rand.N(300 * time.Millisecond)); time.Now().Before(end); time.Sleep(time.Millisecond) {
		c := claim{l.Fence(), os.Getpid(), time.Now().UnixNano(), false}
		if l.Check(needed) != nil {
			break
		}
		if err := c.write(out); err != nil {
			return err
		}
	}
	c := claim{l.Fence(), os.Getpid(), time.Now().UnixNano(), true}
	if err := c.write(out); err != nil {
		return err
	}
	return l.Release(ctx)
}

func TestProcessesContend(t *testing.T) {
	t.Parallel()
	lasts := 5 * time.Second
	if os.Getenv(longTests) != "" {
		lasts = 2 * time.Minute
	}
	folder := filepath.Join(t.TempDir(), "out")
	ctx, cancel := context.WithTimeout(t.Context(), lasts)
	defer cancel()
	var mu sync.Mutex
	kills, stops := 0, 0
	var all sync.WaitGroup
	for range processes {
		all.Go(func() {
			for ctx.Err() == nil {
				killed, stopped, err := contend(ctx, folder)
				mu.Lock()
				kills, stops = kills+killed, stops+stopped
				mu.Unlock()
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	claims := readClaims(t, folder+".claims")
	fences := neverTwo(t, claims)
	t.Logf("%d processes, %d kills, %d of them after standing still, %d fences, %d claims", processes, kills, stops, fences, len(claims))
	if fences < 2 {
		t.Errorf("%d fences: they hardly contended", fences)
	}
}

// contend runs a process until it is killed.
func contend(ctx context.Context, folder string) (kills, stops int, err error) {
	c := exec.Command(os.Args[0], "-test.run", "^TestContender$")
	c.Env = append(os.Environ(), contender+"="+folder)
	var said outputs
	c.Stdout, c.Stderr = &said, &said
	if err := c.Start(); err != nil {
		return 0, 0, err
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	wait := func(d time.Duration) bool {
		select {
		case err = <-ended:
			err = fmt.Errorf("a process ended by itself: %w\n%s", errors.Join(err, errors.New("it should not")), said.String())
			return false
		case <-time.After(d):
		case <-ctx.Done():
		}
		return true
	}
	if !wait(300*time.Millisecond + rand.N(1500*time.Millisecond)) {
		return 0, 0, err
	}
	if rand.IntN(3) == 0 { // and it wakes up when another may have the lease
		stops++
		_ = c.Process.Signal(syscall.SIGSTOP)
		if !wait(rand.N(4 * processLife)) {
			return 0, stops, err
		}
		_ = c.Process.Signal(syscall.SIGCONT)
		if !wait(rand.N(processLife)) {
			return 0, stops, err
		}
	}
	_ = c.Process.Kill()
	<-ended
	return 1, stops, nil
}

// outputs is what a process said.
type outputs struct {
	mu   sync.Mutex
	text []byte
}

func (o *outputs) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text = append(o.text, b...)
	return len(b), nil
}

func (o *outputs) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return string(o.text)
}

func readClaims(t *testing.T, name string) []claim {
	t.Helper()
	in, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	var all []claim
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		var c claim
		if _, err := fmt.Sscanf(lines.Text(), "%d %d %d %t", &c.fence, &c.process, &c.at, &c.released); err != nil {
			t.Fatalf("%q: %v", lines.Text(), err)
		}
		all = append(all, c)
	}
	return all
}

// neverTwo wants a fence to be one process's, and all that was claimed under it
// to be over when the next fence's first claim was made: by what the holder said
// that it needed, unless it released the lease. It gives the number of fences.
func neverTwo(t *testing.T, claims []claim) int {
	t.Helper()
	type span struct {
		claim
		first, over int64
	}
	spans := make(map[int64]*span)
	for _, c := range claims {
		s := spans[c.fence]
		if s == nil && c.released { // it never claimed to hold it
			continue
		}
		if s == nil {
			s = &span{claim: c, first: c.at}
			spans[c.fence] = s
		}
		if s.process != c.process {
			t.Errorf("fence %d is held by %d and %d", c.fence, s.process, c.process)
		}
		s.first = min(s.first, c.at)
		if c.released {
			s.over = min(s.over, c.at)
		} else {
			s.over = c.at + needed.Nanoseconds()
		}
	}
	sorted := make([]*span, 0, len(spans))
	for _, s := range spans {
		sorted = append(sorted, s)
	}
	slices.SortFunc(sorted, func(a, b *span) int { return cmp.Compare(a.fence, b.fence) })
	for i := 1; i < len(sorted); i++ {
		if before, s := sorted[i-1], sorted[i]; s.first < before.over {
			t.Errorf("fence %d of %d began %v before fence %d of %d was over",
				s.fence, s.process, time.Duration(before.over-s.first), before.fence, before.process)
		}
	}
	return len(sorted)
}
