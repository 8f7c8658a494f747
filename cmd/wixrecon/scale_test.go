package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/wix/wixsim"
)

// An inventory of 10,000 sub-accounts and 100,000 packages is read whole, with no
// more requests in flight than were asked for, and in memory that is bounded.
// The program runs as a process of its own, so that its memory is not that of
// the simulator.

const (
	manyAccounts, manyPackages = 10_000, 100_000
	manyInFlight               = 16
	manyBytes                  = 512 << 20
)

func TestManyAccounts(t *testing.T) {
	if testing.Short() {
		t.Skip("10,000 sub-accounts take a while")
	}
	t.Parallel()
	program := build(t)
	planted := wixsim.Generate(wixsim.SampleOptions{Seed: 13, Accounts: manyAccounts, Packages: manyPackages, PerKind: 2})
	s := newWorld(t, planted, nil)
	o, peak := s.spawn(t, program, "--concurrency", strconv.Itoa(manyInFlight))
	o.wants(t, completeRun)
	summary := o.summary(t)
	wantsTiedCounts(t, summary, planted)
	wantsFindings(t, o.findings(t), planted.Truth)
	wantsOnlyReads(t, s.server, manyInFlight)
	if summary.Coverage.Inventory != reconcile.InventoryWhole || len(summary.Coverage.Accounts) < manyAccounts {
		t.Errorf("book %s, %d accounts", summary.Coverage.Inventory, len(summary.Coverage.Accounts))
	}
	if peak > manyBytes || peak == 0 && runtime.GOOS == "linux" {
		t.Errorf("peak memory %d MiB, want no more than %d", peak>>20, manyBytes>>20)
	}
	t.Logf("%d requests, %s, peak memory %d MiB", summary.Requests.Query, summary.Finished.Sub(summary.Started).Round(time.Millisecond), peak>>20)
}

// build makes the program, as it is given away but for the drivers of buckets,
// which take longer to build than all the rest.
func build(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "wixrecon")
	cmd := exec.Command("go", "build", "-tags", "no_s3,no_gcs", "-o", program, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build the program: %v\n%s", err, out)
	}
	return program
}

// spawn runs the program as a process, and gives its peak memory in bytes.
func (s *world) spawn(t *testing.T, program string, more ...string) (o *outcome, peak int64) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	args := s.args(more...)
	cmd := exec.CommandContext(t.Context(), program, args[1:]...)
	cmd.Env = append(os.Environ(), "WIX_API_KEY="+s.key)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	watch := watchMemory(cmd.Process.Pid)
	err := cmd.Wait()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		t.Fatal(err)
	}
	return &outcome{code: cmd.ProcessState.ExitCode(), stdout: stdout.String(), stderr: stderr.String(), out: s.out}, watch()
}

// watchMemory reads the peak memory of a process again and again until it is
// told to stop, and gives the last. What the kernel tells once a process has
// ended can't be used: it counts the process that started it. Where there is
// no /proc it gives 0.
func watchMemory(pid int) (stop func() int64) {
	var peak atomic.Int64
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				peak.Store(max(peak.Load(), peakMemory(pid)))
			}
		}
	}()
	return func() int64 {
		close(done)
		<-ended
		return peak.Load()
	}
}

// peakMemory gives what the kernel has counted for the process so far.
func peakMemory(pid int) int64 {
	f, err := os.Open(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		return 0
	}
	defer f.Close()
	text, _ := io.ReadAll(f) // nothing of a process that has just ended
	_, rest, _ := strings.Cut(string(text), "VmHWM:")
	size, _, _ := strings.Cut(rest, "kB")
	n, _ := strconv.ParseInt(strings.TrimSpace(size), 10, 64)
	return n << 10
}
