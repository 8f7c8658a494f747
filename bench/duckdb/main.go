// Command duckdb finds six kinds of drift between a snapshot and a ledger with
// DuckDB: what a capable user would write in place of wixrecon.
//
//	duckdb FOLDER/packages.jsonl FOLDER/ledger.csv OUT
//
// It writes OUT/findings.csv.
package main

import (
	"database/sql"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	_ "github.com/duckdb/duckdb-go/v2"
)

//go:embed findings.sql
var findings string

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: duckdb PACKAGES.jsonl LEDGER.csv OUT")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, "duckdb:", err)
		os.Exit(1)
	}
}

func run(packages, ledger, out string) error {
	db, err := sql.Open("duckdb", "")
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1) // temporary tables belong to a connection
	names := strings.NewReplacer(
		"{packages}", quote(packages), "{ledger}", quote(ledger), "{findings}", quote(filepath.Join(out, "findings.csv")))
	for statement := range strings.SplitSeq(names.Replace(findings), ";") {
		if strings.TrimSpace(statement) == "" {
			continue
		}
		if _, err := db.Exec(statement); err != nil {
			return err
		}
	}
	return nil
}

func quote(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
