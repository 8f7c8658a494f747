package console

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// A Form is how the log is written.
type Form int

// The forms of a log.
const (
	Text   Form = iota // key=value, with time and level
	People             // for a terminal: WARN, ERROR and no times
	JSON
)

// NewLog returns a log.
func NewLog(form Form, out io.Writer) *slog.Logger {
	switch form {
	case JSON:
		return slog.New(slog.NewJSONHandler(out, nil))
	case People:
		return slog.New(&peopleHandler{out: out})
	}
	return slog.New(slog.NewTextHandler(out, nil))
}

// A peopleHandler writes "WARN  message  key=value"; a message that needs no
// attention has no level.
type peopleHandler struct {
	out   io.Writer
	attrs []slog.Attr
}

func (h *peopleHandler) Enabled(_ context.Context, level slog.Level) bool {
	return level >= slog.LevelInfo
}

func (h *peopleHandler) Handle(_ context.Context, r slog.Record) error {
	var b strings.Builder
	if r.Level >= slog.LevelWarn {
		fmt.Fprintf(&b, "%-5s  ", r.Level)
	}
	b.WriteString(strings.Join(strings.FieldsFunc(r.Message, func(r rune) bool { return r == '\n' || r == '\r' }), "; "))
	write := func(a slog.Attr) bool {
		b.WriteString("  " + a.Key + "=" + quoted(a.Value.String()))
		return true
	}
	for _, a := range h.attrs {
		write(a)
	}
	r.Attrs(write)
	b.WriteByte('\n')
	_, err := io.WriteString(h.out, b.String())
	return err
}

func (h *peopleHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &peopleHandler{out: h.out, attrs: slices.Concat(h.attrs, attrs)}
}

// WithGroup drops the name: the program has no groups.
func (h *peopleHandler) WithGroup(string) slog.Handler { return h }

func quoted(text string) string {
	plain := func(r rune) bool { return unicode.IsPrint(r) && r != ' ' && r != '"' && r != '=' }
	if text != "" && strings.TrimFunc(text, plain) == "" {
		return text
	}
	return strconv.Quote(text)
}
