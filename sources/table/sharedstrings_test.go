package table

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Every text is returned unchanged, from memory and from the file.
func TestStringStore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOfN(rapid.StringN(0, 40, -1), 1, 60).Draw(t, "texts")
		if rapid.Bool().Draw(t, "long") {
			want = append(want, strings.Repeat("x", 3*pageSize+7), "after")
		}
		s := &stringStore{inMemory: rapid.IntRange(0, 2000).Draw(t, "inMemory")}
		defer func() { _ = s.close() }()
		for _, text := range want {
			if err := s.add([]byte(text)); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.flush(); err != nil {
			t.Fatal(err)
		}
		for _, i := range rapid.Permutation(indices(len(want))).Draw(t, "order") {
			if got, err := s.get(i); err != nil || got != want[i] {
				t.Fatalf("text %d: %.50q, %v; want %.50q", i, got, err, want[i])
			}
		}
		if _, err := s.get(len(want)); err == nil {
			t.Fatal("got a text beyond the last")
		}
	})
}

func indices(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}
