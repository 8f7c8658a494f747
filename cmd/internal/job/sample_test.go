package job_test

import (
	"math/rand/v2"
	"os"
	"slices"
	"testing"
)

// longTests reports whether the long form of every test is to be run.
func longTests() bool { return os.Getenv("WIXRECON_LONG") != "" }

// sampleOf returns a random part of a list by default, so that in time all of it
// runs. The long form returns the whole list.
func sampleOf[T any](t *testing.T, what string, part int, whole []T) []T {
	t.Helper()
	if longTests() {
		return whole
	}
	t.Logf("sampled: %d of %d %s; WIXRECON_LONG=1 runs all", part, len(whole), what)
	list := slices.Clone(whole)
	rand.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list[:part]
}
