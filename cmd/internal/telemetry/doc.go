// Package telemetry reports to others how runs went: metrics for Prometheus, pings for
// a dead man's switch, and messages for people.
//
// Nothing here ever fails a run. A receiver that is down, slow or answers with an
// error costs a warning in the log, and a minute at most.
package telemetry
