package wix

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/wixrecon/wixrecon/reconcile"
)

// answers counts the answers by call and status, for the metrics.
type answers struct {
	mu     sync.Mutex
	counts map[answerKind]int64
}

type answerKind struct{ call, status string }

// add counts the answer to a request; nil where there was none.
func (a *answers) add(r *request, response *http.Response) {
	kind := answerKind{call: "query", status: "none"}
	switch {
	case r.once:
		kind.call = "change"
	case r.method == http.MethodGet:
		kind.call = "get"
	}
	if response != nil {
		kind.status = strconv.Itoa(response.StatusCode)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.counts == nil {
		a.counts = make(map[answerKind]int64)
	}
	a.counts[kind]++
}

// list returns the counts, sorted.
func (a *answers) list() []reconcile.AnswerCount {
	a.mu.Lock()
	defer a.mu.Unlock()
	var list []reconcile.AnswerCount
	for kind, n := range a.counts {
		list = append(list, reconcile.AnswerCount{Call: kind.call, Status: kind.status, Count: n})
	}
	slices.SortFunc(list, func(a, b reconcile.AnswerCount) int {
		return cmp.Or(strings.Compare(a.Call, b.Call), strings.Compare(a.Status, b.Status))
	})
	return list
}
