package telemetry

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/nicholas-fedor/shoutrrr"
)

// One message for each run, for people: through a service of shoutrrr, or to an
// https URL as a Standard Webhook. It carries no ids of customers, because chats
// keep what they get.

// When messages are sent.
const (
	OnAlways  = "always"
	OnNew     = "new"     // a problem, or findings that the last accepted run did not have
	OnProblem = "problem" // anything but a complete run with good inputs
)

// maxMessage is the size of a message: chats refuse longer ones.
const maxMessage = 1900

// A Notifier sends messages to one URL.
type Notifier struct {
	Client *http.Client
	URL    string
	Secret []byte // that signs webhooks; empty: they are not signed
}

// Send sends the message of a run.
func (n *Notifier) Send(ctx context.Context, m *Message) error {
	target, err := url.Parse(n.URL)
	if err != nil || target.Scheme == "" {
		return errors.New("notify: the URL can't be used")
	}
	send := func(ctx context.Context) error { return n.shout(ctx, bounded(m.Text(), maxMessage)) }
	if IsWebhook(target) {
		send = func(ctx context.Context) error { return n.webhook(ctx, m) }
	}
	if err := deliver(ctx, send); err != nil {
		return fmt.Errorf("notify by %s: %w", serviceName(target), err)
	}
	return nil
}

// IsWebhook reports whether a URL is that of a webhook, and not of a service.
func IsWebhook(u *url.URL) bool { return u.Scheme == "https" || u.Scheme == "http" }

// CheckURL checks the URL of a receiver, without sending anything.
func CheckURL(text string) error {
	target, err := url.Parse(text)
	switch {
	case err != nil || target.Scheme == "":
		return errors.New("expected the URL of a service, such as slack://…, or of a webhook, https://…")
	case target.Scheme == "http" && !isLoopback(target.Hostname()):
		return errors.New("expected https, unless the host is loopback")
	case IsWebhook(target):
		return nil
	}
	if _, err := shoutrrr.CreateSender(text); err != nil {
		return fmt.Errorf("expected the URL of a service: %s", withoutSecrets(err.Error(), target))
	}
	return nil
}

// serviceName returns what may be shown of a receiver: the rest of its URL is often a
// password.
func serviceName(u *url.URL) string {
	if IsWebhook(u) {
		return "webhook at " + u.Host
	}
	return u.Scheme
}

// shout sends a message by a service of shoutrrr, which knows no context.
func (n *Notifier) shout(ctx context.Context, text string) error {
	target, _ := url.Parse(n.URL) // Send has done it before
	sender, err := shoutrrr.CreateSender(n.URL)
	if err != nil {
		return &finalError{errors.New(withoutSecrets(err.Error(), target))}
	}
	sent := make(chan error, 1)
	go func() { sent <- errors.Join(sender.Send(text, nil)...) }()
	select {
	case <-ctx.Done():
		// It may still arrive: another try would be a second message.
		return &finalError{errors.New("no answer in time")}
	case err := <-sent:
		if err != nil {
			return errors.New(withoutSecrets(err.Error(), target))
		}
		return nil
	}
}

// webhook sends a message as a Standard Webhook.
func (n *Notifier) webhook(ctx context.Context, m *Message) error {
	body, err := json.Marshal(m.payload())
	if err != nil {
		return &finalError{err}
	}
	id, at := "msg_"+m.RunID, strconv.FormatInt(time.Now().Unix(), 10)
	header := http.Header{
		"Content-Type": {"application/json"}, "Webhook-Id": {id}, "Webhook-Timestamp": {at},
	}
	if len(n.Secret) > 0 {
		header.Set("Webhook-Signature", sign(n.Secret, id, at, body))
	}
	return post(ctx, n.Client, n.URL, header, string(body))
}

// sign returns the signature of a Standard Webhook.
func sign(secret []byte, id, at string, body []byte) string {
	mac := hmac.New(sha256.New, secret)
	_, _ = fmt.Fprintf(mac, "%s.%s.%s", id, at, body) // a hash never fails
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// ParseSecret reads the secret of webhooks: whsec_ and base64, as the standard
// has it.
func ParseSecret(text string) ([]byte, error) {
	secret, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(text, "whsec_"))
	if err != nil || len(secret) < 16 {
		return nil, errors.New("expected whsec_ and at least 16 bytes as base64")
	}
	return secret, nil
}

// withoutSecrets removes the parts of a URL from a text.
func withoutSecrets(text string, u *url.URL) string {
	secrets := []string{u.Host, u.Hostname(), u.Opaque, u.User.Username(), u.RawQuery}
	if password, ok := u.User.Password(); ok {
		secrets = append(secrets, password)
	}
	secrets = append(secrets, strings.Split(u.Path, "/")...)
	for _, values := range u.Query() {
		secrets = append(secrets, values...)
	}
	text = strings.ReplaceAll(text, u.String(), "the URL")
	for _, secret := range secrets {
		if len(secret) > 2 {
			text = strings.ReplaceAll(text, secret, "***")
			text = strings.ReplaceAll(text, url.QueryEscape(secret), "***")
		}
	}
	return text
}
