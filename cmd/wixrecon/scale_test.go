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

// 10,000 sub-accounts with 100,000 packages are read, with bounded memory and no
// more requests in flight than allowed. The program runs as a process, so that its
// memory is not that of the simulator.

const (
	manyInFlight = 16
	manyBytes    = 512 << 20
)

// The sample is a fiftieth, and shows little about memory.
func TestManyAccounts(t *testing.T) {
	t.Parallel()
	program, err := builtProgram()
	if err != nil {
		t.Fatal(err)
	}
	manyAccounts, manyPackages := sample(t, "sub-accounts", 200, 10_000), sample(t, "packages", 2_000, 100_000)
	planted := wixsim.Generate(wixsim.SampleOptions{Seed: 13, Accounts: manyAccounts, Packages: manyPackages, PerKind: 2})
	s := newEnv(t, planted, nil)
	o, peak := s.spawn(t, program, "--concurrency", strconv.Itoa(manyInFlight))
	o.requireCode(t, exitOK)
	summary := o.summary(t)
	checkCounts(t, summary, planted)
	checkFindings(t, o.findings(t), planted.Truth)
	checkOnlyReads(t, s.server, manyInFlight)
	if summary.Coverage.Inventory != reconcile.InventoryWhole || len(summary.Coverage.Accounts) < manyAccounts {
		t.Errorf("inventory %s, %d accounts", summary.Coverage.Inventory, len(summary.Coverage.Accounts))
	}
	if peak > manyBytes || peak == 0 && runtime.GOOS == "linux" {
		t.Errorf("peak memory %d MiB, want no more than %d", peak>>20, manyBytes>>20)
	}
	t.Logf("%d requests, %s, peak memory %d MiB", summary.Requests.Query, summary.Finished.Sub(summary.Started).Round(time.Millisecond), peak>>20)
}

// spawn runs the program as a process, and returns its peak memory in bytes.
func (s *testEnv) spawn(t *testing.T, program string, more ...string) (o *runResult, peak int64) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	args := s.args(more...)
	cmd := exec.CommandContext(t.Context(), program, args[1:]...)
	cmd.Env = append(environWithoutSettings(), "WIX_API_KEY="+s.key)
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
	return &runResult{code: cmd.ProcessState.ExitCode(), stdout: stdout.String(), stderr: stderr.String(), out: s.out}, watch()
}

// watchMemory reads the peak memory of a process repeatedly until stop, which
// returns the last value. The usage that the kernel reports at the end of a process
// can't be used: it includes the parent process. Without /proc it is 0.
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

// peakMemory returns the peak memory of the process so far.
func peakMemory(pid int) int64 {
	f, err := os.Open(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		return 0
	}
	defer f.Close()
	text, _ := io.ReadAll(f) // empty if the process has just ended
	_, rest, _ := strings.Cut(string(text), "VmHWM:")
	size, _, _ := strings.Cut(rest, "kB")
	n, _ := strconv.ParseInt(strings.TrimSpace(size), 10, 64)
	return n << 10
}
