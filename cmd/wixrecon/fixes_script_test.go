package main

import (
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/wixrecon/wixrecon/sources/wix/wixsim"
)

// The commands of scripts that fix something. What was sent is told by the
// simulated Wix, never by the program:
//
//	changes N | none          how many requests that change something it got
//	await N                   wait until it got so many of them
//	release                   let the change go that simulate hold=N holds
//	changes                   print them, ordered, a line each: kind, instance or package, what was done
//	book FILE                 put the packages of a file into its book
//	! book ID…                take packages out of it
//	age FILE TIME             make the file look written so long ago
//	replace FILE OLD NEW      replace the first of a text, which must be there; \n is the end of a line

func cmdChanges(ts *testscript.TestScript, neg bool, args []string) {
	all := sceneOf(ts).wix.Changes()
	if len(args) == 0 && !neg {
		var lines []string
		for i := range all {
			lines = append(lines, told(&all[i]))
		}
		slices.Sort(lines) // packages are changed side by side
		_, err := io.WriteString(ts.Stdout(), strings.Join(lines, ""))
		ts.Check(err)
		return
	}
	if len(args) != 1 || neg {
		ts.Fatalf("usage: changes [N|none]")
	}
	got, want := strconv.Itoa(len(all)), args[0]
	if want == "none" {
		want = "0"
	}
	if got != want {
		ts.Fatalf("Wix got %s requests that change something, want %s", got, want)
	}
}

// held gives what holds the change of a number, and what lets it go.
func held(number string) (onChange func(int, wixsim.Change) wixsim.Fault, release func()) {
	gone := make(chan struct{})
	onChange = func(n int, _ wixsim.Change) wixsim.Fault {
		if strconv.Itoa(n) == number {
			<-gone
		}
		return ""
	}
	return onChange, sync.OnceFunc(func() { close(gone) })
}

func cmdRelease(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) > 0 || neg {
		ts.Fatalf("usage: release")
	}
	sceneOf(ts).release()
}

func cmdAwait(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 || neg {
		ts.Fatalf("usage: await N")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	wix := sceneOf(ts).wix
	for deadline := time.Now().Add(20 * time.Second); len(wix.Changes()) < want; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			ts.Fatalf("Wix got %d requests that change something, want %d", len(wix.Changes()), want)
		}
	}
}

func told(c *wixsim.Change) string {
	about := c.InstanceID
	if about == "" {
		about = c.PackageID
	}
	effect := string(c.Effect)
	if c.Effect == wixsim.NoEffect {
		effect = "nothing"
	}
	return strings.Join([]string{string(c.Kind), about, effect}, " ") + "\n"
}

func cmdBook(ts *testscript.TestScript, neg bool, args []string) {
	wix := sceneOf(ts).wix
	switch {
	case neg && len(args) > 0:
		for _, id := range args {
			wix.Remove(id)
		}
	case !neg && len(args) == 1:
		packages, err := wixsim.ReadInventory(strings.NewReader(ts.ReadFile(args[0])))
		ts.Check(err)
		for _, p := range packages {
			wix.Put(p)
		}
	default:
		ts.Fatalf("usage: book FILE, or ! book ID...")
	}
}

func cmdAge(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 || neg {
		ts.Fatalf("usage: age FILE TIME")
	}
	ago, err := time.ParseDuration(args[1])
	ts.Check(err)
	written := time.Now().Add(-ago)
	ts.Check(os.Chtimes(ts.MkAbs(args[0]), written, written))
}

func cmdReplace(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 3 || neg {
		ts.Fatalf("usage: replace FILE OLD NEW")
	}
	old, replacement := strings.ReplaceAll(args[1], `\n`, "\n"), strings.ReplaceAll(args[2], `\n`, "\n")
	before, after, found := strings.Cut(ts.ReadFile(args[0]), old)
	if !found {
		ts.Fatalf("%s has no %q", args[0], old)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(before+replacement+after), 0o600))
}
