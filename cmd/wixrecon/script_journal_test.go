package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"
)

// Commands for the journal:
//
//	keyof FILE N   set $KEY to the action of the Nth attempt of `journal --output json`
//	damage         make the last attempt of $KEY in runs/ unreadable

func cmdKeyOf(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 || neg {
		ts.Fatalf("usage: keyof FILE N")
	}
	var lines []struct {
		Key string `json:"action_key"`
	}
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &lines))
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	ts.Setenv("KEY", lines[n].Key)
}

func cmdDamage(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) > 0 || neg {
		ts.Fatalf("usage: damage")
	}
	claims, err := filepath.Glob(filepath.Join(ts.MkAbs("runs/journal"), ts.Getenv("KEY"), "[0-9][0-9][0-9][0-9]"))
	ts.Check(err)
	ts.Check(os.Chmod(slices.Max(claims), 0o600))
	ts.Check(os.WriteFile(slices.Max(claims), []byte("damaged"), 0o600))
}
