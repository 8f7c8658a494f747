package wixsim

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// A refusal is answered in the documented shape: a message, and under details
// either an application error or the fields that broke a rule.

type refusal struct {
	status int
	code   string // of the application error; empty for a violation
	field  string // of the violation
	text   string
}

type errorBody struct {
	Message string       `json:"message"`
	Details errorDetails `json:"details"`
}

type errorDetails struct {
	ApplicationError *applicationError `json:"applicationError,omitempty"`
	ValidationError  *validationError  `json:"validationError,omitempty"`
}

type applicationError struct {
	Code        string         `json:"code"`
	Description string         `json:"description"`
	Data        map[string]any `json:"data"`
}

type validationError struct {
	FieldViolations []violation `json:"fieldViolations"`
}

type violation struct {
	Field        string `json:"field"`
	Description  string `json:"description"`
	ViolatedRule string `json:"violatedRule"`
}

// refuse names an application error.
func refuse(status int, code, format string, args ...any) *refusal {
	return &refusal{status: status, code: code, text: fmt.Sprintf(format, args...)}
}

// violate names a field of the request that breaks a rule.
func violate(field, format string, args ...any) *refusal {
	return &refusal{status: http.StatusBadRequest, field: field, text: fmt.Sprintf(format, args...)}
}

func (r *refusal) reply() reply {
	body := errorBody{Message: r.text}
	if r.code != "" {
		body.Details.ApplicationError = &applicationError{Code: r.code, Description: r.text, Data: map[string]any{}}
	} else {
		body.Message = fmt.Sprintf("%s: %s", r.field, r.text)
		body.Details.ValidationError = &validationError{
			FieldViolations: []violation{{Field: r.field, Description: r.text, ViolatedRule: "OTHER"}},
		}
	}
	text, _ := json.Marshal(body) // texts and maps of nothing: it can't fail
	return reply{status: r.status, body: text}
}

// failure is the answer of a server that can't, or will not, answer now.
func failure(status int) reply {
	code := map[int]string{
		http.StatusUnauthorized:       "UNAUTHENTICATED",
		http.StatusForbidden:          "PERMISSION_DENIED",
		http.StatusTooManyRequests:    "RESOURCE_EXHAUSTED",
		http.StatusServiceUnavailable: "UNAVAILABLE",
		http.StatusGatewayTimeout:     "DEADLINE_EXCEEDED",
	}[status]
	if code == "" {
		code = "INTERNAL"
	}
	return refuse(status, code, "%s", http.StatusText(status)).reply()
}
