package wixsim

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strconv"
)

// A reply is an answer before it is sent. A status of 0 resets the connection.
type reply struct {
	status     int
	body       []byte
	html       bool
	retryAfter string
	gzip       bool // the body is compressed
	fault      Fault
}

func answerWith(fields map[string]any) *reply { return jsonReply(http.StatusOK, fields) }

func jsonReply(status int, fields map[string]any) *reply {
	text, _ := json.Marshal(fields) // of our own types: it can't fail
	return &reply{status: status, body: text}
}

// refuse answers with an application error in the documented shape.
func refuse(status int, code, format string, args ...any) *reply {
	text := fmt.Sprintf(format, args...)
	return jsonReply(status, map[string]any{"message": text, "details": map[string]any{
		"applicationError": map[string]any{"code": code, "description": text, "data": map[string]any{}},
	}})
}

// violate answers with a field of the request that breaks a rule, in the
// documented shape.
func violate(field, format string, args ...any) *reply {
	text := fmt.Sprintf(format, args...)
	return jsonReply(http.StatusBadRequest, map[string]any{"message": field + ": " + text, "details": map[string]any{
		"validationError": map[string]any{"fieldViolations": []any{
			map[string]any{"field": field, "description": text, "violatedRule": "OTHER"},
		}},
	}})
}

// failure is the answer of a server that can't, or will not, answer now.
func failure(status int) *reply {
	code := map[int]string{
		http.StatusForbidden:          "PERMISSION_DENIED",
		http.StatusTooManyRequests:    "RESOURCE_EXHAUSTED",
		http.StatusServiceUnavailable: "UNAVAILABLE",
		http.StatusGatewayTimeout:     "DEADLINE_EXCEEDED",
	}[status]
	return refuse(status, cmp.Or(code, "INTERNAL"), "%s", http.StatusText(status))
}

func (r *reply) send(w http.ResponseWriter) {
	if r.status == 0 {
		reset(w)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if r.html {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
	}
	if r.retryAfter != "" {
		w.Header().Set("Retry-After", r.retryAfter)
	}
	if r.gzip {
		w.Header().Set("Content-Encoding", "gzip")
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(r.body)))
	w.WriteHeader(r.status)
	if r.fault != Truncate {
		_, _ = w.Write(r.body) // the client may have disconnected
		return
	}
	_, _ = w.Write(r.body[:len(r.body)/2])
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler) // the documented way to abort a connection
}

// reset closes the connection so that the client sees a reset, not an end.
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
