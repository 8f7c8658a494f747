package config

import (
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/wixrecon/wixrecon/cmd/internal/telemetry"
)

// Settings of runs that nobody watches: who is informed, and the schedule.

// Unattended is who is informed of a run, and when the schedule starts one.
type Unattended struct {
	Ping         string   // URL of a dead man's switch; empty means none
	Notify       []string // URLs of services and webhooks
	NotifyOn     string   // telemetry.On…
	NotifySecret []byte   // signs webhooks; empty: they are not signed
	Details      bool     // messages have the error of a failed run, which may name customers
	MetricsFile  string   // for the textfile collector; empty means none
	MetricsPush  string   // URL of a Pushgateway; empty means none

	Cron   string        // of schedule
	Jitter time.Duration // each run starts up to this much late
	Listen string        // address of the health, metrics and runs pages; empty means none
}

// secretVariable has the secret that signs webhooks. Like the API key it is
// not a flag.
const secretVariable = "WIXRECON_NOTIFY_SECRET" //nolint:gosec // the name of a variable

// unattendedSettings are who is informed of a run.
func unattendedSettings() []Setting {
	return []Setting{
		{Name: "ping", Secret: true, set: unlessEmpty(setPing),
			Usage: "`URL` of a dead man's switch, as of Healthchecks: /start is pinged before a run, /<exit code> after it"},
		{Name: "notify", Secret: true, Repeatable: true, set: setNotify,
			Usage: "`URL` that gets one message a run: a service of shoutrrr, or https:// for a webhook, signed with " + secretVariable},
		{Name: "notify-on", Default: telemetry.OnAlways, Choices: []string{telemetry.OnAlways, telemetry.OnNew, telemetry.OnProblem},
			set: setChoice("always, new or problem", func(c *Config) *string { return &c.Unattended.NotifyOn },
				telemetry.OnAlways, telemetry.OnNew, telemetry.OnProblem),
			Usage: "`when` to send messages: always, on new findings and problems, or on problems"},
		{Name: "notify-details", Bool: true, Default: "false", set: setBool(func(c *Config) *bool { return &c.Unattended.Details }),
			Usage: "put the error of a failed run into messages; it may name customers"},
		{Name: "metrics-file", set: setText(func(c *Config) *string { return &c.Unattended.MetricsFile }),
			Usage: "`file` for the textfile collector of Prometheus' node exporter, written after a run"},
		{Name: "metrics-push", Secret: true, set: unlessEmpty(setURL(func(c *Config) *string { return &c.Unattended.MetricsPush })),
			Usage: "`URL` of a Prometheus Pushgateway that gets the metrics after a run"},
	}
}

// scheduleSettings are those of the command schedule only.
func scheduleSettings() []Setting {
	return []Setting{
		{Name: "cron", Default: "0 2 * * *", set: setText(func(c *Config) *string { return &c.Unattended.Cron }),
			Usage: "when to run, in --tz: the five `fields` of cron"},
		{Name: "jitter", Default: "0", set: setDuration(func(c *Config) *time.Duration { return &c.Unattended.Jitter }, 0, day, "0 to 1 day"),
			Usage: "start each run up to this `time` late, at random"},
		{Name: "listen", set: setText(func(c *Config) *string { return &c.Unattended.Listen }),
			Usage: "`address` for /healthz, /readyz, /metrics and a page of past runs; nothing to log in to: loopback, such as 127.0.0.1:8090, unless others may read it"},
	}
}

func setPing(l *loader, v value) error {
	return setURL(func(c *Config) *string { return &c.Unattended.Ping })(l, v)
}

// setURL stores a URL of https, or of http to loopback. Its error does not show
// it, because its path is often a password.
func setURL(field func(*Config) *string) setter {
	return func(l *loader, v value) error {
		u, err := url.Parse(v.text)
		if err != nil || u.Hostname() == "" || u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())) {
			return fmt.Errorf("expected an https URL; http is for loopback hosts only (from %s)", v.from)
		}
		*field(&l.config) = v.text
		return nil
	}
}

func setNotify(l *loader, v value) error {
	var faults []error
	for _, target := range v.items() {
		if err := telemetry.CheckURL(target); err != nil {
			faults = append(faults, fmt.Errorf("%w (from %s)", err, v.from))
			continue
		}
		l.config.Unattended.Notify = append(l.config.Unattended.Notify, target)
	}
	if text := l.env[secretVariable]; text != "" {
		secret, err := telemetry.ParseSecret(text)
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", secretVariable, err))
		}
		l.config.Unattended.NotifySecret = secret
	}
	return errors.Join(faults...)
}
