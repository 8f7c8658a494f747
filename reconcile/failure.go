package reconcile

import "time"

// A Failure is the trace of a command that ended with an error and left no summary.
type Failure struct {
	SchemaVersion int       `json:"schema_version"`
	RunID         string    `json:"run_id"`
	Command       string    `json:"command"`
	Version       string    `json:"version"` // of the program
	Time          time.Time `json:"time"`    // when the command started
	Scope         Scope     `json:"scope"`
	ExitCode      int       `json:"exit_code"`
	Error         string    `json:"error"`
}
