package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// The program as a process of its own comes in two forms. The test binary runs
// as the program when it is called by its name: with the race detector and all
// drivers, but it takes a third of a second to start. Tests that start many
// processes use one that is built once, without the two.

// longTests reports whether the long form of every test is to be run.
func longTests() bool { return os.Getenv("WIXRECON_LONG") != "" }

// sample returns the size of a test: a part of the whole by default, which the
// log of the test shows.
func sample(t *testing.T, what string, part, whole int) int {
	t.Helper()
	if longTests() {
		return whole
	}
	t.Logf("sampled: %d of %d %s; WIXRECON_LONG=1 runs all", part, whole, what)
	return part
}

// sampleOf returns a random part of a list by default, so that in time all of it runs.
// The long form returns the whole list.
func sampleOf[T any](t *testing.T, what string, part int, whole []T) []T {
	t.Helper()
	if part = sample(t, what, part, len(whole)); part >= len(whole) {
		return whole
	}
	list := slices.Clone(whole)
	rand.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list[:part]
}

// programDir is where builtProgram builds; TestMain makes and removes it.
var programDir string

// testRun runs the tests of the package, with a folder for the built program.
type testRun struct{ *testing.M }

func (m testRun) Run() int {
	var err error
	if programDir, err = os.MkdirTemp("", "wixrecon-program-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(programDir) }()
	return m.M.Run()
}

// builtProgram builds the program as it is released, but without the bucket
// drivers, which take longer to build than everything else. It returns its path.
var builtProgram = sync.OnceValues(func() (string, error) {
	return build("wixrecon", "-tags", "no_s3,no_gcs")
})

// builtShortLeaseProgram builds the program with a lease of shortLease, and with the
// driver for S3. The lease can't be set from outside, so main.go is replaced.
var builtShortLeaseProgram = sync.OnceValues(func() (string, error) {
	source, err := filepath.Abs("main.go")
	if err != nil {
		return "", err
	}
	text, err := os.ReadFile(source)
	if err != nil {
		return "", err
	}
	before, after, found := strings.Cut(string(text), "stderr: os.Stderr}")
	if !found {
		return "", errors.New("main.go has no program to change")
	}
	changed := fmt.Sprintf("%sstderr: os.Stderr, leaseTTL: %d}%s", before, shortLease, after)
	replacement, overlay := filepath.Join(programDir, "main.go"), filepath.Join(programDir, "overlay.json")
	files, err := json.Marshal(map[string]map[string]string{"Replace": {source: replacement}})
	if err != nil {
		return "", err
	}
	err = errors.Join(os.WriteFile(replacement, []byte(changed), 0o600), os.WriteFile(overlay, files, 0o600))
	if err != nil {
		return "", err
	}
	return build(shortLeaseProgram, "-tags", "no_gcs", "-overlay", overlay)
})

// build builds the program of this package, and returns its path.
func build(name string, flags ...string) (string, error) {
	program := filepath.Join(programDir, name)
	cmd := exec.Command("go", append(append([]string{"build", "-ldflags=-s -w", "-o", program}, flags...), ".")...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the program: %w\n%s", err, out)
	}
	return program, nil
}

// environWithoutSettings returns the environment of the tests without their own
// variables, which look like mistyped settings.
func environWithoutSettings() []string {
	return slices.DeleteFunc(os.Environ(), func(entry string) bool { return strings.HasPrefix(entry, "WIXRECON_LONG=") })
}
