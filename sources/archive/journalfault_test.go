package archive_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/wixrecon/wixrecon/internal/servers"
	"github.com/wixrecon/wixrecon/reconcile/fix"
	"github.com/wixrecon/wixrecon/sources/archive"
)

// What can't be believed is never left out, and a lost answer is no lost claim.

// isWrite says which answers are lost.
func isWrite(r *http.Request) bool { return r.Method == http.MethodPut || r.Method == http.MethodPost }

// A claim whose answer was lost is won all the same, and by one only.
func TestLostAnswersToTheJournal(t *testing.T) {
	t.Parallel()
	for name, address := range map[string]func(*testing.T) string{
		"s3 in process": func(t *testing.T) string { return strings.TrimPrefix(serve(t, s3Store(t)), "http://") },
		"s3":            func(t *testing.T) string { return started(t, servers.S3).Address },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &servers.Proxy{Address: address(t), LoseFirst: isWrite}
			j, ctx, a := open(t, s3At(serve(t, p))).Journal(), t.Context(), claimOf(1, 1, day(0))
			must(t, j.Begin(ctx, a), j.Doubt(ctx, doubtOf(a)), j.End(ctx, endOf(a, fix.OutcomeFailed, true)))
			state, err := j.BeginPlan(ctx, archive.PlanStart{PlanID: planID(1), RunID: "r", At: day(0)})
			if must(t, err); state != archive.PlanFresh {
				t.Errorf("the plan is %s to who began it", state)
			}
			must(t, j.EndPlan(ctx, archive.PlanEnd{PlanStart: archive.PlanStart{PlanID: planID(1), RunID: "r", At: day(0)}}))
			if p.Lost() < 5 {
				t.Errorf("%d answers were lost", p.Lost())
			}
			claimsRace(t, j)
		})
	}
}

// forgetful is a store that does what it is asked, says that it did not, and
// forgets the marks of uploads: nothing but the nonce tells whose a claim is.
func forgetful(store http.Handler, blind func() bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case isWrite(r):
			r.Header.Del("X-Amz-Meta-Wixrecon-Upload")
			store.ServeHTTP(&unheard{header: http.Header{}}, r)
			http.Error(w, "<Error><Code>InternalError</Code></Error>", http.StatusNotImplemented)
		case blind():
			http.Error(w, "<Error><Code>AccessDenied</Code></Error>", http.StatusForbidden)
		default:
			store.ServeHTTP(w, r)
		}
	})
}

// unheard takes an answer that nobody gets.
type unheard struct{ header http.Header }

func (u *unheard) Header() http.Header         { return u.header }
func (u *unheard) WriteHeader(int)             {}
func (u *unheard) Write(b []byte) (int, error) { return len(b), nil }

func TestTheNonceTellsWhoseAClaimIs(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	closed := false
	blind := func() bool { mu.Lock(); defer mu.Unlock(); return closed }
	store := s3Store(t)
	j, ctx := open(t, s3At(serve(t, forgetful(store, blind)))).Journal(), t.Context()
	a, other := claimOf(1, 1, day(0)), claimOf(1, 1, day(0))
	other.Nonce = "other"
	must(t, j.Begin(ctx, a), j.Doubt(ctx, doubtOf(a)), j.End(ctx, endOf(a, fix.OutcomeApplied, false)))
	if err := j.Begin(ctx, other); !errors.Is(err, fix.ErrClaimed) {
		t.Errorf("another's claim: %v", err)
	}
	if err := j.End(ctx, endOf(a, fix.OutcomeFailed, true)); !errors.Is(err, fix.ErrClaimed) {
		t.Errorf("another end: %v", err)
	}
	mu.Lock()
	closed = true
	mu.Unlock()
	for name, err := range map[string]error{
		"its own":   j.Begin(ctx, a),
		"another's": j.Begin(ctx, other),
		"a new one": j.Begin(ctx, claimOf(2, 1, day(0))),
	} {
		if err == nil || errors.Is(err, fix.ErrClaimed) {
			t.Errorf("%s, which can't be read back: %v", name, err)
		}
	}
	if entries, err := j.Since(ctx, day(0)); err == nil {
		t.Errorf("a journal that can't be read: %v", entries)
	}
}

