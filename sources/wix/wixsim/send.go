package wixsim

import (
	"net"
	"net/http"
	"strconv"
	"time"
)

// How an answer is sent, and how it is spoiled on its way.

const gatewayPage = "<!DOCTYPE html>\n<html><head><title>Bad gateway</title></head>" +
	"<body><h1>Bad gateway</h1><p>The server is not available.</p></body></html>\n"

// spoil gives the answer of a fault that needs no answer of the API.
func (s *Server) spoil(fault Fault) (reply, bool) {
	status := map[Fault]int{
		Throttle: http.StatusTooManyRequests, ThrottleRetryAfter: http.StatusTooManyRequests,
		InternalError: http.StatusInternalServerError, BadGateway: http.StatusBadGateway,
		Unavailable: http.StatusServiceUnavailable, GatewayTimeout: http.StatusGatewayTimeout,
	}[fault]
	var r reply
	switch fault {
	case ResetConnection:
	case HTMLBadGateway:
		r = reply{status: http.StatusBadGateway, body: []byte(gatewayPage), html: true}
	case HTMLWithOK:
		r = reply{status: http.StatusOK, body: []byte(gatewayPage), html: true}
	default:
		if status == 0 {
			return r, false
		}
		r = failure(status)
	}
	if fault == ThrottleRetryAfter {
		r.wait = s.o.RetryAfter
	}
	r.fault = fault
	return r, true
}

func (r reply) send(w http.ResponseWriter) {
	if r.status == 0 {
		reset(w)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if r.html {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
	}
	if r.wait != "" {
		w.Header().Set("Retry-After", r.wait)
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(r.body)))
	w.WriteHeader(r.status)
	if r.fault != Truncate {
		_, _ = w.Write(r.body) // who hung up gets nothing
		return
	}
	_, _ = w.Write(r.body[:len(r.body)/2]) // of {} a byte, of nothing none
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler) // the documented way to cut a connection
}

// reset cuts the connection so that the client sees a reset, not an end.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

// linger waits, but not for a client that has gone.
func linger(r *http.Request, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-r.Context().Done():
	}
}
