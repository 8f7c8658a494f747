package reconcile

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// chooseByLine is the contract's order of choosing, line by line: what choose does
// instance by instance.
func chooseByLine(s *subscription, instances []Instance) []int {
	chosen, found := make([]int, len(instances)), make([]int, len(s.lines))
	for i := range chosen {
		chosen[i] = -1
	}
	run := func(phase Phase, eligible func(Status) bool) {
		for _, pass := range passes(phase) {
			for l := range s.lines {
				key, filled := s.lines[l].passKey(pass)
				for i := range instances {
					if filled && s.phases[l] == phase && found[l] < s.lines[l].Quantity && chosen[i] < 0 &&
						eligible(instances[i].Status) && instances[i].passKey(pass) == key {
						chosen[i] = l
						found[l]++
					}
				}
			}
		}
	}
	for _, phase := range []Phase{PhaseActive, PhaseUpcoming, PhaseEnded} {
		run(phase, Status.Live)
	}
	run(PhaseActive, Status.Dead)
	return chosen
}

// Lines choose the same, whether they are few or many, and for each package separately.
func TestChoose(t *testing.T) {
	asOf := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	r := &Rules{AsOf: asOf, Coverage: &Coverage{Inventory: InventoryWhole}}
	for seed := range uint64(400) {
		random := rand.New(rand.NewPCG(seed, 1))
		pick := func(texts ...string) string { return texts[random.IntN(len(texts))] }
		lines := make([]Line, 1+random.IntN(30))
		for i := range lines {
			lines[i] = Line{
				Status: LineStatus(pick("active", "active", "pending", "canceled")), ProductID: pick("", "p", "q"), SiteID: pick("", "s", "t", Floating),
				InstanceID: pick("", "", "", "i1", "i2"), Cycle: Cycle(pick("", "1 MONTH", "1 YEAR")), Country: pick("", "DE"), Quantity: 1 + random.IntN(3), Record: i,
			}
		}
		slices.SortFunc(lines, func(a, b Line) int { return a.Compare(&b) })
		s := r.newSubscription(lines)
		for range 3 {
			instances := make([]Instance, random.IntN(40))
			for i := range instances {
				instances[i] = Instance{
					ID: fmt.Sprint("i", i), ProductID: pick("p", "q", "r"), SiteID: pick("", "s", "t"), Cycle: Cycle(pick("1 MONTH", "12 MONTH")), Country: pick("DE", "FR"),
					Status: Status(pick("ENABLED", "ENABLED", "CANCELED", "FAILED")),
				}
			}
			got, want := choose(&s, instances), chooseByLine(&s, instances)
			if !slices.Equal(got.line, want) {
				t.Fatalf("seed %d: %d lines chose %v, want %v", seed, len(lines), got.line, want)
			}
			for l := range lines {
				n := 0
				for _, line := range want {
					if line == l {
						n++
					}
				}
				if got.found[l] != n {
					t.Fatalf("seed %d: line %d found %d instances, want %d", seed, l, got.found[l], n)
				}
			}
		}
	}
}

// BenchmarkMatchLargeGroup matches n rows and n packages of one external id. Time
// per row must not grow with n.
func BenchmarkMatchLargeGroup(b *testing.B) {
	asOf := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	r := &Rules{AsOf: asOf, Coverage: &Coverage{Inventory: InventoryWhole}}
	for _, status := range []LineStatus{Active, Canceled} {
		for n := 2000; n <= 32000; n *= 2 {
			b.Run(fmt.Sprintf("%s/n=%d", status, n), func(b *testing.B) {
				g := &Group{}
				for i := range n {
					g.Lines = append(g.Lines, Line{ExternalID: "N/A", AccountID: "a", Status: status, Quantity: 1, ProductID: fmt.Sprint(i % 7), Record: i + 2})
					g.Packages = append(g.Packages, Package{ID: fmt.Sprint(i), AccountID: "a", ExternalID: "N/A", Instances: []Instance{
						{ID: fmt.Sprint("i", i), ProductID: fmt.Sprint(i % 5), SiteID: fmt.Sprint("s", i), Status: StatusEnabled},
					}})
				}
				for b.Loop() {
					r.Match(g)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/row")
			})
		}
	}
}