// claimText is a claim as it is stored, with parts of it replaced.
func claimText(t testing.TB, a *fix.Attempt, replace ...string) string {
	t.Helper()
	stored := *a
	stored.SchemaVersion = fix.JournalVersion
	text := textOf(t, stored)
	changed := strings.NewReplacer(replace...).Replace(text)
	if len(replace) > 0 && changed == text {
		t.Fatalf("%q changes nothing", replace)
	}
	return changed
}

// endText is an end as it is stored.
func endText(t testing.TB, e *fix.End) string {
	t.Helper()
	stored := *e
	stored.SchemaVersion = fix.JournalVersion
	return textOf(t, stored)
}

func textOf(t testing.TB, content any) string {
	t.Helper()
	text, err := json.Marshal(content)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestDamageStopsEverything(t *testing.T) {
	t.Parallel()
	a := claimOf(1, 1, day(0))
	claim, sound := "journal/"+a.Key+"/0001", claimText(t, a)
	long := `{"schema_version":1,"x":"` + strings.Repeat("x", 9<<20) + `"}`
	for name, c := range map[string]struct{ key, text, says string }{
		"empty":                    {claim, "", "damaged"},
		"cut off":                  {claim, sound[:len(sound)/2], "damaged"},
		"two in one":               {claim, sound + sound, "damaged"},
		"no JSON":                  {claim, "<html>", "damaged"},
		"null":                     {claim, "null", "no schema version"},
		"a field that is unknown":  {claim, claimText(t, a, `"plan_id"`, `"plan"`), `unknown field "plan"`},
		"newer":                    {claim, `{"schema_version":2,"all":"else"}`, "newer version"},
		"another's action":         {claim, claimText(t, claimOf(2, 1, day(0))), "attempt 1 of action"},
		"another attempt":          {claim, claimText(t, claimOf(1, 2, day(0))), "attempt 2 of action"},
		"no nonce":                 {claim, claimText(t, a, "nonce-1", ""), "no nonce"},
		"no removal":               {claim, claimText(t, a, `"removal":true`, `"removal":false`), "contradicts"},
		"too long":                 {claim, long, "more than"},
		"a note of another claim":  {claim + "-doubt", claimText(t, a), "damaged"},
		"a number that is padded":  {"journal/" + a.Key + "/2", "x", "looks like an attempt"},
		"a note that is unknown":   {claim + "-undone", "{}", "looks like an attempt"},
		"attempt 0":                {"journal/" + a.Key + "/0000", "{}", "count from 1"},
		"an attempt with a suffix": {claim + ".json", "{}", "looks like an attempt"},
		"a key in other letters":   {"journal/" + strings.Repeat("AB", 16) + "/0001", "{}", "looks like an attempt"},
		"a longer key":             {"journal/" + strings.Repeat("ab", 32) + "/0001", "{}", "looks like an attempt"},
		"a note without a claim":   {"journal/" + actionKey(9) + "/0001-end", "{}", "no claim"},
		"a hole":                   {"journal/" + a.Key + "/0003", "{}", "attempt 2 is not"},
		"no first attempt":         {"journal/" + actionKey(9) + "/0002", "{}", "attempt 1 is not"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := open(t, "mem://out")
			j, ctx := r.Journal(), t.Context()
			must(t, j.Begin(ctx, claimOf(5, 1, day(0))))
			r.put(t, claim, sound)
			r.put(t, c.key, c.text)
			_, open := j.Open(ctx)
			_, since := j.Since(ctx, day(0))
			there, _, all := j.All(ctx, archive.JournalFilter{})
			for what, err := range map[string]error{"open": open, "since": since, "all": all} {
				if err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "journal") {
					t.Errorf("%s: %v, want %q", what, err, c.says)
				}
				if newer := errors.Is(err, archive.ErrNewer); newer != (name == "newer") {
					t.Errorf("%s: newer is %t", what, newer)
				}
			}
			if len(there) == 0 || there[len(there)-1].Key != actionKey(5) {
				t.Errorf("what can be read is not shown: %v", shown(there))
			}
			if c.key == claim {
				if err := j.Begin(ctx, a); err == nil || errors.Is(err, fix.ErrClaimed) {
					t.Errorf("a claim of what can't be read: %v", err)
				}
			}
		})
	}
}

