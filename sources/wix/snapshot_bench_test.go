package wix

import (
	"crypto/sha256"
	"encoding/json"
	"testing"

	"github.com/wixrecon/wixrecon/sources/wix/wixsim"
)

type countingWriter int64

func (c *countingWriter) Write(b []byte) (int, error) {
	*c += countingWriter(len(b))
	return len(b), nil
}

// BenchmarkSnapshotWriter reports MB of JSON per second, with the hash of the
// content that a run takes.
func BenchmarkSnapshotWriter(b *testing.B) {
	var lines [][]byte
	size := 0
	for _, p := range wixsim.Generate(wixsim.SampleOptions{Seed: 1, Packages: 50_000}).Inventory {
		line, err := json.Marshal(p)
		if err != nil {
			b.Fatal(err)
		}
		lines, size = append(lines, line), size+len(line)+1
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	var out countingWriter
	for b.Loop() {
		out = 0
		w, err := NewSnapshotWriter(&out, sha256.New())
		if err != nil {
			b.Fatal(err)
		}
		for _, line := range lines {
			if err := w.Write(line); err != nil {
				b.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(size)/float64(out), "times-smaller")
}
