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

// The commands of scripts that apply fixes. The changes are those that the simulated
// Wix received:
//
//	changes N | none          expect so many changes
//	await N                   wait until so many changes were received
//	release                   release the change that simulate hold=N holds back
//	changes                   print the changes, sorted, one per line: kind, instance or package, effect
//	inventory FILE            put the packages of a file into the inventory
//	! inventory ID…           remove packages from the inventory
//	age FILE TIME             set the modification time of the file to so long ago
//	replace FILE OLD NEW      replace the first occurrence of a text, which must exist; \n is a line break

func cmdChanges(ts *testscript.TestScript, neg bool, args []string) {
	all := stateOf(ts).wix.Changes()
	if len(args) == 0 && !neg {
		var lines []string
		for i := range all {
			lines = append(lines, changeText(&all[i]))
		}
		slices.Sort(lines) // packages are changed concurrently
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
		ts.Fatalf("Wix received %s changes, want %s", got, want)
	}
}

// holdChange returns a hook that holds back the n-th change, and a function that
// releases it.
func holdChange(number string) (onChange func(int, wixsim.Change) wixsim.Fault, release func()) {
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
	stateOf(ts).releaseChange()
}

func cmdAwait(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 || neg {
		ts.Fatalf("usage: await N")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	wix := stateOf(ts).wix
	for deadline := time.Now().Add(20 * time.Second); len(wix.Changes()) < want; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			ts.Fatalf("Wix received %d changes, want %d", len(wix.Changes()), want)
		}
	}
}

func changeText(c *wixsim.Change) string {
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

func cmdInventory(ts *testscript.TestScript, neg bool, args []string) {
	wix := stateOf(ts).wix
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
		ts.Fatalf("usage: inventory FILE, or ! inventory ID...")
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
