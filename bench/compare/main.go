// Command compare runs two commands in pairs, one after the other and in turn
// first, and prints their time and memory, and the ratios, as a Markdown table.
//
//	compare -pairs 5 -out FOLDER 'wixrecon=COMMAND' 'peer=COMMAND'
//
// {out} in a command is an empty folder, one for each run. Both may use two
// cores. Ratios are taken within a pair, because the load of a machine changes:
// the median, and in parentheses the smallest and the largest.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

func main() {
	pairs := flag.Int("pairs", 5, "number of pairs")
	out := flag.String("out", "", "folder for what the commands write; it is emptied first")
	title := flag.String("title", "", "what is compared")
	flag.Parse()
	if flag.NArg() != 2 || *out == "" || *pairs < 1 {
		flag.Usage()
		os.Exit(2)
	}
	if err := compare(*title, *out, *pairs, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
}

// A job is a command with a name.
type job struct {
	name string
	args []string
}

func parseJob(text string) (job, error) {
	name, command, ok := strings.Cut(text, "=")
	args := strings.Fields(command)
	if !ok || len(args) == 0 {
		return job{}, fmt.Errorf("%q: want NAME=COMMAND", text)
	}
	return job{name, args}, nil
}

func compare(title, out string, pairs int, commands []string) error {
	ours, err := parseJob(commands[0])
	if err != nil {
		return err
	}
	peer, err := parseJob(commands[1])
	if err != nil {
		return err
	}
	if err := os.RemoveAll(out); err != nil {
		return err
	}
	var results []pair
	for i := range pairs {
		p, err := runPair(out, i, ours, peer)
		if err != nil {
			return err
		}
		results = append(results, p)
	}
	fmt.Print(table(title, ours.name, peer.name, results))
	return nil
}

// runPair runs both jobs; every other pair begins with the peer.
func runPair(out string, number int, ours, peer job) (p pair, err error) {
	jobs, usages := []job{ours, peer}, []*usage{&p.ours, &p.peer}
	for i := range jobs {
		at := (i + number) % len(jobs)
		dir := filepath.Join(out, fmt.Sprintf("%d-%s", number+1, jobs[at].name))
		if *usages[at], err = measure(jobs[at], dir); err != nil {
			return p, err
		}
		fmt.Fprintf(os.Stderr, "pair %d: %s: %s\n", number+1, jobs[at].name, *usages[at])
	}
	return p, nil
}

// measure runs a job. Its memory is that of the process at its largest; this
// program has to stay small, because the kernel counts the parent's in.
func measure(j job, dir string) (usage, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return usage{}, err
	}
	var args []string
	for _, arg := range j.args {
		args = append(args, strings.ReplaceAll(arg, "{out}", dir))
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), "GOMAXPROCS=2")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	start := time.Now()
	err := cmd.Run()
	wall := time.Since(start)
	if err != nil {
		return usage{}, fmt.Errorf("%s: %w\n%s", j.name, err, stderr.String())
	}
	rusage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return usage{}, errors.New("this system does not report the memory of a process")
	}
	unit := int64(1 << 10) // of Maxrss
	if runtime.GOOS == "darwin" {
		unit = 1
	}
	return usage{wall, cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), rusage.Maxrss * unit}, nil
}
