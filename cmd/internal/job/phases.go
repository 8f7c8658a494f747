package job

import (
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
)

// phases are how long the stages of a run took, in the order in which they ended.
type phases []reconcile.RunPhase

// measure returns a function that ends a phase which begins now. A phase that
// comes again is longer.
func (p *phases) measure(name string) (end func()) {
	start := time.Now()
	return func() {
		seconds := time.Since(start).Round(time.Millisecond).Seconds()
		for i := range *p {
			if (*p)[i].Name == name {
				(*p)[i].Seconds += seconds
				return
			}
		}
		*p = append(*p, reconcile.RunPhase{Name: name, Seconds: seconds})
	}
}
