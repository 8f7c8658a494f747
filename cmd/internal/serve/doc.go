// Package serve runs the program as a daemon: a schedule of runs, and an HTTP
// server that shows their health, their metrics and the past runs.
package serve
