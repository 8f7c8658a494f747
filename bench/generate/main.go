// Command generate writes sample data of any size: a snapshot, a ledger, and the
// findings that a correct comparison of the two reports.
//
//	generate -packages 1000000 FOLDER
//
// The same size gives the same files. It leaves files of that size alone.
package main

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/wixrecon/wixrecon/sources/wix/wixsim"
)

// The drift is about 3 % of the packages, a thousandth for each of the kinds.
const (
	perAccount = 500
	perKind    = 1000
)

// shuffled is how many packages are in memory, from which the next one to be
// written is chosen: the order of the snapshot is not that of the ledger.
const shuffled = 1 << 16

func main() {
	packages := flag.Int("packages", 1_000_000, "size of the inventory")
	flag.Parse()
	if flag.NArg() != 1 || *packages < 1 {
		flag.Usage()
		os.Exit(2)
	}
	if err := generate(flag.Arg(0), *packages); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

// generate writes the files, the truth last: it marks them as whole.
func generate(dir string, packages int) error {
	truth := filepath.Join(dir, "truth.csv")
	if _, err := os.Stat(truth); err == nil {
		return nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	asOf := time.Date(2026, 11, 1, 2, 0, 0, 0, time.UTC)
	options := wixsim.SampleOptions{
		Seed: 1, Accounts: max(5, packages/perAccount), Packages: packages, PerKind: max(1, packages/perKind), AsOf: asOf,
	}
	findings, err := writeInputs(dir, options)
	if err != nil {
		return err
	}
	return writeTruth(truth, findings)
}

// writeInputs writes packages.jsonl and ledger.csv, and returns the truth.
func writeInputs(dir string, options wixsim.SampleOptions) (findings []wixsim.Finding, err error) {
	snapshot, err := os.Create(filepath.Join(dir, "packages.jsonl"))
	if err != nil {
		return nil, err
	}
	defer snapshot.Close()
	ledger, err := os.Create(filepath.Join(dir, "ledger.csv"))
	if err != nil {
		return nil, err
	}
	defer ledger.Close()
	lines, rows := newShuffle(bufio.NewWriterSize(snapshot, 1<<20)), csv.NewWriter(ledger)
	_ = rows.Write(wixsim.Header[wixsim.Row]()) // rows.Error returns the error
	for c := range wixsim.Cases(options) {
		for _, p := range c.Packages {
			if err := lines.add(p); err != nil {
				return nil, err
			}
		}
		for _, r := range c.Rows {
			_ = rows.Write(wixsim.Cells(r))
		}
		findings = append(findings, c.Findings...)
	}
	rows.Flush()
	if err := errors.Join(lines.flush(), rows.Error(), snapshot.Close(), ledger.Close()); err != nil {
		return nil, err
	}
	// A bare snapshot counts as read at the time of its file.
	return findings, os.Chtimes(snapshot.Name(), options.AsOf, options.AsOf)
}

func writeTruth(name string, findings []wixsim.Finding) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	defer file.Close()
	rows := csv.NewWriter(file)
	_ = rows.Write(wixsim.Header[wixsim.Finding]())
	for _, f := range findings {
		_ = rows.Write(wixsim.Cells(f))
	}
	rows.Flush()
	return errors.Join(rows.Error(), file.Close())
}

// A shuffle writes the lines of a snapshot in another order.
type shuffle struct {
	out   *bufio.Writer
	rng   *rand.Rand
	lines [][]byte
}

func newShuffle(out *bufio.Writer) *shuffle {
	return &shuffle{out: out, rng: rand.New(rand.NewPCG(1, 1))}
}

func (s *shuffle) add(p wixsim.Package) error {
	line, err := json.Marshal(p)
	if err != nil {
		return err
	}
	s.lines = append(s.lines, append(line, '\n'))
	if len(s.lines) < shuffled {
		return nil
	}
	return s.writeOne()
}

// writeOne writes a line by chance; the last one takes its place.
func (s *shuffle) writeOne() error {
	last := len(s.lines) - 1
	at := s.rng.IntN(len(s.lines))
	_, err := s.out.Write(s.lines[at])
	s.lines[at], s.lines = s.lines[last], s.lines[:last]
	return err
}

func (s *shuffle) flush() error {
	for len(s.lines) > 0 {
		if err := s.writeOne(); err != nil {
			return err
		}
	}
	return s.out.Flush()
}