// Many faults are told in part, and that a newer version is among them is told.
func TestManyFaults(t *testing.T) {
	t.Parallel()
	r := open(t, "mem://out")
	for n := range 50 {
		r.put(t, fmt.Sprintf("journal/%s/0001", actionKey(n)), "{")
	}
	r.put(t, fmt.Sprintf("journal/%s/0001", actionKey(50)), `{"schema_version":9}`)
	_, err := r.Journal().Open(t.Context())
	if err == nil || strings.Count(err.Error(), "\n") != 11 || !strings.Contains(err.Error(), "41 more") || !errors.Is(err, archive.ErrNewer) {
		t.Errorf("%v", err)
	}
}

// What is none of the journal's is left alone, and shown.
func TestStrangersInTheJournal(t *testing.T) {
	t.Parallel()
	for name, r := range stores(t) {
		j, a := r.Journal(), claimOf(1, 1, day(0))
		must(t, j.Begin(t.Context(), a))
		for _, key := range []string{"journal/readme.txt", "journal/notes/1", "journal/" + a.Key + "/.DS_Store", "journal/plan-x/begun"} {
			r.put(t, key, "?")
		}
		entries, err := j.Open(t.Context())
		if err != nil || len(entries) != 1 {
			t.Errorf("%s: %v, %v", name, shown(entries), err)
		}
		_, warnings, err := j.All(t.Context(), archive.JournalFilter{})
		if err != nil || len(warnings) != 1 || !strings.HasPrefix(warnings[0], "4 objects") {
			t.Errorf("%s: %q, %v", name, warnings, err)
		}
	}
}

// A plan whose records can't be read is not begun.
func TestDamagedPlans(t *testing.T) {
	t.Parallel()
	for _, what := range []string{"begun", "ended"} {
		for _, text := range []string{"", "{", `{"schema_version":2}`, `{"schema_version":1,"nonce":"n","plan_id":"x"}`} {
			r := open(t, "mem://out")
			r.put(t, "journal/plan-"+planID(1)+"/"+what, text)
			if state, err := r.Journal().BeginPlan(t.Context(), archive.PlanStart{PlanID: planID(1), At: day(0)}); err == nil {
				t.Errorf("%s %q: %s", what, text, state)
			}
		}
	}
}

// FuzzJournal: whatever is believed agrees with itself, and comes back as it is.
func FuzzJournal(f *testing.F) {
	a := claimOf(1, 1, day(0))
	f.Add([]byte(claimText(f, a)), []byte("{}"))
	f.Add([]byte(claimText(f, a)), []byte(endText(f, endOf(a, fix.OutcomeApplied, false))))
	f.Add([]byte(`{"schema_version":1,"attempt":1}`), []byte(`null`))
	f.Fuzz(believed)
}

// TestMutatedEntries does without a fuzzer what it would do first.
func TestMutatedEntries(t *testing.T) {
	t.Parallel()
	a, random := claimOf(1, 1, day(0)), rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		texts := [][]byte{[]byte(claimText(t, a)), []byte(endText(t, endOf(a, fix.OutcomeFailed, true)))}
		text := texts[random.IntN(2)]
		switch at := random.IntN(len(text)); random.IntN(3) {
		case 0:
			text[at] ^= 1 << random.IntN(8)
		case 1:
			copy(text[at:], text[min(at+1+random.IntN(20), len(text)):])
		default:
			copy(text[at:], `":{},[]0"`)
		}
		believed(t, texts[0], texts[1])
	}
}

func believed(t *testing.T, claim, end []byte) {
	r, key := open(t, "mem://out"), actionKey(1)
	r.put(t, "journal/"+key+"/0001", string(claim))
	r.put(t, "journal/"+key+"/0001-end", string(end))
	entries, err := r.Journal().Entries(t.Context(), key)
	if err != nil {
		return
	}
	if len(entries) != 1 || entries[0].Key != key || entries[0].End == nil || entries[0].Verify() != nil {
		t.Fatalf("believed %+v", entries)
	}
	again, entry := open(t, "mem://again").Journal(), entries[0]
	if err := errors.Join(again.Begin(t.Context(), &entry.Attempt), again.End(t.Context(), entry.End)); err != nil {
		t.Errorf("believed, and not written: %v", err)
	}
}
