//go:build unix

package archive_test

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/wixrecon/wixrecon/sources/archive"
	"github.com/wixrecon/wixrecon/sources/storage"
)

// Processes that are killed, or stopped for longer than the TTL, at any moment.
// Each process writes a line with the time before each successful check of its
// lease. The evaluation uses only these lines, so it does not depend on when a
// line was written, or on how busy the machine is.

const (
	contenderFolder = "WIXRECON_TEST_CONTENDER" // folder of --out, set in a contending process
	processTTL      = 400 * time.Millisecond
	needed          = 100 * time.Millisecond // of the lease, for a request
	ready           = "ready"                // printed by a process before it contends
)

// A claim is a line that a process wrote.
type claim struct {
	fence    int64
	process  int
	at       int64 // nanoseconds, before the check
	released bool  // the process will not act any more
}

func (c *claim) write(out *os.File) error {
	_, err := fmt.Fprintf(out, "%d %d %d %t\n", c.fence, c.process, c.at, c.released)
	return err
}

// TestContender is not a test but the contending process.
func TestContender(t *testing.T) {
	folder := os.Getenv(contenderFolder)
	if folder == "" {
		t.Skip("it only runs as a process of another test")
	}
	out, err := os.OpenFile(folder+".claims", os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	a, err := archive.Open(t.Context(), new(storage.Opener), "file://"+filepath.ToSlash(folder))
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println(ready)
	for t.Context().Err() == nil {
		l, err := a.Lease(t.Context(), archive.LeaseOptions{Holder: fmt.Sprint(os.Getpid()), Command: "apply", TTL: processTTL})
		if errors.Is(err, archive.ErrHeld) || errors.Is(err, archive.ErrLost) { // it was stopped while acquiring
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

// work writes claims for a while, then releases the lease.
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
	processes, duration := 4, time.Second
	if longTests() {
		processes, duration = 8, 2*time.Minute
	}
	t.Logf("%d processes for %v; 8 for 2m0s with WIXRECON_LONG=1", processes, duration)
	folder := filepath.Join(t.TempDir(), "out")
	end := time.Now().Add(duration)
	enough := func() bool { return time.Now().After(end) && len(fences(readClaims(t, folder+".claims"))) > 1 }
	var kills, stops atomic.Int64
	var all sync.WaitGroup
	for range processes {
		all.Go(func() {
			for !enough() && t.Context().Err() == nil {
				stopped, err := contend(folder)
				kills.Add(1)
				stops.Add(int64(stopped))
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	claims := readClaims(t, folder+".claims")
	n := checkClaims(t, claims)
	t.Logf("%d kills, %d of them after a stop, %d fences, %d claims", kills.Load(), stops.Load(), n, len(claims))
}

// contend runs a process, and kills it some time after it is ready.
func contend(folder string) (stops int, err error) {
	c := exec.Command(os.Args[0], "-test.run", "^TestContender$")
	c.Env = append(os.Environ(), contenderFolder+"="+folder)
	out, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		return 0, err
	}
	lines := bufio.NewScanner(out)
	text := ""
	for lines.Scan() && lines.Text() != ready {
		text += lines.Text() + "\n"
	}
	exited := make(chan error, 1)
	go func() {
		for lines.Scan() {
			text += lines.Text() + "\n"
		}
		exited <- c.Wait()
	}()
	wait := func(d time.Duration) {
		select {
		case failed := <-exited:
			exited <- failed
			err = fmt.Errorf("a process exited by itself: %w\n%s", errors.Join(failed, lines.Err()), text)
		case <-time.After(d):
		}
	}
	wait(200*time.Millisecond + rand.N(1500*time.Millisecond))
	if err == nil && rand.IntN(3) == 0 { // it continues when another may have the lease
		stops++
		_ = c.Process.Signal(syscall.SIGSTOP)
		wait(rand.N(4 * processTTL))
		_ = c.Process.Signal(syscall.SIGCONT)
		wait(rand.N(processTTL))
	}
	_ = c.Process.Kill()
	<-exited
	return stops, err
}

func readClaims(t *testing.T, name string) []claim {
	text, err := os.ReadFile(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	complete := text[:bytes.LastIndexByte(text, '\n')+1] // without a line that is being written
	var all []claim
	for line := range strings.Lines(string(complete)) {
		var c claim
		if _, err := fmt.Sscanf(line, "%d %d %d %t", &c.fence, &c.process, &c.at, &c.released); err != nil {
			t.Errorf("%q: %v", line, err)
		}
		all = append(all, c)
	}
	return all
}

// fences returns the fences under which a process claimed to hold the lease.
func fences(claims []claim) map[int64]bool {
	all := make(map[int64]bool)
	for _, c := range claims {
		all[c.fence] = all[c.fence] || !c.released
	}
	maps.DeleteFunc(all, func(_ int64, claimed bool) bool { return !claimed })
	return all
}

// checkClaims requires that each fence belongs to one process, and that its last
// claim, with the time that the holder needed, was over before the first claim of
// the next fence, unless the holder released the lease. It returns the number of
// fences.
func checkClaims(t *testing.T, claims []claim) int {
	t.Helper()
	type span struct {
		claim
		first, over int64
	}
	spans := make(map[int64]*span)
	for _, c := range claims {
		s := spans[c.fence]
		if s == nil && c.released { // it was never checked
			continue
		}
		if s == nil {
			s = &span{claim: c, first: c.at}
			spans[c.fence] = s
		}
		if s.process != c.process {
			t.Errorf("fence %d has the holders %d and %d", c.fence, s.process, c.process)
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
