package main

import (
	"bufio"
	"io"
	"log"
	"log/slog"
	"os"
)

// Libraries print what they find remarkable – of a server's response, of
// credentials – through the standard logger, or straight to standard error, and
// one to standard output. All of it becomes warnings of the program's own log,
// which removes secrets and control characters.

// maxLibraryLine bounds a line of a library in bytes.
const maxLibraryLine = 1 << 20

// captureLibraries takes what libraries print, from now on, and returns a function
// that sets the log it goes to. Until then it is held back.
func captureLibraries() func(*slog.Logger) {
	in, out, err := os.Pipe()
	if err != nil {
		log.SetOutput(io.Discard) // better nothing than a secret
		return func(*slog.Logger) {}
	}
	os.Stdout, os.Stderr = out, out
	log.SetOutput(out)
	log.SetFlags(0)
	logs := make(chan *slog.Logger, 1)
	go func() {
		to := <-logs
		lines := bufio.NewScanner(in)
		lines.Buffer(nil, maxLibraryLine)
		for lines.Scan() {
			select {
			case to = <-logs:
			default:
			}
			to.Warn("a library reports: " + lines.Text())
		}
	}()
	return func(to *slog.Logger) {
		select {
		case <-logs: // not read yet
		default:
		}
		logs <- to
	}
}
